import { eachInScope, keep, memory, steps, type Tensor, tensor, ValueError } from "@convgrad/core";
import { describe, expect, it } from "vitest";

const RELEASED = /released at the end of the body of/;

describe("steps", () => {
  it("counts, and releases each body before the next", () => {
    const before = memory();
    const seen: number[] = [];
    let former: Tensor | undefined;
    for (const step of steps(3)) {
      if (former) expect(() => former!.item()).toThrow(RELEASED);
      expect(memory().tensors).toBe(before.tensors);
      former = tensor([step]);
      seen.push(former.item());
    }
    expect(seen).toEqual([0, 1, 2]);
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
    expect([...steps(0)]).toEqual([]);
  });

  it("releases on break, return and throw", () => {
    const before = memory().tensors;
    for (const step of steps(Number.POSITIVE_INFINITY)) {
      tensor([1]);
      if (step === 2) break;
    }
    expect(memory().tensors).toBe(before);
    const find = () => {
      for (const step of steps(5)) {
        tensor([1]);
        if (step === 1) return step;
      }
      return -1;
    };
    expect(find()).toBe(1);
    expect(memory().tensors).toBe(before);
    expect(() => {
      for (const step of steps(5)) throw new Error(`at ${step} with ${tensor([1]).item()}`);
    }).toThrow("at 0 with 1");
    expect(memory().tensors).toBe(before);
  });

  it("nests: an inner loop releases its own, the outer keeps its own", () => {
    const before = memory().tensors;
    for (const _ of steps(2)) {
      const outer = tensor([10]);
      const sums: Tensor[] = [];
      for (const step of steps(3)) sums.push(keep(outer.add(tensor([step]))));
      expect(memory().tensors).toBe(before + 1 + 3);
      expect(sums.map((x) => x.item())).toEqual([10, 11, 12]);
      const after = outer.add(outer);
      expect(after.item()).toBe(20);
      break;
    }
    expect(memory().tensors).toBe(before + 3);
  });

  it("lets gradients of parameters live, and releases the ones they replace", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const before = memory().tensors;
    for (const _ of steps(5)) {
      w.grad = null;
      w.mul(w).sum().backward();
    }
    expect(w.grad!.toArray()).toEqual([2, 4]);
    expect(memory().tensors).toBe(before + 1);
  });

  it.each([-1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY])("refuses %d", (n) => {
    expect(() => [...steps(n)]).toThrow(ValueError);
    expect(() => [...steps(n)]).toThrow(`steps: n is ${n}; it must be a whole number ≥ 0`);
  });
});

describe("eachInScope", () => {
  function* numbers(n: number): Generator<Tensor, string> {
    for (let i = 0; i < n; i++) yield tensor([i]);
    return "end";
  }

  it("releases items and bodies before the next item is asked for", async () => {
    const asked: number[] = [];
    function* source() {
      for (let i = 0; i < 3; i++) {
        asked.push(memory().tensors);
        yield tensor([i]);
      }
    }
    const values: number[] = [];
    const items: Tensor[] = [];
    for await (const item of eachInScope(source())) {
      values.push(item.add(tensor([1])).item());
      items.push(item);
    }
    expect(values).toEqual([1, 2, 3]);
    expect(new Set(asked).size).toBe(1);
    for (const item of items) expect(() => item.item()).toThrow(RELEASED);
  });

  it("takes sync and async sources, and hands out objects as they are", async () => {
    async function* batches() {
      for (let i = 0; i < 2; i++) {
        await Promise.resolve();
        yield { images: tensor([i]), labels: [i] };
        await Promise.resolve();
      }
    }
    const labels: number[] = [];
    for await (const batch of eachInScope(batches()))
      labels.push(...batch.labels, batch.images.item());
    expect(labels).toEqual([0, 0, 1, 1]);
    const iterator = eachInScope(numbers(1));
    expect(iterator[Symbol.asyncIterator]()).toBe(iterator);
    expect((await iterator.next()).done).toBe(false);
    expect(await iterator.next()).toEqual({ done: true, value: "end" });
    expect((await iterator.next()).done).toBe(true);
  });

  it("releases an item that nobody read", async () => {
    let made: Tensor | undefined;
    function* source() {
      made = tensor([1]);
      yield made;
    }
    const iterator = eachInScope(source());
    await iterator.next();
    await iterator.return!();
    expect(() => made!.item()).toThrow(RELEASED);
  });

  it("releases and closes the source on break and on a throw", async () => {
    const closed: string[] = [];
    async function* source(name: string) {
      try {
        for (let i = 0; ; i++) yield tensor([i]);
      } finally {
        closed.push(name);
      }
    }
    let last: Tensor | undefined;
    for await (const item of eachInScope(source("break"))) {
      last = item.add(1);
      if (last.item() === 2) break;
    }
    expect(() => last!.item()).toThrow(RELEASED);
    const run = async () => {
      for await (const item of eachInScope(source("throw"))) {
        last = item.add(1);
        throw new Error("mine");
      }
    };
    await expect(run()).rejects.toThrow("mine");
    expect(() => last!.item()).toThrow(RELEASED);
    expect(closed).toEqual(["break", "throw"]);
  });

  it("passes on what the source throws, and releases what it had made", async () => {
    let made: Tensor | undefined;
    async function* source(): AsyncGenerator<Tensor> {
      yield tensor([0]);
      made = tensor([1]);
      await Promise.resolve();
      throw new Error("disk");
    }
    let seen = 0;
    const run = async () => {
      for await (const item of eachInScope(source())) seen += 1 + item.item();
    };
    await expect(run()).rejects.toThrow("disk");
    expect(seen).toBe(1);
    expect(() => made!.item()).toThrow(/released at the end of the next item of a loader/);
  });

  it("a kept item outlives its body", async () => {
    const kept: Tensor[] = [];
    for await (const item of eachInScope(numbers(3))) kept.push(keep(item));
    expect(kept.map((x) => x.item())).toEqual([0, 1, 2]);
  });

  it("leaves what follows the loop outside its scope", async () => {
    for await (const item of eachInScope(numbers(2))) item.add(1);
    const after = tensor([5]);
    for await (const item of eachInScope(numbers(2))) item.add(1);
    expect(after.item()).toBe(5);
  });

  it("nests with itself and with steps, awaits between", async () => {
    const results: number[] = [];
    for await (const outer of eachInScope(numbers(2))) {
      const base = outer.add(10);
      await Promise.resolve();
      for (const step of steps(2)) {
        const x = base.add(step);
        await Promise.resolve();
        for await (const inner of eachInScope(numbers(2))) {
          await Promise.resolve();
          results.push(x.add(inner).item());
        }
        results.push(x.item());
      }
      expect(base.item()).toBe(outer.item() + 10);
    }
    expect(results).toEqual([10, 11, 10, 11, 12, 11, 11, 12, 11, 12, 13, 12]);
  });
});

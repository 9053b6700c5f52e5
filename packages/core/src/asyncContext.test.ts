import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stackContext } from "./asyncContext.ts";
import { GraphError } from "./errors.ts";
import type * as core from "./index.ts";
import { Scope } from "./scope.ts";

const ENTANGLED =
  /another task opened or closed a scope inside .*two loops interleave across awaits/;

describe("stackContext", () => {
  const [a, b] = [new Scope("a", null), new Scope("b", null)];

  it("follows enter and leave", () => {
    const context = stackContext();
    expect(context.current()).toBeNull();
    context.enter(a);
    context.enter(b);
    expect(context.current()).toBe(b);
    context.leave(b, a);
    expect(context.current()).toBe(a);
    context.leave(a, null);
    expect(context.current()).toBeNull();
  });

  it("refuses to leave a scope that is not the innermost, and goes on at its parent", () => {
    const context = stackContext();
    context.enter(a);
    context.enter(b);
    expect(() => context.leave(a, null)).toThrow(GraphError);
    expect(context.current()).toBeNull();
    context.enter(a);
    context.enter(b);
    expect(() => context.leave(a, null)).toThrow(/inside a: .*finish one before the other begins/);
  });

  it("runs functions, and restores on return and throw", () => {
    const context = stackContext();
    expect(context.run(a, () => context.run(b, () => context.current()))).toBe(b);
    expect(context.current()).toBeNull();
    expect(() =>
      context.run(a, () => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(context.current()).toBeNull();
  });

  it("runs async functions until they settle", async () => {
    const context = stackContext();
    const running = context.run(a, async () => {
      await Promise.resolve();
      return context.current();
    });
    expect(await running).toBe(a);
    expect(context.current()).toBeNull();
    const failing = context.run(a, async () => {
      await Promise.resolve();
      throw new Error("mine");
    });
    await expect(failing).rejects.toThrow("mine");
    expect(context.current()).toBeNull();
  });

  it("detects async functions that overlap", async () => {
    const context = stackContext();
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const first = context.run(a, async () => {
      await turn();
    });
    const second = context.run(b, async () => {
      await turn();
      await turn();
    });
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes[0]).toMatchObject({ status: "rejected", reason: { name: "GraphError" } });
    expect(String((outcomes[0] as PromiseRejectedResult).reason)).toMatch(ENTANGLED);
  });
});

describe("a runtime that does not follow async tasks", () => {
  let lib: typeof core;
  beforeEach(async () => {
    const ask = process.getBuiltinModule.bind(process) as (id: string) => unknown;
    vi.spyOn(process, "getBuiltinModule").mockImplementation(((id: string) =>
      id === "node:async_hooks" ? undefined : ask(id)) as typeof process.getBuiltinModule);
    vi.resetModules();
    lib = await import("./index.ts");
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.resetModules();
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  async function* items(n: number) {
    for (let i = 0; i < n; i++) {
      await turn();
      yield lib.tensor([i]);
    }
  }

  it("has sequential loops that nest, and awaits inside", async () => {
    const { eachInScope, keep, memory, scope, steps, tensor } = lib;
    const before = memory().tensors;
    const totals: number[] = [];
    for await (const item of eachInScope(items(2))) {
      const base = item.add(tensor([10]));
      await turn();
      for (const step of steps(2)) {
        const x = base.add(tensor([step]));
        const y = await scope(async () => {
          await turn();
          return x.add(x);
        });
        totals.push(y.item());
      }
      expect(base.item()).toBeGreaterThanOrEqual(10);
    }
    expect(totals).toEqual([20, 22, 22, 24]);
    expect(memory().tensors).toBe(before);
    for (const step of steps(3)) if (keep(tensor([step])).item() === 1) break;
    expect(memory().tensors).toBe(before + 2);
    expect(scope(() => tensor([5])).item()).toBe(5);
  });

  it("refuses loops that interleave, and works on afterwards", async () => {
    const { scope, steps, tensor } = lib;
    const loop = async (turns: number) => {
      for (const step of steps(5)) {
        const x = tensor([step]);
        for (let i = 0; i < turns; i++) await turn();
        x.item();
      }
    };
    const outcomes = await Promise.allSettled([loop(1), loop(2)]);
    const errors = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(errors.length).toBeGreaterThan(0);
    expect(String(errors[0]!.reason)).toMatch(ENTANGLED);
    let sum = 0;
    for (const step of steps(3)) sum += scope(() => tensor([step])).item();
    expect(sum).toBe(3);
  });

  it("refuses loops over loaders that interleave", async () => {
    const loop = async (turns: number) => {
      for await (const item of lib.eachInScope(items(4))) {
        for (let i = 0; i < turns; i++) await turn();
        item.item();
      }
    };
    const outcomes = await Promise.allSettled([loop(1), loop(3)]);
    const errors = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(errors.length).toBeGreaterThan(0);
    expect(String(errors[0]!.reason)).toMatch(ENTANGLED);
  });
});

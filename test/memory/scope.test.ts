import {
  GraphError,
  gradients,
  keep,
  memory,
  noGrad,
  ones,
  scope,
  type Tensor,
  tensor,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

const RELEASED = /released at the end of .*keep\(tensor\) or return it from scope\(fn\)/;

describe("scope", () => {
  it("releases what it computed, and nothing else", () => {
    const x = tensor([1, 2]);
    const before = memory();
    const inside: Tensor[] = [];
    const value = scope(() => {
      inside.push(x.mul(2), tensor([3]));
      expect(memory().tensors).toBeGreaterThan(before.tensors);
      return inside[0]!.sum().item();
    });
    expect(value).toBe(6);
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
    expect(x.toArray()).toEqual([1, 2]);
    for (const y of inside) {
      expect(() => y.toArray()).toThrow(GraphError);
      expect(() => y.toArray()).toThrow(RELEASED);
    }
  });

  it("refuses a released tensor as an operand, under the name of the operation", () => {
    let y = tensor([1]);
    scope(() => {
      y = tensor([1, 2]);
    });
    expect(() => y.add(1)).toThrow(/^add: this float32 tensor of 2 elements was released/);
    expect(() => y.slice([0]).exp()).toThrow(/^exp: .*released at the end of scope\(\)/);
    expect(() => noGrad(() => y.assign(0))).toThrow(/^assign: .*released/);
    expect(() => y.item()).toThrow("not 1"); // the shape is still known
  });

  it("lets what it returns live: tensors, arrays, objects, maps, sets, nested", () => {
    const before = memory().tensors;
    scope(() => {
      const result = scope(() => {
        tensor([0]);
        const shared = tensor([1]);
        return {
          one: shared,
          list: [shared, tensor([2]), [tensor([3])]],
          map: new Map([["k", tensor([4])]]),
          set: new Set([tensor([5])]),
          deep: { undefined: undefined, nothing: null, text: "x", tensor: tensor([6]) },
        };
      });
      expect(memory().tensors).toBe(before + 6);
      expect(result.list.flat().map((x) => x.item())).toEqual([1, 2, 3]);
      expect(result.map.get("k")!.item()).toBe(4);
      expect([...result.set][0]!.item()).toBe(5);
      expect(result.deep.tensor.item()).toBe(6);
      expect(result.one.item()).toBe(1);
    });
    expect(memory().tensors).toBe(before); // they belonged to the enclosing scope
  });

  it("copes with a result that contains itself", () => {
    interface Loop {
      x: Tensor;
      self?: Loop;
    }
    const result = scope(() => {
      const loop: Loop = { x: tensor([1]) };
      loop.self = loop;
      return loop;
    });
    expect(result.self!.x.item()).toBe(1);
  });

  it("lets a returned view keep its memory", () => {
    const view = scope(() => tensor([1, 2, 3, 4]).reshape([2, 2]).transpose());
    expect(view.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it("lets a returned loss go backward", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const loss = scope(() => w.exp().mul(w).tanh().sum());
    loss.backward();
    const expected = gradients(w.exp().mul(w).tanh().sum(), [w])[0]!.toArray();
    expect(w.grad!.toArray()).toEqual(expected);
  });

  it("lets a returned leaf bring its grad", () => {
    const x = scope(() => {
      const leaf = tensor([1, 2], { requiresGrad: true });
      leaf.mul(leaf).sum().backward();
      return leaf;
    });
    expect(x.grad!.toArray()).toEqual([2, 4]);
  });

  it("says so when backward comes after the scope", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    let loss = w.sum();
    scope(() => {
      loss = keep(w.exp().sum());
    });
    expect(loss.item()).toBeCloseTo(Math.E + Math.E ** 2, 4); // kept
    expect(() => loss.backward()).toThrow(GraphError);
    expect(() => loss.backward()).toThrow(
      /a value that exp saved, \[2\], was released with its scope; call backward\(\) inside/,
    );
    expect(w.grad).toBeNull();
  });

  it("releases on a throw too", () => {
    const before = memory();
    expect(() =>
      scope(() => {
        scope(() => tensor([1]));
        tensor([1, 2, 3]);
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });

  it("nests: each level releases its own", () => {
    const before = memory().tensors;
    scope(() => {
      const outer = tensor([1]);
      const middle = scope(() => {
        const own = outer.add(1).reshape([1]);
        scope(() => {
          outer.add(own);
          expect(memory().tensors).toBe(before + 1 + 2 + 1); // add(1) makes a constant, too
        });
        expect(memory().tensors).toBe(before + 1 + 2);
        return own;
      });
      expect(memory().tensors).toBe(before + 2);
      expect(outer.add(middle).item()).toBe(3);
    });
    expect(memory().tensors).toBe(before);
  });

  it("lets parameters and their gradients live", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    scope(() => w.mul(w).sum().backward());
    expect(w.grad!.toArray()).toEqual([2, 4]);
    scope(() => w.mul(w).sum().backward());
    expect(w.grad!.toArray()).toEqual([4, 8]);
    // Also where the graph began in an outer scope and the parameter belongs to that.
    scope(() => {
      const v = tensor([3], { requiresGrad: true });
      scope(() => v.mul(v).sum().backward());
      expect(v.grad!.item()).toBe(6);
    });
  });

  it("takes over a gradient that is replaced inside", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    w.sum().backward();
    const former = w.grad!;
    const before = memory().tensors;
    scope(() => {
      w.grad = null;
      expect(former.toArray()).toEqual([1, 1]); // readable until the scope ends
    });
    expect(memory().tensors).toBe(before - 1);
    expect(() => former.toArray()).toThrow(RELEASED);
  });

  it("gives what gradients() returns to the scope", () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const before = memory().tensors;
    let inner: Tensor | undefined;
    const outer = scope(() => {
      inner = gradients(w.mul(w).sum(), [w])[0]!;
      return gradients(w.exp().sum(), [w])[0]!;
    });
    expect(() => inner!.toArray()).toThrow(RELEASED);
    expect(outer.size).toBe(2);
    expect(outer.toTypedArray()[0]).toBeCloseTo(Math.E, 6);
    expect(memory().tensors).toBe(before + 1);
  });

  it("awaits an async function", async () => {
    let inside: Tensor | undefined;
    const result = await scope(async () => {
      const early = tensor([1]);
      await Promise.resolve();
      inside = early.add(1);
      await Promise.resolve();
      return inside.add(early);
    });
    expect(result.item()).toBe(3);
    expect(() => inside!.item()).toThrow(RELEASED);
    let lost: Tensor | undefined;
    await expect(
      scope(async () => {
        lost = tensor([1]);
        await Promise.resolve();
        throw new Error("mine");
      }),
    ).rejects.toThrow("mine");
    expect(() => lost!.item()).toThrow(RELEASED);
  });
});

describe("keep", () => {
  it("lets a tensor and its grad outlive the scope", () => {
    const before = memory().tensors;
    const kept: Tensor[] = [];
    scope(() => {
      const x = tensor([1, 2], { requiresGrad: true });
      x.sum().backward();
      kept.push(keep(x));
      expect(keep(x)).toBe(x);
    });
    expect(kept[0]!.toArray()).toEqual([1, 2]);
    expect(kept[0]!.grad!.toArray()).toEqual([1, 1]);
    expect(memory().tensors).toBe(before + 2);
  });

  it("keeps the memory behind a view, for other views too", () => {
    let whole: Tensor | undefined;
    const part = scope(() => {
      whole = tensor([1, 2, 3]);
      return [keep(whole.slice([1], [2]))];
    })[0]!;
    expect(part.item()).toBe(2);
    expect(whole!.toArray()).toEqual([1, 2, 3]);
  });

  it("finds tensors in arrays and objects", () => {
    const state = scope(() => keep({ count: 1, inner: [null, { x: ones([2]) }] as const }));
    scope(() => state.inner[1].x.add(1));
    expect(state.inner[1].x.toArray()).toEqual([1, 1]);
    expect(keep([])).toEqual([]);
  });

  it("holds through inner and outer scopes", () => {
    const x = scope(() => scope(() => ({ x: keep(ones([2])) })));
    scope(() => x.x.add(1));
    expect(x.x.toArray()).toEqual([1, 1]);
  });

  it("protects a gradient that is replaced", () => {
    const w = tensor([1], { requiresGrad: true });
    w.sum().backward();
    const former = keep(w.grad!);
    scope(() => {
      w.grad = null;
    });
    expect(former.item()).toBe(1);
  });
});

describe("memory", () => {
  it("counts blocks and bytes, and views not at all", () => {
    const before = memory();
    scope(() => {
      const x = ones([10]);
      ones([3], { dtype: "float64" });
      ones([5], { dtype: "uint8" });
      x.reshape([2, 5]).transpose().slice([1]).windows([1, 1]).detach();
      expect(memory().tensors - before.tensors).toBe(3);
      expect(memory().bytes - before.bytes).toBe(40 + 24 + 5);
    });
    expect(memory().bytes).toBe(before.bytes);
    expect(memory().peakBytes).toBeGreaterThanOrEqual(before.bytes + 69);
  });
});

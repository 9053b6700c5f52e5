import {
  customOp,
  DTypeError,
  GraphError,
  gradients,
  keep,
  memory,
  onGradients,
  ShapeError,
  scope,
  steps,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

function leaf(values: number | number[]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

describe("onGradient", () => {
  it("is called once per pass with the whole gradient of a leaf, over all passes", () => {
    const x = leaf([2, 3]);
    const seen: unknown[] = [];
    x.onGradient((g) => {
      seen.push(g.toArray());
      return undefined;
    });
    for (let pass = 0; pass < 2; pass++) x.mul(x).add(x).sum().backward();
    expect(seen).toEqual([
      [5, 7],
      [5, 7],
    ]);
    expect(x.grad!.toArray()).toEqual([10, 14]);
  });

  it("replaces the gradient of a computed tensor before it goes on", () => {
    const x = leaf([2, 3]);
    const y = x.mul(4);
    const seen: unknown[] = [];
    y.onGradient((g) => {
      seen.push(g.toArray());
      return g.mul(10);
    });
    y.mul(y).sum().backward();
    expect(seen).toEqual([[16, 24]]);
    expect(x.grad!.toArray()).toEqual([16 * 10 * 4, 24 * 10 * 4]);
  });

  it("runs several in order, each on what the former returned, until they are removed", () => {
    const x = leaf([1]);
    const removeFirst = x.onGradient((g) => g.add(1));
    const removeSecond = x.onGradient((g) => g.mul(10));
    x.mul(3).sum().backward();
    expect(x.grad!.item()).toBe((3 + 1) * 10);
    removeFirst();
    removeFirst();
    x.grad = null;
    x.mul(3).sum().backward();
    expect(x.grad!.item()).toBe(30);
    removeSecond();
    x.grad = null;
    x.mul(3).sum().backward();
    expect(x.grad!.item()).toBe(3);
  });

  it("one hook registered twice is two hooks", () => {
    const x = leaf(1);
    const double = (g: Tensor) => g.mul(2);
    const remove = x.onGradient(double);
    x.onGradient(double);
    expect(gradients(x.mul(1), [x])[0].item()).toBe(4);
    remove();
    expect(gradients(x.mul(1), [x])[0].item()).toBe(2);
  });

  it("works in gradients, at the tensors asked for too", () => {
    const x = leaf([1, 2]);
    const y = x.mul(5);
    x.onGradient((g) => g.neg());
    y.onGradient((g) => g.mul(2));
    const [gx, gy] = gradients(y.sum(), [x, y]);
    expect(gx.toArray()).toEqual([-10, -10]);
    expect(gy.toArray()).toEqual([2, 2]);
    expect(x.grad).toBeNull();
  });

  it("is recorded with createGraph", () => {
    const x = leaf(3);
    x.onGradient((g) => g.mul(g)); // (3x²)² = 9x⁴, of which the derivative is 36x³
    const [g] = gradients(x.pow(3), [x], { createGraph: true });
    expect(g.item()).toBe(27 * 27);
    const plain = leaf(3);
    const y = plain.mul(1);
    const remove = y.onGradient((h) => h.mul(h));
    const [square] = gradients(y.pow(3), [plain], { createGraph: true });
    remove();
    expect(gradients(square, [plain])[0].item()).toBeCloseTo(36 * 27, 9);
  });

  it("survives freezing and thawing its leaf", () => {
    const x = leaf(1);
    x.onGradient((g) => g.mul(7));
    x.requiresGrad = false;
    x.requiresGrad = true;
    expect(gradients(x.mul(1), [x])[0].item()).toBe(7);
  });

  it("does not confuse gradients that share memory", () => {
    // add hands one gradient to both; a replacement for one must leave the other's alone, in place or not.
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.onGradient((g) => g.reshape([2, 1]).reshape([2])); // the same memory
    a.add(b).sum().backward();
    b.mul(10).sum().backward();
    expect(a.grad!.toArray()).toEqual([1, 1]);
    expect(b.grad!.toArray()).toEqual([11, 11]);
    expect(a.grad!.storage).not.toBe(b.grad!.storage);
  });

  it("leaves a replacement that belongs to the user alone", () => {
    const x = leaf([1, 2]);
    const mine = tensor([5, 6], { dtype: "float64" });
    x.onGradient(() => mine);
    for (let pass = 0; pass < 3; pass++) x.sum().backward();
    expect(x.grad!.toArray()).toEqual([15, 18]);
    expect(mine.toArray()).toEqual([5, 6]);
  });

  it("may keep what it is shown; the gradient itself then gets a copy", () => {
    const x = leaf([1, 2]);
    let kept: Tensor | undefined;
    x.onGradient((g) => {
      kept ??= keep(g);
      return undefined;
    });
    scope(() => x.mul(x).sum().backward());
    scope(() => x.mul(x).sum().backward());
    expect(kept!.toArray()).toEqual([2, 4]);
    expect(x.grad!.toArray()).toEqual([4, 8]);
  });

  it("refuses what was not kept once it is gone, and says what to do", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    let gone: Tensor | undefined;
    y.onGradient((g) => {
      gone = g.mul(2);
      return undefined;
    });
    y.mul(y).sum().backward();
    expect(() => gone!.toArray()).toThrow(GraphError);
    expect(() => gone!.toArray()).toThrow(
      /released at the end of a gradient hook; wrap it in keep/,
    );
  });

  it("leaves no memory behind", () => {
    const x = leaf([1, 2]);
    x.onGradient((g) => g.mul(0.5).add(g));
    scope(() => x.mul(x).sum().backward());
    const before = memory().tensors;
    for (const _ of steps(5)) {
      const y = x.mul(x);
      y.onGradient((g) => g.mul(2).neg());
      y.sum().backward();
    }
    expect(memory().tensors).toBe(before);
  });

  it("that throws leaves every grad as it was", () => {
    const [a, b] = [leaf([1]), leaf([2])];
    b.mul(5).sum().backward();
    const remove = a.onGradient(() => {
      throw new Error("no");
    });
    const attempt = () => a.mul(b).sum().backward();
    expect(attempt).toThrow("no");
    expect(a.grad).toBeNull();
    expect(b.grad!.toArray()).toEqual([5]);
    remove();
    attempt();
    expect(b.grad!.toArray()).toEqual([6]);
  });

  it("is dropped with the graph of a computed tensor", () => {
    const x = leaf([1]);
    const y = x.mul(2);
    let calls = 0;
    y.onGradient(() => {
      calls++;
      return undefined;
    });
    y.sum().backward(undefined, { retainGraph: true });
    y.sum().backward();
    expect(calls).toBe(2);
    expect(y.node!.hooks).toBeNull();
  });
});

describe("onGradient refuses", () => {
  it("tensors without a gradient, and hooks that are none", () => {
    expect(() => tensor([1]).onGradient(() => undefined)).toThrow(GraphError);
    expect(() => tensor([1]).onGradient(() => undefined)).toThrow(/set requiresGrad before/);
    expect(() => leaf(1).onGradient(3 as never)).toThrow(ValueError);
    expect(() => leaf(1).onGradient(3 as never)).toThrow(/must be a function: \(g\) => …/);
  });

  it("replacements that do not fit", () => {
    const attempt = (replacement: unknown) => () => {
      const x = leaf([1, 2]);
      x.onGradient(() => replacement as Tensor);
      x.sum().backward();
    };
    expect(attempt(zeros([3], { dtype: "float64" }))).toThrow(ShapeError);
    expect(attempt(zeros([3], { dtype: "float64" }))).toThrow(
      /the replacement is \[3\], the gradient \[2\]; they must be equal/,
    );
    expect(attempt(zeros([2]))).toThrow(DTypeError);
    expect(attempt(5)).toThrow(ValueError);
    expect(attempt(5)).toThrow(/the replacement must be a tensor, not 5/);
    expect(attempt(Promise.resolve())).toThrow(GraphError);
  });

  it("hooks that modify the gradient in place, which others may share", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.onGradient((g) => {
      g.assign(0);
      return undefined;
    });
    const g = tensor([1, 2], { dtype: "float64" });
    expect(() => a.add(b).backward(g)).toThrow(
      /modified the gradient in place; return a new tensor/,
    );
    expect(b.grad).toBeNull();
  });
});

describe("onGradients", () => {
  const heard = (xs: Tensor[]) => {
    const calls: unknown[] = [];
    onGradients(xs, (gs) => calls.push(gs.map((g) => g?.toArray() ?? null)));
    return calls;
  };

  it("hands over the gradients of several tensors together, once per pass", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const y = a.mul(b);
    const calls = heard([y, a, b]);
    y.mul(2).sum().backward();
    expect(calls).toEqual([
      [
        [2, 2],
        [6, 8],
        [2, 4],
      ],
    ]);
  });

  it("gives null for those that the pass does not reach, or that get nothing", () => {
    const [a, b, unused] = [leaf([1]), leaf([3]), leaf([0])];
    const y = a.mul(b);
    const nothing = customOp({
      name: "nothing",
      forward: (p) => p.clone(),
      backward: () => [null],
    });
    const silent = nothing(unused);
    const calls = heard([unused, y, a]);
    gradients(y.sum(), [b], { retainGraph: true });
    y.add(silent).sum().backward();
    expect(calls).toEqual([
      [null, [1], null],
      [null, [1], [3]],
    ]);
  });

  it("holds what waits, and lets go of it afterwards", () => {
    const x = leaf([1, 2]);
    scope(() => x.mul(x).sum().backward());
    const before = memory().tensors;
    const calls = scope(() => {
      const y = x.mul(3);
      const list = heard([y, x]);
      y.tanh().sum().backward();
      return list;
    });
    expect(calls).toHaveLength(1);
    expect(memory().tensors).toBe(before);
  });

  it("refuses tensors without a gradient", () => {
    expect(() => onGradients([leaf(1), tensor(1)], () => undefined)).toThrow(GraphError);
  });
});

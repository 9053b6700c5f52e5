/**
 * Whole networks: the readers' net, the loss at its end, and the descent. Rows 22, 36, 37 and 39 to 42.
 */
import { gradcheck, gradients, scope, steps, type Tensor, tensor } from "@convgrad/core";
import { conv2d, crossEntropy, dense, maxPool, mse, relu, softmax } from "@convgrad/layers";
import { clipGradNorm, SGD, type SGDOptions } from "@convgrad/optim";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";
import { correlate, draw, EXACT, leaf, ROUNDING } from "./article.ts";

const int32 = { dtype: "int32" } as const;
const float64 = { dtype: "float64" } as const;

describe("row 22: are eq. (13) and (14) the new weights?", () => {
  it("no, they are the gradient; the step is w′ = w − lr · ∂E/∂w, to the bit", () => {
    const [o, start, target] = draw(22, [5, 5], [3, 3], [3, 3]) as [Tensor, Tensor, Tensor];
    const w = leaf(start);
    const optimizer = new SGD([w], { lr: 0.1 });
    mse(correlate(o, w), target, { reduction: "halfSum" }).backward();

    const gradient = [...w.grad!.toTypedArray()];
    expect(w.toArray()).toEqual(start.toArray()); // backward changes no weight
    optimizer.step();
    const expected = Array.from(start.toTypedArray(), (value, i) => value - 0.1 * gradient[i]!);
    expect([...w.toTypedArray()]).toEqual(expected);
    expect([...w.grad!.toTypedArray()]).toEqual(gradient); // and the step changes no gradient
  });
});

describe("row 36: conv – relu – max – conv – relu – max – flatten – softmax", () => {
  const labels = tensor([2, 0], int32);
  const [x, ...start] = draw(
    36,
    [2, 1, 8, 8],
    [2, 1, 3, 3],
    [2],
    [3, 2, 3, 3],
    [3],
    [12, 4],
    [4],
  ) as [Tensor, ...Tensor[]];

  /** Every stage of the forward pass, by name. */
  function stages(input: Tensor, [w1, b1, w2, b2, w3, b3]: Tensor[]) {
    const conv1 = conv2d(input, w1!, b1, { padding: 1 });
    const max1 = maxPool(relu(conv1), 2);
    const conv2 = conv2d(max1, w2!, b2, { padding: 1 });
    const max2 = maxPool(relu(conv2), 2);
    const flat = max2.flatten(1);
    const logits = dense(flat, w3!, b3);
    return { conv1, max1, conv2, max2, flat, logits };
  }

  it("every parameter passes gradcheck: all the way through conv2 and conv1", () => {
    const loss = (...ps: Tensor[]) => crossEntropy(stages(x, ps).logits, labels);
    const count = start.reduce((n, p) => n + p.size, 0);
    expect(gradcheck(loss, start).checked).toBe(count);
  });

  it("walking back, δ has at each stage the shape of what went forward", () => {
    const parameters = start.map(leaf);
    const forward = stages(x, parameters);
    const back = gradients(crossEntropy(forward.logits, labels), Object.values(forward));
    Object.values(forward).forEach((stage, i) => {
      expect(back[i]!.shape).toEqual(stage.shape);
    });
    // Through conv2: δ of max1 is δ of conv2 spread by the filters. Through max2 and relu: only routed.
    const names = Object.keys(forward);
    const delta = (name: string) => back[names.indexOf(name)]!;
    const winners = delta("conv2").abs().greater(0).to("int32").sum().item();
    expect(winners).toBeLessThanOrEqual(forward.max2.size);
    expect(delta("flat").reshape(forward.max2.shape).toArray()).toEqual(delta("max2").toArray());
  });
});

describe("row 37: what if the second layer had 8 units, not 4?", () => {
  it("shapes are free: the shared kernel stays, only more units use it", () => {
    const kernel = draw(37, [1, 3])[0]!;
    for (const units of [4, 8]) {
      const row = draw(38, [1, units + 2])[0]!;
      const w = leaf(kernel);
      const y = correlate(row, w);
      expect(y.shape).toEqual([1, units]);
      const [dw] = gradients(y.sum(), [w]);
      expect(dw!.shape).toEqual([1, 3]);
      const used = [0, 1, 2].map((n) =>
        row
          .slice([0, n], [1, n + units])
          .sum()
          .item(),
      );
      expectNumbers("∂w", dw!.toTypedArray(), used, ROUNDING); // every unit adds its term
      gradcheck(correlate, [row, kernel]);
    }
  });
});

describe("row 39: softmax and its loss", () => {
  // L = −mean log softmax(x)[label],   ∂L/∂x = (softmax(x) − onehot) / N
  it("the gradient is the difference between what is said and what is so", () => {
    const x = leaf(draw(39, [3, 4])[0]!);
    const labels = [1, 3, 0];
    const [dx] = gradients(crossEntropy(x, tensor(labels, int32)), [x]);
    const onehot = tensor(
      labels.map((k) => [0, 1, 2, 3].map((c) => (c === k ? 1 : 0))),
      float64,
    );
    const expected = softmax(x).sub(onehot).div(3);
    expectNumbers("∂x", dx!.toTypedArray(), expected.toTypedArray(), ROUNDING);
  });

  it("logits of ±1000 stay finite: a loss of 2000 for a sure mistake, 0 for a sure hit", () => {
    for (const dtype of ["float64", "float32"] as const) {
      const x = leaf(tensor([[1000, -1000]], { dtype }));
      const lossOf = (label: number) => crossEntropy(x, tensor([label], int32));
      expect(lossOf(0).item()).toBe(0);
      expect(lossOf(1).item()).toBe(2000);
      const [dx] = gradients(lossOf(1), [x]);
      expectNumbers("∂x", dx!.toTypedArray(), [1, -1], EXACT);
    }
  });
});

describe("row 40: f(x) = max(0, x)", () => {
  it("f′(0) = 0, from either side of zero, and NaN stays NaN", () => {
    const x = leaf(tensor([-2, -0, 0, 3, Number.NaN], float64));
    const y = relu(x);
    expectNumbers("f", y.toTypedArray(), [0, 0, 0, 3, Number.NaN], EXACT);
    const slopes = gradients(y, [x], { gradient: tensor([5, 5, 5, 5, 5], float64) })[0]!;
    expectNumbers("f′", slopes.toTypedArray().slice(0, 4), [0, 0, 0, 5], EXACT);
  });

  it("does not saturate: the slope is 1 however large x is, where tanh has none left", () => {
    const slopeAt = (f: (x: Tensor) => Tensor, at: number) => {
      const x = leaf(tensor([at], float64));
      return gradients(f(x), [x])[0]!.item();
    };
    expect(slopeAt(relu, 1e6)).toBe(1);
    expect(slopeAt((x) => x.tanh(), 50)).toBe(0);
  });
});

describe("row 41: vanishing and exploding gradients", () => {
  const depth = 12;
  const channels = 8;

  /** The norm of ∂L/∂w per layer of a deep conv–relu stack whose weights have the given deviation. */
  function norms(deviation: number): number[] {
    return scope(() => {
      const shapes = Array.from({ length: depth }, () => [channels, channels, 3, 3]);
      const [x, ...drawn] = draw(41, [2, channels, 6, 6], ...shapes) as [Tensor, ...Tensor[]];
      const ws = drawn.map((w) => leaf(w.mul(deviation)));
      const y = ws.reduce((z, w) => conv2d(z, w, null, { padding: "same" }).relu(), x);
      return gradients(y.mul(y).sum(), ws).map((g) => g.mul(g).sum().sqrt().item());
    });
  }
  const fanIn = channels * 9;

  it("He's deviation √(2 / fanIn) keeps the first and the last layer's gradients comparable", () => {
    const g = norms(Math.sqrt(2 / fanIn));
    expect(g[0]! / g[depth - 1]!).toBeGreaterThan(0.2);
    expect(g[0]! / g[depth - 1]!).toBeLessThan(5);
  });

  it("twice as large, outputs and gradients explode; half as large, they vanish", () => {
    const he = norms(Math.sqrt(2 / fanIn))[0]!;
    expect(norms(2 * Math.sqrt(2 / fanIn))[0]! / he).toBeGreaterThan(1e6);
    expect(norms(0.5 * Math.sqrt(2 / fanIn))[0]! / he).toBeLessThan(1e-6);
  });
});

describe("row 41: clipping", () => {
  it("an exploding gradient keeps its direction and gets a length that one can walk", () => {
    const [x, start] = draw(41, [1, 1, 5, 5], [1, 1, 3, 3]) as [Tensor, Tensor];
    const w = leaf(start.mul(1e4));
    conv2d(x, w).mul(conv2d(x, w)).sum().backward();
    const before = w.grad!.clone();
    const norm = clipGradNorm([w], 1);
    expect(norm).toBeGreaterThan(1e4);
    expectNumbers("g", w.grad!.toTypedArray(), before.div(norm + 1e-6).toTypedArray(), ROUNDING);
    expect(w.grad!.mul(w.grad!).sum().sqrt().item()).toBeCloseTo(1, 6);
  });
});

describe("row 42: gradient descent on E", () => {
  const [o, wish] = draw(42, [8, 8], [3, 3]) as [Tensor, Tensor];
  const target = correlate(o, wish);
  const descend = (count: number, options: Omit<SGDOptions, "lr">) => {
    const w = leaf(wish.mul(0));
    const optimizer = new SGD([w], { lr: 0.005, ...options });
    const errors: number[] = [];
    for (const _ of steps(count)) {
      const E = mse(correlate(o, w), target, { reduction: "halfSum" });
      optimizer.zeroGrad();
      E.backward();
      optimizer.step();
      errors.push(E.item());
    }
    return { w, errors };
  };

  it("E falls at every step, and w arrives where E is 0", () => {
    const { w, errors } = descend(300, {});
    errors.slice(1).forEach((E, i) => {
      expect(E).toBeLessThan(errors[i]!);
    });
    expect(w.sub(wish).abs().max().item()).toBeLessThan(1e-2);
  });

  it("momentum gathers speed: v = μ·v + g, and fewer steps for the same E", () => {
    const plain = descend(60, {}).errors[59]!;
    expect(descend(60, { momentum: 0.6 }).errors[59]!).toBeLessThan(plain / 10);
    expect(descend(60, { momentum: 0.6, nesterov: true }).errors[59]!).toBeLessThan(plain / 10);
  });

  it("weight decay alone shrinks: w′ = w − lr·λ·w", () => {
    const w = leaf(wish);
    w.grad = wish.mul(0);
    new SGD([w], { lr: 0.1, weightDecay: 0.5 }).step();
    expectNumbers("w′", w.toTypedArray(), wish.mul(0.95).toTypedArray(), ROUNDING);
  });
});

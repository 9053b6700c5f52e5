import { GraphError, gradients, noGrad, type Tensor, tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";

function leaf(values: number | number[]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

describe("gradients", () => {
  it("gives ∂y/∂x per x and leaves every grad alone", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const [gw, gx] = gradients(x.mul(w).sum(), [w, x]);
    expect(gw!.toArray()).toEqual([1, 2]);
    expect(gx!.toArray()).toEqual([3, 4]);
    expect([x.grad, w.grad]).toEqual([null, null]);
  });

  it("differentiates by computed tensors, at their place in the graph", () => {
    const x = leaf([1, 2]);
    const middle = x.mul(3);
    const y = middle.mul(middle).add(x).sum();
    const [byMiddle, byX] = gradients(y, [middle, x]);
    expect(byMiddle!.toArray()).toEqual([6, 12]);
    expect(byX!.toArray()).toEqual([19, 37]); // 18x + 1
  });

  it("gives zeros of one's own where y does not depend on x", () => {
    const [x, other] = [leaf([1, 2]), leaf([5, 6, 7])];
    const [zero] = gradients(x.sum(), [other]);
    expect(zero!.toArray()).toEqual([0, 0, 0]);
    zero!.assign(tensor([1, 2, 3], { dtype: "float64" }));
    expect(zero!.toArray()).toEqual([1, 2, 3]);
  });

  it("gives 1 for y itself, also beside others", () => {
    const x = leaf(3);
    const y = x.mul(x);
    const [gy, gx] = gradients(y, [y, x]);
    expect(gy!.item()).toBe(1);
    expect(gx!.item()).toBe(6);
    expect(gradients(x, [x])[0]!.item()).toBe(1);
  });

  it("answers for the same x twice", () => {
    const x = leaf([1, 2]);
    const [a, b] = gradients(x.broadcastTo([3, 2]).sum(), [x, x]);
    expect(a!.toArray()).toEqual([3, 3]);
    expect(b!.toArray()).toEqual([3, 3]);
  });

  it("starts from a gradient, which may be a view", () => {
    const x = leaf([1, 2, 3]);
    const gradient = tensor([3, 2, 1], { dtype: "float64" }).flip();
    expect(gradients(x.mul(2), [x], { gradient })[0]!.toArray()).toEqual([2, 4, 6]);
  });

  it("gives memory of its own, not that of the seed or of another result", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    const gradient = tensor([1, 1], { dtype: "float64" });
    const [ga, gb] = gradients(a.add(b), [a, b], { gradient });
    ga!.assign(7);
    expect(gb!.toArray()).toEqual([1, 1]);
    expect(gradient.toArray()).toEqual([1, 1]);
  });

  it("refuses an x without requiresGrad, by position", () => {
    const x = leaf([1]);
    expect(() => gradients(x.sum(), [x, tensor([1, 2])])).toThrow(GraphError);
    expect(() => gradients(x.sum(), [x, tensor([1, 2])])).toThrow(/xs\[1\] \[2\] does not require/);
  });

  it("frees only what it went through", () => {
    const [x, w] = [leaf(2), leaf(3)];
    const inner = x.mul(x);
    const y = inner.mul(w);
    gradients(y, [w]); // goes through the last product only
    expect(gradients(inner, [x])[0]!.item()).toBe(4);
    expect(() => gradients(y, [x])).toThrow(/the graph behind mul \[\] was freed/);
  });

  it("goes on to third derivatives", () => {
    const x = leaf(2);
    const y = x.pow(4);
    const [first] = gradients(y, [x], { createGraph: true });
    const [second] = gradients(first!, [x], { createGraph: true });
    const [third] = gradients(second!, [x]);
    expect(first!.item()).toBeCloseTo(32, 10);
    expect(second!.item()).toBeCloseTo(48, 10);
    expect(third!.item()).toBeCloseTo(48, 10);
  });

  it("records nothing without createGraph", () => {
    const x = leaf(2);
    const [first] = gradients(x.mul(x), [x]);
    expect(first!.requiresGrad).toBe(false);
  });

  it("records with createGraph even where recording is off around it", () => {
    const x = leaf(2);
    const y = x.mul(x);
    const [first] = noGrad(() => gradients(y, [x], { createGraph: true }));
    expect(gradients(first!, [x])[0]!.item()).toBe(2);
  });
});

describe("powers at 0", () => {
  it.each([
    [0, 0, 0],
    [1, 1, 0],
    [2, 0, 2],
    [3, 0, 0],
  ])("x^%d has the derivatives %d and %d", (exponent, first, second) => {
    const x = leaf(0);
    const [g] = gradients(x.pow(exponent), [x], { createGraph: true });
    expect(g!.item()).toBe(first);
    expect(gradients(g!, [x])[0]!.item()).toBe(second);
  });

  it("0^b has the derivative 0 by b", () => {
    const b = leaf([0, 1, 2.5]);
    const zero = tensor([0, 0, 0], { dtype: "float64" });
    expect(gradients(zero.pow(b).sum(), [b])[0]!.toArray()).toEqual([0, 0, 0]);
  });

  it("a^b at b = 0 has the mixed derivative 1/a", () => {
    const [a, b] = [leaf(4), leaf(0)];
    const [ga] = gradients(a.pow(b), [a], { createGraph: true });
    expect(ga!.item()).toBe(0);
    expect(gradients(ga!, [b])[0]!.item()).toBe(0.25);
  });
});

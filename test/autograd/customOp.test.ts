import {
  customOp,
  GraphError,
  gradcheck,
  gradients,
  noGrad,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

function leaf(values: number | number[]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

const cube = customOp({
  name: "cube",
  forward: (x) => x!.mul(x!).mul(x!),
  backward: (g, { inputs: [x] }) => [g.mul(x!.mul(x!).mul(3))],
});

describe("customOp", () => {
  it("has the gradients that its backward says, to second order", () => {
    const x = leaf([1, -2]);
    expect(cube(x).toArray()).toEqual([1, -8]);
    const report = gradcheck(cube, [x], { order: 2 });
    expect(report).toMatchObject({ ok: true, order: 2, checked: 4 });
  });

  it("may use its output", () => {
    const exponential = customOp({
      name: "exponential",
      forward: (x) => x!.exp(),
      backward: (g, { output }) => [g.mul(output)],
    });
    gradcheck(exponential, [leaf([0.5, 1])], { order: 2 });
  });

  it("takes several inputs, some without a gradient", () => {
    const scaled = customOp({
      name: "scaled",
      forward: (x, w) => x!.mul(w!),
      backward: (g, { inputs: [x, w] }) => [g.mul(w!), g.mul(x!)],
    });
    const [x, w] = [tensor([1, 2], { dtype: "float64" }), leaf([3, 4])];
    scaled(x, w).sum().backward();
    expect(w.grad!.toArray()).toEqual([1, 2]);
    expect(x.grad).toBeNull();
    gradcheck(scaled, [leaf([1, 2]), leaf([3, 4])], { order: 2 });
  });

  it("records one node, and none where nothing requires a gradient", () => {
    expect(cube(tensor([1, 2])).requiresGrad).toBe(false);
    expect(noGrad(() => cube(leaf([1]))).requiresGrad).toBe(false);
    expect(cube(leaf([1])).node!.name).toBe("cube");
  });

  it("a null means no gradient", () => {
    const stop = customOp({ name: "stop", forward: (x) => x!.mul(2), backward: () => [null] });
    const x = leaf([1, 2]);
    expect(gradients(stop(x).sum(), [x])[0]!.toArray()).toEqual([0, 0]);
    stop(x).sum().backward();
    expect(x.grad).toBeNull();
  });

  it("may return its input as it is, whose history stays its own", () => {
    const reversal = customOp({
      name: "reversal",
      forward: (x) => x!,
      backward: (g) => [g.neg()],
    });
    const x = leaf([1, 2]);
    reversal(x).sum().backward();
    expect(x.grad!.toArray()).toEqual([-1, -1]);
    x.grad = null;
    x.sum().backward();
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("may open a scope in its backward", () => {
    const double = customOp({
      name: "double",
      forward: (x) => x!.mul(2),
      backward: (g) => [scope(() => g.mul(4).mul(0.5))],
    });
    const x = leaf([1, 2]);
    double(x).mul(3).sum().backward();
    expect(x.grad!.toArray()).toEqual([6, 6]);
  });

  it("may run a backward pass of its own in its backward", () => {
    const square = customOp({
      name: "square",
      forward: (x) => x!.mul(x!),
      backward: (g, { inputs: [x] }) => {
        const inner = x!.detach();
        inner.requiresGrad = true;
        // Recording is off during the pass, so the derivative is by hand.
        return [g.mul(inner.add(inner))];
      },
    });
    gradcheck(square, [leaf([1, 3])]);
  });

  it("notices an input that changed in place", () => {
    const x = leaf([1, 2]);
    const loss = cube(x).sum();
    noGrad(() => x.assign(0));
    expect(() => loss.backward()).toThrow(/that cube saved, \[2\], was modified/);
  });

  it("with a wrong backward fails gradcheck", () => {
    const wrong = customOp({
      name: "wrong",
      forward: (x) => x!.mul(x!),
      backward: (g, { inputs: [x] }) => [g.mul(x!)],
    });
    expect(() => gradcheck(wrong, [leaf([1, 2])])).toThrow(GraphError);
  });

  it("with a wrong number of gradients is a clear error", () => {
    const short = customOp({
      name: "short",
      forward: (a, b) => a!.add(b!),
      backward: (g) => [g],
    });
    const loss = short(leaf([1]), leaf([2])).sum();
    expect(() => loss.backward()).toThrow(GraphError);
    const again = short(leaf([1]), leaf([2])).sum();
    expect(() => again.backward()).toThrow(/short: its backward gave 1 gradients for 2 inputs/);
  });

  it("with a gradient of another shape is a clear error", () => {
    const bent = customOp({
      name: "bent",
      forward: (x) => x!.mul(2),
      backward: () => [ones([3], { dtype: "float64" })],
    });
    const run = () =>
      bent(leaf([1, 2]))
        .sum()
        .backward();
    expect(run).toThrow(ShapeError);
    expect(run).toThrow(/bent: .*shape \[3\] for input 0 of shape \[2\]; they must be equal/);
  });

  it("passes on what its backward throws, and the graph can be built again", () => {
    let fail = true;
    const moody = customOp({
      name: "moody",
      forward: (x) => x!.mul(2),
      backward: (g) => {
        if (fail) throw new Error("not today");
        return [g.mul(2)];
      },
    });
    const x = leaf([1, 2]);
    expect(() => moody(x).sum().backward()).toThrow("not today");
    expect(x.mul(2).requiresGrad).toBe(true); // recording is on again
    fail = false;
    moody(x).sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 2]);
  });
});

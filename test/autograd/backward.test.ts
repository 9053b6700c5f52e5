import {
  DTypeError,
  GraphError,
  gradients,
  noGrad,
  ones,
  ShapeError,
  type Tensor,
  tensor,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

function leaf(values: number | number[] | number[][]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

describe("backward", () => {
  it("fills the grad of every leaf and of nothing else", () => {
    const x = leaf([1, 2, 3]);
    const w = leaf([4, 5, 6]);
    const constant = tensor([1, 1, 1], { dtype: "float64" });
    const product = x.mul(w);
    product.add(constant).sum().backward();
    expect(x.grad!.toArray()).toEqual([4, 5, 6]);
    expect(w.grad!.toArray()).toEqual([1, 2, 3]);
    expect(product.grad).toBeNull();
    expect(constant.grad).toBeNull();
    expect(x.grad!.requiresGrad).toBe(false);
  });

  it("adds to grad over several calls", () => {
    const x = leaf([1, 2]);
    x.mul(3).sum().backward();
    const first = x.grad;
    x.mul(x).sum().backward();
    expect(x.grad!.toArray()).toEqual([5, 7]);
    expect(x.grad).toBe(first); // in place
    x.grad = null;
    x.sum().backward();
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("starts from 1 at a scalar leaf", () => {
    const x = leaf(5);
    x.backward();
    expect(x.grad!.item()).toBe(1);
    x.backward();
    expect(x.grad!.item()).toBe(2);
  });

  it("takes a result of one element for a scalar, whatever its rank", () => {
    const x = leaf([[3]]);
    x.mul(x).backward();
    expect(x.grad!.toArray()).toEqual([[6]]);
  });

  it("starts from the gradient given and leaves it alone", () => {
    const x = leaf([1, 2, 3]);
    const g = tensor([1, 10, 100], { dtype: "float64" });
    x.add(0).backward(g);
    x.add(0).backward(g);
    expect(x.grad!.toArray()).toEqual([2, 20, 200]);
    expect(g.toArray()).toEqual([1, 10, 100]);
    const z = leaf([0, 0, 0]);
    z.backward(g);
    z.backward(g);
    expect(z.grad!.toArray()).toEqual([2, 20, 200]);
    expect(g.toArray()).toEqual([1, 10, 100]);
  });

  it("sums over a tensor that is used twice", () => {
    const x = leaf([2, 3]);
    x.mul(x).add(x).sum().backward();
    expect(x.grad!.toArray()).toEqual([5, 7]);
    const y = leaf([2, 3]);
    y.add(y).sum().backward();
    expect(y.grad!.toArray()).toEqual([2, 2]);
  });

  it("goes once through each node of stacked diamonds", () => {
    // y doubles 60 times; a walk over paths instead of nodes would never end.
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 60; i++) y = y.add(y);
    y.backward();
    expect(x.grad!.item()).toBe(2 ** 60);
  });

  it("gives leaves of one sum gradients of their own", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.add(b).sum().backward();
    expect(a.grad!.storage).not.toBe(b.grad!.storage);
    a.mul(10).sum().backward();
    expect(a.grad!.toArray()).toEqual([11, 11]);
    expect(b.grad!.toArray()).toEqual([1, 1]);
  });

  it("adds in place after a pass with createGraph without touching other gradients", () => {
    const [a, b] = [leaf([1, 2, 3]), leaf([4, 5, 6])];
    a.add(b).sum().backward(undefined, { createGraph: true });
    a.add(b).sum().backward();
    expect(a.grad!.toArray()).toEqual([2, 2, 2]);
    expect(b.grad!.toArray()).toEqual([2, 2, 2]);
    const g = tensor([1, 2, 3], { dtype: "float64" });
    const c = leaf([0, 0, 0]);
    c.backward(g, { createGraph: true });
    c.sum().backward();
    expect(c.grad!.toArray()).toEqual([2, 3, 4]);
    expect(g.toArray()).toEqual([1, 2, 3]);
  });

  it("records the gradients themselves with createGraph", () => {
    const x = leaf([2, 3]);
    x.mul(x).mul(x).sum().backward(undefined, { createGraph: true });
    expect(x.grad!.requiresGrad).toBe(true);
    const [second] = gradients(x.grad!.sum(), [x]);
    expect(second!.toArray()).toEqual([12, 18]); // 6x
  });

  it("adds up recorded gradients, whose history goes on", () => {
    const x = leaf(2);
    x.mul(x).mul(x).backward(undefined, { createGraph: true });
    x.mul(x).backward(undefined, { createGraph: true });
    expect(x.grad!.item()).toBe(12 + 4);
    expect(gradients(x.grad!, [x])[0]!.item()).toBe(12 + 2);
  });

  it("refuses a second pass, unless the first retained the graph", () => {
    const x = leaf([1, 2]);
    const y = x.mul(x).sum();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    expect(x.grad!.toArray()).toEqual([4, 8]);
    expect(() => y.backward()).toThrow(GraphError);
    expect(() => y.backward()).toThrow(
      /backward: the graph behind \w+ \[\] was freed.*retainGraph/s,
    );
    expect(x.grad!.toArray()).toEqual([4, 8]);
  });

  it("refuses a pass into a part that another pass freed", () => {
    const x = leaf([1, 2]);
    const shared = x.mul(x);
    shared.sum().backward();
    const other = shared.mul(2).sum();
    expect(() => other.backward()).toThrow(/the graph behind mul \[2\] was freed/);
    expect(x.grad!.toArray()).toEqual([2, 4]);
  });

  it("refuses a result of several elements without a gradient", () => {
    const y = leaf([1, 2]).mul(2);
    expect(() => y.backward()).toThrow(GraphError);
    expect(() => y.backward()).toThrow(/\[2\], not a scalar; reduce it with sum\(\) or mean\(\)/);
  });

  it("refuses a result without a graph", () => {
    expect(() => tensor(1).backward()).toThrow(/does not depend on any tensor with requiresGrad/);
    expect(() => leaf(1).detach().backward()).toThrow(GraphError);
    expect(() => noGrad(() => leaf(1).mul(2)).backward()).toThrow(GraphError);
  });

  it("refuses a gradient of another shape or type", () => {
    const y = leaf([1, 2]).mul(2);
    expect(() => y.backward(ones([3], { dtype: "float64" }))).toThrow(ShapeError);
    expect(() => y.backward(ones([3], { dtype: "float64" }))).toThrow(/\[3\], the result \[2\]/);
    expect(() => y.backward(ones([2]))).toThrow(DTypeError);
  });

  it("works on empty tensors", () => {
    const x = leaf([]);
    x.mul(2).sum().backward();
    expect(x.grad!.shape).toEqual([0]);
  });

  it("converts the gradient back through a cast", () => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.to("float64").mul(3).sum().backward();
    expect(x.grad!.dtype).toBe("float32");
    expect(x.grad!.toArray()).toEqual([3, 3]);
  });
});

describe("gradients of views", () => {
  it("reach the tensor behind permute, slice, flip, reshape, broadcast and windows", () => {
    const x = leaf([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const w = tensor([1, 10], { dtype: "float64" });
    const y = x.transpose().slice([0], [null], [2]).flip(1).mul(w); // columns 0 and 2
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([
      [10, 0, 10],
      [1, 0, 1],
    ]);
    x.grad = null;
    x.reshape([3, 2]).unsqueeze(0).broadcastTo([5, 3, 2]).sum().backward();
    expect(x.grad!.toArray()).toEqual([
      [5, 5, 5],
      [5, 5, 5],
    ]);
    x.grad = null;
    x.windows([2]).sum().backward();
    expect(x.grad!.toArray()).toEqual([
      [1, 2, 1],
      [1, 2, 1],
    ]);
  });

  it("go through windows of a flipped view", () => {
    const x = leaf([1, 2, 3, 4]);
    const y = x.flip().windows([2], { stride: 2 }); // [2 taps, 2 places] of 4 3 2 1
    expect(y.toArray()).toEqual([
      [4, 2],
      [3, 1],
    ]);
    y.mul(tensor([[1, 2], [3, 4]], { dtype: "float64" })).sum().backward(); // biome-ignore format: a matrix
    expect(x.grad!.toArray()).toEqual([4, 2, 3, 1]);
  });

  it("are dense: a later pass adds to each element once", () => {
    const x = leaf([1, 2, 3]);
    x.sum().backward(); // the gradient is one number seen three times
    x.sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 2, 2]);
  });
});

import {
  contract,
  customOp,
  DTypeError,
  GraphError,
  gradcheck,
  memory,
  ones,
  scope,
  tensor,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

const failing = customOp({
  name: "failing",
  forward: (x) => x.mul(2),
  backward: () => {
    throw new Error("no backward");
  },
});

describe("a backward pass that throws", () => {
  it("leaves every grad as it was, and no memory behind", () => {
    const [a, b] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 4], { requiresGrad: true })];
    b.mul(5).sum().backward();
    const before = memory().tensors;
    const attempt = () => scope(() => failing(a).sum().add(b.mul(3).sum()).backward());
    expect(attempt).toThrow("no backward");
    expect(a.grad).toBe(null);
    expect(b.grad!.toArray()).toEqual([5, 5]);
    expect(memory().tensors).toBe(before);
  });
});

describe("gradients that backward adds to", () => {
  it("may be a view that the user put there", () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    x.grad = tensor([10]).broadcastTo([3]);
    x.mul(2).sum().backward();
    expect(x.grad.toArray()).toEqual([12, 12, 12]);
  });

  it("are written to in place otherwise, without new memory", () => {
    const x = tensor([1, 2, 3], { requiresGrad: true });
    x.mul(2).sum().backward();
    const { grad } = x;
    const before = memory().tensors;
    scope(() => x.mul(x).sum().backward());
    expect(x.grad).toBe(grad);
    expect(grad!.toArray()).toEqual([4, 6, 8]);
    expect(memory().tensors).toBe(before);
  });
});

describe("refusals", () => {
  it("assign to a view that repeats cells", () => {
    const view = tensor([[1], [2]]).broadcastTo([2, 3]);
    expect(() => view.assign(ones([2, 3]))).toThrow(GraphError);
    expect(() => view.assign(0)).toThrow(/repeats cells.*clone\(\)/);
  });

  it("a custom gradient of another type", () => {
    const mixed = customOp({
      name: "mixed",
      forward: (x) => x.mul(2),
      backward: (g) => [g.to("float64")],
    });
    const y = mixed(tensor([1], { requiresGrad: true })).sum();
    expect(() => y.backward()).toThrow(DTypeError);
    expect(() => mixed(tensor([1], { requiresGrad: true })).backward()).toThrow(
      /mixed: the gradient of input 0 must be float32, not float64/,
    );
  });

  it("a contraction of integers, whose sums could overflow unseen", () => {
    const counts = tensor([[200, 100]], { dtype: "uint8" });
    expect(() => contract("ab, cb -> ac", counts, counts)).toThrow(DTypeError);
    expect(() => counts.matmul(counts.transpose())).toThrow(/needs float32 or float64, not uint8/);
  });

  it("gradcheck of a function that is NaN everywhere", () => {
    const report = gradcheck((x) => x.mul(Number.NaN), [tensor([1])], { throws: false });
    expect(report.ok).toBe(false);
    expect(report.message).toMatch(/NaN by backward but NaN by central differences/);
  });
});

import {
  GraphError,
  gradients,
  noGrad,
  reference,
  type Tensor,
  tensor,
  withBackend,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

function leaf(values: number | number[]): Tensor {
  return tensor(values, { dtype: "float64", requiresGrad: true });
}

describe("noGrad and detach", () => {
  it("record nothing", () => {
    const x = leaf([1, 2]);
    expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(x.detach().requiresGrad).toBe(false);
    expect(x.detach().storage).toBe(x.storage);
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  it("cut the path of a gradient", () => {
    const x = leaf([1, 2]);
    x.mul(x.detach()).sum().backward();
    expect(x.grad!.toArray()).toEqual([1, 2]);
  });

  it("noGrad nests, and ends on a throw", () => {
    const x = leaf(1);
    expect(() =>
      noGrad(() => {
        noGrad(() => {});
        expect(x.mul(2).requiresGrad).toBe(false);
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(x.mul(2).requiresGrad).toBe(true);
  });

  it("noGrad refuses an async function, whose later parts it could not cover", () => {
    expect(() => noGrad(async () => leaf(1).mul(2))).toThrow(GraphError);
    expect(() => noGrad(() => Promise.reject(new Error("lost")))).toThrow(/fn is async/);
    expect(leaf(1).mul(2).requiresGrad).toBe(true);
  });

  it("integer results leave the graph", () => {
    const x = leaf([1.5, 2.5]);
    expect(x.to("int32").requiresGrad).toBe(false);
    expect(x.greater(2).requiresGrad).toBe(false);
    expect(x.argmax().requiresGrad).toBe(false);
  });
});

describe("requiresGrad", () => {
  it("turns on and off at leaves only", () => {
    const x = tensor([1, 2]);
    x.requiresGrad = true;
    expect(x.isLeaf).toBe(true);
    const y = x.mul(2);
    expect(y.isLeaf).toBe(false);
    y.requiresGrad = true; // as it is
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(/only a leaf can stop.*detach\(\)/);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
  });

  it("what was recorded before it was turned off still reaches the leaf", () => {
    const x = leaf([1, 2]);
    const y = x.mul(3).sum();
    x.requiresGrad = false;
    y.backward();
    expect(x.grad!.toArray()).toEqual([3, 3]);
  });
});

describe("a saved value that changes in place", () => {
  it("is noticed, by the name of the operation that saved it", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const loss = x.mul(w).sum();
    noGrad(() => w.assign(0));
    expect(() => loss.backward()).toThrow(GraphError);
    expect(() => loss.backward()).toThrow(
      /that mul saved, \[2\], was modified in place.*clone\(\)/s,
    );
    expect(x.grad).toBeNull();
  });

  it("is noticed through a view, and for a saved output", () => {
    const x = leaf([1, 2, 3]);
    const y = x.mul(1).exp();
    const loss = y.sum();
    noGrad(() => y.slice([0], [1]).assign(5));
    expect(() => loss.backward()).toThrow(/that exp saved/);
  });

  it("is noticed where one backward pass accumulates into a gradient another saved", () => {
    const x = leaf([1, 2]);
    x.sum().backward();
    const w = leaf([1, 1]);
    const penalty = w.mul(x.grad!).sum();
    x.sum().backward();
    expect(() => penalty.backward()).toThrow(/that mul saved/);
  });

  it("does not matter where nobody saved it", () => {
    const x = leaf([1, 2]);
    const y = x.add(1);
    const loss = y.add(2).sum();
    noGrad(() => {
      x.assign(9);
      y.assign(9);
    });
    loss.backward();
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("does not matter on the way to an input that nobody differentiates", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const data = tensor([5, 6], { dtype: "float64" });
    const loss = x.mul(data).add(w).sum(); // saves data only
    noGrad(() => x.assign(0));
    loss.backward();
    expect(x.grad!.toArray()).toEqual([5, 6]);
  });

  it("leaves the graph usable elsewhere", () => {
    const [x, w] = [leaf([1, 2]), leaf([3, 4])];
    const product = x.mul(w);
    const loss = product.sum();
    noGrad(() => w.assign(0)); // saved for ∂x
    expect(() => gradients(loss, [x])).toThrow(GraphError);
    expect(gradients(product.mul(1).sum(), [product])[0]!.toArray()).toEqual([1, 1]);
  });
});

describe("assign", () => {
  it("is refused on a recorded tensor outside noGrad", () => {
    const x = leaf([1, 2]);
    expect(() => x.assign(0)).toThrow(/requires a gradient; wrap the update: noGrad/);
    expect(x.toArray()).toEqual([1, 2]);
    noGrad(() => x.assign(tensor([5, 6], { dtype: "float64" })));
    expect(x.toArray()).toEqual([5, 6]);
    expect(x.requiresGrad).toBe(true);
  });

  it("copies from views of the same memory as if from a copy", () => {
    const x = tensor([1, 2, 3, 4]);
    x.assign(x.flip());
    expect(x.toArray()).toEqual([4, 3, 2, 1]);
    x.slice([1]).assign(x.slice([0], [-1]));
    expect(x.toArray()).toEqual([4, 4, 3, 2]);
    x.assign(x);
    expect(x.toArray()).toEqual([4, 4, 3, 2]);
  });

  it("writes through a view, and converts types", () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    x.transpose()
      .slice([1])
      .assign(tensor([[8, 9]], { dtype: "float64" }));
    expect(x.toArray()).toEqual([
      [1, 8],
      [3, 9],
    ]);
  });
});

describe("large graphs", () => {
  it("a chain of 100,000 nodes goes backward", () => {
    const x = leaf([1, 2]);
    let y: Tensor = x;
    for (let i = 0; i < 100_000; i++) y = y.neg();
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([1, 1]);
  });

  it("a chain of 1,000 nodes has second derivatives", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 1000; i++) y = y.mul(1.001);
    const [first] = gradients(y.mul(y), [x], { createGraph: true });
    const [second] = gradients(first!, [x]);
    expect(second!.item()).toBeCloseTo(2 * 1.001 ** 2000, 8);
  });

  it("a sum of 2,000 terms shares one leaf", () => {
    const x = leaf(1);
    const terms = Array.from({ length: 2000 }, () => x.mul(2));
    terms.reduce((total, term) => total.add(term)).backward();
    expect(x.grad!.item()).toBe(4000);
  });
});

describe("a gradient that nobody wants", () => {
  /** The reference backend, counting its contractions. */
  function counting() {
    const count = { contractions: 0 };
    const kernels = {
      ...reference,
      contract: (...args: Parameters<typeof reference.contract>) => {
        count.contractions++;
        reference.contract(...args);
      },
    };
    return { count, kernels };
  }

  it("is not computed: the first layer's image costs one contraction less", () => {
    const { count, kernels } = counting();
    const image = tensor([...Array(16).keys()], { shape: [1, 4, 4] });
    const w = tensor([1, 2, 3, 4], { shape: [2, 2], requiresGrad: true });
    withBackend(kernels, () => {
      const forward = () =>
        image
          .windows([2, 2])
          .reshape([4, 9])
          .transpose()
          .matmul(w.reshape([4, 1]));
      const loss = forward().sum();
      count.contractions = 0;
      loss.backward();
      expect(count.contractions).toBe(1);
      image.requiresGrad = true;
      const both = forward().sum();
      count.contractions = 0;
      both.backward();
      expect(count.contractions).toBe(2);
    });
  });

  it("is not computed for tensors that gradients() was not asked for", () => {
    const { count, kernels } = counting();
    const [a, b] = [leaf([1, 2]).reshape([1, 2]), leaf([3, 4]).reshape([2, 1])];
    withBackend(kernels, () => {
      const y = a.matmul(b);
      count.contractions = 0;
      gradients(y, [b]);
      expect(count.contractions).toBe(1);
    });
  });

  it("does not keep the other factor: its change goes unnoticed", () => {
    const x = tensor([1, 2]); // no gradient, so w need not be saved
    const w = tensor([3, 4], { requiresGrad: true });
    const loss = x.mul(w).sum();
    noGrad(() => w.assign(0));
    loss.backward();
    expect(w.grad!.toArray()).toEqual([1, 2]);
  });
});

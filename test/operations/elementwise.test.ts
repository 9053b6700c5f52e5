import { type Tensor, tensor, where } from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const NAN = Number.NaN;
const INF = Number.POSITIVE_INFINITY;

describe("broadcasting", () => {
  it("aligns at the right and repeats axes of size 1, as NumPy", () => {
    const axis = fc.integer({ min: 0, max: 3 });
    const pair = fc.array(axis, { maxLength: 4 }).chain((shape) => {
      const part = fc
        .tuple(
          fc.nat({ max: shape.length }),
          fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
        )
        .map(([cut, single]) => shape.map((n, i) => (single[i] ? 1 : n)).slice(cut));
      return fc.tuple(part, part);
    });
    fc.assert(
      fc.property(pair, ([p, q]) => {
        const count = (shape: number[]) => shape.reduce((size, n) => size * n, 1);
        const [a, b] = [p, q].map((shape, i) =>
          tensor(
            Array.from({ length: count(shape) }, (_, k) => k + 100 * i),
            { shape },
          ),
        ) as [Tensor, Tensor];
        const y = a.add(b);
        const rank = Math.max(p.length, q.length);
        const sizes = (shape: number[]) => [...new Array(rank - shape.length).fill(1), ...shape];
        const expected = sizes(p).map((n, i) => (n === 1 ? sizes(q)[i]! : n));
        expect(y.shape).toEqual(expected);
        const values = y.toTypedArray();
        for (let at = 0; at < values.length; at++) {
          let rest = at;
          const index = expected
            .toReversed()
            .map((n) => {
              const i = rest % n;
              rest = Math.floor(rest / n);
              return i;
            })
            .reverse();
          const flat = (shape: number[]) =>
            sizes(shape).reduce((total, n, i) => total * n + (n === 1 ? 0 : index[i]!), 0);
          expect(values[at]).toBe(flat(p) + flat(q) + 100);
        }
      }),
    );
  });

  it("gives numbers the shape and type of their partner", () => {
    const x = tensor([1, 2], { dtype: "int32" });
    expect(x.add(1)).toMatchObject({ dtype: "int32", shape: [2] });
    expect(x.mul(-3).toArray()).toEqual([-3, -6]);
    expect(tensor(2).pow(3).item()).toBe(8);
  });

  it("sums the gradient over what was repeated", () => {
    const x = tensor([[1], [2]], { requiresGrad: true });
    const y = tensor([1, 2, 3], { requiresGrad: true });
    x.mul(y).sum().backward();
    expect(x.grad!.toArray()).toEqual([[6], [6]]);
    expect(y.grad!.toArray()).toEqual([3, 3, 3]);
  });

  it("to an empty axis gives a gradient of 0", () => {
    const x = tensor([5], { requiresGrad: true });
    x.broadcastTo([0]).sum().backward();
    expect(x.grad!.toArray()).toEqual([0]);
  });
});

describe("NaN in, NaN out", () => {
  it.each(["neg", "abs", "sign", "exp", "log", "sqrt", "tanh", "sigmoid", "relu"] as const)(
    "%s",
    (name) => expect(tensor(NAN)[name]().item()).toBeNaN(),
  );

  it.each(["add", "sub", "mul", "div", "maximum", "minimum"] as const)(
    "%s, from each side",
    (name) => {
      expect(tensor(NAN)[name](tensor(0)).item()).toBeNaN();
      expect(tensor(0)[name](tensor(NAN)).item()).toBeNaN();
    },
  );

  it("reductions", () => {
    const x = tensor([1, NAN, 3]);
    for (const y of [x.sum(), x.mean(), x.max(), x.min(), x.variance(), x.logSumExp()])
      expect(y.item()).toBeNaN();
    expect(x.argmax().item()).toBe(1);
    expect(x.softmax().toArray()).toEqual([NAN, NAN, NAN]);
  });

  it("a product with 0 too", () => {
    expect(
      tensor([NAN, 1])
        .matmul(tensor([0, 0]))
        .item(),
    ).toBeNaN();
    expect(tensor(INF).mul(0).item()).toBeNaN();
  });

  it("but not in comparisons", () => {
    const x = tensor([NAN, 1]);
    expect(x.equal(x).toArray()).toEqual([0, 1]);
    expect(x.greater(0).toArray()).toEqual([0, 1]);
  });
});

describe("values at the edges", () => {
  it("exp, log, sqrt, div", () => {
    expect(tensor([1000, -1000, -INF]).exp().toArray()).toEqual([INF, 0, 0]);
    expect(tensor([0, -1, INF]).log().toArray()).toEqual([-INF, NAN, INF]);
    expect(tensor([0, -1, INF]).sqrt().toArray()).toEqual([0, NAN, INF]);
    expect(tensor([1, -1, 0]).div(0).toArray()).toEqual([INF, -INF, NAN]);
  });

  it("sigmoid and tanh do not overflow", () => {
    expect(tensor([1000, -1000, INF, -INF]).sigmoid().toArray()).toEqual([1, 0, 1, 0]);
    expect(tensor([1000, -1000]).tanh().toArray()).toEqual([1, -1]);
  });

  it("relu'(0) = 0, |x|'(0) = 0, equal maxima share", () => {
    const x = tensor([0], { requiresGrad: true });
    x.relu().sum().backward();
    expect(x.grad!.item()).toBe(0);
    x.abs().sum().backward();
    expect(x.grad!.item()).toBe(0);
    x.maximum(0).sum().backward();
    expect(x.grad!.item()).toBe(0.5);
    x.minimum(0).sum().backward();
    expect(x.grad!.item()).toBe(1);
  });
});

describe("types", () => {
  it("comparisons give uint8", () => {
    const [a, b] = [tensor([1, 2, 3]), tensor([3, 2, 1])];
    expect(a.equal(b)).toMatchObject({ dtype: "uint8" });
    expect(a.equal(b).toArray()).toEqual([0, 1, 0]);
    expect(a.greater(b).toArray()).toEqual([0, 0, 1]);
    expect(a.greater([2].length).toArray()).toEqual([0, 1, 1]);
    expect(
      tensor(new Int32Array([1, 2]))
        .equal(2)
        .toArray(),
    ).toEqual([0, 1]);
  });

  it("to() cuts towards zero and keeps what fits", () => {
    const x = tensor([-1.9, 1.9, 2.5]);
    expect(x.to("int32").toArray()).toEqual([-1, 1, 2]);
    expect(x.to("float32")).toBe(x);
    expect(x.to("float64")).toMatchObject({ dtype: "float64" });
    expect(tensor([0.1], { dtype: "float64" }).to("float32").item()).toBe(Math.fround(0.1));
    expect(
      tensor(new Uint8Array([200]))
        .to("int32")
        .neg()
        .item(),
    ).toBe(-200);
    expect(tensor([1, 0, 2]).to("uint8").toArray()).toEqual([1, 0, 2]);
  });

  it("to() works on views", () => {
    const x = tensor([[1.5, 2.5], [3.5, 4.5]]); // biome-ignore format: a matrix
    expect(x.transpose().flip(0).to("int32").toArray()).toEqual([
      [2, 4],
      [1, 3],
    ]);
  });

  it("int32 keeps all its digits", () => {
    const x = tensor(new Int32Array([2 ** 31 - 1, -(2 ** 31)]));
    expect(x.add(0).toArray()).toEqual([2 ** 31 - 1, -(2 ** 31)]);
    expect(x.max().item()).toBe(2 ** 31 - 1);
    expect(x.min().item()).toBe(-(2 ** 31));
  });
});

describe("where", () => {
  const condition = tensor(new Uint8Array([1, 0, 5]));

  it("takes tensors and numbers on either side, and broadcasts", () => {
    expect(where(condition, tensor([1, 2, 3]), 0).toArray()).toEqual([1, 0, 3]);
    expect(where(condition, -1, tensor([1, 2, 3])).toArray()).toEqual([-1, 2, -1]);
    expect(where(condition, 7, 8).toArray()).toEqual([7, 8, 7]);
    expect(where(condition, 7, 8).dtype).toBe("float32");
    expect(where(condition, tensor([[1], [2]]), tensor(9)).toArray()).toEqual([
      [1, 9, 1],
      [2, 9, 2],
    ]);
    expect(tensor([1, 2, 3]).where(condition, 0).toArray()).toEqual([1, 0, 3]);
    expect(tensor(new Int32Array([4])).where(condition, -4)).toMatchObject({ dtype: "int32" });
  });

  it("does not mix in what it does not choose", () => {
    const x = tensor([1, NAN, INF], { requiresGrad: true });
    const y = where(condition, 0, x);
    expect(y.toArray()).toEqual([0, NAN, 0]);
    y.sum().backward();
    expect(x.grad!.toArray()).toEqual([0, 1, 0]);
  });
});

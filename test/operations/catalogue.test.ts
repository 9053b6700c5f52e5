import {
  arange,
  type DType,
  gradients,
  type NestedArray,
  oneHot,
  split,
  type Tensor,
  tensor,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

const [NAN, INF] = [Number.NaN, Number.POSITIVE_INFINITY];
const wide = (values: NestedArray) => tensor(values, { dtype: "float64", requiresGrad: true });
const count = (shape: number[]) => arange(shape.reduce((size, n) => size * n, 1)).reshape(shape);

/** The value, the gradient of its sum, and the gradient of the sum of that. */
function derivatives(f: (x: Tensor) => Tensor, values: NestedArray): NestedArray[] {
  const x = wide(values);
  const y = f(x);
  const [slope] = gradients(y.sum(), [x], { createGraph: true });
  const bend = slope!.requiresGrad ? gradients(slope!.sum(), [x])[0]! : slope!.mul(0);
  return [y, slope!, bend].map((t) => t.add(0).toArray()); // −0 is 0
}

describe("functions at the points where they are hard", () => {
  it("erf has the digits of the tables", () => {
    // Abramowitz and Stegun, table 7.1
    const xs = [0, 0.5, 1, 1.5, 2, 2.5, 3, 4];
    const table = [
      0, 0.5204998778, 0.8427007929, 0.9661051465, 0.995322265, 0.999593048, 0.9999779095,
      0.9999999846,
    ];
    const y = wide(xs).erf().toTypedArray();
    expectNumbers("erf", y, table, { rtol: 0, atol: 5e-11 });
    expect(wide([INF, -INF, NAN, -7]).erf().toArray()).toEqual([1, -1, NAN, -1]);
  });

  it("sin and cos of huge angles, of infinity and NaN", () => {
    const xs = [1e5, 2 ** 21, 1e22, 2 ** 127, -(2 ** 120)].map(Math.fround);
    const near = { rtol: 1e-7, atol: 0 };
    expectNumbers("sin", tensor(xs).sin().toTypedArray(), xs.map(Math.sin), near);
    expectNumbers("cos", tensor(xs).cos().toTypedArray(), xs.map(Math.cos), near);
    expect(tensor([INF, -INF, NAN]).sin().toArray()).toEqual([NAN, NAN, NAN]);
    expect(tensor([INF, -INF, NAN]).cos().toArray()).toEqual([NAN, NAN, NAN]);
    expect(Object.is(tensor(-0).sin().item(), -0)).toBe(true);
  });

  const tiny = [1e-30, -1e-20, 1e-9, -3e-8, 1e-5, 0.01, -0.3, 0.7, 3];
  it.each([
    ["log1p", Math.log1p],
    ["expm1", Math.expm1],
  ] as const)("%s keeps all digits near 0, in each type", (name, exact) => {
    for (const [dtype, rtol] of [
      ["float64", 1e-15],
      ["float32", 3e-7],
    ] as [DType, number][]) {
      const x = tensor(tiny, { dtype });
      const expected = Array.from(x.toTypedArray(), exact);
      expectNumbers(name, x[name]().toTypedArray(), expected, { rtol, atol: 0 });
    }
  });

  it("log1p, expm1, softplus and rsqrt have PyTorch's values and derivatives at their ends", () => {
    expect(derivatives((x) => x.log1p(), [0, -1, INF, -2, NAN, 1e-20])).toEqual([
      [0, -INF, INF, NAN, NAN, 1e-20],
      [1, INF, 0, -1, NAN, 1],
      [-1, -INF, 0, -1, NAN, -1],
    ]);
    expect(derivatives((x) => x.expm1(), [0, 800, INF, -INF, NAN, 1e-20])).toEqual([
      [0, INF, INF, -1, NAN, 1e-20],
      [1, INF, INF, 0, NAN, 1],
      [1, INF, INF, 0, NAN, 1],
    ]);
    const [y, slope, bend] = derivatives((x) => x.softplus(), [0, INF, -INF, NAN, 1000, -1000]);
    expect(y).toEqual([Math.LN2, INF, 0, NAN, 1000, 0]);
    expect(slope).toEqual([0.5, 1, 0, NAN, 1, 0]);
    expect(bend).toEqual([0.25, 0, 0, NAN, 0, 0]);
    expect(tensor(-40).softplus().item()).toBeCloseTo(4.248354e-18, 22);
    expect(derivatives((x) => x.rsqrt(), [0, INF, -1, 4])).toEqual([
      [INF, 0, NAN, 0.5],
      [-INF, 0, NAN, -0.0625],
      [INF, 0, NAN, 0.0234375],
    ]);
  });

  it("clamp passes the gradient at its bounds, and keeps NaN and integers", () => {
    expect(derivatives((x) => x.clamp(-1, 1), [-1, 1, NAN, INF, -2, 0.5]).slice(0, 2)).toEqual([
      [-1, 1, NAN, 1, -1, 0.5],
      [1, 1, 1, 0, 0, 1],
    ]);
    const whole = tensor(new Int32Array([-5, 0, 5]));
    expect(whole.clamp(null, 2).toArray()).toEqual([-5, 0, 2]);
    expect(whole.clamp(-2).toArray()).toEqual([-2, 0, 5]);
    expect(whole.clamp(-2)).toMatchObject({ dtype: "int32" });
  });

  it("comparisons are those of IEEE, as uint8", () => {
    const [a, b] = [tensor([1, 2, 3, NAN, NAN, INF]), tensor([2, 2, 2, NAN, 1, INF])];
    expect(a.less(b).toArray()).toEqual([1, 0, 0, 0, 0, 0]);
    expect(a.lessEqual(b).toArray()).toEqual([1, 1, 0, 0, 0, 1]);
    expect(a.greaterEqual(b).toArray()).toEqual([0, 1, 1, 0, 0, 1]);
    expect(a.notEqual(b).toArray()).toEqual([1, 0, 1, 1, 1, 0]);
    for (const name of ["less", "lessEqual", "greaterEqual", "notEqual"] as const)
      expect(a[name](2)).toMatchObject({ dtype: "uint8" });
    expect(tensor([[1], [3]]).less(tensor([1, 2])).toArray()).toEqual([[0, 1], [0, 0]]); // biome-ignore format: a matrix
    expect(
      tensor(new Uint8Array([200]))
        .less(100)
        .item(),
    ).toBe(0);
  });
});

describe("reductions at their edges", () => {
  it("prod has the gradients of a product with zeros", () => {
    expect(derivatives((x) => x.prod(), [0, 2, 3])).toEqual([0, [6, 0, 0], [5, 3, 2]]);
    expect(derivatives((x) => x.prod(), [0, 2, 0])).toEqual([0, [0, 0, 0], [2, 0, 2]]);
    expect(derivatives((x) => x.prod(0), [[], []])).toEqual([[], [[], []], [[], []]]);
    expect(derivatives((x) => x.prod(1, true), [[], []])[0]).toEqual([[1], [1]]);
    expect(wide([INF, 0]).prod().item()).toBeNaN();
    expect(tensor(new Uint8Array([200, 200])).prod()).toMatchObject({ dtype: "int32" });
    expect(
      tensor(new Uint8Array([200, 200]))
        .prod()
        .item(),
    ).toBe(40_000);
    expect(count([2, 3, 2]).prod([0, -1], true).toArray()).toEqual([[[0], [2 * 3 * 8 * 9], [4 * 5 * 10 * 11]]]); // biome-ignore format: one line
  });

  it("amax and amin share the gradient among ties, max and min do not", () => {
    expect(derivatives((x) => x.amax(), [3, 1, 3]).slice(0, 2)).toEqual([3, [0.5, 0, 0.5]]);
    expect(derivatives((x) => x.amin(0), [[1, 4], [1, 2]]).slice(0, 2)).toEqual([[1, 2], [[0.5, 0], [0.5, 1]]]); // biome-ignore format: one line
    expect(derivatives((x) => x.max(), [3, 1, 3])[1]).toEqual([1, 0, 0]);
    const tenths = new Array<number>(7).fill(0.1);
    expect(wide(tenths).amax().item()).toBe(0.1);
    expect(tensor([3e38, 3e38]).amax().item()).toBe(Math.fround(3e38));
    expect(derivatives((x) => x.amax(), [INF, INF]).slice(0, 2)).toEqual([INF, [0.5, 0.5]]);
    expect(derivatives((x) => x.amax(), [NAN, 1]).slice(0, 2)).toEqual([NAN, [NAN, NAN]]);
    expect(
      tensor(new Int32Array([-(2 ** 31), 5, 5]))
        .amin()
        .item(),
    ).toBe(-(2 ** 31));
    expect(tensor(new Uint8Array([7, 9])).amax()).toMatchObject({ dtype: "uint8" });
  });

  it("argmin finds the first, and NaN first of all", () => {
    expect(tensor([[3, 1, 1], [0, 5, -2]]).argmin(1).toArray()).toEqual([1, 2]); // biome-ignore format: one line
    expect(tensor([2, NAN, 1]).argmin().item()).toBe(1);
    expect(tensor([2, 1, 3]).argmin(0, true).toArray()).toEqual([1]);
    expect(
      tensor(new Uint8Array([3, 0, 255]))
        .argmin()
        .item(),
    ).toBe(1);
  });

  it("std and variance: of nothing, of one, of equals, as PyTorch", () => {
    expect(derivatives((x) => x.std(), [])[0]).toBeNaN();
    expect(derivatives((x) => x.std(), [1])).toEqual([NAN, [NAN], [NAN]]);
    expect(derivatives((x) => x.std(), [2, 2])).toEqual([0, [0, 0], [0, 0]]);
    expect(derivatives((x) => x.variance(0), [INF, 1])[0]).toBeNaN();
    expect(tensor([1, 2, 4]).std(0, true, 0).toTypedArray()[0]).toBeCloseTo(Math.sqrt(14 / 9), 6);
    expect(count([2, 3, 2]).std([0, 2]).shape).toEqual([3]);
    const far = tensor([1e4, 1e4 + 1, 1e4 + 2]); // two passes, so nothing cancels
    expect([far.variance().item(), far.std().item()]).toEqual([1, 1]);
  });

  it("logSumExp of nothing is −∞", () => {
    expect(derivatives((x) => x.logSumExp(1), [[], []])[0]).toEqual([-INF, -INF]);
    expect(derivatives((x) => x.logSumExp(), [2])).toEqual([2, [1], [0]]);
    expect(derivatives((x) => x.logSumExp(), [-INF, 1])).toEqual([1, [0, 1], [0, 0]]);
  });

  it("cumsum", () => {
    expect(count([2, 5]).cumsum(1).toArray()).toEqual([
      [0, 1, 3, 6, 10],
      [5, 11, 18, 26, 35],
    ]);
    expect(count([2, 5]).cumsum(-2).toArray()).toEqual([
      [0, 1, 2, 3, 4],
      [5, 7, 9, 11, 13],
    ]);
    expect(tensor([1, NAN, 1, INF]).cumsum(0).toArray()).toEqual([1, NAN, NAN, NAN]);
    expect(tensor([0, 0, INF, 1]).cumsum(0).toArray()).toEqual([0, 0, INF, INF]);
    expect(
      tensor(new Uint8Array([200, 100]))
        .cumsum(0)
        .toArray(),
    ).toEqual([200, 300]);
    expect(tensor([]).cumsum(0).toArray()).toEqual([]);
  });
});

describe("movement", () => {
  const x = count([2, 3]);

  it("roll, to either side and round and round", () => {
    expect(x.roll(1, 1).toArray()).toEqual([
      [2, 0, 1],
      [5, 3, 4],
    ]);
    expect(x.roll(-4, -1).toArray()).toEqual(x.roll(2, 1).toArray());
    expect(x.roll(3, 0).toArray()).toEqual(x.flip(0).toArray());
    expect(x.roll(6, 1)).toBe(x);
    expect(tensor([]).roll(2, 0).shape).toEqual([0]);
  });

  it("tile, with fewer and more counts than axes, and none of it", () => {
    expect(x.tile([2]).toArray()).toEqual([
      [0, 1, 2, 0, 1, 2],
      [3, 4, 5, 3, 4, 5],
    ]);
    expect(x.tile([2, 1, 1]).toArray()).toEqual([x.toArray(), x.toArray()]);
    expect(x.tile([0, 2]).shape).toEqual([0, 6]);
    expect(tensor(7).tile([2]).toArray()).toEqual([7, 7]);
  });

  it("split into sizes or evenly, which concat undoes", () => {
    expect(split(x, [2, 0, 1], 1).map((y) => y.shape)).toEqual([
      [2, 2],
      [2, 0],
      [2, 1],
    ]);
    expect(split(arange(5), 2).map((y) => y.toArray())).toEqual([[0, 1], [2, 3], [4]]);
    expect(split(tensor([]), 2).map((y) => y.shape)).toEqual([[0]]);
    expect(split(x, 2, 1)[0]!.storage).toBe(x.storage); // a view
  });

  it("indexSelect picks, repeats and leaves out", () => {
    const index = tensor([2, 0, 2], { dtype: "int32" });
    expect(x.indexSelect(-1, index).toArray()).toEqual([
      [2, 0, 2],
      [5, 3, 5],
    ]);
    const leaf = wide([1, 2, 3]);
    const [g] = gradients(leaf.indexSelect(0, index).sum(), [leaf]);
    expect(g!.toArray()).toEqual([1, 0, 2]);
    expect(x.indexSelect(0, tensor(new Int32Array(0))).shape).toEqual([0, 3]);
  });

  it("oneHot of any shape", () => {
    const labels = tensor([[2], [0]], { dtype: "int32" });
    expect(oneHot(labels, 3).toArray()).toEqual([[[0, 0, 1]], [[1, 0, 0]]]);
    expect(oneHot(labels, 3)).toMatchObject({ dtype: "float32" });
    expect(oneHot(labels, 3, { dtype: "uint8" })).toMatchObject({ dtype: "uint8" });
    expect(oneHot(tensor(new Int32Array(0)), 4).shape).toEqual([0, 4]);
  });

  it("pad continues a tensor as PyTorch does", () => {
    const row = arange(4);
    expect(row.pad([[3, 2]], { mode: "reflect" }).toArray()).toEqual([3, 2, 1, 0, 1, 2, 3, 2, 1]);
    expect(row.pad([[2, 1]], { mode: "replicate" }).toArray()).toEqual([0, 0, 0, 1, 2, 3, 3]);
    expect(row.pad([[4, 1]], { mode: "circular" }).toArray()).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0]);
    expect(x.pad([[1, 0], [1, 1]], { mode: "reflect" }).toArray()).toEqual([
      [4, 3, 4, 5, 4],
      [1, 0, 1, 2, 1],
      [4, 3, 4, 5, 4],
    ]); // biome-ignore format: a matrix
    expect(row.pad([[1, 0]], { value: 9 }).toArray()).toEqual([9, 0, 1, 2, 3]);
    expect(tensor(new Uint8Array([1, 2])).pad([[1, 1]], { mode: "circular" }).toArray()).toEqual([2, 1, 2, 1]); // biome-ignore format: one line
    expect(tensor([]).pad([[0, 0]], { mode: "reflect" }).shape).toEqual([0]);
  });
});

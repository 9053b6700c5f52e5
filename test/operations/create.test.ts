import { arange, eye, full, ones, type TypedArray, tensor, zeros } from "@convgrad/core";
import { describe, expect, it } from "vitest";

describe("tensor", () => {
  it("takes numbers, nested arrays and typed arrays", () => {
    expect(tensor(5)).toMatchObject({ shape: [], dtype: "float32", size: 1, rank: 0 });
    expect(tensor([[1, 2, 3], [4, 5, 6]]).shape).toEqual([2, 3]); // biome-ignore format: a matrix
    expect(tensor([[[1]], [[2]]]).toArray()).toEqual([[[1]], [[2]]]);
    for (const array of [Float32Array, Float64Array, Int32Array, Uint8Array]) {
      const x = tensor(array.from([1, 2, 3, 4]), { shape: [2, -1] });
      expect(x.toArray()).toEqual([
        [1, 2],
        [3, 4],
      ]);
      expect(x.toTypedArray()).toBeInstanceOf(array);
    }
  });

  it("takes the type of a typed array, float32 otherwise, or the one named", () => {
    expect(tensor(new Uint8Array(2)).dtype).toBe("uint8");
    expect(tensor(new Float64Array(2)).dtype).toBe("float64");
    expect(tensor([1]).dtype).toBe("float32");
    expect(tensor(new Float64Array([1.7]), { dtype: "int32" }).item()).toBe(1);
    expect(tensor([[7]], { dtype: "uint8" }).dtype).toBe("uint8");
  });

  it("copies what it is given", () => {
    const values = Float32Array.of(1, 2);
    const x = tensor(values);
    values[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
    const read = x.toTypedArray();
    read[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  it("shapes a flat or nested list anew", () => {
    expect(tensor([1, 2, 3, 4], { shape: [2, 2] }).shape).toEqual([2, 2]);
    expect(tensor([[1, 2], [3, 4]], { shape: [-1] }).shape).toEqual([4]); // biome-ignore format: a matrix
    expect(tensor([7], { shape: [] }).item()).toBe(7);
  });

  it("may be empty, and reads as the nesting it had", () => {
    for (const [values, shape] of [
      [[], [0]],
      [
        [[], []],
        [2, 0],
      ],
      [[[[], []]], [1, 2, 0]],
    ] as const) {
      const x = tensor(values as never);
      expect(x.shape).toEqual(shape);
      expect(x.toArray()).toEqual(values);
      expect(x.toTypedArray()).toHaveLength(0);
    }
    expect(zeros([0, 3]).toArray()).toEqual([]);
    expect(zeros([2, 0, 3]).toArray()).toEqual([[], []]);
  });

  it("holds NaN, infinities and −0", () => {
    const x = tensor([Number.NaN, Number.POSITIVE_INFINITY, -0]);
    expect(x.toArray()).toEqual([Number.NaN, Number.POSITIVE_INFINITY, -0]);
  });

  it("reads later as well as now", async () => {
    expect(await tensor([1, 2]).read()).toEqual(Float32Array.of(1, 2));
  });

  it("reads views of every kind in their order", () => {
    const x = tensor([...Array(12).keys()], { shape: [3, 4] });
    const read = (view: { toTypedArray(): TypedArray }) => [...view.toTypedArray()];
    expect(read(x.transpose())).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    expect(read(x.slice([1, 1], [3, 4], [1, 2]))).toEqual([5, 7, 9, 11]);
    expect(read(x.flip(1).slice([2]))).toEqual([11, 10, 9, 8]);
    expect(read(x.slice([0, 0], [1, 2]).broadcastTo([2, 2]))).toEqual([0, 1, 0, 1]);
    expect(x.slice([2, 3]).item()).toBe(11);
  });
});

describe("creation", () => {
  it("fills", () => {
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(ones([2], { dtype: "int32" }).toArray()).toEqual([1, 1]);
    expect(full([1, 2], -0.5).toArray()).toEqual([[-0.5, -0.5]]);
    expect(full([], 3, { requiresGrad: true })).toMatchObject({ requiresGrad: true, shape: [] });
  });

  it("does not hold on to the shape it was given", () => {
    const shape = [2, 3];
    const x = zeros(shape);
    shape[0] = 9;
    expect(x.shape).toEqual([2, 3]);
  });

  it("counts", () => {
    expect(arange(4).toArray()).toEqual([0, 1, 2, 3]);
    expect(arange(2, 5).toArray()).toEqual([2, 3, 4]);
    expect(arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(arange(0, 1, 0.25, { dtype: "float64" }).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(arange(3, 1).shape).toEqual([0]);
    expect(arange(3, undefined, 1, { dtype: "int32" }).dtype).toBe("int32");
  });

  it("makes identity matrices", () => {
    expect(eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(eye(0).shape).toEqual([0, 0]);
  });
});

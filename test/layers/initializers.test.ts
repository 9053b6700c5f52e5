import { DTypeError, manualSeed, ShapeError, type Tensor, ValueError, zeros } from "@convgrad/core";
import {
  calculateGain,
  Dense,
  fans,
  fillConstant,
  fillNormal,
  fillTruncatedNormal,
  fillUniform,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  xavierNormal,
  xavierUniform,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";

const all: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  fillUniform: (x) => fillUniform(x, -2, 3),
  fillNormal: (x) => fillNormal(x, 1, 2),
  kaimingUniform: (x) => kaimingUniform(x, { nonlinearity: "relu" }),
  kaimingNormal: (x) => kaimingNormal(x, { mode: "fanOut" }),
  xavierUniform: (x) => xavierUniform(x, { gain: calculateGain("tanh") }),
  xavierNormal: (x) => xavierNormal(x),
  orthogonal: (x) => orthogonal(x, 2),
  fillTruncatedNormal: (x) => fillTruncatedNormal(x, 1, 2, 0.4),
  fillConstant: (x) => fillConstant(x, 3),
};

describe.each(["float32", "float64"] as const)("in %s", (dtype) => {
  it.each(Object.entries(all))("%s fills in place, the same for the same seed", (_, fill) => {
    const draw = () => {
      manualSeed(5);
      const x = zeros([6, 4, 3, 3], { dtype, requiresGrad: true });
      expect(fill(x)).toBe(x);
      expect(x.isLeaf).toBe(true);
      return [...x.toTypedArray()];
    };
    const values = draw();
    expect(values.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    expect(draw()).toEqual(values);
  });

  it.each([
    [8, 3],
    [3, 8],
    [5, 5],
    [6, 2, 2, 2],
    [4, 8, 3, 3],
  ])(
    "orthogonal of %j, ×, … has orthonormal rows or columns times the gain",
    (...shape: number[]) => {
      manualSeed(1);
      const x = orthogonal(zeros(shape, { dtype }), 1.5).reshape([shape[0]!, -1]);
      const [rows, columns] = x.shape as [number, number];
      const gram = (rows < columns ? x.matmul(x.transpose()) : x.transpose().matmul(x)).toArray();
      (gram as number[][]).forEach((row, i) => {
        row.forEach((value, j) => {
          expect(Math.abs(value - (i === j ? 2.25 : 0))).toBeLessThan(
            dtype === "float64" ? 1e-13 : 2e-6,
          );
        });
      });
    },
  );
});

it("normal and uniform have their moments", () => {
  manualSeed(3);
  const n = fillNormal(zeros([20000]), 5, 2);
  expect(n.mean().item()).toBeCloseTo(5, 1);
  expect(Math.sqrt(n.variance().item())).toBeCloseTo(2, 1);
  const u = fillUniform(zeros([20000]), -1, 3);
  expect(u.mean().item()).toBeCloseTo(1, 1);
  expect([u.min().item() >= -1, u.max().item() < 3]).toEqual([true, true]);
});

it("truncated normals stay within the limit, with the moments of what remains", () => {
  manualSeed(6);
  const x = fillTruncatedNormal(zeros([20000], { dtype: "float64" }), 5, 2);
  expect([x.min().item() >= 1, x.max().item() <= 9]).toEqual([true, true]);
  expect(x.mean().item()).toBeCloseTo(5, 1);
  expect(Math.sqrt(x.variance().item())).toBeCloseTo(2 * 0.8796, 1);
  const narrow = fillTruncatedNormal(zeros([1000]), 0, 1, 0.1)
    .abs()
    .max()
    .item();
  expect(narrow).toBeLessThanOrEqual(0.1 + 1e-8);
  expect(fillTruncatedNormal(zeros([0])).size).toBe(0);
});

it("signals keep their size through a deep relu net of Kaiming weights", () => {
  manualSeed(4);
  let x = fillNormal(zeros([64, 128]));
  for (let depth = 0; depth < 10; depth++)
    x = x.matmul(kaimingNormal(new Dense(128, 128).weight, { nonlinearity: "relu" })).relu();
  const size = x.mul(x).mean().item();
  expect(size).toBeGreaterThan(0.3);
  expect(size).toBeLessThan(1.5);
});

it("fans of every layout", () => {
  expect(fans(zeros([8, 3, 5, 5]))).toEqual({ fanIn: 75, fanOut: 200 });
  expect(fans(zeros([8, 3, 5, 5]), { transposed: true })).toEqual({ fanIn: 200, fanOut: 75 });
  expect(fans(new Dense(7, 2).weight)).toEqual({ fanIn: 7, fanOut: 2 });
});

it("gains", () => {
  expect(calculateGain("selu")).toBe(0.75);
  expect(calculateGain("leakyRelu", 0)).toBe(Math.SQRT2);
});

const w = () => zeros([2, 3]);
it.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
  [
    "a bias",
    () => kaimingUniform(zeros([3])),
    ShapeError,
    /at least 2 axes, not \[3\]; fill a bias with fillConstant/,
  ],
  [
    "an empty weight",
    () => xavierNormal(zeros([0, 3])),
    ShapeError,
    /without cells has no deviation: 0×3/,
  ],
  ["an empty matrix", () => orthogonal(zeros([3, 0])), ShapeError, /without cells/],
  [
    "integers",
    () => fillConstant(zeros([2], { dtype: "int32" }), 1),
    DTypeError,
    /fills floats, not int32; convert/,
  ],
  ["integers to draw", () => fillNormal(zeros([2], { dtype: "uint8" })), DTypeError, /not uint8/],
  ["an array", () => fillConstant([1] as never, 1), ValueError, /must be a tensor/],
  ["a constant NaN", () => fillConstant(w(), Number.NaN), ValueError, /value is NaN/],
  [
    "a range upside down",
    () => fillUniform(w(), 1, 0),
    ValueError,
    /low 1 is above high 0; exchange them/,
  ],
  ["an infinite range", () => fillUniform(w(), 0, 1 / 0), ValueError, /high is Infinity/],
  [
    "a negative deviation",
    () => fillNormal(w(), 0, -1),
    ValueError,
    /deviation is -1; it must be a number ≥ 0/,
  ],
  ["a limit of 0", () => fillTruncatedNormal(w(), 0, 1, 0), ValueError, /limit is 0; .* ≥ 0.1/],
  [
    "an unknown mode",
    () => kaimingNormal(w(), { mode: "fan_in" as never }),
    ValueError,
    /mode "fan_in" is unknown; use "fanIn" or "fanOut"/,
  ],
  [
    "an unknown nonlinearity",
    () => kaimingNormal(w(), { nonlinearity: "swish" as never }),
    ValueError,
    /"swish" is unknown; use linear, sigmoid/,
  ],
  ["a slope of NaN", () => kaimingUniform(w(), { a: Number.NaN }), ValueError, /slope is NaN/],
  ["a gain of −1", () => xavierUniform(w(), { gain: -1 }), ValueError, /gain is -1/],
  ["an orthogonal gain of NaN", () => orthogonal(w(), Number.NaN), ValueError, /gain is NaN/],
  [
    "transposed: 1",
    () => fans(w(), { transposed: 1 as never }),
    ValueError,
    /transposed is 1; it must be true or false/,
  ],
])("refuses %s", (_, call, kind, message) => {
  expect(call).toThrow(kind);
  expect(call).toThrow(message);
});

import {
  ConvgradError,
  DTypeError,
  memory,
  oneHot,
  ones,
  ShapeError,
  split,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

type ErrorClass = new (...args: never[]) => ConvgradError;
type Row = readonly [kind: ErrorClass, attempt: () => unknown, message: string];

const x23: Tensor = ones([2, 3]);
const empty = ones([2, 0]);
const int = tensor([1, 2], { dtype: "int32" });
const wide = tensor([1, 2], { dtype: "float64" });
const index = tensor([0, 1], { dtype: "int32" });
const untyped = (value: unknown) => value as never;

const rows: readonly Row[] = [
  // clamp
  [
    ValueError,
    () => x23.clamp(null),
    "clamp: cannot clamp to null … null; give numbers min ≤ max, or null for one of them",
  ],
  [ValueError, () => x23.clamp(2, 1), "clamp: cannot clamp to 2 … 1; give numbers min ≤ max"],
  [ValueError, () => x23.clamp(Number.NaN), "clamp: cannot clamp to NaN … null"],
  [ValueError, () => x23.clamp(0, Number.NaN), "clamp: cannot clamp to 0 … NaN"],
  [ValueError, () => x23.clamp(untyped("a")), 'clamp: cannot clamp to "a" … null'],
  [DTypeError, () => int.clamp(0.5), "clamp: 0.5 is not of type int32; convert the tensor"],
  // Comparisons
  [DTypeError, () => int.less(wide), "less: int32 and float64 do not mix; convert one of them"],
  [DTypeError, () => int.lessEqual(wide), "lessEqual: int32 and float64 do not mix"],
  [DTypeError, () => int.greaterEqual(wide), "greaterEqual: int32 and float64 do not mix"],
  [DTypeError, () => int.notEqual(0.5), "notEqual: 0.5 is not of type int32"],
  [
    ShapeError,
    () => x23.less(ones([2])),
    "less: shapes [2, 3] and [2] do not broadcast (3 ≠ 2 at axis -1); reshape or unsqueeze one",
  ],
  [ValueError, () => x23.less(untyped("1")), 'less: the other operand must be a tensor, not "1"'],
  // Functions of floats
  [DTypeError, () => int.sin(), 'sin: needs float32 or float64, not int32; convert with .to("flo'],
  [DTypeError, () => int.cos(), "cos: needs float32 or float64, not int32"],
  [DTypeError, () => int.erf(), "erf: needs float32 or float64, not int32"],
  [DTypeError, () => int.log1p(), "log1p: needs float32 or float64, not int32"],
  [DTypeError, () => int.softplus(), "softplus: needs float32 or float64, not int32"],
  [DTypeError, () => int.expm1(), "expm1: needs float32 or float64, not int32"],
  [DTypeError, () => int.reciprocal(), "reciprocal: needs float32 or float64, not int32"],
  [DTypeError, () => int.rsqrt(), "rsqrt: needs float32 or float64, not int32"],
  // Reductions
  [ShapeError, () => x23.prod(2), "prod: axis 2 does not exist in a tensor of rank 2; use -2 to 1"],
  [ShapeError, () => x23.amax([0, 0]), "amax: axes [0, 0] name an axis twice"],
  [ShapeError, () => empty.amax(1), "amax: an axis of [2, 0] is empty, and nothing has no maximum"],
  [ShapeError, () => empty.amin(), "amin: an axis of [2, 0] is empty"],
  [ShapeError, () => x23.argmin(2), "argmin: axis 2 does not exist in a tensor of rank 2"],
  [ShapeError, () => empty.argmin(1), "an axis of [2, 0] is empty"],
  [
    ShapeError,
    () => ones([]).cumsum(0),
    "cumsum: axis 0 does not exist in a tensor of rank 0; a s",
  ],
  [ShapeError, () => x23.logSumExp(3), "logSumExp: axis 3 does not exist"],
  [
    ValueError,
    () => x23.std(0, false, -1),
    "std: correction is -1; it must be a number ≥ 0, 1 for the unbiased estimate",
  ],
  [ValueError, () => x23.std(0, false, Number.NaN), "std: correction is NaN"],
  [ValueError, () => x23.variance(0, false, Number.POSITIVE_INFINITY), "variance: correction is I"],
  [ValueError, () => x23.variance(0, false, untyped("1")), 'variance: correction is "1"'],
  // Movement
  [ShapeError, () => x23.roll(1, 2), "roll: axis 2 does not exist"],
  [ValueError, () => x23.roll(0.5, 0), "roll: shift is 0.5; it must be a whole number"],
  [ValueError, () => x23.roll(Number.NaN, 0), "roll: shift is NaN"],
  [
    ShapeError,
    () => x23.tile([2, -1]),
    "tile: [2,-1] must be a list of whole numbers ≥ 0, how often each of the last axes is repeated",
  ],
  [ShapeError, () => x23.tile([0.5]), "tile: [0.5] must be a list of whole numbers ≥ 0"],
  [ShapeError, () => x23.tile(untyped(2)), "tile: 2 must be a list of whole numbers ≥ 0"],
  [
    ShapeError,
    () => split(x23, [1, 1], 1),
    "split: sizes [1, 1] must be whole numbers ≥ 0 that add up to 3, axis 1 of [2, 3]",
  ],
  [ShapeError, () => split(x23, [4, -1], 1), "split: sizes [4, -1] must be whole numbers ≥ 0"],
  [ShapeError, () => split(x23, [1.5, 1.5], 1), "split: sizes [1.5, 1.5] must be whole numbers"],
  [ShapeError, () => split(x23, 1, 2), "split: axis 2 does not exist"],
  [ValueError, () => split(x23, 0), "split: size is 0; it must be a whole number ≥ 1"],
  [ValueError, () => split(x23, untyped("2")), 'split: size is "2"; it must be a whole number ≥ 1'],
  [ValueError, () => split(untyped([1]), 1), "split: the operand must be a tensor, not [1]"],
  // Selection
  [
    ShapeError,
    () => x23.indexSelect(0, ones([1, 1]).to("int32")),
    "indexSelect: the index must be a vector, not [1, 1]; flatten() it, or use gather",
  ],
  [
    DTypeError,
    () => x23.indexSelect(0, ones([1])),
    'indexSelect: the index must be int32, not float32; convert with .to("int32")',
  ],
  [ShapeError, () => x23.indexSelect(2, index), "indexSelect: axis 2 does not exist"],
  [ValueError, () => x23.indexSelect(0, untyped([1])), "indexSelect: the index must be a tensor"],
  [
    ValueError,
    () => oneHot(index.add(2), 3),
    "oneHot: label 3 is out of range; there are 3 classes, 0 to 2",
  ],
  [ValueError, () => oneHot(index.neg(), 3), "oneHot: label -1 is out of range"],
  [ValueError, () => oneHot(index, 1.5), "oneHot: classes is 1.5; it must be a whole number ≥ 1"],
  [ValueError, () => oneHot(untyped([1]), 2), "oneHot: the list of labels must be a tensor"],
  [DTypeError, () => oneHot(wide, 3), "oneHot: the list of labels must be int32, not float64"],
  [DTypeError, () => oneHot(index, 3, { dtype: untyped("bool") }), 'oneHot: "bool" is no dtype'],
  // pad
  [
    ShapeError,
    () => x23.pad([[3, 0]], { mode: "reflect" }),
    'pad: mode "reflect" has 2 cells at most on a side of axis 1 of [2, 3], not [3,0]; pad by less, or use mode "constant"',
  ],
  [
    ShapeError,
    () => x23.pad([[0, 4]], { mode: "circular" }),
    'mode "circular" has 3 cells at most',
  ],
  [ShapeError, () => empty.pad([[1, 0]], { mode: "replicate" }), 'mode "replicate" has 0 cells at'],
  [ShapeError, () => empty.pad([[1, 0]], { mode: "reflect" }), 'mode "reflect" has 0 cells at mo'],
  [
    ValueError,
    () => x23.pad([[1, 0]], { mode: untyped("mirror") }),
    'pad: mode is "mirror", value undefined; use "reflect", "replicate" or "circular" without a value, or mode "constant"',
  ],
  [
    ValueError,
    () => x23.pad([[1, 0]], { mode: "reflect", value: 1 }),
    'pad: mode is "reflect", value 1; use "reflect", "replicate" or "circular" without a value',
  ],
  [ValueError, () => x23.pad([[1, 0]], { mode: untyped("toString") }), 'mode is "toString"'],
  [
    ValueError,
    () => x23.pad([[1, 0]], { value: untyped("1") }),
    'pad: value is "1"; it must be a n',
  ],
  [DTypeError, () => int.pad([[1, 0]], 0.5), "pad: 0.5 is not of type int32"],
  [
    ShapeError,
    () => x23.pad(untyped([[1]])),
    "pad: [[1]] must be at most 2 pairs of whole numbers",
  ],
  [ShapeError, () => x23.pad([[1, 0.5]], { mode: "reflect" }), "must be at most 2 pairs of whole"],
];

describe("operations tell their name, the values and the remedy", () => {
  it.each(rows.map((row) => [row[2], row] as const))("%s", (_title, [kind, attempt, message]) => {
    const before = memory().bytes;
    const error = thrownBy(attempt);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
    // No result was begun; a constant or an index beside an operand is the most that waits for the collector.
    expect(memory().bytes - before).toBeLessThanOrEqual(24);
  });

  it("tell an index out of range, with the range", () => {
    for (const [shift, range] of [
      [1, "index 2 is out of range; axis 0 has 2 elements, 0 to 1"],
      [-1, "index -1 is out of range; axis 0 has 2 elements, 0 to 1"],
    ] as const) {
      const error = thrownBy(() => x23.indexSelect(0, index.add(shift)));
      expect(error).toBeInstanceOf(ValueError);
      expect((error as Error).message).toContain(range);
    }
  });

  it("have machine-readable fields", () => {
    const details = (attempt: () => unknown) => (thrownBy(attempt) as ConvgradError).details;
    expect(details(() => x23.clamp(2, 1))).toEqual({ min: 2, max: 1 });
    expect(details(() => x23.pad([[3, 0]], { mode: "reflect" }))).toMatchObject({
      shape: [2, 3],
      axis: 1,
      mode: "reflect",
    });
    expect(details(() => split(x23, [1], 1))).toEqual({ sizes: [1], axis: 1, shape: [2, 3] });
    expect(details(() => oneHot(index, 1))).toEqual({ label: 1, classes: 1 });
  });

  it("leave the operand as it was", () => {
    const x: Tensor = tensor([1, 2], { requiresGrad: true });
    expect(() => x.clamp(2, 1)).toThrow(ConvgradError);
    expect(() => x.pad([[5, 0]], { mode: "reflect" })).toThrow(ConvgradError);
    x.square().sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 4]);
  });
});

function thrownBy(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return expect.fail("nothing was thrown");
}

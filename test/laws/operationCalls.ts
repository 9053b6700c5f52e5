import { concat, oneHot, type Shape, split, type Tensor, tensor } from "@convgrad/core";
import fc from "fast-check";
import type { Call } from "./call.ts";

const upTo = (most: number, least = 0) => fc.integer({ min: least, max: most });
/** Sizes with remainders beside halves and vectors of four, 1, and sometimes none. */
const size = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(1, 2, 3, 4, 5, 7) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const few = (shape: Shape) => shape.reduce((product, n) => product * n, 1) <= 10;
const shapes = (least: number, most: number) =>
  fc.array(size, { minLength: least, maxLength: most }).filter(few);

/** A function of one tensor of any shape. */
const map = (apply: (x: Tensor) => Tensor): fc.Arbitrary<Call> =>
  shapes(0, 3).map((shape) => ({ shapes: [shape], apply: (x) => apply(x!) }));

/** A function of one tensor and an axis of it. */
const along = <P>(
  params: fc.Arbitrary<P>,
  apply: (x: Tensor, axis: number, params: P) => Tensor,
): fc.Arbitrary<Call> =>
  fc.record({ shape: shapes(1, 3), at: upTo(2), params }).map(({ shape, at, params }) => ({
    shapes: [shape],
    apply: (x) => apply(x!, at % shape.length, params),
  }));

type Reduction = (x: Tensor, axes: number[] | undefined, keepDims: boolean) => Tensor;

/** A reduction over some axes, or all; over none that is empty where nothing has no result. */
const over = (apply: Reduction, ofNothing = true): fc.Arbitrary<Call> =>
  shapes(0, 3)
    .chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axes: fc.option(fc.subarray([...shape.keys()]), { nil: undefined }),
        keepDims: fc.boolean(),
      }),
    )
    .filter(({ shape, axes }) => ofNothing || !(axes ?? [...shape.keys()]).some((a) => !shape[a]))
    .map(({ shape, axes, keepDims }) => ({
      shapes: [shape],
      apply: (x) => apply(x!, axes, keepDims),
    }));

const paddings: fc.Arbitrary<Call> = fc
  .record({
    shape: fc.array(upTo(4, 1), { minLength: 1, maxLength: 3 }).filter(few),
    mode: fc.constantFrom("reflect" as const, "replicate" as const, "circular" as const),
    counts: fc.array(fc.tuple(upTo(4), upTo(4)), { minLength: 3, maxLength: 3 }),
  })
  .map(({ shape, mode, counts }) => {
    const pairs = shape.map((n, axis) => {
      const most = { reflect: n - 1, replicate: 4, circular: n }[mode];
      const [before, after] = counts[axis]!;
      return [Math.min(before, most), Math.min(after, most)] as const;
    });
    return { shapes: [shape], apply: (x) => x!.pad(pairs, { mode }) };
  });

const comparisons = fc.constantFrom("less", "lessEqual", "greaterEqual", "notEqual");

/** Every operation that is a sentence of others. */
export const operationCalls: Readonly<Record<string, fc.Arbitrary<Call>>> = {
  square: map((x) => x.square()),
  reciprocal: map((x) => x.reciprocal()),
  rsqrt: map((x) => x.abs().rsqrt()),
  log1p: map((x) => x.mul(0.3).log1p()),
  expm1: map((x) => x.expm1()),
  softplus: map((x) => x.softplus()),
  clamp: fc
    .tuple(shapes(0, 3), fc.constantFrom([-0.8, 0.9], [null, 0.1], [-0.1, null]))
    .map(([shape, [min, max]]) => ({
      shapes: [shape],
      apply: (x) => x!.square().clamp(min!, max),
    })),
  "a comparison as condition": fc.tuple(shapes(0, 3), comparisons).map(([shape, name]) => ({
    shapes: [shape, shape],
    apply: (a, b) => a!.square().where(a![name as "less"](b!.add(0.05)), b!),
  })),
  prod: over((x, axes, keepDims) => x.prod(axes, keepDims)),
  amax: over((x, axes, keepDims) => x.amax(axes, keepDims).square(), false),
  amin: over((x, axes, keepDims) => x.amin(axes, keepDims).square(), false),
  "variance and std of a population": over(
    (x, axes, keepDims) => x.variance(axes, keepDims, 0).add(x.std(axes, keepDims, 0)),
    false,
  ),
  "variance and std of a sample": along(upTo(1), (x, axis, correction) => {
    const sample = concat([x, x.square()], axis);
    return sample.variance(axis).add(sample.std(axis, false, correction));
  }),
  logSumExp: over((x, axes, keepDims) => x.logSumExp(axes, keepDims), false),
  softmax: along(fc.constant(null), (x, axis) => x.softmax(axis)),
  cumsum: along(fc.constant(null), (x, axis) => x.cumsum(axis).square()),
  roll: along(upTo(9, -9), (x, axis, shift) => x.roll(shift, axis).square()),
  tile: fc.tuple(shapes(0, 3), fc.array(upTo(2), { maxLength: 4 })).map(([shape, counts]) => ({
    shapes: [shape],
    apply: (x) => x!.tile(counts).square(),
  })),
  indexSelect: fc
    .record({ shape: shapes(1, 3), at: upTo(2), picks: fc.array(upTo(9), { maxLength: 4 }) })
    .map(({ shape, at, picks }) => {
      const axis = at % shape.length;
      const n = shape[axis]!;
      const index = Int32Array.from(n === 0 ? [] : picks, (pick) => pick % n);
      return {
        shapes: [shape],
        apply: (x) => x!.indexSelect(axis, tensor(index)).square(),
      };
    }),
  split: along(upTo(3, 1), (x, axis, each) =>
    concat(
      split(x, each, axis).map((y, i) => y.pow(i + 2)),
      axis,
    ),
  ),
  "pad in a mode": paddings,
  "oneHot as a mask": fc.tuple(upTo(4, 1), upTo(4, 1)).map(([n, classes]) => ({
    shapes: [[n, classes]],
    apply: (x) => {
      const labels = tensor(Int32Array.from({ length: n }, (_, i) => (3 * i + 1) % classes));
      return oneHot(labels, classes, { dtype: x!.dtype }).mul(x!).square();
    },
  })),
};

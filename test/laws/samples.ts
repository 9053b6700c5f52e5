import {
  type DType,
  type PrimitiveName,
  primitives,
  type Shape,
  type Tensor,
} from "@convgrad/core";
import fc from "fast-check";
import { indicesOf } from "../conformance/placements.ts";
import { erf } from "../oracle/erf.ts";

/** An element of an input, by its multi-index. */
export type Read = (index: readonly number[]) => number;

/** One input of a primitive: its shape, and what its elements may be. */
export interface Operand {
  readonly shape: Shape;
  readonly values: fc.Arbitrary<number>;
  /** The float type that is tried, unless given; inputs of other types get no gradient. */
  readonly dtype?: DType;
}

/** A primitive with its parameters. */
export interface Instance {
  readonly operands: readonly Operand[];
  readonly apply: (...inputs: Tensor[]) => Tensor;
  /** The defining equation: one element of the result, by index arithmetic alone. */
  readonly element: (index: readonly number[], ...inputs: Read[]) => number;
}

/** How the laws try a primitive. */
export interface Sample {
  readonly instances: fc.Arbitrary<Instance>;
  /**
   * In which inputs the primitive is linear: in all of them at once (`concat`), in each while the others stay
   * (`contraction`), or in none.
   */
  readonly linear: "jointly" | "separately" | "no";
  /** Whether it has gradients; a primitive without them has results that are constant almost everywhere. */
  readonly differentiable: boolean;
}

/** Eighths: their sums and products are exact, and two that differ are further apart than any step of gradcheck. */
const eighths: fc.Arbitrary<number> = fc.integer({ min: -16, max: 16 }).map((n) => n / 8);
const positive: fc.Arbitrary<number> = fc.integer({ min: 4, max: 20 }).map((n) => n / 8);
const nonZero: fc.Arbitrary<number> = fc
  .tuple(positive, fc.boolean())
  .map(([x, minus]) => (minus ? -x : x));

const axisSize = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const MOST_ELEMENTS = 6;
const shapeOfRank = (minLength: number, maxLength: number): fc.Arbitrary<Shape> =>
  fc
    .array(axisSize, { minLength, maxLength })
    .filter((shape) => shape.reduce((size, n) => size * n, 1) <= MOST_ELEMENTS);
const anyShape = shapeOfRank(0, 3);

/** A choice of numbers for each axis of a shape. */
function perAxis(
  shape: Shape,
  choice: (n: number) => fc.Arbitrary<number>,
): fc.Arbitrary<number[]> {
  return fc.tuple(...shape.map(choice));
}

/** Some of the axes of a shape, ascending. */
function axesOf(shape: Shape): fc.Arbitrary<number[]> {
  return fc.subarray(shape.map((_, axis) => axis));
}

function upTo(max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max });
}

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

function unary(apply: Unary, f: (x: number) => number, values = eighths): fc.Arbitrary<Instance> {
  return anyShape.map((shape) => ({
    operands: [{ shape, values }],
    apply,
    element: (index, x) => f(x!(index)),
  }));
}

function binary(
  apply: Binary,
  f: (a: number, b: number) => number,
  a = eighths,
  b = eighths,
): fc.Arbitrary<Instance> {
  return anyShape.map((shape) => ({
    operands: [
      { shape, values: a },
      { shape, values: b },
    ],
    apply,
    element: (index, x, y) => f(x!(index), y!(index)),
  }));
}

/** A function of one tensor whose parameters depend on its shape. */
function movement<P>(
  shapes: fc.Arbitrary<Shape>,
  params: (shape: Shape) => fc.Arbitrary<P>,
  apply: (x: Tensor, params: P) => Tensor,
  element: (index: readonly number[], x: Read, params: P, shape: Shape) => number,
): fc.Arbitrary<Instance> {
  return shapes
    .chain((shape) => params(shape).map((p) => ({ shape, p })))
    .map(({ shape, p }) => ({
      operands: [{ shape, values: eighths }],
      apply: (x) => apply(x!, p),
      element: (index, x) => element(index, x!, p, shape),
    }));
}

const smooth = { linear: "no", differentiable: true } as const;
const flat = { linear: "no", differentiable: false } as const;
const linear = { linear: "jointly", differentiable: true } as const;

function flatIndex(index: readonly number[], shape: Shape): number {
  return index.reduce((at, i, axis) => at * shape[axis]! + i, 0);
}

function unflatten(at: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = at;
  for (const n of shape.toReversed()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return index;
}

/** Other shapes of as many elements. */
function regroupings(shape: Shape): Shape[] {
  const size = shape.reduce((product, n) => product * n, 1);
  const [first = 1, ...rest] = shape;
  const [second = 1, ...others] = rest;
  return [[size], [...shape, 1], [1, ...shape], shape.toReversed(), [first * second, ...others]];
}

/** A sliding window that fits the last axes of a shape. */
const slidings = fc
  .array(
    fc
      .record({ kernel: fc.integer({ min: 1, max: 2 }), stride: fc.integer({ min: 1, max: 3 }) })
      .chain(({ kernel, stride }) =>
        fc
          .record({ dilation: fc.integer({ min: 1, max: 2 }), windows: upTo(1), rest: upTo(1) })
          .map(({ dilation, windows, rest }) => ({
            kernel,
            stride,
            dilation,
            size: dilation * (kernel - 1) + 1 + windows * stride + Math.min(rest, stride - 1),
            count: windows + 1,
          })),
      ),
    { minLength: 1, maxLength: 2 },
  )
  .chain((axes) => shapeOfRank(0, 1).map((lead) => ({ axes, lead })))
  .filter(
    ({ axes, lead }) => [...lead, ...axes.map(({ size }) => size)].reduce((p, n) => p * n, 1) <= 9,
  )
  .map(({ axes, lead }) => ({
    lead,
    size: axes.map((axis) => axis.size),
    count: axes.map((axis) => axis.count),
    kernel: axes.map((axis) => axis.kernel),
    stride: axes.map((axis) => axis.stride),
    dilation: axes.map((axis) => axis.dilation),
  }));

/** Letters of a contraction with sizes: batch (in both and in the result), summed, and free ones of either side. */
const contractions: fc.Arbitrary<Instance> = fc
  .record({
    batch: shapeOfRank(0, 1),
    summed: shapeOfRank(0, 2),
    left: shapeOfRank(0, 1),
    right: shapeOfRank(0, 1),
  })
  .chain(({ batch, summed, left, right }) => {
    const sizes = new Map<string, number>();
    const name = (prefix: string, group: Shape) =>
      group.map((n, i) => {
        const letter = String.fromCharCode(prefix.charCodeAt(0) + i);
        sizes.set(letter, n);
        return letter;
      });
    const [n, k, l, r] = [name("a", batch), name("k", summed), name("p", left), name("u", right)];
    const shuffled = (letters: string[]) =>
      fc.shuffledSubarray(letters, { minLength: letters.length }).map((list) => list.join(""));
    return fc
      .record({
        a: shuffled([...n, ...k, ...l]),
        b: shuffled([...n, ...k, ...r]),
        out: shuffled([...n, ...l, ...r]),
      })
      .map((letters) => ({ letters, sizes, summed: k }));
  })
  .map(({ letters, sizes, summed }) => {
    const shape = (names: string) => [...names].map((letter) => sizes.get(letter)!);
    const all = letters.out + summed.join("");
    const part = (names: string, index: readonly number[]) =>
      [...names].map((letter) => index[all.indexOf(letter)]!);
    return {
      operands: [
        { shape: shape(letters.a), values: eighths },
        { shape: shape(letters.b), values: eighths },
      ],
      apply: (a, b) => primitives.contraction(a!, b!, letters),
      element: (index, a, b) =>
        indicesOf(shape(summed.join("")))
          .map((inner) => [...index, ...inner])
          .reduce((sum, i) => sum + a!(part(letters.a, i)) * b!(part(letters.b, i)), 0),
    } satisfies Instance;
  });

/** A shape, an axis of it, and a size in place of the one along the axis. */
const picked = fc
  .record({ shape: shapeOfRank(1, 3), size: upTo(3), at: upTo(2) })
  .map(({ shape, size, at }) => ({ shape, size, axis: at % shape.length }));

const [one, two] = [upTo(1), fc.integer({ min: 1, max: 2 })] as const;
/** Images of up to 4×4 cells under windows that may begin above and left of them and overhang the other edges. */
const pooled: fc.Arbitrary<Instance> = fc
  .record({
    lead: shapeOfRank(0, 1),
    size: fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 })),
    kernel: fc.constant([2, 3] as const),
    stride: fc.tuple(two, two),
    before: fc.tuple(one, one),
    output: fc.tuple(two, two),
  })
  .filter(({ size, stride, before, output }) =>
    size.every((n, axis) => (output[axis]! - 1) * stride[axis]! - before[axis]! < n),
  )
  .map(({ lead, size: [h, w], ...rest }) => {
    const pooling = { ...rest, dilation: [1, 1] as const };
    const taps = indicesOf(pooling.kernel);
    return {
      operands: [{ shape: [...lead, h, w], values: eighths }],
      apply: (x) => primitives.winners(x!, pooling),
      element: (index, x) => {
        const cells = taps
          .map((tap) =>
            tap.map((i, axis) => index.at(axis - 2)! * rest.stride[axis]! + i - rest.before[axis]!),
          )
          .filter(([row, column]) => row! >= 0 && row! < h && column! >= 0 && column! < w);
        const values = cells.map((cell) => x!([...index.slice(0, -2), ...cell]));
        const [row, column] = cells[values.indexOf(Math.max(...values))]!;
        return row! * w + column!;
      },
    } satisfies Instance;
  });

/** Generators for every primitive; one that is missing here does not compile. */
export const samples = {
  neg: { ...linear, instances: unary(primitives.neg, (x) => -x) },
  abs: { ...smooth, instances: unary(primitives.abs, Math.abs) },
  sign: { ...flat, instances: unary(primitives.sign, Math.sign) },
  exp: { ...smooth, instances: unary(primitives.exp, Math.exp) },
  log: { ...smooth, instances: unary(primitives.log, Math.log, positive) },
  sqrt: { ...smooth, instances: unary(primitives.sqrt, Math.sqrt, positive) },
  tanh: { ...smooth, instances: unary(primitives.tanh, Math.tanh) },
  sigmoid: { ...smooth, instances: unary(primitives.sigmoid, (x) => 1 / (1 + Math.exp(-x))) },
  relu: { ...smooth, instances: unary(primitives.relu, (x) => Math.max(x, 0)) },
  sin: { ...smooth, instances: unary(primitives.sin, Math.sin) },
  cos: { ...smooth, instances: unary(primitives.cos, Math.cos) },
  erf: { ...smooth, instances: unary(primitives.erf, erf) },
  add: { ...linear, instances: binary(primitives.add, (a, b) => a + b) },
  sub: { ...linear, instances: binary(primitives.sub, (a, b) => a - b) },
  mul: {
    linear: "separately",
    differentiable: true,
    instances: binary(primitives.mul, (a, b) => a * b),
  },
  div: { ...smooth, instances: binary(primitives.div, (a, b) => a / b, eighths, nonZero) },
  pow: { ...smooth, instances: binary(primitives.pow, (a, b) => a ** b, positive, eighths) },
  maximum: { ...smooth, instances: binary(primitives.maximum, Math.max) },
  minimum: { ...smooth, instances: binary(primitives.minimum, Math.min) },
  gate: { ...smooth, instances: binary(primitives.gate, (a, b) => (b === 0 ? 0 : a)) },
  equal: { ...flat, instances: binary(primitives.equal, (a, b) => Number(a === b)) },
  greater: { ...flat, instances: binary(primitives.greater, (a, b) => Number(a > b)) },
  where: {
    ...linear,
    instances: anyShape.map((shape) => ({
      operands: [
        { shape, values: fc.constantFrom(0, 1, 255), dtype: "uint8" },
        { shape, values: eighths },
        { shape, values: eighths },
      ],
      apply: (condition, a, b) => primitives.where(condition!, a!, b!),
      element: (index, condition, a, b) => (condition!(index) ? a!(index) : b!(index)),
    })),
  },
  contiguous: { ...linear, instances: unary(primitives.contiguous, (x) => x) },
  cast: {
    ...linear,
    instances: unary(
      (x) => primitives.cast(x, { dtype: "float64" }),
      (x) => x,
    ),
  },
  reshape: {
    ...linear,
    instances: movement(
      anyShape,
      (shape) => fc.constantFrom(...regroupings(shape)),
      (x, to) => x.reshape(to),
      (index, x, to, from) => x(unflatten(flatIndex(index, to), from)),
    ),
  },
  permute: {
    ...linear,
    instances: movement(
      anyShape,
      (shape) => fc.shuffledSubarray([...shape.keys()], { minLength: shape.length }),
      (x, order) => primitives.permute(x, { order }),
      (index, x, order) => x(order.map((_, axis) => index[order.indexOf(axis)]!)),
    ),
  },
  flip: {
    ...linear,
    instances: movement(
      anyShape,
      axesOf,
      (x, axes) => primitives.flip(x, { axes }),
      (index, x, axes, shape) =>
        x(index.map((i, axis) => (axes.includes(axis) ? shape[axis]! - 1 - i : i))),
    ),
  },
  slice: {
    ...linear,
    instances: movement(
      anyShape,
      (shape) =>
        fc.record({
          start: perAxis(shape, upTo),
          stop: perAxis(shape, upTo),
          step: perAxis(shape, () => fc.integer({ min: 1, max: 3 })),
        }),
      (x, { start, stop, step }) => x.slice(start, stop, step),
      (index, x, { start, step }) => x(index.map((i, axis) => start[axis]! + i * step[axis]!)),
    ),
  },
  pad: {
    ...linear,
    instances: movement(
      anyShape,
      (shape) =>
        fc.record({
          before: perAxis(shape, () => upTo(2)),
          after: perAxis(shape, () => upTo(2)),
          interior: perAxis(shape, () => upTo(2)),
        }),
      (x, padding) => primitives.pad(x, { ...padding, value: 0 }),
      (index, x, { before, interior }, shape) => {
        const from = index.map((i, axis) => (i - before[axis]!) / (interior[axis]! + 1));
        const inside = from.every((i, axis) => Number.isInteger(i) && i >= 0 && i < shape[axis]!);
        return inside ? x(from) : 0;
      },
    ),
  },
  concat: {
    ...linear,
    instances: fc
      .record({
        shape: shapeOfRank(1, 3),
        at: upTo(2),
        sizes: fc.array(axisSize, { minLength: 1, maxLength: 3 }),
      })
      .map(({ shape, at, sizes }): Instance => {
        const axis = at % shape.length;
        return {
          operands: sizes.map((n) => ({ shape: shape.with(axis, n), values: eighths })),
          apply: (...inputs) => primitives.concat(...inputs, { axis }),
          element: (index, ...inputs) => {
            let at = index[axis]!;
            let part = 0;
            while (at >= sizes[part]!) at -= sizes[part++]!;
            return inputs[part]!(index.with(axis, at));
          },
        };
      }),
  },
  broadcast: {
    ...linear,
    instances: movement(
      anyShape.map((shape) => shape.map((n, axis) => (axis % 2 === 0 ? 1 : n))),
      (shape) => perAxis(shape, (n) => (n === 1 ? upTo(3) : fc.constant(n))),
      (x, shape) => primitives.broadcast(x, { shape }),
      (index, x, _, shape) => x(index.map((i, axis) => (shape[axis] === 1 ? 0 : i))),
    ),
  },
  sum: {
    ...linear,
    instances: movement(
      anyShape,
      axesOf,
      (x, axes) => primitives.sum(x, { axes }),
      (index, x, axes, shape) =>
        indicesOf(shape.map((n, axis) => (axes.includes(axis) ? n : 1)))
          .map((inner) => x(index.map((i, axis) => i + inner[axis]!)))
          .reduce((sum, value) => sum + value, 0),
    ),
  },
  windows: {
    ...linear,
    instances: slidings.map(({ lead, size, ...window }) => ({
      operands: [{ shape: [...lead, ...size], values: eighths }],
      apply: (x) => primitives.windows(x!, window),
      element: (index, x) => {
        const tap = index.slice(lead.length, lead.length + size.length);
        const place = index.slice(lead.length + size.length);
        const cell = size.map(
          (_, k) => place[k]! * window.stride[k]! + tap[k]! * window.dilation[k]!,
        );
        return x!([...index.slice(0, lead.length), ...cell]);
      },
    })),
  },
  fold: {
    ...linear,
    instances: slidings.map(({ lead, size, count, ...window }) => ({
      operands: [{ shape: [...lead, ...window.kernel, ...count], values: eighths }],
      apply: (x) => primitives.fold(x!, { ...window, size }),
      element: (index, x) => {
        const cell = index.slice(lead.length);
        let total = 0;
        for (const tap of indicesOf(window.kernel))
          for (const place of indicesOf(count)) {
            const here = cell.every(
              (p, k) => p === place[k]! * window.stride[k]! + tap[k]! * window.dilation[k]!,
            );
            if (here) total += x!([...index.slice(0, lead.length), ...tap, ...place]);
          }
        return total;
      },
    })),
  },
  contraction: { linear: "separately", differentiable: true, instances: contractions },
  argmax: {
    ...flat,
    instances: movement(
      anyShape.filter((shape) => !shape.includes(0)),
      axesOf,
      (x, axes) => primitives.argmax(x, { axes }),
      (index, x, axes, shape) => {
        const values = indicesOf(shape.map((n, axis) => (axes.includes(axis) ? n : 1))).map(
          (inner) => x(index.map((i, axis) => i + inner[axis]!)),
        );
        return values.indexOf(Math.max(...values));
      },
    ),
  },
  winners: { ...flat, instances: pooled },
  gather: {
    ...linear,
    instances: picked
      .filter(({ shape, size, axis }) => shape[axis]! > 0 || size === 0)
      .map(({ shape, size, axis }) => ({
        operands: [
          { shape, values: eighths },
          {
            shape: shape.with(axis, size),
            values: upTo(Math.max(shape[axis]! - 1, 0)),
            dtype: "int32",
          },
        ],
        apply: (x, index) => primitives.gather(x!, index!, { axis }),
        element: (index, x, picks) => x!(index.with(axis, picks!(index))),
      })),
  },
  scatterAdd: {
    ...linear,
    instances: picked
      .filter(({ shape, size, axis }) => shape[axis]! === 0 || size > 0)
      .map(({ shape, size, axis }) => ({
        operands: [
          { shape, values: eighths },
          { shape, values: upTo(Math.max(size - 1, 0)), dtype: "int32" },
        ],
        apply: (x, index) => primitives.scatterAdd(x!, index!, { axis, size }),
        element: (index, x, picks) =>
          [...Array(shape[axis]!).keys()]
            .map((i) => index.with(axis, i))
            .filter((from) => picks!(from) === index[axis])
            .reduce((sum, from) => sum + x!(from), 0),
      })),
  },
} satisfies Record<PrimitiveName, Sample>;

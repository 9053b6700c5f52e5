import type { DType, Layout, Shape, TypedArray } from "@convgrad/core";

/** A layout of some shape in a buffer of `length` cells; the other cells belong to somebody else. */
export interface Placement {
  readonly name: string;
  readonly layout: Layout;
  readonly length: number;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

/** A zeroed typed array. */
export function arrayOf(dtype: DType, length: number): TypedArray {
  return new ARRAYS[dtype](length);
}

/** Every multi-index of a shape, in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])),
    [[]],
  );
}

/** The cell of the buffer in which an element lies. */
export function cellOf({ strides, offset }: Layout, index: readonly number[]): number {
  return strides.reduce((at, stride, axis) => at + stride * index[axis]!, offset);
}

function count(shape: Shape): number {
  return shape.reduce((size, n) => size * n, 1);
}

function rowMajor(shape: Shape): number[] {
  return shape.map((_, axis) => count(shape.slice(axis + 1)));
}

/** Placements in which every element has a cell of its own: for outputs, and for inputs too. */
export function disjointPlacements(shape: Shape): Placement[] {
  const size = count(shape);
  const strides = rowMajor(shape);
  const plain: Placement = {
    name: "contiguous",
    layout: { shape, strides, offset: 0 },
    length: size,
  };
  const offset: Placement = {
    name: "offset",
    layout: { shape, strides, offset: 5 },
    length: size + 8,
  };
  if (shape.length === 0 || size === 0) return [plain, offset];

  const backwards = shape.toReversed();
  // A buffer in which cell [1 + 2i, …] holds element [i, …], and one with a spare column at the end of each row.
  const wide = rowMajor(shape.map((n) => 2 * n + 1));
  const gappy = rowMajor([...shape.slice(0, -1), shape.at(-1)! + 3]);
  return [
    plain,
    offset,
    {
      name: "permuted",
      layout: { shape, strides: rowMajor(backwards).toReversed(), offset: 0 },
      length: size,
    },
    {
      name: "every second cell",
      layout: {
        shape,
        strides: wide.map((s) => 2 * s),
        offset: wide.reduce((sum, s) => sum + s, 0),
      },
      length: count(shape.map((n) => 2 * n + 1)),
    },
    {
      name: "gaps between rows",
      layout: { shape, strides: gappy, offset: 1 },
      length: count(shape.slice(0, -1)) * (shape.at(-1)! + 3) + 1,
    },
    {
      name: "flipped",
      layout: { shape, strides: strides.map((s) => -s), offset: size - 1 },
      length: size,
    },
    {
      name: "last axis flipped",
      layout: {
        shape,
        strides: strides.map((s, axis) => (axis === shape.length - 1 ? -s : s)),
        offset: shape.at(-1)! - 1 + 2,
      },
      length: size + 4,
    },
  ];
}

/** Placements in which elements share cells: for inputs, and for the output of `accumulate`. */
export function overlappingPlacements(shape: Shape): Placement[] {
  const size = count(shape);
  if (shape.length === 0 || size === 0) return [];
  const last = shape.length - 1;
  const n = shape[last]!;
  const placements: Placement[] = [
    {
      name: "broadcast everywhere",
      layout: { shape, strides: shape.map(() => 0), offset: 2 },
      length: 4,
    },
    {
      name: "broadcast along the first axis",
      layout: { shape, strides: rowMajor(shape).map((s, axis) => (axis === 0 ? 0 : s)), offset: 0 },
      length: size / shape[0]!,
    },
    {
      name: "broadcast along the last axis",
      layout: {
        shape,
        strides: rowMajor(shape).map((s, axis) => (axis === last ? 0 : s / n)),
        offset: 0,
      },
      length: size / n,
    },
  ];
  if (last === 0) return placements;
  // The last two axes as [kernel, windows] over a row: neighbouring windows show the same cells.
  const taps = shape[last - 1]!;
  const row = taps - 1 + 2 * (n - 1) + 1;
  const lead = rowMajor([...shape.slice(0, -2), row]).slice(0, -1);
  return [
    ...placements,
    {
      name: "windows of stride 2",
      layout: { shape, strides: [...lead, 1, 2], offset: 3 },
      length: count(shape.slice(0, -2)) * row + 3,
    },
  ];
}

/** Every placement: what an input may be. */
export function allPlacements(shape: Shape): Placement[] {
  return [...disjointPlacements(shape), ...overlappingPlacements(shape)];
}

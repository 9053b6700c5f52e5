import { contiguousLayout, sizeOf, type View } from "@convgrad/core";
import {
  ARGMAX,
  CODE,
  FLOAT32,
  FLOAT64,
  INNER_RANK,
  INNER_TILES,
  RANK,
  SUM,
  TO_FLOAT64,
  TO_SAME,
  TYPE_CODES,
} from "../assembly/elementwiseNumbers.ts";
import { fill } from "./elementwise.ts";
import type { Engine } from "./engine.ts";
import {
  axisSize,
  endOfAxes,
  launch,
  typeOf,
  writeAddress,
  writeAxes,
  writeUnit,
} from "./loops.ts";

/** Elements worth a part of their own. */
const LEAST = 30_000;
/** Sums of float32 over fewer elements than this are not cut into blocks. */
const LARGE = 100_000;
/** A block sums so many elements or more. */
const LEAST_OF_BLOCK = 8192;
/** Sums enough to keep all threads busy; not the number of threads, or the results would depend on it. */
const ENOUGH = 48;
/** Results that one part computes, or a multiple, where there are many. */
const GRAIN = 16;

/**
 * Runs a reduction: the nest of the results and, behind it, the nest of what each of them sees, along the axes of which x
 * has more elements than `out`.
 */
function reduce(engine: Engine, kernel: number, code: number, x: View, out: View): void {
  const cells = sizeOf(out.shape);
  if (cells === 0) return;
  const { words } = engine;
  writeAddress(engine, 0, out);
  writeAddress(engine, 1, x);
  const rank = writeAxes(engine, 0, out.shape, out, x, null, null);
  const reduced = x.shape.map((n, axis) => (n === out.shape[axis] ? 1 : n));
  const inner = writeAxes(engine, rank, reduced, null, x, null, null);
  const end = inner === rank + 1 ? writeUnit(engine, inner) : inner;
  let tiles = 1;
  for (let axis = rank + 2; axis < end; axis++) tiles *= axisSize(engine, axis);
  words[RANK] = rank;
  words[INNER_RANK] = end - rank;
  words[INNER_TILES] = tiles;
  words[CODE] = code;
  const parts = engine.partsOf(sizeOf(x.shape), LEAST);
  const grain = rank === 1 && cells >= 4 * GRAIN ? GRAIN : 1;
  launch(engine, kernel, cells, parts, grain, endOfAxes(end));
}

/** out (int32) = row-major index of the first maximum along `axes`, in ascending order. */
export function argmax(engine: Engine, x: View, _axes: readonly number[], out: View): void {
  if (sizeOf(x.shape) === 0) fill(engine, 0, out);
  else reduce(engine, ARGMAX, typeOf(x), x, out);
}

/** out = Σ x over the axes along which x has more elements. */
export function sum(engine: Engine, x: View, out: View): void {
  const cut = x.dtype === "float32" ? cutOf(x, out) : null;
  if (cut === null) reduce(engine, SUM, typeOf(x) * TYPE_CODES + TO_SAME, x, out);
  else sumInBlocks(engine, x, out, cut);
}

/** An axis that is summed, in `blocks` blocks of `size` elements and a shorter one where some are left. */
interface Cut {
  readonly axis: number;
  readonly size: number;
  readonly blocks: number;
}

/** How the longest axis that is summed is to be cut, which depends on nothing but the shapes; `null` for not at all. */
function cutOf(x: View, out: View): Cut | null {
  const elements = sizeOf(x.shape);
  if (elements < LARGE) return null;
  const cells = sizeOf(out.shape);
  const wanted = Math.min(Math.ceil(ENOUGH / cells), Math.floor(elements / cells / LEAST_OF_BLOCK));
  if (wanted < 2) return null;
  const sizes = x.shape.map((n, axis) => (n === out.shape[axis] ? 1 : n));
  const longest = Math.max(...sizes);
  const size = Math.ceil(longest / wanted);
  return { axis: sizes.indexOf(longest), size, blocks: Math.floor(longest / size) };
}

/** `blocks` times `size` elements of an axis, from element `start` on, as an axis more in front of all others. */
function blocksOf(x: View, axis: number, start: number, size: number, blocks: number): View {
  const stride = x.strides[axis]!;
  return {
    ...x,
    shape: [blocks, ...x.shape.with(axis, size)],
    strides: [stride * size, ...x.strides],
    offset: x.offset + start * stride,
  };
}

/** The sum of each block in float64, then the sum of these. */
function sumInBlocks(engine: Engine, x: View, out: View, { axis, size, blocks }: Cut): void {
  const cells = sizeOf(out.shape);
  const rest = x.shape[axis]! - blocks * size;
  const all = rest > 0 ? blocks + 1 : blocks;
  const buffer = engine.allocate("float64", all * cells);
  try {
    const layout = contiguousLayout([all, ...out.shape]);
    const partial: View = { buffer, dtype: "float64", ...layout };
    const whole = { ...partial, shape: [blocks, ...out.shape] };
    const code = FLOAT32 * TYPE_CODES + TO_FLOAT64;
    reduce(engine, SUM, code, blocksOf(x, axis, 0, size, blocks), whole);
    if (rest > 0) {
      const last = { ...partial, shape: [1, ...out.shape], offset: blocks * cells };
      reduce(engine, SUM, code, blocksOf(x, axis, blocks * size, rest, 1), last);
    }
    const total = { ...out, shape: [1, ...out.shape], strides: [0, ...out.strides] };
    reduce(engine, SUM, FLOAT64 * TYPE_CODES + TO_SAME, partial, total);
  } finally {
    engine.release(buffer);
  }
}

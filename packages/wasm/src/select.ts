import { sizeOf, ValueError, type View } from "@convgrad/core";
import { ARGUMENTS } from "../assembly/abi.ts";
import { CODE, GATHER, RANGE, RANK, SCATTER_ADD, STEP } from "../assembly/elementwiseNumbers.ts";
import type { Engine } from "./engine.ts";
import { axisStride, endOfAxes, launch, rowsPerStep, shiftOf, typeOf, writeNest } from "./loops.ts";

/** Elements worth a part of their own. */
const LEAST = 30_000;
/** Parts of the range check at most: each leaves two words among the arguments. */
const MOST_RANGES = 32;
const GRAIN = 64;

/** The same view with an axis that does not move. */
function held(view: View, axis: number): View {
  return { ...view, strides: view.strides.with(axis, 0) };
}

/** out[…, i, …] = x[…, index[…, i, …], …] along `axis`. */
export function gather(engine: Engine, x: View, index: View, axis: number, out: View): void {
  const size = sizeOf(index.shape);
  if (size === 0) return;
  checkRange(engine, "gather", x, index, axis);
  const { words } = engine;
  writeNest(engine, index.shape, out, index, held(x, axis), null);
  words[CODE] = typeOf(x);
  words[STEP] = x.strides[axis]! << shiftOf(x);
  launch(engine, GATHER, size, engine.partsOf(size, LEAST), words[RANK] === 1 ? GRAIN : 1);
}

/** out[…, index[…, i, …], …] += x[…, i, …] along `axis`, in row-major order of x. */
export function scatterAdd(engine: Engine, x: View, index: View, axis: number, out: View): void {
  const size = sizeOf(index.shape);
  if (size === 0) return;
  checkRange(engine, "scatterAdd", out, index, axis);
  const { words } = engine;
  writeNest(engine, index.shape, held(out, axis), index, x, null);
  words[CODE] = typeOf(x);
  words[STEP] = out.strides[axis]! << shiftOf(out);
  // Steps of the outermost loop write to different cells, unless it is the one along the axis.
  const last = words[RANK]! - 1;
  const isApart = last > 0 && axisStride(engine, last, 0) !== 0;
  const rows = isApart ? rowsPerStep(engine) : 1;
  launch(engine, SCATTER_ADD, size, isApart ? engine.partsOf(size, LEAST) : 1, rows);
}

/** @throws {@link ValueError} naming the first index that is no position along the axis of x. */
function checkRange(engine: Engine, operation: string, x: View, index: View, axis: number): void {
  const { words, cells } = engine;
  const size = sizeOf(index.shape);
  writeNest(engine, index.shape, index, null, null, null);
  const first = endOfAxes(words[RANK]!);
  const parts = Math.min(engine.partsOf(size, LEAST), MOST_RANGES);
  for (let part = 0; part < parts; part++) {
    words[first + 2 * part] = 2 ** 31 - 1;
    words[first + 2 * part + 1] = -(2 ** 31);
  }
  launch(engine, RANGE, size, parts, words[RANK] === 1 ? GRAIN : 1, first + 2 * parts);
  const results = ARGUMENTS / 4 + first;
  const n = x.shape[axis]!;
  for (let part = 0; part < parts; part++) {
    const low = cells.i32[results + 2 * part]!;
    const high = cells.i32[results + 2 * part + 1]!;
    if (low < 0 || high >= n) refuse(engine, operation, index, axis, n);
  }
}

/** Throws for the first index, in row-major order, that is out of range. */
function refuse(engine: Engine, operation: string, index: View, axis: number, n: number): never {
  const { i32 } = engine.cells;
  const { shape, strides } = index;
  const counter = shape.map(() => 0);
  const first = engine.address(index) / 4;
  for (;;) {
    const k = i32[counter.reduce((at, i, axis) => at + i * strides[axis]!, first)]!;
    if (k < 0 || k >= n) {
      throw new ValueError(
        operation,
        `index ${k} is out of range; axis ${axis} has ${n} elements, 0 to ${n - 1}`,
        { index: k, size: n },
      );
    }
    let last = shape.length - 1;
    while (++counter[last]! === shape[last]!) counter[last--] = 0;
  }
}

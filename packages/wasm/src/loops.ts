import type { Shape, View } from "@convgrad/core";
import { ELEMENTWISE } from "../assembly/abi.ts";
import {
  ADDRESS,
  AXES,
  AXIS_WORDS,
  FLOAT32,
  FLOAT64,
  INT32,
  PER_PART,
  RANK,
  ROWS,
  UINT8,
} from "../assembly/elementwiseNumbers.ts";
import type { Engine } from "./engine.ts";

/** The type of a view as the kernels number them. */
export function typeOf({ dtype }: View): number {
  // Comparisons, which are faster than a table with strings for keys.
  return dtype === "float32"
    ? FLOAT32
    : dtype === "int32"
      ? INT32
      : dtype === "uint8"
        ? UINT8
        : FLOAT64;
}

/** log₂ of the bytes of an element of a view. */
export function shiftOf({ dtype }: View): number {
  return dtype === "uint8" ? 0 : dtype === "float64" ? 3 : 2;
}

/** The word behind so many axes. */
export function endOfAxes(axes: number): number {
  return AXES + axes * AXIS_WORDS;
}

/** Where an operand begins. */
export function writeAddress(engine: Engine, operand: number, view: View | null): void {
  engine.words[ADDRESS + operand] = view === null ? 0 : engine.address(view);
}

function writeAxis(
  words: Int32Array,
  at: number,
  size: number,
  so: number,
  sa: number,
  sb: number,
  sc: number,
): void {
  words[at] = size;
  words[at + 1] = so;
  words[at + 2] = sa;
  words[at + 3] = sb;
  words[at + 4] = sc;
}

/** The stride of an axis in bytes, modulo 2³² as addresses are; 0 for an operand that is missing. */
function strideOf(view: View | null, axis: number, shift: number): number {
  return view === null ? 0 : view.strides[axis]! << shift;
}

/**
 * Writes loops over `shape` as axes of a nest: the fewest that reach the same elements of all operands in the same order,
 * innermost first. Axes of size 1 go, and neighbours whose strides continue in every operand become one.
 *
 * @param axis how many axes of the nest stand there already
 * @returns how many stand there now: one more at least
 */
export function writeAxes(
  { words }: Engine,
  axis: number,
  shape: Shape,
  out: View | null,
  a: View | null,
  b: View | null,
  c: View | null,
): number {
  const zo = out === null ? 0 : shiftOf(out);
  const za = a === null ? 0 : shiftOf(a);
  const zb = b === null ? 0 : shiftOf(b);
  const zc = c === null ? 0 : shiftOf(c);
  const first = AXES + axis * AXIS_WORDS;
  let at = first - AXIS_WORDS;
  for (let k = shape.length - 1; k >= 0; k--) {
    const n = shape[k]!;
    if (n === 1) continue;
    const so = strideOf(out, k, zo);
    const sa = strideOf(a, k, za);
    const sb = strideOf(b, k, zb);
    const sc = strideOf(c, k, zc);
    if (at >= first && continues(words, at, so, sa, sb, sc)) words[at]! *= n;
    else {
      at += AXIS_WORDS;
      writeAxis(words, at, n, so, sa, sb, sc);
    }
  }
  if (at < first) {
    at = first;
    writeAxis(words, at, 1, 1 << zo, 1 << za, 1 << zb, 1 << zc);
  }
  return (at - AXES) / AXIS_WORDS + 1;
}

/** Whether one step of an axis is as far as the axis before it reaches, in every operand. */
function continues(
  words: Int32Array,
  at: number,
  so: number,
  sa: number,
  sb: number,
  sc: number,
): boolean {
  const size = words[at]!;
  return (
    Math.imul(words[at + 1]!, size) === so &&
    Math.imul(words[at + 2]!, size) === sa &&
    Math.imul(words[at + 3]!, size) === sb &&
    Math.imul(words[at + 4]!, size) === sc
  );
}

/** Adds an axis of one step. */
export function writeUnit({ words }: Engine, axis: number): number {
  writeAxis(words, endOfAxes(axis), 1, 0, 0, 0, 0);
  return axis + 1;
}

/** The size of an axis of the nest. */
export function axisSize({ words }: Engine, axis: number): number {
  return words[AXES + axis * AXIS_WORDS]! >>> 0;
}

/** The stride in bytes of an axis of the nest, along which an operand moves. */
export function axisStride({ words }: Engine, axis: number, operand: number): number {
  return words[AXES + axis * AXIS_WORDS + 1 + operand]!;
}

/** The rows that one step of the outermost loop consists of. */
export function rowsPerStep(engine: Engine): number {
  let rows = 1;
  for (let axis = engine.words[RANK]! - 2; axis > 0; axis--) rows *= axisSize(engine, axis);
  return rows;
}

/** The nest of an elementwise kernel: addresses, axes and rank. */
export function writeNest(
  engine: Engine,
  shape: Shape,
  out: View,
  a: View | null,
  b: View | null,
  c: View | null,
): void {
  writeAddress(engine, 0, out);
  writeAddress(engine, 1, a);
  writeAddress(engine, 2, b);
  writeAddress(engine, 3, c);
  engine.words[RANK] = writeAxes(engine, 0, shape, out, a, b, c);
}

/**
 * Runs a kernel on the nest that was written.
 *
 * @param size elements of the nest, 1 or more
 * @param most how many parts there is work for
 * @param grain rows that must stay together; elements, where all are one row
 * @param count words of the nest, and whatever follows it
 */
export function launch(
  engine: Engine,
  kernel: number,
  size: number,
  most: number,
  grain: number,
  count: number = endOfAxes(engine.words[RANK]!),
): void {
  const { words } = engine;
  const n = axisSize(engine, 0);
  const rows = size / n;
  const units = rows > 1 ? rows : n;
  const perPart = most === 1 ? units : Math.ceil(units / most / grain) * grain;
  words[ROWS] = rows;
  words[PER_PART] = perPart;
  engine.run(ELEMENTWISE + kernel, Math.ceil(units / perPart), count);
}

import { DTypeError, type MapOp, sizeOf, type View, type ZipOp } from "@convgrad/core";
import { ARGUMENTS } from "../assembly/abi.ts";
import {
  ABS,
  ABSENT,
  ADD,
  ADDRESS,
  ALPHA,
  AXPBY,
  BETA,
  BYTEWISE,
  CODE,
  CONVERT,
  COPY,
  COS,
  DIV,
  ELEMENTS,
  EQUAL,
  ERF,
  EXP,
  FORMAT,
  GATE,
  GREATER,
  LOG,
  MAP,
  MAXIMUM,
  MINIMUM,
  MUL,
  NEG,
  POW,
  RANK,
  RELU,
  SCRATCH_BYTES,
  SELECT,
  SIGMOID,
  SIGN,
  SIN,
  SQRT,
  SUB,
  TANH,
  TYPE_CODES,
  ZIP,
} from "../assembly/elementwiseNumbers.ts";
import type { Engine } from "./engine.ts";
import { axisSize, axisStride, launch, rowsPerStep, shiftOf, typeOf, writeNest } from "./loops.ts";

const MAPS: Readonly<Record<MapOp, number>> = {
  neg: NEG,
  abs: ABS,
  sign: SIGN,
  exp: EXP,
  log: LOG,
  sqrt: SQRT,
  tanh: TANH,
  sigmoid: SIGMOID,
  relu: RELU,
  sin: SIN,
  cos: COS,
  erf: ERF,
};

const ZIPS: Readonly<Record<ZipOp, number>> = {
  add: ADD,
  sub: SUB,
  mul: MUL,
  div: DIV,
  pow: POW,
  maximum: MAXIMUM,
  minimum: MINIMUM,
  gate: GATE,
  equal: EQUAL,
  greater: GREATER,
};

/** Elements worth a part of their own: what memory limits, and functions that take a nanosecond or two. */
const LEAST = 50_000;
const LEAST_OF_FUNCTION = 10_000;

/** A part of a row is as many elements long, or a multiple: whole lines of the cache. */
const GRAIN = 64;

function logOf(view: View | null): number {
  return view === null ? ABSENT : shiftOf(view);
}

/** Runs an operation on all elements of `out`. */
function run(
  engine: Engine,
  code: number,
  least: number,
  out: View,
  a: View,
  b: View | null,
  c: View | null,
): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  const { words } = engine;
  engine.reserveScratch(SCRATCH_BYTES);
  writeNest(engine, out.shape, out, a, b, c);
  words[CODE] = code;
  words[FORMAT] =
    logOf(out) | (logOf(a) << 2) | (logOf(b) << 4) | (logOf(c) << 6) | bytewise(out, a, b);
  start(engine, ELEMENTS, size, least);
}

function start(engine: Engine, kernel: number, size: number, least: number): void {
  const isRow = engine.words[RANK] === 1;
  launch(engine, kernel, size, engine.partsOf(size, least), isRow ? GRAIN : 1);
}

/** Operations whose operands are all bytes take 16 at a time. */
function bytewise(out: View, a: View, b: View | null): number {
  const isBytewise = shiftOf(out) === 0 && shiftOf(a) === 0 && (b === null || shiftOf(b) === 0);
  return isBytewise ? BYTEWISE : 0;
}

/** out = value everywhere. */
export function fill(engine: Engine, value: number, out: View): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  const { words, floats } = engine;
  writeNest(engine, out.shape, out, null, null, null);
  // A copy of one element, which lies among the arguments.
  words[ADDRESS + 1] = ARGUMENTS + 4 * ALPHA;
  words[CODE] = typeOf(out);
  if (out.dtype === "float32") floats[ALPHA] = value;
  else words[ALPHA] = value;
  start(engine, COPY, size, LEAST);
}

/** out = x, towards zero and modulo 2ⁿ where `out` holds integers. */
export function copy(engine: Engine, x: View, out: View): void {
  const size = sizeOf(out.shape);
  if (x.dtype !== out.dtype) {
    run(engine, CONVERT + typeOf(x) * TYPE_CODES + typeOf(out), LEAST, out, x, null, null);
  } else if (size > 0) {
    writeNest(engine, out.shape, out, x, null, null);
    engine.words[CODE] = typeOf(x);
    start(engine, COPY, size, LEAST);
  }
}

/** out = op(x). */
export function map(engine: Engine, op: MapOp, x: View, out: View): void {
  const least = op === "relu" || op === "neg" || op === "abs" ? LEAST : LEAST_OF_FUNCTION;
  run(engine, MAP + typeOf(x) * TYPE_CODES + MAPS[op], least, out, x, null, null);
}

/** out = op(a, b). */
export function zip(engine: Engine, op: ZipOp, a: View, b: View, out: View): void {
  const least = op === "pow" ? LEAST_OF_FUNCTION : LEAST;
  run(engine, ZIP + typeOf(a) * TYPE_CODES + ZIPS[op], least, out, a, b, null);
}

/** out = condition ≠ 0 ? a : b. */
export function select(engine: Engine, condition: View, a: View, b: View, out: View): void {
  run(engine, SELECT + typeOf(out), LEAST, out, condition, a, b);
}

/**
 * out = α·x + β·out.
 *
 * @throws {@link DTypeError} for integers, of which α and β would have to be one.
 */
export function axpby(engine: Engine, alpha: number, x: View, beta: number, out: View): void {
  if (out.dtype !== "float32") {
    throw new DTypeError("axpby", `needs float32, not ${out.dtype}; convert with .to("float32")`);
  }
  combine(engine, alpha, x, beta, out);
}

/** out += x in row-major order, whatever cells of `out` are the same. */
export function accumulate(engine: Engine, x: View, out: View): void {
  combine(engine, 1, x, 1, out);
}

/** out = α·x + β·out in row-major order; the factors are those of float32 only. */
function combine(engine: Engine, alpha: number, x: View, beta: number, out: View): void {
  const size = sizeOf(out.shape);
  if (size === 0) return;
  writeNest(engine, out.shape, out, x, null, null);
  engine.words[CODE] = typeOf(out);
  engine.floats[ALPHA] = alpha;
  engine.floats[BETA] = beta;
  const grain = grainOf(engine);
  launch(engine, AXPBY, size, grain === 0 ? 1 : engine.partsOf(size, LEAST), grain);
}

/**
 * The rows of one step of the outermost loop, if no two of its steps write to the same cell; 0 if they may. Where all is
 * one row, the elements that a part of it takes.
 */
function grainOf(engine: Engine): number {
  const last = engine.words[RANK]! - 1;
  let reach = 0;
  for (let axis = 0; axis < last; axis++) {
    reach += (axisSize(engine, axis) - 1) * Math.abs(axisStride(engine, axis, 0));
  }
  if (Math.abs(axisStride(engine, last, 0)) <= reach) return 0;
  return last === 0 ? GRAIN : rowsPerStep(engine);
}

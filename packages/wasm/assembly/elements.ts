// Elementwise kernels. An operation works on rows whose operands lie side by side or are one element for the whole row;
// rows of any other kind are brought into that form piece by piece in scratch memory.

import { convertRow } from "./convert";
import { moveElements } from "./copy";
import {
  ABSENT,
  BYTEWISE,
  CODE,
  CONVERT,
  FORMAT,
  SELECT,
  SPREAD,
  STAGE,
  ZIP,
} from "./elementwiseNumbers";
import { mapRow } from "./map";
import { strideOf, word } from "./nest";
import { selectRow } from "./select";
import { zipRow } from "./zip";

/**
 * One row of an operation. `n` is at least the number of elements that the operation takes at a time, and the last of
 * them may be computed twice. A mask is 0 where the operand is one element, repeated for `SPREAD` bytes; else −1.
 */
function operate(
  code: i32,
  n: usize,
  o: usize,
  a: usize,
  b: usize,
  c: usize,
  ma: usize,
  mb: usize,
  mc: usize,
): void {
  if (code < ZIP) mapRow(code, n, o, a, ma);
  else if (code < CONVERT) zipRow(code - ZIP, n, o, a, b, ma, mb);
  else if (code < SELECT) convertRow(code - CONVERT, n, o, a, ma);
  else selectRow(code - SELECT, n, o, a, b, c, ma, mb, mc);
}

/** Repeats the element at `from` for `SPREAD` bytes. */
function spread(log: i32, from: usize, to: usize): usize {
  const x = log == 0 ? v128.load_splat<u8>(from) : v128.load_splat<u32>(from);
  v128.store(to, x);
  v128.store(to, x, 16);
  v128.store(to, x, 32);
  v128.store(to, x, 48);
  return to;
}

// @ts-ignore: decorator
@inline
function logOf(format: i32, operand: i32): i32 {
  return (format >> (operand << 1)) & 3;
}

/** Whether an operand's rows are as `operate` wants them. */
// @ts-ignore: decorator
@inline
function isPlain(log: i32, stride: usize): bool {
  return log == ABSENT || stride == 0 || stride == (<usize>1) << log;
}

/** −1 where an operand moves along its rows, or is missing. */
// @ts-ignore: decorator
@inline
function maskOf(log: i32, stride: usize): usize {
  return log == ABSENT || stride != 0 ? <usize>-1 : 0;
}

/** Brings `n` elements of an operand to its place in the scratch memory, unless they are there. */
function stage(log: i32, n: usize, mask: usize, from: usize, stride: usize, to: usize): usize {
  if (log == ABSENT || mask == 0) return from;
  moveElements(log, n, to, (<usize>1) << log, from, stride);
  return to;
}

/** A row of any strides, piece by piece; operands of mask 0 are spread already. */
function stagedRow(
  args: usize,
  scratch: usize,
  n: usize,
  o: usize,
  a: usize,
  b: usize,
  c: usize,
  ma: usize,
  mb: usize,
  mc: usize,
): void {
  const format = word(args, FORMAT);
  const isBytewise = (format & BYTEWISE) != 0;
  const piece: usize = isBytewise ? STAGE : STAGE / 4;
  const lanes: usize = isBytewise ? 16 : 4;
  const so = strideOf(args, 0, 0);
  const sa = strideOf(args, 0, 1);
  const sb = strideOf(args, 0, 2);
  const sc = strideOf(args, 0, 3);
  const logO = logOf(format, 0);
  for (let i: usize = 0; i < n; i += piece) {
    const count = min(piece, n - i);
    const pa = stage(logOf(format, 1), count, ma, a + i * sa, sa, scratch + STAGE);
    const pb = stage(logOf(format, 2), count, mb, b + i * sb, sb, scratch + 2 * STAGE);
    const pc = stage(logOf(format, 3), count, mc, c + i * sc, sc, scratch + 3 * STAGE);
    const whole = (count + lanes - 1) & ~(lanes - 1);
    operate(word(args, CODE), whole, scratch, pa, pb, pc, ma, mb, mc);
    moveElements(logO, count, o + i * so, so, scratch, (<usize>1) << logO);
  }
}

/** out = f(a, b, c) by `CODE` and `FORMAT`. */
export function elementsTile(
  args: usize,
  scratch: usize,
  rows: usize,
  n: usize,
  o: usize,
  a: usize,
  b: usize,
  c: usize,
): void {
  const code = word(args, CODE);
  const format = word(args, FORMAT);
  const logA = logOf(format, 1);
  const logB = logOf(format, 2);
  const logC = logOf(format, 3);
  const sa = strideOf(args, 0, 1);
  const sb = strideOf(args, 0, 2);
  const sc = strideOf(args, 0, 3);
  const ma = maskOf(logA, sa);
  const mb = maskOf(logB, sb);
  const mc = maskOf(logC, sc);
  const isDirect =
    strideOf(args, 0, 0) == (<usize>1) << logOf(format, 0) &&
    isPlain(logA, sa) &&
    isPlain(logB, sb) &&
    isPlain(logC, sc) &&
    n >= (format & BYTEWISE ? 16 : 4);
  const spreads = scratch + 4 * STAGE;
  for (let row: usize = 0; row < rows; row++) {
    const pa = ma ? a : spread(logA, a, spreads);
    const pb = mb ? b : spread(logB, b, spreads + SPREAD);
    const pc = mc ? c : spread(logC, c, spreads + 2 * SPREAD);
    if (isDirect) operate(code, n, o, pa, pb, pc, ma, mb, mc);
    else stagedRow(args, scratch, n, o, pa, pb, pc, ma, mb, mc);
    o += strideOf(args, 1, 0);
    a += strideOf(args, 1, 1);
    b += strideOf(args, 1, 2);
    c += strideOf(args, 1, 3);
  }
}

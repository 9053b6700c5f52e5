// Sums. float32 is added up in float64 and rounded once; integers wrap. The order of additions depends on the nest alone.

import {
  CODE,
  FLOAT32,
  FLOAT64,
  INNER_TILES,
  INT32,
  TO_FLOAT64,
  TYPE_CODES,
} from "./elementwiseNumbers";
import { innerOffset, innerSize, innerStride } from "./inner";
import { strideOf, word } from "./nest";

/** Two neighbouring float32 in float64; one instruction with its load. */
// @ts-ignore: decorator
@inline
function loadPair(x: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(x));
}

/** Neighbouring float32, added to `total`. */
function sumDense(total: f64, n: usize, x: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 8 <= n; i += 8) {
    s0 = f64x2.add(s0, loadPair(x));
    s1 = f64x2.add(s1, loadPair(x + 8));
    s2 = f64x2.add(s2, loadPair(x + 16));
    s3 = f64x2.add(s3, loadPair(x + 24));
    x += 32;
  }
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  total += f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  for (; i < n; i++) {
    total += <f64>load<f32>(x);
    x += 4;
  }
  return total;
}

/** The sum of all that the inner nest shows of x; integers are exact in float64 as far as JavaScript's are. */
// @ts-ignore: decorator
@inline
function sumCell<T>(args: usize, x: usize): f64 {
  const n = innerSize(args, 0);
  const rows = innerSize(args, 1);
  const tiles: usize = word(args, INNER_TILES);
  const s = innerStride(args, 0);
  const isDense = isFloat<T>() && sizeof<T>() == 4 && s == 4;
  let total: f64 = 0;
  for (let tile: usize = 0; tile < tiles; tile++) {
    let row = x + innerOffset(args, tile);
    for (let r: usize = 0; r < rows; r++) {
      let p = row;
      if (isDense) total = sumDense(total, n, p);
      else {
        for (let i: usize = 0; i < n; i++) {
          total += <f64>load<T>(p);
          p += s;
        }
      }
      row += innerStride(args, 1);
    }
  }
  return total;
}

function sumFloats(args: usize, x: usize): f64 {
  return sumCell<f32>(args, x);
}

/** The low word of a whole number, as JavaScript stores it. */
// @ts-ignore: decorator
@inline
function lowWord(total: f64): i32 {
  return <i32>(<i64>total);
}

// @ts-ignore: decorator
@inline
function put(isPartial: bool, o: usize, total: f64): void {
  if (isPartial) store<f64>(o, total);
  else store<f32>(o, <f32>total);
}

/** The sums of four neighbouring columns, or of 16, next to each other in x. */
// @ts-ignore: decorator
@inline
function sumColumns(args: usize, wide: bool, isPartial: bool, o: usize, so: usize, x: usize): void {
  const n = innerSize(args, 0);
  const rows = innerSize(args, 1);
  const tiles: usize = word(args, INNER_TILES);
  const s = innerStride(args, 0);
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  let s4 = f64x2.splat(0);
  let s5 = f64x2.splat(0);
  let s6 = f64x2.splat(0);
  let s7 = f64x2.splat(0);
  for (let tile: usize = 0; tile < tiles; tile++) {
    let row = x + innerOffset(args, tile);
    for (let r: usize = 0; r < rows; r++) {
      let p = row;
      for (let i: usize = 0; i < n; i++) {
        s0 = f64x2.add(s0, loadPair(p));
        s1 = f64x2.add(s1, loadPair(p + 8));
        if (wide) {
          s2 = f64x2.add(s2, loadPair(p + 16));
          s3 = f64x2.add(s3, loadPair(p + 24));
          s4 = f64x2.add(s4, loadPair(p + 32));
          s5 = f64x2.add(s5, loadPair(p + 40));
          s6 = f64x2.add(s6, loadPair(p + 48));
          s7 = f64x2.add(s7, loadPair(p + 56));
        }
        p += s;
      }
      row += innerStride(args, 1);
    }
  }
  putPair(isPartial, o, so, s0);
  putPair(isPartial, o + 2 * so, so, s1);
  if (wide) {
    putPair(isPartial, o + 4 * so, so, s2);
    putPair(isPartial, o + 6 * so, so, s3);
    putPair(isPartial, o + 8 * so, so, s4);
    putPair(isPartial, o + 10 * so, so, s5);
    putPair(isPartial, o + 12 * so, so, s6);
    putPair(isPartial, o + 14 * so, so, s7);
  }
}

function putPair(isPartial: bool, o: usize, so: usize, pair: v128): void {
  put(isPartial, o, f64x2.extract_lane(pair, 0));
  put(isPartial, o + so, f64x2.extract_lane(pair, 1));
}

function sum16(args: usize, isPartial: bool, o: usize, so: usize, x: usize): void {
  sumColumns(args, true, isPartial, o, so, x);
}

function sum4(args: usize, isPartial: bool, o: usize, so: usize, x: usize): void {
  sumColumns(args, false, isPartial, o, so, x);
}

/** A row of results of float32. Where they lie side by side in x and what they sum does not, columns go together. */
function sumFloatRow(args: usize, isPartial: bool, n: usize, o: usize, x: usize): void {
  const so = strideOf(args, 0, 0);
  const sx = strideOf(args, 0, 1);
  let i: usize = 0;
  if (sx == 4 && (innerStride(args, 0) != 4 || innerSize(args, 0) < 4)) {
    for (; i + 16 <= n; i += 16) {
      sum16(args, isPartial, o, so, x);
      o += 16 * so;
      x += 64;
    }
    for (; i + 4 <= n; i += 4) {
      sum4(args, isPartial, o, so, x);
      o += 4 * so;
      x += 16;
    }
  }
  for (; i < n; i++) {
    put(isPartial, o, sumFloats(args, x));
    o += so;
    x += sx;
  }
}

/** `CODE` is the type of x and that of the results: see `TO_SAME`. A float64 x holds partial sums of float32. */
export function sumTile(args: usize, rows: usize, n: usize, o: usize, x: usize): void {
  const code = word(args, CODE);
  const type = code / TYPE_CODES;
  const isPartial = code % TYPE_CODES == TO_FLOAT64;
  const so = strideOf(args, 0, 0);
  const sx = strideOf(args, 0, 1);
  for (let row: usize = 0; row < rows; row++) {
    if (type == FLOAT32) sumFloatRow(args, isPartial, n, o, x);
    else {
      for (let i: usize = 0; i < n; i++) {
        const p = x + i * sx;
        const q = o + i * so;
        if (type == FLOAT64) store<f32>(q, <f32>sumCell<f64>(args, p));
        else if (type == INT32) store<i32>(q, lowWord(sumCell<i32>(args, p)));
        else store<u8>(q, <u8>lowWord(sumCell<u8>(args, p)));
      }
    }
    o += strideOf(args, 1, 0);
    x += strideOf(args, 1, 1);
  }
}

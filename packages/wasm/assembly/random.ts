// Kernel `random`: counter-based random numbers, equal to the reference backend's.
//
// Argument words (32 bits each):
//   0  out: pointer to float32, contiguous
//   1  count: number of elements
//   2  distribution: 0 uniform in [0, 1), 1 standard normal
//   3  seed, low 32 bits
//   4  seed, high 32 bits
//   5  stream, low 32 bits
//   6  stream, high 32 bits
//   7  elements per part, a multiple of 4; part p makes elements p·w7 … min(count, (p + 1)·w7) − 1
//
// Block i of the stream (counter words i, 0, stream low, stream high; key words seed low, seed
// high) makes elements 4i … 4i + 3, so the numbers do not depend on the number of parts.

import {
  atQuadrant,
  cosReduced,
  logF64,
  nextQuadrant,
  sinReduced,
  turnQuadrant,
  turnRemainder,
} from "./math";
import { word } from "./vectors";

const LANES: u32 = 4;
const BYTES: usize = 4;
const ROUNDS: i32 = 10;

/**
 * Philox4x32-10 of one counter; see Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011. The counter's words lie in the order 0, 2, 1, 3, so that both products of a
 * round are one instruction.
 */
// @ts-ignore: decorator
@inline
function philox(counter: v128, seed: v128): v128 {
  const multipliers = i32x4(<i32>0xd2511f53, <i32>0xcd9e8d57, 0, 0);
  const steps = i32x4(<i32>0x9e3779b9, <i32>0xbb67ae85, 0, 0);
  const zero = i32x4.splat(0);
  let key = seed;
  let state = counter;
  for (let round = 0; round < ROUNDS; round++) {
    // low and high word of M0·c0, then of M1·c2
    const products = i64x2.extmul_low_i32x4_u(state, multipliers);
    const mixed = v128.xor(i32x4.shuffle(state, zero, 2, 3, 4, 4), key);
    state = v128.xor(i32x4.shuffle(products, products, 3, 1, 2, 0), mixed);
    key = i32x4.add(key, steps);
  }
  return i32x4.shuffle(state, state, 0, 2, 1, 3);
}

/** The words' upper 24 bits as integers. */
// @ts-ignore: decorator
@inline
function upperBits(words: v128): v128 {
  return i32x4.shr_u(words, 8);
}

/** Uniform in [0, 1): exact, a multiple of 2⁻²⁴. */
// @ts-ignore: decorator
@inline
function uniform(words: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(upperBits(words)), f32x4.splat(5.9604644775390625e-8));
}

/** The uniform numbers of the two integers in the low lanes, in float64. */
// @ts-ignore: decorator
@inline
function uniformF64(integers: v128): v128 {
  return f64x2.mul(f64x2.convert_low_i32x4_s(integers), f64x2.splat(5.9604644775390625e-8));
}

/**
 * Box–Muller: √(−2 ln u)·cos 2πv, √(−2 ln u)·sin 2πv for both neighbouring pairs (1 − u, v) of
 * uniform numbers. Source: Box, Muller, "A note on the generation of random normal deviates",
 * Annals of Mathematical Statistics 29, 1958.
 */
// @ts-ignore: decorator
@inline
function normal(words: v128): v128 {
  const integers = upperBits(words);
  const u = f64x2.sub(f64x2.splat(1), uniformF64(i32x4.shuffle(integers, integers, 0, 2, 0, 2)));
  const v = uniformF64(i32x4.shuffle(integers, integers, 1, 3, 1, 3));
  const radius = f64x2.sqrt(f64x2.mul(f64x2.splat(-2), logF64(u)));
  const quadrant = turnQuadrant(v);
  const angle = turnRemainder(v, quadrant);
  const sin = sinReduced(angle);
  const cos = cosReduced(angle);
  const first = f64x2.mul(radius, atQuadrant(sin, cos, nextQuadrant(quadrant)));
  const second = f64x2.mul(radius, atQuadrant(sin, cos, quadrant));
  return i32x4.shuffle(f32x4.demote_f64x2_zero(first), f32x4.demote_f64x2_zero(second), 0, 4, 1, 5);
}

/** Stores the first `count` lanes, at most 4. */
// @ts-ignore: decorator
@inline
function storeLanes(out: usize, values: v128, count: u32): void {
  if (count >= LANES) {
    v128.store(out, values);
    return;
  }
  f32.store(out, f32x4.extract_lane(values, 0));
  if (count > 1) f32.store(out, f32x4.extract_lane(values, 1), BYTES);
  if (count > 2) f32.store(out, f32x4.extract_lane(values, 2), 2 * BYTES);
}

/** Makes part `part`; `scratch` is not used. */
export function random(args: usize, part: i32, scratch: usize): void {
  const out: usize = word(args, 0);
  const count = word(args, 1);
  const isNormal = word(args, 2) != 0;
  const seed = i32x4(word(args, 3), word(args, 4), 0, 0);
  const stream = i32x4(0, word(args, 5), 0, word(args, 6));
  const perPart = word(args, 7);
  const start = <u32>part * perPart;
  if (start >= count) return;
  const stop = start + min(perPart, count - start);

  // Tested at its end, so that the compiler may move the constants out of the loop.
  let i = start;
  do {
    const words = philox(i32x4.replace_lane(stream, 0, i / LANES), seed);
    const values = isNormal ? normal(words) : uniform(words);
    storeLanes(out + BYTES * i, values, stop - i);
    i += LANES;
  } while (i < stop);
}

// sin and cos of four float32 lanes, in the manner of `math.ts`: float64 pairs, one rounding, IEEE operations and integers
// only. Largest error in ulp, over 250 million float32 of all sizes: 0.5000.

import {
  angleRemainder,
  atQuadrant,
  cosReduced,
  highHalf,
  join,
  lowHalf,
  sinReduced,
} from "./math";

/** Beyond this, ½π in three parts has too few digits. */
const FAR: f32 = 1048576;

/** sin(x + ½π·`quarters`) of two float64, |x| ≤ 2²⁰. */
// @ts-ignore: decorator
@inline
function nearF64(x: v128, quarters: i64): v128 {
  const turns = f64x2.mul(x, f64x2.splat(0.6366197723675814));
  const quadrant = f64x2.add(turns, f64x2.splat(6755399441055744));
  const r = angleRemainder(x, quadrant);
  return atQuadrant(sinReduced(r), cosReduced(r), i64x2.add(quadrant, i64x2.splat(quarters)));
}

/**
 * sin(x + ½π·`quarters`) of one float32 of at least 2²⁰, by the method of M. Payne and R. Hanek, "Radian reduction for
 * trigonometric functions", 1983: x = m·2ᵉ with an integer m, so of the digits of 2/π only a window matters, since those
 * before it make whole turns, and those after it nothing that is seen. NaN for ∞.
 */
function farF32(x: f32, quarters: i64): f32 {
  const bits = reinterpret<u32>(x);
  const exponent = (bits >>> 23) & 255;
  if (exponent == 255) return NaN;
  // m·2ᵉ with e ≥ −3; the window starts 3 + e bits into the digits of 2/π·2⁻⁵.
  const m = <u64>((bits & 0x7fffff) | 0x800000);
  const start = <u64>(exponent - 147);
  const isLate = start >= 64;
  const a: u64 = isLate ? 0x4fe13abe8fa9a6ee : 0x0517cc1b727220a9;
  const b: u64 = isLate ? 0x06db14acc9e21c82 : 0x4fe13abe8fa9a6ee;
  const c: u64 = isLate ? 0x0ff28b1d5ef5de2b : 0x06db14acc9e21c82;
  // Shifts count modulo 64, and a shift by 64 has to leave nothing.
  const shift = start & 63;
  const high = (a << shift) | ((b >>> 1) >>> (63 - shift));
  const low = (b << shift) | ((c >>> 1) >>> (63 - shift));
  // x·2/π modulo 4 quarter turns, in units of 2⁻⁶².
  const turn = m * high + ((m * (low >>> 32)) >>> 32);
  const quadrant = (turn + (1 << 61)) >>> 62;
  const r = <f64>(<i64>(turn - (quadrant << 62))) * 3.4061215800865545e-19;
  // sin(−x) = −sin x, and as many quarters back as forth.
  const isNegative = <i32>bits < 0;
  const angle = f64x2.splat(isNegative ? -r : r);
  const place = i64x2.splat((isNegative ? -(<i64>quadrant) : <i64>quadrant) + quarters);
  return <f32>f64x2.extract_lane(atQuadrant(sinReduced(angle), cosReduced(angle), place), 0);
}

/** `near`, but with the lanes of x beyond `FAR` done one by one. */
function withFar(x: v128, near: v128, quarters: i64): v128 {
  let y = near;
  const a = f32x4.extract_lane(x, 0);
  const b = f32x4.extract_lane(x, 1);
  const c = f32x4.extract_lane(x, 2);
  const d = f32x4.extract_lane(x, 3);
  if (abs(a) > FAR) y = f32x4.replace_lane(y, 0, farF32(a, quarters));
  if (abs(b) > FAR) y = f32x4.replace_lane(y, 1, farF32(b, quarters));
  if (abs(c) > FAR) y = f32x4.replace_lane(y, 2, farF32(c, quarters));
  if (abs(d) > FAR) y = f32x4.replace_lane(y, 3, farF32(d, quarters));
  return y;
}

/** sin(x + ½π·`quarters`) of four float32. */
// @ts-ignore: decorator
@inline
function quarterTurned(x: v128, quarters: i64): v128 {
  const near = join(nearF64(lowHalf(x), quarters), nearF64(highHalf(x), quarters));
  if (v128.any_true(f32x4.gt(f32x4.abs(x), f32x4.splat(FAR)))) return withFar(x, near, quarters);
  return near;
}

/** sin x of four float32, also of −0. */
// @ts-ignore: decorator
@inline
export function sin4(x: v128): v128 {
  return v128.bitselect(x, quarterTurned(x, 0), f32x4.eq(x, f32x4.splat(0)));
}

/** cos x of four float32. */
// @ts-ignore: decorator
@inline
export function cos4(x: v128): v128 {
  return quarterTurned(x, 1);
}

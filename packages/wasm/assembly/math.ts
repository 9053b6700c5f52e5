// Elementary functions of four float32 lanes, and the float64 functions that Box–Muller needs.
//
// Every float32 function widens its lanes to two float64 pairs, evaluates there with a relative
// error near 1e-10 (erf: 3e-9), and rounds once to float32. So results are within 0.55 ulp, subnormals,
// overflow and underflow come out of the one rounding, and only IEEE operations are used: the bits
// are the same on every machine. Nothing branches, and all constants are inline. The polynomials
// are minimax fits made for these intervals (Remez exchange).
//
// Largest error in ulp, over all float32 (pow: 59 million pairs): exp 0.5011, log 0.5000001,
// tanh 0.5040, sigmoid 0.5012, pow 0.5011; erf 0.5428 over 250 million. In subnormal results it is
// 0.5005.

/**
 * 1.5·2⁵² + 1023: after adding it, the low bits hold round(x) + 1023, which is the exponent field
 * of 2^round(x).
 */
const TO_EXPONENT: f64 = 6755399441056767;
const LN2: f64 = 0.6931471805599453;
const LOG2_E: f64 = 1.4426950408889634;

// @ts-ignore: decorator
@inline
export function lowHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
export function highHalf(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 1));
}

// @ts-ignore: decorator
@inline
export function join(low: v128, high: v128): v128 {
  const a = f32x4.demote_f64x2_zero(low);
  const b = f32x4.demote_f64x2_zero(high);
  return i64x2.shuffle(a, b, 0, 2);
}

/** c0 + c1·x */
// @ts-ignore: decorator
@inline
function linear(c0: f64, c1: f64, x: v128): v128 {
  return f64x2.add(f64x2.splat(c0), f64x2.mul(f64x2.splat(c1), x));
}

/** a + x·b + x²·c. With a, b, c linear in t and x = t², it is Estrin's scheme: a short chain. */
// @ts-ignore: decorator
@inline
function quadratic(a: v128, b: v128, c: v128, x: v128): v128 {
  return f64x2.add(a, f64x2.mul(x, f64x2.add(b, f64x2.mul(x, c))));
}

/** min(max(x, low), high) in float32; NaN stays NaN. */
// @ts-ignore: decorator
@inline
function clamp(x: v128, low: f32, high: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(high)), f32x4.splat(low));
}

/** e^r − 1 for |r| ≤ ½ ln 2: r + r²·P(r), relative error 2.4e-10. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  const z = f64x2.mul(r, r);
  const a = linear(0.500000004416347, 0.16666666370469024, r);
  const b = linear(0.041666360914747576, 0.008333389368200616, r);
  const c = linear(0.001394062723142339, 0.0001984587805795254, r);
  return f64x2.add(r, f64x2.mul(z, quadratic(a, b, c, z)));
}

/** round(x) of a number that `TO_EXPONENT` was added to. */
// @ts-ignore: decorator
@inline
function rounded(shifted: v128): v128 {
  return f64x2.sub(shifted, f64x2.splat(TO_EXPONENT));
}

/** 2^round(x) of a number that `TO_EXPONENT` was added to; −1022 ≤ x ≤ 1023. */
// @ts-ignore: decorator
@inline
function powerOfTwo(shifted: v128): v128 {
  return i64x2.shl(shifted, 52);
}

/** r = x − n ln 2, given x·log₂e = n + a fraction. */
// @ts-ignore: decorator
@inline
function reduceByLn2(x: v128, n: v128): v128 {
  return f64x2.sub(x, f64x2.mul(n, f64x2.splat(LN2)));
}

// @ts-ignore: decorator
@inline
function shiftToExponent(x: v128): v128 {
  return f64x2.add(x, f64x2.splat(TO_EXPONENT));
}

/** scale·e^r */
// @ts-ignore: decorator
@inline
function scaledExp(scale: v128, r: v128): v128 {
  return f64x2.mul(scale, f64x2.add(f64x2.splat(1), expm1Reduced(r)));
}

/** e^x in float64 for |x| ≤ 700, as 2ⁿ·e^r; relative error 2e-10. */
// @ts-ignore: decorator
@inline
function expF64(x: v128): v128 {
  const shifted = shiftToExponent(f64x2.mul(x, f64x2.splat(LOG2_E)));
  return scaledExp(powerOfTwo(shifted), reduceByLn2(x, rounded(shifted)));
}

/**
 * e^x of four float32.
 *
 * Argument reduction x = n ln 2 + r with |r| ≤ ½ ln 2 and a polynomial in r; the method of Cody and
 * Waite, "Software Manual for the Elementary Functions", 1980. The clamp only keeps n in range:
 * both ends round to ∞ and 0.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const bounded = clamp(x, -110, 90);
  return join(expF64(lowHalf(bounded)), expF64(highHalf(bounded)));
}

/**
 * log₂x in float64 for positive normal x, relative error 3e-14, also next to 1. Exactly −1023 at
 * +0, 1024 at ∞ (both read as if they were a power of two), and garbage for negative x and NaN.
 *
 * x = 2ᵏ·m with √½ ≤ m < √2 split on the bits, and ln m = 2 artanh s = 2(s + s³/3 + …) with
 * s = (m − 1)/(m + 1); the reduction is the one of fdlibm's `e_log.c` (Sun Microsystems, 1993).
 */
// @ts-ignore: decorator
@inline
function log2F64(x: v128): v128 {
  const sqrtHalfBits = i64x2.splat(0x3fe6a09e667f3bcd);
  // Adding bits(1) − bits(√½) carries into the exponent field where the significand is above √2.
  const aligned = i64x2.add(x, i64x2.splat(0x00095f619980c433));
  const biased = i64x2.shr_u(aligned, 52);
  // Placed in the low bits of 2⁵², an integer is read as a float64 without a conversion.
  const shifted = v128.or(biased, f64x2.splat(4503599627370496));
  const k = f64x2.sub(shifted, f64x2.splat(4503599627371519));
  const m = i64x2.add(v128.and(aligned, i64x2.splat(0x000fffffffffffff)), sqrtHalfBits);
  const s = f64x2.div(f64x2.sub(m, f64x2.splat(1)), f64x2.add(m, f64x2.splat(1)));
  const z = f64x2.mul(s, s);
  const a = linear(2.88539008177785, 0.9617966941134019, z);
  const b = linear(0.5770779423466142, 0.4122092543350058, z);
  const c = linear(0.3199056117886923, 0.282901445050704, z);
  return f64x2.add(k, f64x2.mul(s, quadratic(a, b, c, f64x2.mul(z, z))));
}

/** ln x of two float64 in [2⁻¹⁰²², ∞); relative error 3e-14. */
// @ts-ignore: decorator
@inline
export function logF64(x: v128): v128 {
  return f64x2.mul(log2F64(x), f64x2.splat(LN2));
}

/** ln x of four float32; see `log2F64` for the method. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const zero = f32x4.splat(0);
  const result = join(logF64(lowHalf(x)), logF64(highHalf(x)));
  const atZero = v128.and(f32x4.eq(x, zero), f32x4.splat(-Infinity));
  const notFinite = v128.andnot(x, f32x4.lt(x, f32x4.splat(Infinity)));
  // −∞ at 0, x at ∞ and NaN, 0 elsewhere; the comparison's bits, all set, are a NaN
  const correction = v128.or(v128.or(atZero, notFinite), f32x4.lt(x, zero));
  return f32x4.add(result, correction);
}

/** tanh x = (e^2x − 1)/(e^2x + 1) in float64; the numerator keeps its relative accuracy at 0. */
// @ts-ignore: decorator
@inline
function tanhF64(x: v128): v128 {
  const doubled = f64x2.add(x, x);
  const shifted = shiftToExponent(f64x2.mul(doubled, f64x2.splat(LOG2_E)));
  const scale = powerOfTwo(shifted);
  const q = expm1Reduced(reduceByLn2(doubled, rounded(shifted)));
  const numerator = f64x2.add(f64x2.mul(scale, q), f64x2.sub(scale, f64x2.splat(1)));
  return f64x2.div(numerator, f64x2.add(numerator, f64x2.splat(2)));
}

/**
 * tanh x of four float32, from e^2x − 1 = 2ⁿ(e^r − 1) + (2ⁿ − 1) as in fdlibm's `s_tanh.c` and
 * `s_expm1.c`. From |x| = 9.02 on it rounds to ±1, so the clamp changes nothing.
 */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const bounded = clamp(x, -10, 10);
  const result = join(tanhF64(lowHalf(bounded)), tanhF64(highHalf(bounded)));
  // The sums above lose the sign of −0.
  return v128.or(result, v128.and(x, f32x4.splat(-0.0)));
}

// @ts-ignore: decorator
@inline
function reciprocalOfOnePlus(x: v128): v128 {
  const one = f64x2.splat(1);
  return f64x2.div(one, f64x2.add(one, x));
}

/**
 * 1/(1 + e^−x) of four float32. e^110 is finite in float64, so the far negative side keeps its
 * relative accuracy.
 */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const bounded = clamp(f32x4.neg(x), -110, 110);
  const low = reciprocalOfOnePlus(expF64(lowHalf(bounded)));
  const high = reciprocalOfOnePlus(expF64(highHalf(bounded)));
  return join(low, high);
}

/** erf x in float64 for |x| ≤ 4: x·P(x²)/Q(x²), relative error 2.6e-9. */
// @ts-ignore: decorator
@inline
function erfF64(x: v128): v128 {
  const t = f64x2.mul(x, x);
  const w = f64x2.mul(t, t);
  const p = quadratic(
    linear(1.1283791699742147, 0.19287883120283247, t),
    linear(0.05574959974770269, 0.004226498695728614, t),
    linear(0.0004112800976794295, 6.791440977094806e-6, t),
    w,
  );
  const top = linear(0.001421211694283461, 7.256446370851597e-5, t);
  const q = quadratic(
    linear(1, 0.5042678474301766, t),
    linear(0.11749543016666264, 0.016295164836014894, t),
    f64x2.add(top, f64x2.mul(w, f64x2.splat(2.6048974295107823e-7))),
    w,
  );
  return f64x2.div(f64x2.mul(x, p), q);
}

/** erf x of four float32. From |x| = 3.92 on it rounds to ±1, so the clamp changes nothing. */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const bounded = clamp(x, -4, 4);
  return join(erfF64(lowHalf(bounded)), erfF64(highHalf(bounded)));
}

/** x^y = 2^(y log₂x) in float64 for positive x; the clamp only keeps the exponent in range. */
// @ts-ignore: decorator
@inline
function powF64(x: v128, y: v128): v128 {
  const product = f64x2.mul(y, log2F64(x));
  const bounded = f64x2.pmax(f64x2.pmin(product, f64x2.splat(200)), f64x2.splat(-200));
  const shifted = shiftToExponent(bounded);
  const fraction = f64x2.sub(bounded, rounded(shifted));
  return scaledExp(powerOfTwo(shifted), f64x2.mul(fraction, f64x2.splat(LN2)));
}

/**
 * x^y of four float32 as 2^(y log₂|x|), with the special cases of ECMAScript's `**`: NaN⁰ = 1 and
 * 1^±∞ = NaN.
 *
 * |y log₂|x|| is below 150 where the result is finite and not 0, so a relative error of 3e-14 in
 * log₂ suffices.
 */
// @ts-ignore: decorator
@inline
export function pow4(x: v128, y: v128): v128 {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const infinity = f32x4.splat(Infinity);
  const size = f32x4.abs(x);

  // log₂ has the right sign at 0 and ∞ but is finite; an infinite y makes up for it. A NaN base
  // makes y NaN.
  const regular = v128.and(f32x4.gt(size, zero), f32x4.lt(size, infinity));
  const gain = v128.bitselect(one, f32x4.add(size, infinity), regular);
  const power = f32x4.mul(y, gain);
  const result = join(
    powF64(lowHalf(size), lowHalf(power)),
    powF64(highHalf(size), highHalf(power)),
  );

  const isInteger = f32x4.eq(f32x4.floor(y), y);
  const half = f32x4.mul(y, f32x4.splat(0.5));
  const isOdd = v128.and(isInteger, f32x4.ne(f32x4.floor(half), half));
  const sign = v128.and(v128.and(x, f32x4.splat(-0.0)), isOdd);
  const isNegative = v128.and(f32x4.lt(x, zero), f32x4.gt(x, f32x4.splat(-Infinity)));
  const isNaN = v128.andnot(isNegative, isInteger);
  const signed = v128.or(v128.or(result, sign), isNaN);
  return v128.bitselect(one, signed, f32x4.eq(y, zero));
}

/** 4v + 1.5·2⁵²: its low bits hold the quarter turn that v of [0, 1] is nearest to, 0 … 4. */
// @ts-ignore: decorator
@inline
export function turnQuadrant(v: v128): v128 {
  return f64x2.add(f64x2.mul(v, f64x2.splat(4)), f64x2.splat(6755399441055744));
}

// @ts-ignore: decorator
@inline
export function nextQuadrant(quadrant: v128): v128 {
  return i64x2.add(quadrant, i64x2.splat(1));
}

/** The angle 2πv, rounded to float64 as `2 * Math.PI * v` is, minus its quadrant's multiple of ½π. */
// @ts-ignore: decorator
@inline
export function turnRemainder(v: v128, quadrant: v128): v128 {
  return angleRemainder(f64x2.mul(v, f64x2.splat(6.283185307179586)), quadrant);
}

/**
 * An angle minus its quadrant's multiple of ½π: within ±¼π. ½π is taken in three parts, two of whose multiples are exact
 * below 2²⁰ quadrants (Cody and Waite), so that the cosine of the float64 next to ½π has all its digits, as
 * JavaScript's has.
 */
// @ts-ignore: decorator
@inline
export function angleRemainder(angle: v128, quadrant: v128): v128 {
  const turns = f64x2.sub(quadrant, f64x2.splat(6755399441055744));
  const a = f64x2.sub(angle, f64x2.mul(turns, f64x2.splat(1.5707963267341256)));
  const b = f64x2.sub(a, f64x2.mul(turns, f64x2.splat(6.077100506303966e-11)));
  return f64x2.sub(b, f64x2.mul(turns, f64x2.splat(2.0222662487959506e-21)));
}

/** sin r of two float64, |r| ≤ ¼π: r + r³·S(r²). */
// @ts-ignore: decorator
@inline
export function sinReduced(r: v128): v128 {
  const z = f64x2.mul(r, r);
  const a = linear(-0.166666666666666, 0.008333333333316465, z);
  const b = linear(-0.00019841269825922222, 2.7557312540871743e-6, z);
  const c = linear(-2.5050599649660065e-8, 1.588855262713946e-10, z);
  return f64x2.add(r, f64x2.mul(f64x2.mul(r, z), quadratic(a, b, c, f64x2.mul(z, z))));
}

/** cos r of two float64, |r| ≤ ¼π: 1 − ½r² + r⁴·C(r²). */
// @ts-ignore: decorator
@inline
export function cosReduced(r: v128): v128 {
  const z = f64x2.mul(r, r);
  const w = f64x2.mul(z, z);
  const a = linear(1, -0.5, z);
  const b = linear(0.041666666666602195, -0.0013888888878266338, z);
  const c = linear(2.480158096806182e-5, -2.755556646083092e-7, z);
  return quadratic(a, b, f64x2.add(c, f64x2.mul(w, f64x2.splat(2.064769392354497e-9))), w);
}

/** The sine `quadrant` quarter turns on from an angle of this sine and cosine. */
// @ts-ignore: decorator
@inline
export function atQuadrant(sin: v128, cos: v128, quadrant: v128): v128 {
  const isOdd = i64x2.neg(v128.and(quadrant, i64x2.splat(1)));
  const sign = i64x2.shl(v128.and(quadrant, i64x2.splat(2)), 62);
  return v128.xor(v128.bitselect(cos, sin, isOdd), sign);
}

// Rows that are copied from one type to another; see `operate`.

import { FLOAT32, INT32, TYPE_CODES } from "./elementwiseNumbers";

/** Towards zero, modulo 2³², NaN and ±∞ to 0, from the bits of a float32 of 2³¹ or more. */
function wrapped(bits: u32): i32 {
  const shift = ((bits >> 23) & 255) - 150;
  const size = shift < 32 ? ((bits & 0x7fffff) | 0x800000) << shift : 0;
  return <i32>bits < 0 ? -size : size;
}

/** Lanes that are 2³¹ or more, or not finite, one by one. */
function wrapLarge(x: v128, small: v128, isLarge: v128): v128 {
  const y = i32x4(
    wrapped(i32x4.extract_lane(x, 0)),
    wrapped(i32x4.extract_lane(x, 1)),
    wrapped(i32x4.extract_lane(x, 2)),
    wrapped(i32x4.extract_lane(x, 3)),
  );
  return v128.bitselect(y, small, isLarge);
}

// @ts-ignore: decorator
@inline
function truncated(x: v128): v128 {
  const y = i32x4.trunc_sat_f32x4_s(x);
  const isLarge = f32x4.ge(f32x4.abs(x), f32x4.splat(2147483648));
  return v128.any_true(isLarge) ? wrapLarge(x, y, isLarge) : y;
}

/** Four elements as float32 or int32, whichever is asked for. */
// @ts-ignore: decorator
@inline
function loadAs<TO, FROM>(a: usize): v128 {
  if (sizeof<FROM>() == 1) {
    const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(a)));
    return isFloat<TO>() ? f32x4.convert_i32x4_s(words) : words;
  }
  const x = v128.load(a);
  if (isFloat<TO>()) return isFloat<FROM>() ? x : f32x4.convert_i32x4_s(x);
  return isFloat<FROM>() ? truncated(x) : x;
}

// @ts-ignore: decorator
@inline
function each<TO, FROM>(n: usize, o: usize, a: usize, ma: usize): void {
  const last = n - 4;
  let i: usize = 0;
  let next: usize = 0;
  do {
    i = next;
    const x = loadAs<TO, FROM>(a + ((i * sizeof<FROM>()) & ma));
    if (sizeof<TO>() == 1) {
      const bytes = i8x16.shuffle(x, x, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
      v128.store32_lane(o + i, bytes, 0);
    } else v128.store(o + i * sizeof<TO>(), x);
    next = min(i + 4, last);
  } while (i != last);
}

export function convertRow(code: i32, n: usize, o: usize, a: usize, ma: usize): void {
  const from = code / TYPE_CODES;
  const to = code % TYPE_CODES;
  if (from == FLOAT32) {
    if (to == INT32) each<i32, f32>(n, o, a, ma);
    else each<u8, f32>(n, o, a, ma);
  } else if (from == INT32) {
    if (to == FLOAT32) each<f32, i32>(n, o, a, ma);
    else each<u8, i32>(n, o, a, ma);
  } else if (to == FLOAT32) each<f32, u8>(n, o, a, ma);
  else each<i32, u8>(n, o, a, ma);
}

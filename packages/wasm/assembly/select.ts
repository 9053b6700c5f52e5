// Rows of out = condition ≠ 0 ? a : b; see `operate`.

import { UINT8 } from "./elementwiseNumbers";

/** Whether each of four bytes, or of 16, is 0. */
// @ts-ignore: decorator
@inline
function isFalse<T>(a: usize): v128 {
  if (sizeof<T>() == 1) return i8x16.eq(v128.load(a), i8x16.splat(0));
  const words = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(a)));
  return i32x4.eq(words, i32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function each<T>(
  n: usize,
  o: usize,
  condition: usize,
  a: usize,
  b: usize,
  mask: usize,
  ma: usize,
  mb: usize,
): void {
  const last = n - 16 / sizeof<T>();
  let i: usize = 0;
  let next: usize = 0;
  do {
    i = next;
    const at = i * sizeof<T>();
    const x = v128.load(a + (at & ma));
    const y = v128.load(b + (at & mb));
    v128.store(o + at, v128.bitselect(y, x, isFalse<T>(condition + (i & mask))));
    next = min(i + 16 / sizeof<T>(), last);
  } while (i != last);
}

export function selectRow(
  type: i32,
  n: usize,
  o: usize,
  condition: usize,
  a: usize,
  b: usize,
  mask: usize,
  ma: usize,
  mb: usize,
): void {
  if (type == UINT8) each<u8>(n, o, condition, a, b, mask, ma, mb);
  else each<f32>(n, o, condition, a, b, mask, ma, mb);
}

// Copies within one type, and fill, which is the copy of one element.

import { CODE, UINT8 } from "./elementwiseNumbers";
import { strideOf, word } from "./nest";

/** Bytes from which the host's own loop is faster, start included. */
const LONG: usize = 1024;

/** Copies elements from one stride to another. */
// @ts-ignore: decorator
@inline
function move<T>(n: usize, o: usize, so: usize, a: usize, sa: usize): void {
  for (let i: usize = 0; i < n; i++) {
    store<T>(o, load<T>(a));
    o += so;
    a += sa;
  }
}

export function moveElements(log: i32, n: usize, o: usize, so: usize, a: usize, sa: usize): void {
  if (log == 0) move<u8>(n, o, so, a, sa);
  else move<u32>(n, o, so, a, sa);
}

/** Copies 16 bytes or more; the last ones may be written twice. */
// @ts-ignore: decorator
@inline
function copyRow(bytes: usize, o: usize, a: usize): void {
  if (bytes >= LONG) return memory.copy(o, a, bytes);
  const last = bytes - 16;
  for (let i: usize = 0; i < last; i += 16) v128.store(o + i, v128.load(a + i));
  v128.store(o + last, v128.load(a + last));
}

// @ts-ignore: decorator
@inline
function fillRow(bytes: usize, o: usize, value: v128): void {
  if (bytes >= LONG && v128.all_true<u8>(i8x16.eq(value, i8x16.swizzle(value, i8x16.splat(0))))) {
    return memory.fill(o, i8x16.extract_lane_u(value, 0), bytes);
  }
  const last = bytes - 16;
  for (let i: usize = 0; i < last; i += 16) v128.store(o + i, value);
  v128.store(o + last, value);
}

/** out = a; `CODE` is the type of both. */
export function copyTile(args: usize, rows: usize, n: usize, o: usize, a: usize): void {
  const log = word(args, CODE) == UINT8 ? 0 : 2;
  const width = <usize>1 << log;
  const bytes = n << log;
  const so = strideOf(args, 0, 0);
  const sa = strideOf(args, 0, 1);
  const wo = strideOf(args, 1, 0);
  const wa = strideOf(args, 1, 1);
  const isDense = so == width && bytes >= 16;
  for (let row: usize = 0; row < rows; row++) {
    if (isDense && sa == width) copyRow(bytes, o, a);
    else if (isDense && sa == 0) {
      fillRow(bytes, o, log == 0 ? v128.load_splat<u8>(a) : v128.load_splat<u32>(a));
    } else moveElements(log, n, o, so, a, sa);
    o += wo;
    a += wa;
  }
}

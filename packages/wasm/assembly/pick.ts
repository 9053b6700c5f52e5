// Gather, its adjoint scatterAdd, and the range of an index, which is checked before either begins.

import { AXES, AXIS_WORDS, CODE, RANK, STEP, UINT8 } from "./elementwiseNumbers";
import { strideOf, word } from "./nest";

// @ts-ignore: decorator
@inline
function gatherRow<T>(
  n: usize,
  step: usize,
  o: usize,
  so: usize,
  index: usize,
  si: usize,
  x: usize,
  sx: usize,
): void {
  let i: usize = 0;
  if (so == sizeof<T>() && si == 4) {
    for (; i + 4 <= n; i += 4) {
      store<T>(o, load<T>(x + <usize>load<u32>(index) * step));
      store<T>(o, load<T>(x + sx + <usize>load<u32>(index, 4) * step), sizeof<T>());
      store<T>(o, load<T>(x + 2 * sx + <usize>load<u32>(index, 8) * step), 2 * sizeof<T>());
      store<T>(o, load<T>(x + 3 * sx + <usize>load<u32>(index, 12) * step), 3 * sizeof<T>());
      o += 4 * sizeof<T>();
      index += 16;
      x += 4 * sx;
    }
  }
  for (; i < n; i++) {
    store<T>(o, load<T>(x + <usize>load<u32>(index) * step));
    o += so;
    index += si;
    x += sx;
  }
}

/** out = x[index·STEP]; `CODE` is the type. */
export function gatherTile(args: usize, rows: usize, n: usize, o: usize, index: usize, x: usize): void {
  const isByte = word(args, CODE) == UINT8;
  const step: usize = word(args, STEP);
  const so = strideOf(args, 0, 0);
  const si = strideOf(args, 0, 1);
  const sx = strideOf(args, 0, 2);
  for (let row: usize = 0; row < rows; row++) {
    if (isByte) gatherRow<u8>(n, step, o, so, index, si, x, sx);
    else gatherRow<u32>(n, step, o, so, index, si, x, sx);
    o += strideOf(args, 1, 0);
    index += strideOf(args, 1, 1);
    x += strideOf(args, 1, 2);
  }
}

// @ts-ignore: decorator
@inline
function increase<T>(at: usize, x: T): void {
  store<T>(at, <T>(load<T>(at) + x));
}

// @ts-ignore: decorator
@inline
function scatterRow<T>(
  n: usize,
  step: usize,
  o: usize,
  so: usize,
  index: usize,
  si: usize,
  x: usize,
  sx: usize,
): void {
  let i: usize = 0;
  if (sx == sizeof<T>() && si == 4) {
    for (; i + 4 <= n; i += 4) {
      increase<T>(o + <usize>load<u32>(index) * step, load<T>(x));
      increase<T>(o + so + <usize>load<u32>(index, 4) * step, load<T>(x, sizeof<T>()));
      increase<T>(o + 2 * so + <usize>load<u32>(index, 8) * step, load<T>(x, 2 * sizeof<T>()));
      increase<T>(o + 3 * so + <usize>load<u32>(index, 12) * step, load<T>(x, 3 * sizeof<T>()));
      o += 4 * so;
      index += 16;
      x += 4 * sizeof<T>();
    }
  }
  for (; i < n; i++) {
    increase<T>(o + <usize>load<u32>(index) * step, load<T>(x));
    o += so;
    index += si;
    x += sx;
  }
}

/** out[index·STEP] += x, one after the other; `CODE` is the type. */
export function scatterAddTile(
  args: usize,
  rows: usize,
  n: usize,
  o: usize,
  index: usize,
  x: usize,
): void {
  const type = word(args, CODE);
  const step: usize = word(args, STEP);
  const so = strideOf(args, 0, 0);
  const si = strideOf(args, 0, 1);
  const sx = strideOf(args, 0, 2);
  for (let row: usize = 0; row < rows; row++) {
    if (type == 0) scatterRow<f32>(n, step, o, so, index, si, x, sx);
    else if (type == UINT8) scatterRow<u8>(n, step, o, so, index, si, x, sx);
    else scatterRow<i32>(n, step, o, so, index, si, x, sx);
    o += strideOf(args, 1, 0);
    index += strideOf(args, 1, 1);
    x += strideOf(args, 1, 2);
  }
}

/** Where a part leaves the range of what it read: two words behind the nest, which the caller sets at first. */
// @ts-ignore: decorator
@inline
function rangeOf(args: usize, part: i32): usize {
  return args + 4 * (AXES + word(args, RANK) * AXIS_WORDS) + 8 * part;
}

export function rangeTile(args: usize, part: i32, rows: usize, n: usize, index: usize): void {
  const result = rangeOf(args, part);
  const s = strideOf(args, 0, 0);
  let low = v128.load32_splat(result);
  let high = v128.load32_splat(result, 4);
  for (let row: usize = 0; row < rows; row++) {
    let p = index;
    let i: usize = 0;
    if (s == 4) {
      for (; i + 4 <= n; i += 4) {
        const x = v128.load(p);
        low = i32x4.min_s(low, x);
        high = i32x4.max_s(high, x);
        p += 16;
      }
    }
    for (; i < n; i++) {
      const x = v128.load32_splat(p);
      low = i32x4.min_s(low, x);
      high = i32x4.max_s(high, x);
      p += s;
    }
    index += strideOf(args, 1, 0);
  }
  low = i32x4.min_s(low, i32x4.shuffle(low, low, 2, 3, 0, 1));
  low = i32x4.min_s(low, i32x4.shuffle(low, low, 1, 0, 3, 2));
  high = i32x4.max_s(high, i32x4.shuffle(high, high, 2, 3, 0, 1));
  high = i32x4.max_s(high, i32x4.shuffle(high, high, 1, 0, 3, 2));
  store<i32>(result, i32x4.extract_lane(low, 0));
  store<i32>(result, i32x4.extract_lane(high, 0), 4);
}

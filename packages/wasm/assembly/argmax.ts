// The first maximum of what the inner nest shows, counted in its order. NaN beats all but an earlier NaN.

import { CODE, FLOAT32, INNER_TILES, INT32 } from "./elementwiseNumbers";
import { innerOffset, innerSize, innerStride } from "./inner";
import { strideOf, word } from "./nest";

// @ts-ignore: decorator
@inline
function argmaxCell<T>(args: usize, x: usize): i32 {
  const n = innerSize(args, 0);
  const rows = innerSize(args, 1);
  const tiles: usize = word(args, INNER_TILES);
  const s = innerStride(args, 0);
  let top = load<T>(x);
  let best = 0;
  let count = 0;
  for (let tile: usize = 0; tile < tiles; tile++) {
    let row = x + innerOffset(args, tile);
    for (let r: usize = 0; r < rows; r++) {
      let p = row;
      for (let i: usize = 0; i < n; i++) {
        const value = load<T>(p);
        if (isFloat<T>() ? !(value <= top) && top == top : value > top) {
          top = value;
          best = count;
        }
        count++;
        p += s;
      }
      row += innerStride(args, 1);
    }
  }
  return best;
}

/** Loads four elements that lie side by side. A class is only a name for code, as in `map.ts`. */
// @ts-ignore: decorator
@final
class Near {
  // @ts-ignore: decorator
  @inline
  load(p: usize, s: usize): v128 {
    return v128.load(p);
  }
}

/** Loads four elements `s` bytes apart. */
// @ts-ignore: decorator
@final
class Far {
  // @ts-ignore: decorator
  @inline
  load(p: usize, s: usize): v128 {
    const x = v128.load32_lane(p + s, v128.load32_zero(p), 1);
    return v128.load32_lane(p + 3 * s, v128.load32_lane(p + 2 * s, x, 2), 3);
  }
}

// @ts-ignore: decorator
@inline
function storeLanes(o: usize, so: usize, y: v128): void {
  if (so == 4) v128.store(o, y);
  else {
    v128.store32_lane(o, y, 0);
    v128.store32_lane(o + so, y, 1);
    v128.store32_lane(o + 2 * so, y, 2);
    v128.store32_lane(o + 3 * so, y, 3);
  }
}

/**
 * A row of four results or more; the last four may be computed twice.
 *
 * @returns false where an element may be NaN, and then the results are wrong
 */
function argmaxRow<Distance>(
  args: usize,
  n: usize,
  o: usize,
  so: usize,
  x: usize,
  sx: usize,
): bool {
  const lanes = changetype<Distance>(0);
  const size = innerSize(args, 0);
  const rows = innerSize(args, 1);
  const tiles: usize = word(args, INNER_TILES);
  const step = innerStride(args, 0);
  const down = innerStride(args, 1);
  const one = i32x4.splat(1);
  const last = n - 4;
  let hasNaN = i32x4.splat(0);
  let i: usize = 0;
  let next: usize = 0;
  do {
    i = next;
    const first = x + i * sx;
    let top = lanes.load(first, sx);
    let best = i32x4.splat(0);
    let count = i32x4.splat(0);
    for (let tile: usize = 0; tile < tiles; tile++) {
      let row = first + innerOffset(args, tile);
      for (let r = rows; r > 0; r--) {
        let p = row;
        let k = size;
        do {
          const value = lanes.load(p, sx);
          // The numbers of better ones only grow, so the largest is the last.
          best = i32x4.max_s(best, v128.and(count, f32x4.gt(value, top)));
          top = f32x4.pmax(top, value);
          hasNaN = v128.or(hasNaN, f32x4.ne(value, value));
          count = i32x4.add(count, one);
          p += step;
        } while (--k);
        row += down;
      }
    }
    storeLanes(o + i * so, so, best);
    next = min(i + 4, last);
  } while (i != last);
  return !v128.any_true(hasNaN);
}

/** Whether a row could be done by four. */
function argmaxFloats(
  args: usize,
  n: usize,
  o: usize,
  so: usize,
  x: usize,
  sx: usize,
): bool {
  if (n < 4) return false;
  if (sx == 4) return argmaxRow<Near>(args, n, o, so, x, sx);
  return argmaxRow<Far>(args, n, o, so, x, sx);
}

function argmaxCells<T>(args: usize, n: usize, o: usize, so: usize, x: usize, sx: usize): void {
  for (let i: usize = 0; i < n; i++) store<i32>(o + i * so, argmaxCell<T>(args, x + i * sx));
}

/** `CODE` is the type of x. */
export function argmaxTile(args: usize, rows: usize, n: usize, o: usize, x: usize): void {
  const type = word(args, CODE);
  const so = strideOf(args, 0, 0);
  const sx = strideOf(args, 0, 1);
  for (let row: usize = 0; row < rows; row++) {
    if (type == INT32) argmaxCells<i32>(args, n, o, so, x, sx);
    else if (type != FLOAT32) argmaxCells<u8>(args, n, o, so, x, sx);
    else if (!argmaxFloats(args, n, o, so, x, sx)) argmaxCells<f32>(args, n, o, so, x, sx);
    o += strideOf(args, 1, 0);
    x += strideOf(args, 1, 1);
  }
}

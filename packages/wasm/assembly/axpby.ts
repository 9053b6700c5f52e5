// out = α·x + β·out, element by element in row-major order. With α = β = 1 it is out += x, bit by bit; elements of `out`
// may then be one cell.

import { ALPHA, BETA, CODE, FLOAT32, INT32 } from "./elementwiseNumbers";
import { strideOf, word } from "./nest";

// @ts-ignore: decorator
@inline
function combine(x: v128, y: v128, alpha: v128, beta: v128): v128 {
  return f32x4.add(f32x4.mul(alpha, x), f32x4.mul(beta, y));
}

/** As many of the elements as four vectors, then one, take at a time; returns how many. */
// @ts-ignore: decorator
@inline
function denseRow(n: usize, o: usize, x: usize, alpha: v128, beta: v128): usize {
  const bytes = (n << 2) & ~15;
  let i: usize = 0;
  for (; i + 64 <= bytes; i += 64) {
    const p = x + i;
    const q = o + i;
    v128.store(q, combine(v128.load(p), v128.load(q), alpha, beta));
    v128.store(q, combine(v128.load(p, 16), v128.load(q, 16), alpha, beta), 16);
    v128.store(q, combine(v128.load(p, 32), v128.load(q, 32), alpha, beta), 32);
    v128.store(q, combine(v128.load(p, 48), v128.load(q, 48), alpha, beta), 48);
  }
  for (; i < bytes; i += 16) {
    v128.store(o + i, combine(v128.load(x + i), v128.load(o + i), alpha, beta));
  }
  return i >> 2;
}

function floatRow(args: usize, n: usize, o: usize, so: usize, x: usize, sx: usize): void {
  const alpha = load<f32>(args, ALPHA << 2);
  const beta = load<f32>(args, BETA << 2);
  let i: usize = 0;
  if (so == 4 && sx == 4) {
    i = denseRow(n, o, x, f32x4.splat(alpha), f32x4.splat(beta));
    o += i << 2;
    x += i << 2;
  }
  for (; i < n; i++) {
    store<f32>(o, alpha * load<f32>(x) + beta * load<f32>(o));
    o += so;
    x += sx;
  }
}

// @ts-ignore: decorator
@inline
function addRow<T>(n: usize, o: usize, so: usize, x: usize, sx: usize): void {
  for (let i: usize = 0; i < n; i++) {
    store<T>(o, load<T>(o) + load<T>(x));
    o += so;
    x += sx;
  }
}

/** `CODE` is the type; integers know no α and β. */
export function axpbyTile(args: usize, rows: usize, n: usize, o: usize, x: usize): void {
  const type = word(args, CODE);
  const so = strideOf(args, 0, 0);
  const sx = strideOf(args, 0, 1);
  for (let row: usize = 0; row < rows; row++) {
    if (type == FLOAT32) floatRow(args, n, o, so, x, sx);
    else if (type == INT32) addRow<i32>(n, o, so, x, sx);
    else addRow<u8>(n, o, so, x, sx);
    o += strideOf(args, 1, 0);
    x += strideOf(args, 1, 1);
  }
}

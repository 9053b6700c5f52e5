// Choosing a tile, and bringing those home that need care.

import { ADD, BIAS, RELU } from "./contractionNumbers";
import { rowStrip1, rowStrip2, rowStrip3, rowStrip4 } from "./rowStrips";
import { rowTile1, rowTile2, rowTile3, rowTile4, rowTile5, rowTile6 } from "./rowTiles";
import { cut, isRun, relu } from "./vectors";

/** The tile with that many rows. */
export function rowTile(height: i32, steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  switch (height) {
    case 1: return rowTile1(steps, a, x, table, y, yStep);
    case 2: return rowTile2(steps, a, x, table, y, yStep);
    case 3: return rowTile3(steps, a, x, table, y, yStep);
    case 4: return rowTile4(steps, a, x, table, y, yStep);
    case 5: return rowTile5(steps, a, x, table, y, yStep);
    default: return rowTile6(steps, a, x, table, y, yStep);
  }
}

/** The strip with that many rows. */
export function rowStrip(
  height: i32,
  steps: i32,
  a: usize,
  x: usize,
  table: usize,
  y: usize,
  yStep: usize,
  width: i32,
  limit: f32,
): void {
  switch (height) {
    case 1: return rowStrip1(steps, a, x, table, y, yStep, width, limit);
    case 2: return rowStrip2(steps, a, x, table, y, yStep, width, limit);
    case 3: return rowStrip3(steps, a, x, table, y, yStep, width, limit);
    default: return rowStrip4(steps, a, x, table, y, yStep, width, limit);
  }
}

/** Adds a bias by row, then, where `limit` is 0 and not NaN, relu; `width` floats of each row, 8 or more. */
export function finishRows(y: usize, yStep: usize, height: i32, width: i32, bias: usize, limit: f32): void {
  const most = f32x4.splat(limit);
  const whole = width & -8;
  for (let r = 0; r < height; r++, bias += 4, y += yStep) {
    const b = v128.load_splat<f32>(bias);
    const end = y + (<usize>whole << 2);
    let at = y;
    for (; at != end; at += 32) {
      const v = f32x4.add(v128.load(at), b);
      const w = f32x4.add(v128.load(at, 16), b);
      v128.store(at, cut(v, most));
      v128.store(at, cut(w, most), 16);
    }
    const last = y + (<usize>width << 2);
    for (; at != last; at += 4) {
      const v = load<f32>(at) + load<f32>(bias);
      store<f32>(at, v <= limit ? 0 : v);
    }
  }
}

/** Four values of a bias by the offsets in a table. */
function biasAt(bias: usize, table: usize): v128 {
  if (isRun(table)) return v128.load(bias + <usize>load<u32>(table));
  const v = v128.load_splat<f32>(bias + <usize>load<u32>(table));
  const w = v128.load32_lane(bias + <usize>load<u32>(table, 4), v, 1);
  const x = v128.load32_lane(bias + <usize>load<u32>(table, 8), w, 2);
  return v128.load32_lane(bias + <usize>load<u32>(table, 12), x, 3);
}

/**
 * Brings a tile `[rows][pitch]` to where the tables of rows and columns say, after what the mode asks for; the bias has
 * tables of its own.
 */
export function deliver(
  tile: usize,
  pitch: usize,
  rows: i32,
  columns: i32,
  y: usize,
  yRows: usize,
  yColumns: usize,
  mode: i32,
  bias: usize,
  biasRows: usize,
  biasColumns: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const to = y + <usize>load<u32>(yRows + (<usize>r << 2));
    const b = mode & BIAS ? bias + <usize>load<u32>(biasRows + (<usize>r << 2)) : 0;
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const table = yColumns + (<usize>c << 2);
      if (!isRun(table)) break;
      const at = to + <usize>load<u32>(table);
      let v = v128.load(tile + (<usize>c << 2));
      if (mode & ADD) v = f32x4.add(v128.load(at), v);
      if (mode & BIAS) v = f32x4.add(v, biasAt(b, biasColumns + (<usize>c << 2)));
      if (mode & RELU) v = relu(v);
      v128.store(at, v);
    }
    for (; c < columns; c++) {
      const at = to + <usize>load<u32>(yColumns + (<usize>c << 2));
      let v = load<f32>(tile + (<usize>c << 2));
      if (mode & ADD) v = load<f32>(at) + v;
      if (mode & BIAS) v = v + load<f32>(b + <usize>load<u32>(biasColumns + (<usize>c << 2)));
      if (mode & RELU) v = v <= 0 ? 0 : v;
      store<f32>(at, v);
    }
    tile += pitch;
  }
}

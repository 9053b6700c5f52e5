// Choosing a tile, and bringing those home that need care.

import { ADD, BIAS, RELU } from "./contractionNumbers";
import { rowTile1, rowTile2, rowTile3, rowTile4, rowTile5, rowTile6 } from "./rowTiles";
import { isRun, relu } from "./vectors";

/** The tile with that many rows. */
export function rowTile(
  height: i32,
  steps: i32,
  a: usize,
  x: usize,
  table: usize,
  y: usize,
  yStep: usize,
  mode: i32,
): void {
  switch (height) {
    case 1: return rowTile1(steps, a, x, table, y, yStep, mode);
    case 2: return rowTile2(steps, a, x, table, y, yStep, mode);
    case 3: return rowTile3(steps, a, x, table, y, yStep, mode);
    case 4: return rowTile4(steps, a, x, table, y, yStep, mode);
    case 5: return rowTile5(steps, a, x, table, y, yStep, mode);
    default: return rowTile6(steps, a, x, table, y, yStep, mode);
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

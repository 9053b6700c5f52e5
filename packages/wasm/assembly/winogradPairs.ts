// The gradient of y in tiles of 2 × 2, for filters of 5 × 5: D = A y Aᵀ in registers, without the detour through a plane.
// Column α of Aᵀ is (1, α), that of ∞ (0, 1).

import { multiplyAdd } from "./vectors";
import { a, mulSub } from "./winogradLines";
import { TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, TILE_Y, TILES_WHOLE } from "./winogradTiles";

/** Stores A y of two vectors. */
// @ts-ignore: decorator
@inline
function storePairLine(y0: v128, y1: v128, to: usize, step: usize): void {
  v128.store(to, y0);
  const ofA = f32x4.mul(f32x4.splat(a), y1);
  v128.store(to + step, f32x4.add(y0, ofA));
  v128.store(to + 2 * step, f32x4.sub(y0, ofA));
  const ofB = f32x4.add(ofA, ofA);
  v128.store(to + 3 * step, f32x4.add(y0, ofB));
  v128.store(to + 4 * step, f32x4.sub(y0, ofB));
  v128.store(to + 5 * step, y1);
}

/** One row of two tiles. */
// @ts-ignore: decorator
@inline
function rowOfTwo(tile: usize, at: usize): v128 {
  const first = v128.load_zero<u64>(load<usize>(tile, TILE_Y) + at);
  return v128.load_lane<u64>(load<usize>(tile, TILE_Y + TILE_BYTES) + at, first, 1);
}

/** The cells of four tiles as four vectors, 0 where y has none. */
function gatherTiles(tile: usize, at: usize, yRow: usize, to: usize): void {
  memory.fill(to, 0, 64);
  for (const end = to + 16; to != end; to += 4, tile += TILE_BYTES) {
    let from = load<usize>(tile, TILE_Y) + at;
    const width = load<i16>(tile, TILE_WIDTH);
    for (let row = 0; row < load<i16>(tile, TILE_HEIGHT); row++, from += yRow) {
      const cell = to + (<usize>row << 5);
      store<f32>(cell, load<f32>(from));
      if (width > 1) store<f32>(cell, load<f32>(from, 4), 16);
    }
  }
}

/** D of four tiles, its places `step` bytes apart; `lines` has room for four vectors. */
export function turnPairs(
  tile: usize,
  at: usize,
  yRow: usize,
  lines: usize,
  to: usize,
  step: usize,
): void {
  let x0: v128;
  let x1: v128;
  let y0: v128;
  let y1: v128;
  if (load<i32>(tile, TILES_WHOLE)) {
    const x01 = rowOfTwo(tile, at);
    const x23 = rowOfTwo(tile + 2 * TILE_BYTES, at);
    x0 = v128.shuffle<f32>(x01, x23, 0, 2, 4, 6);
    x1 = v128.shuffle<f32>(x01, x23, 1, 3, 5, 7);
    const y01 = rowOfTwo(tile, at + yRow);
    const y23 = rowOfTwo(tile + 2 * TILE_BYTES, at + yRow);
    y0 = v128.shuffle<f32>(y01, y23, 0, 2, 4, 6);
    y1 = v128.shuffle<f32>(y01, y23, 1, 3, 5, 7);
  } else {
    gatherTiles(tile, at, yRow, lines);
    x0 = v128.load(lines);
    x1 = v128.load(lines, 16);
    y0 = v128.load(lines, 32);
    y1 = v128.load(lines, 48);
  }
  const next = 6 * step;
  const end = to + 5 * next;
  storePairLine(x0, x1, to, step);
  storePairLine(y0, y1, end, step);
  to += next;
  let s = f32x4.splat(a);
  do {
    storePairLine(multiplyAdd(s, y0, x0), multiplyAdd(s, y1, x1), to, step);
    to += next;
    storePairLine(mulSub(s, y0, x0), mulSub(s, y1, x1), to, step);
    to += next;
    s = f32x4.add(s, s); // b = 2a
  } while (to != end);
}

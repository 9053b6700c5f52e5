// The table that describes the tiles of a block, and what the arguments say about tiles.

import { word } from "./nest";
import { BLOCK_ROWS, HEIGHT, SHIFT, TILES, WIDTH, Y, Y_ROW, Y_SAMPLE } from "./winogradAbi";

/** Tiles, or rows of tiles, that cover so many outputs. */
// @ts-ignore: decorator
@inline
export function tilesOf(args: usize, outputs: i32): i32 {
  const shift = word(args, SHIFT);
  return (outputs + (1 << shift) - 1) >> shift;
}

/** Rows or columns of the image that neighbouring tiles share: one less than the filters have. */
// @ts-ignore: decorator
@inline
export function overlapOf(args: usize): i32 {
  return 6 - (1 << word(args, SHIFT));
}

/** Bytes of a line of the plane buffers: the tiles' columns and four more. */
// @ts-ignore: decorator
@inline
export function lineBytes(args: usize): usize {
  return <usize>((tilesOf(args, word(args, WIDTH)) << word(args, SHIFT)) + 4) << 2;
}

/** A tile as the table describes it: where it begins in a plane buffer and in y, and how many rows and columns y has. */
export const TILE_BYTES: usize = 16;
const TILE_AT: usize = 0;
export const TILE_Y: usize = 4;
export const TILE_HEIGHT: usize = 8;
export const TILE_WIDTH: usize = 10;
/** Of the first of four tiles: whether y has all of them. */
export const TILES_WHOLE: usize = 12;

// @ts-ignore: decorator
@inline
export function tileOf(args: usize, scratch: usize, index: i32): usize {
  return scratch + word(args, TILES) + <usize>index * TILE_BYTES;
}

/**
 * Describes the tiles of the rows of tiles from `firstRow` on, filled up to a multiple of 8 with tiles of no size that
 * lie in the row of zeros after the last one of the buffer. Returns the number of panels of 8.
 */
export function describeTiles(args: usize, scratch: usize, firstRow: i32, rows: i32): i32 {
  const across = tilesOf(args, word(args, WIDTH));
  const line = lineBytes(args);
  let tile = tileOf(args, scratch, 0);
  for (let r = 0; r < rows; r++) {
    for (let t = 0; t < across; t++, tile += TILE_BYTES) {
      describeTile(args, tile, firstRow + r, t);
      store<usize>(tile, <usize>r * 6 * line + (<usize>t << (2 + word(args, SHIFT))), TILE_AT);
    }
  }
  const tiles = rows * across;
  for (let t = tiles; t & 7; t++, tile += TILE_BYTES) {
    store<usize>(tile, <usize>word(args, BLOCK_ROWS) * 6 * line, TILE_AT);
    store<i16>(tile, 0, TILE_HEIGHT);
    store<i16>(tile, 0, TILE_WIDTH);
  }
  const panels = (tiles + 7) >> 3;
  for (let g = 0; g < 2 * panels; g++) markWhole(tileOf(args, scratch, g << 2), 1 << word(args, SHIFT));
  return panels;
}

function markWhole(four: usize, size: i32): void {
  let whole = 1;
  for (let t: usize = 0; t < 4 * TILE_BYTES; t += TILE_BYTES) {
    whole &= i32(load<i16>(four + t, TILE_HEIGHT) == size);
    whole &= i32(load<i16>(four + t, TILE_WIDTH) == size);
  }
  store<i32>(four, whole, TILES_WHOLE);
}

function describeTile(args: usize, tile: usize, row: i32, t: i32): void {
  const height = word(args, HEIGHT);
  const down = tilesOf(args, height);
  const n = row / down;
  const shift = word(args, SHIFT);
  const size = 1 << shift;
  const h = (row - n * down) << shift;
  const w = t << shift;
  const at = n * word(args, Y_SAMPLE) + h * word(args, Y_ROW) + (w << 2);
  store<i32>(tile, word(args, Y) + at, TILE_Y);
  store<i16>(tile, <i16>min(size, height - h), TILE_HEIGHT);
  store<i16>(tile, <i16>min(size, word(args, WIDTH) - w), TILE_WIDTH);
}

// The third step of the forward pass: y = Aᵀ P A, bias, relu.

import { word } from "./nest";
import { multiplyAdd } from "./vectors";
import {
  BIAS,
  BIAS_STEP,
  LINES,
  OUTPUTS,
  PRODUCTS,
  RELU,
  SHIFT,
  Y_CHANNEL,
  Y_ROW,
} from "./winogradAbi";
import { a, a2, a3, b, b2, b3, high, highPairs, low, lowPairs, storeLanes } from "./winogradLines";
import { PRODUCT_BYTES } from "./winogradProduct";
import { TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, TILE_Y, tileOf, TILES_WHOLE } from "./winogradTiles";

/** The vertical half: 6 × 6 places, 32 bytes apart, become 4 × 6 vectors. */
function outputLines(from: usize, to: usize): void {
  const end = to + 96;
  do {
    const m1 = v128.load(from, 192);
    const m2 = v128.load(from, 384);
    const even12 = f32x4.add(m1, m2);
    const odd12 = f32x4.sub(m1, m2);
    const m3 = v128.load(from, 576);
    const m4 = v128.load(from, 768);
    const even34 = f32x4.add(m3, m4);
    const odd34 = f32x4.sub(m3, m4);
    v128.store(to, f32x4.add(f32x4.add(v128.load(from), even12), even34));
    v128.store(to, multiplyAdd(f32x4.splat(b), odd34, f32x4.mul(f32x4.splat(a), odd12)), 96);
    v128.store(to, multiplyAdd(f32x4.splat(b2), even34, f32x4.mul(f32x4.splat(a2), even12)), 192);
    const last = multiplyAdd(f32x4.splat(a3), odd12, v128.load(from, 960));
    v128.store(to, multiplyAdd(f32x4.splat(b3), odd34, last), 288);
    from += 32;
    to += 16;
  } while (to != end);
}

// @ts-ignore: decorator
@inline
function finish(y: v128, bias: v128, relu: i32): v128 {
  y = f32x4.add(y, bias);
  // y <= 0 ? 0 : y, which keeps NaN
  return relu ? v128.andnot(y, f32x4.le(y, f32x4.splat(0))) : y;
}

// @ts-ignore: decorator
@inline
function storeRow(tile: usize, at: usize, row: i32, y: v128, whole: i32): void {
  if (whole) v128.store(load<usize>(tile, TILE_Y) + at, y);
  else if (row < load<i16>(tile, TILE_HEIGHT)) {
    storeLanes(load<usize>(tile, TILE_Y) + at, y, load<i16>(tile, TILE_WIDTH));
  }
}

/** The horizontal half for four tiles, and their rows to y. */
function outputRows(from: usize, tile: usize, at: usize, yRow: i32, bias: v128, relu: i32): void {
  const whole = load<i32>(tile, TILES_WHOLE);
  for (let row = 0; row < 4; row++, from += 96, at += yRow) {
    const m1 = v128.load(from, 16);
    const m2 = v128.load(from, 32);
    const even12 = f32x4.add(m1, m2);
    const odd12 = f32x4.sub(m1, m2);
    const m3 = v128.load(from, 48);
    const m4 = v128.load(from, 64);
    const even34 = f32x4.add(m3, m4);
    const odd34 = f32x4.sub(m3, m4);
    let y0 = f32x4.add(f32x4.add(v128.load(from), even12), even34);
    let y1 = multiplyAdd(f32x4.splat(b), odd34, f32x4.mul(f32x4.splat(a), odd12));
    let y2 = multiplyAdd(f32x4.splat(b2), even34, f32x4.mul(f32x4.splat(a2), even12));
    let y3 = multiplyAdd(f32x4.splat(a3), odd12, v128.load(from, 80));
    y3 = multiplyAdd(f32x4.splat(b3), odd34, y3);
    y0 = finish(y0, bias, relu);
    y1 = finish(y1, bias, relu);
    y2 = finish(y2, bias, relu);
    y3 = finish(y3, bias, relu);
    const low01 = low(y0, y1);
    const low23 = low(y2, y3);
    storeRow(tile, at, row, lowPairs(low01, low23), whole);
    storeRow(tile + 16, at, row, highPairs(low01, low23), whole);
    const high01 = high(y0, y1);
    const high23 = high(y2, y3);
    storeRow(tile + 32, at, row, lowPairs(high01, high23), whole);
    storeRow(tile + 48, at, row, highPairs(high01, high23), whole);
  }
}

// Tiles of 2 × 2 outputs: Aᵀ of six vectors m0 … m5, its two halves.

// @ts-ignore: decorator
@inline
function firstOf(m0: v128, even12: v128, even34: v128): v128 {
  return f32x4.add(f32x4.add(m0, even12), even34);
}
// @ts-ignore: decorator
@inline
function secondOf(odd12: v128, odd34: v128, m5: v128): v128 {
  return multiplyAdd(f32x4.splat(b), odd34, multiplyAdd(f32x4.splat(a), odd12, m5));
}

/** One row of two tiles. */
// @ts-ignore: decorator
@inline
function storeTwo(tile: usize, at: usize, y: v128): void {
  v128.store_lane<u64>(load<usize>(tile, TILE_Y) + at, y, 0);
  v128.store_lane<u64>(load<usize>(tile, TILE_Y + TILE_BYTES) + at, y, 1);
}

/** The cells that y has of four tiles, from four vectors. */
function scatterTiles(tile: usize, at: usize, yRow: usize, from: usize): void {
  for (const end = from + 16; from != end; from += 4, tile += TILE_BYTES) {
    let to = load<usize>(tile, TILE_Y) + at;
    const width = load<i16>(tile, TILE_WIDTH);
    for (let row = 0; row < load<i16>(tile, TILE_HEIGHT); row++, to += yRow) {
      const cell = from + (<usize>row << 5);
      store<f32>(to, load<f32>(cell));
      if (width > 1) store<f32>(to, load<f32>(cell, 16), 4);
    }
  }
}

/** Both halves and the rows of four tiles of 2 × 2 outputs to y; `lines` has room for four vectors. */
function writePairs(
  from: usize,
  tile: usize,
  at: usize,
  yRow: usize,
  lines: usize,
  bias: v128,
  relu: i32,
): void {
  let m1 = v128.load(from, 32);
  let m2 = v128.load(from, 64);
  let m3 = v128.load(from, 96);
  let m4 = v128.load(from, 128);
  let y00 = firstOf(v128.load(from, 0), f32x4.add(m1, m2), f32x4.add(m3, m4));
  let y01 = secondOf(f32x4.sub(m1, m2), f32x4.sub(m3, m4), v128.load(from, 160));
  m1 = v128.load(from, 992);
  m2 = v128.load(from, 1024);
  m3 = v128.load(from, 1056);
  m4 = v128.load(from, 1088);
  let y10 = firstOf(v128.load(from, 960), f32x4.add(m1, m2), f32x4.add(m3, m4));
  let y11 = secondOf(f32x4.sub(m1, m2), f32x4.sub(m3, m4), v128.load(from, 1120));
  const end = from + 768;
  let s = f32x4.splat(a);
  do {
    m1 = v128.load(from, 224);
    m2 = v128.load(from, 256);
    m3 = v128.load(from, 288);
    m4 = v128.load(from, 320);
    const p0 = firstOf(v128.load(from, 192), f32x4.add(m1, m2), f32x4.add(m3, m4));
    const p1 = secondOf(f32x4.sub(m1, m2), f32x4.sub(m3, m4), v128.load(from, 352));
    m1 = v128.load(from, 416);
    m2 = v128.load(from, 448);
    m3 = v128.load(from, 480);
    m4 = v128.load(from, 512);
    const q0 = firstOf(v128.load(from, 384), f32x4.add(m1, m2), f32x4.add(m3, m4));
    const q1 = secondOf(f32x4.sub(m1, m2), f32x4.sub(m3, m4), v128.load(from, 544));
    y00 = f32x4.add(y00, f32x4.add(p0, q0));
    y01 = f32x4.add(y01, f32x4.add(p1, q1));
    y10 = multiplyAdd(s, f32x4.sub(p0, q0), y10);
    y11 = multiplyAdd(s, f32x4.sub(p1, q1), y11);
    s = f32x4.add(s, s); // b = 2a
    from += 384;
  } while (from != end);
  y00 = finish(y00, bias, relu);
  y01 = finish(y01, bias, relu);
  y10 = finish(y10, bias, relu);
  y11 = finish(y11, bias, relu);
  if (load<i32>(tile, TILES_WHOLE)) {
    storeTwo(tile, at, low(y00, y01));
    storeTwo(tile + 2 * TILE_BYTES, at, high(y00, y01));
    at += yRow;
    storeTwo(tile, at, low(y10, y11));
    storeTwo(tile + 2 * TILE_BYTES, at, high(y10, y11));
  } else {
    v128.store(lines, y00);
    v128.store(lines, y01, 16);
    v128.store(lines, y10, 32);
    v128.store(lines, y11, 48);
    scatterTiles(tile, at, yRow, lines);
  }
}

/** y of the described tiles for the outputs of U's rows `first` … `end` − 1, whose products are there. */
export function writeOutput(args: usize, scratch: usize, first: i32, end: i32, panels: i32): void {
  const products = scratch + word(args, PRODUCTS);
  const lines = scratch + word(args, LINES);
  const yRow = word(args, Y_ROW);
  const relu = word(args, RELU);
  const isPair = word(args, SHIFT) == 1;
  const bias = word(args, BIAS);
  const nextPanel = <usize>(end - first) * PRODUCT_BYTES;
  for (let o = first; o < min(end, word(args, OUTPUTS)); o++) {
    const start = bias ? load<f32>(bias + o * word(args, BIAS_STEP)) : 0;
    const from = products + <usize>(o - first) * PRODUCT_BYTES;
    for (let g = 0; g < 2 * panels; g++) {
      const at = from + <usize>(g >> 1) * nextPanel + (<usize>(g & 1) << 4);
      if (isPair) {
        writePairs(
          at,
          tileOf(args, scratch, g << 2),
          o * word(args, Y_CHANNEL),
          yRow,
          lines,
          f32x4.splat(start),
          relu,
        );
        continue;
      }
      outputLines(at, lines);
      outputRows(
        lines,
        tileOf(args, scratch, g << 2),
        o * word(args, Y_CHANNEL),
        yRow,
        f32x4.splat(start),
        relu,
      );
    }
  }
}

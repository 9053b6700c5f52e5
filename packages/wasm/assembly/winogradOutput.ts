// The third step of the forward pass: y = Aᵀ P A, bias, relu.

import {
  BIAS,
  BIAS_STEP,
  LINES,
  OUTPUTS,
  PRODUCTS,
  RELU,
  Y_CHANNEL,
  Y_ROW,
} from "./winogradAbi";
import {
  a,
  a2,
  a3,
  b,
  b2,
  b3,
  high,
  highPairs,
  low,
  lowPairs,
  mulAdd,
  storeLanes,
} from "./winogradLines";
import { TILE_HEIGHT, TILE_WIDTH, TILE_Y, TILES_WHOLE, tileOf, word } from "./winogradPack";
import { PRODUCT_BYTES } from "./winogradProduct";

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
    v128.store(to, mulAdd(f32x4.splat(b), odd34, f32x4.mul(f32x4.splat(a), odd12)), 96);
    v128.store(to, mulAdd(f32x4.splat(b2), even34, f32x4.mul(f32x4.splat(a2), even12)), 192);
    const last = mulAdd(f32x4.splat(a3), odd12, v128.load(from, 960));
    v128.store(to, mulAdd(f32x4.splat(b3), odd34, last), 288);
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
    let y1 = mulAdd(f32x4.splat(b), odd34, f32x4.mul(f32x4.splat(a), odd12));
    let y2 = mulAdd(f32x4.splat(b2), even34, f32x4.mul(f32x4.splat(a2), even12));
    let y3 = mulAdd(f32x4.splat(a3), odd12, v128.load(from, 80));
    y3 = mulAdd(f32x4.splat(b3), odd34, y3);
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

/** y of the described tiles for the outputs of U's rows `first` … `end` − 1, whose products are there. */
export function writeOutput(args: usize, scratch: usize, first: i32, end: i32, panels: i32): void {
  const products = scratch + word(args, PRODUCTS);
  const lines = scratch + word(args, LINES);
  const yRow = word(args, Y_ROW);
  const relu = word(args, RELU);
  const bias = word(args, BIAS);
  const nextPanel = <usize>(end - first) * PRODUCT_BYTES;
  for (let o = first; o < min(end, word(args, OUTPUTS)); o++) {
    const start = bias ? load<f32>(bias + o * word(args, BIAS_STEP)) : 0;
    const from = products + <usize>(o - first) * PRODUCT_BYTES;
    for (let g = 0; g < 2 * panels; g++) {
      outputLines(from + <usize>(g >> 1) * nextPanel + (<usize>(g & 1) << 4), lines);
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

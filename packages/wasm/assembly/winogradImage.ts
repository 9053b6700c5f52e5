// The third step of the image's gradient: tiles B P Bᵀ of 6 × 6 pixels, four or two apart, added where they overlap. The
// horizontal half writes each tile's first four columns into one plane buffer and the other two, which are its right
// neighbour's first, into a second one; of tiles two apart, each two columns into one of three. The vertical half runs
// down the columns of their sum.

import { word } from "./nest";
import { multiplyAdd } from "./vectors";
import {
  CARRY_PLANE,
  CHANNELS,
  HEIGHT,
  IMAGE_HEIGHT,
  IMAGE_WIDTH,
  OWN_PLANE,
  PRODUCTS,
  SHIFT,
  THIRD_PLANE,
  WIDTH,
  X,
  X_CHANNEL,
  X_ROW,
  X_SAMPLE,
} from "./winogradAbi";
import {
  a,
  a2,
  a2b2,
  b,
  b2,
  high,
  loadLanes,
  low,
  mulSub,
  storeLanes,
  sum2,
} from "./winogradLines";
import { PRODUCT_BYTES } from "./winogradProduct";
import { lineBytes, overlapOf, tileOf, tilesOf } from "./winogradTiles";

/** Two columns of four tiles. */
// @ts-ignore: decorator
@inline
function storeTwo(t0: usize, t1: usize, t2: usize, t3: usize, x: v128, y: v128): void {
  const xy = low(x, y);
  v128.store_lane<u64>(t0, xy, 0);
  v128.store_lane<u64>(t1, xy, 1);
  const zw = high(x, y);
  v128.store_lane<u64>(t2, zw, 0);
  v128.store_lane<u64>(t3, zw, 1);
}

/**
 * The horizontal half for four tiles: six lines of six places, 32 bytes apart. Columns 0 and 1 of a tile come to lie at
 * its place in `first`, 2 and 3 in `second`, 4 and 5 in `third`.
 */
function imageLines(
  from: usize,
  tile: usize,
  first: usize,
  second: usize,
  third: usize,
  line: usize,
): void {
  let t0 = load<usize>(tile);
  let t1 = load<usize>(tile, 16);
  let t2 = load<usize>(tile, 32);
  let t3 = load<usize>(tile, 48);
  const end = from + PRODUCT_BYTES;
  do {
    const m0 = v128.load(from);
    const m1 = v128.load(from, 32);
    const m2 = v128.load(from, 64);
    const even12 = f32x4.add(m1, m2);
    const odd12 = f32x4.sub(m1, m2);
    const m3 = v128.load(from, 96);
    const m4 = v128.load(from, 128);
    const even34 = f32x4.add(m3, m4);
    const odd34 = f32x4.sub(m3, m4);
    const m5 = v128.load(from, 160);
    const d4 = f32x4.add(f32x4.add(m0, even12), even34);
    storeTwo(third + t0, third + t1, third + t2, third + t3, d4, m5);
    const d0 = f32x4.mul(f32x4.splat(a2b2), m0);
    let d1 = mulSub(f32x4.splat(a * b2), odd12, f32x4.mul(f32x4.splat(a2b2), m5));
    d1 = mulSub(f32x4.splat(b * a2), odd34, d1);
    storeTwo(first + t0, first + t1, first + t2, first + t3, d0, d1);
    let d2 = multiplyAdd(f32x4.splat(b2), even12, f32x4.mul(f32x4.splat(sum2), m0));
    d2 = f32x4.neg(multiplyAdd(f32x4.splat(a2), even34, d2));
    let d3 = multiplyAdd(f32x4.splat(b), odd34, f32x4.mul(f32x4.splat(a), odd12));
    d3 = mulSub(f32x4.splat(sum2), m5, d3);
    storeTwo(second + t0, second + t1, second + t2, second + t3, d2, d3);
    t0 += line;
    t1 += line;
    t2 += line;
    t3 += line;
    from += 192;
  } while (from != end);
}

// @ts-ignore: decorator
@inline
function both(own: usize, carry: usize): v128 {
  return f32x4.add(v128.load(own), v128.load(carry));
}

/**
 * The vertical half for four columns and `tiles` rows of tiles, which reach down to the pixel row `rows` at most and
 * begin with what the rows of tiles above left in the image. Only `lanes` of the columns are pixels.
 */
function imageColumns(
  own: usize,
  carry: usize,
  line: usize,
  tiles: i32,
  to: usize,
  rowBytes: usize,
  rows: i32,
  lanes: i32,
  continued: bool,
): void {
  let above0 = f32x4.splat(0);
  let above1 = above0;
  if (continued) {
    above0 = loadLanes(to, lanes);
    above1 = loadLanes(to + rowBytes, lanes);
  }
  for (; tiles > 0; tiles--, rows -= 4) {
    const t0 = both(own, carry);
    const t1 = both(own + line, carry + line);
    const t2 = both(own + 2 * line, carry + 2 * line);
    const even12 = f32x4.add(t1, t2);
    const odd12 = f32x4.sub(t1, t2);
    const t3 = both(own + 3 * line, carry + 3 * line);
    const t4 = both(own + 4 * line, carry + 4 * line);
    const even34 = f32x4.add(t3, t4);
    const odd34 = f32x4.sub(t3, t4);
    const t5 = both(own + 5 * line, carry + 5 * line);
    storeLanes(to, multiplyAdd(f32x4.splat(a2b2), t0, above0), lanes);
    let d1 = multiplyAdd(f32x4.splat(a2b2), t5, above1);
    d1 = mulSub(f32x4.splat(a * b2), odd12, d1);
    storeLanes(to + rowBytes, mulSub(f32x4.splat(b * a2), odd34, d1), lanes);
    let d2 = multiplyAdd(f32x4.splat(b2), even12, f32x4.mul(f32x4.splat(sum2), t0));
    d2 = f32x4.neg(multiplyAdd(f32x4.splat(a2), even34, d2));
    if (rows > 2) storeLanes(to + 2 * rowBytes, d2, lanes);
    let d3 = multiplyAdd(f32x4.splat(b), odd34, f32x4.mul(f32x4.splat(a), odd12));
    d3 = mulSub(f32x4.splat(sum2), t5, d3);
    if (rows > 3) storeLanes(to + 3 * rowBytes, d3, lanes);
    above0 = f32x4.add(f32x4.add(t0, even12), even34);
    above1 = t5;
    own += 6 * line;
    carry += 6 * line;
    to += 4 * rowBytes;
  }
  if (rows > 0) storeLanes(to, above0, lanes);
  if (rows > 1) storeLanes(to + rowBytes, above1, lanes);
}

// @ts-ignore: decorator
@inline
function all(first: usize, second: usize, third: usize): v128 {
  return f32x4.add(f32x4.add(v128.load(first), v128.load(second)), v128.load(third));
}

/** The same for tiles two pixels apart, from three planes. */
function pairColumns(
  first: usize,
  second: usize,
  third: usize,
  line: usize,
  tiles: i32,
  to: usize,
  rowBytes: usize,
  rows: i32,
  lanes: i32,
  continued: bool,
): void {
  let above0 = f32x4.splat(0);
  let above1 = above0;
  let above2 = above0;
  let above3 = above0;
  if (continued) {
    above0 = loadLanes(to, lanes);
    above1 = loadLanes(to + rowBytes, lanes);
    above2 = loadLanes(to + 2 * rowBytes, lanes);
    above3 = loadLanes(to + 3 * rowBytes, lanes);
  }
  second -= first;
  third -= first;
  for (; tiles > 0; tiles--, rows -= 2) {
    const t0 = all(first, first + second, first + third);
    first += line;
    const t1 = all(first, first + second, first + third);
    first += line;
    const t2 = all(first, first + second, first + third);
    first += line;
    const even12 = f32x4.add(t1, t2);
    const odd12 = f32x4.sub(t1, t2);
    const t3 = all(first, first + second, first + third);
    first += line;
    const t4 = all(first, first + second, first + third);
    first += line;
    const even34 = f32x4.add(t3, t4);
    const odd34 = f32x4.sub(t3, t4);
    const t5 = all(first, first + second, first + third);
    first += line;
    storeLanes(to, multiplyAdd(f32x4.splat(a2b2), t0, above0), lanes);
    let d1 = multiplyAdd(f32x4.splat(a2b2), t5, above1);
    d1 = mulSub(f32x4.splat(a * b2), odd12, d1);
    storeLanes(to + rowBytes, mulSub(f32x4.splat(b * a2), odd34, d1), lanes);
    above0 = mulSub(f32x4.splat(sum2), t0, above2);
    above0 = mulSub(f32x4.splat(b2), even12, above0);
    above0 = mulSub(f32x4.splat(a2), even34, above0);
    above1 = multiplyAdd(f32x4.splat(a), odd12, above3);
    above1 = multiplyAdd(f32x4.splat(b), odd34, above1);
    above1 = mulSub(f32x4.splat(sum2), t5, above1);
    above2 = f32x4.add(f32x4.add(t0, even12), even34);
    above3 = t5;
    to += 2 * rowBytes;
  }
  for (let left = min(rows, 4); left > 0; left--, to += rowBytes) {
    storeLanes(to, above0, lanes);
    above0 = above1;
    above1 = above2;
    above2 = above3;
  }
}

/** The image of one channel and the described rows of tiles of one sample, from the plane buffers. */
function writeColumns(
  args: usize,
  own: usize,
  carry: usize,
  third: usize,
  firstRow: i32,
  tiles: i32,
  c: i32,
): void {
  const down = tilesOf(args, word(args, HEIGHT));
  const n = firstRow / down;
  const above = (firstRow - n * down) << word(args, SHIFT);
  const rowBytes = word(args, X_ROW);
  const plane = word(args, X) + n * word(args, X_SAMPLE) + c * word(args, X_CHANNEL);
  const to = plane + above * rowBytes;
  const line = lineBytes(args);
  const width = word(args, WIDTH) + overlapOf(args);
  const rows = word(args, HEIGHT) + overlapOf(args) - above;
  const isPair = word(args, SHIFT) == 1;
  for (let x = 0; x < width; x += 4) {
    const at = <usize>x << 2;
    const lanes = min(4, width - x);
    if (isPair) {
      pairColumns(
        own + at,
        carry + at,
        third + at,
        line,
        tiles,
        to + at,
        rowBytes,
        rows,
        lanes,
        above > 0,
      );
    } else {
      imageColumns(own + at, carry + at, line, tiles, to + at, rowBytes, rows, lanes, above > 0);
    }
  }
}

/** Pixels that no window covers. */
export function clearRest(args: usize, n: i32, c: i32): void {
  const rows = word(args, IMAGE_HEIGHT);
  const columns = word(args, IMAGE_WIDTH);
  const coveredRows = word(args, HEIGHT) + overlapOf(args);
  const covered = word(args, WIDTH) + overlapOf(args);
  if (rows == coveredRows && columns == covered) return;
  let row = <usize>word(args, X) + n * word(args, X_SAMPLE) + c * word(args, X_CHANNEL);
  for (let h = 0; h < rows; h++, row += word(args, X_ROW)) {
    const from = h < coveredRows ? covered : 0;
    memory.fill(row + (<usize>from << 2), 0, <usize>(columns - from) << 2);
  }
}

/** The image of the channels `first` … `end` − 1 (rows of U), whose products are there, under the described tiles. */
export function writeImage(
  args: usize,
  scratch: usize,
  firstRow: i32,
  rows: i32,
  first: i32,
  end: i32,
  panels: i32,
): void {
  const down = tilesOf(args, word(args, HEIGHT));
  const own = scratch + word(args, OWN_PLANE);
  const carry = scratch + word(args, CARRY_PLANE);
  const third = scratch + word(args, THIRD_PLANE);
  const isPair = word(args, SHIFT) == 1;
  const line = lineBytes(args);
  const nextPanel = <usize>(end - first) * PRODUCT_BYTES;
  for (let c = first; c < min(end, word(args, CHANNELS)); c++) {
    const from = scratch + word(args, PRODUCTS) + <usize>(c - first) * PRODUCT_BYTES;
    for (let g = 0; g < 2 * panels; g++) {
      const at = from + <usize>(g >> 1) * nextPanel + (<usize>(g & 1) << 4);
      const tile = tileOf(args, scratch, g << 2);
      if (isPair) imageLines(at, tile, own, carry + 8, third + 16, line);
      else imageLines(at, tile, own, own + 8, carry + 16, line);
    }
    for (let r = 0; r < rows; r += down) {
      const at = <usize>r * 6 * line;
      writeColumns(args, own + at, carry + at, third + at, firstRow + r, min(down, rows - r), c);
    }
  }
}

// The first step of each pass: tiles of the image go through Bᵀ · B, tiles of y's gradient through A · Aᵀ, and both come
// to lie as the product wants to read them, [36 places][segments][channels][tiles]. Per channel, the vertical
// half runs along the rows of the plane into a buffer [rows of tiles][6 lines][width + 4]; the horizontal half takes four
// tiles at a time, wherever they lie in the buffer, and turns them so that each fills a lane.

import { word } from "./nest";
import {
  BLOCK_ROWS,
  CHANNEL_BYTES,
  CHANNELS,
  D_STEP,
  HEIGHT,
  LINES,
  SEGMENT_TILES,
  SHIFT,
  V_STEP,
  WIDTH,
  X,
  X_CHANNEL,
  X_PLANE,
  X_ROW,
  X_SAMPLE,
  Y,
  Y_CHANNEL,
  Y_PLANE,
  Y_ROW,
  Y_SAMPLE,
  ZEROS,
} from "./winogradAbi";
import { high, highPairs, low, lowPairs, storeGradientLine, storeInputLine } from "./winogradLines";
import { turnPairs } from "./winogradPairs";
import { lineBytes, overlapOf, tileOf, tilesOf } from "./winogradTiles";

/** What the packing never writes but reads: the columns right of the plane, the row of tiles after the last. */
export function clearPlanes(args: usize, scratch: usize, index: i32): void {
  const bytes = <usize>(word(args, BLOCK_ROWS) + 1) * 6 * lineBytes(args);
  memory.fill(scratch + word(args, index), 0, bytes);
  memory.fill(scratch + word(args, ZEROS), 0, <usize>(word(args, WIDTH) + overlapOf(args)) << 2);
}

// @ts-ignore: decorator
@inline
function rowOrZeros(plane: usize, row: i32, rows: i32, bytes: i32, zeros: usize): usize {
  return row < rows ? plane + row * bytes : zeros;
}

/** Six rows of the image become six lines of Bᵀ·. The last four columns overlap those before, rather than end beyond. */
function inputLines(
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  r4: usize,
  r5: usize,
  width: i32,
  to: usize,
  line: usize,
): void {
  const end = <usize>(width - 4) << 2;
  for (let x: usize = 0; ; x = min(x + 16, end)) {
    storeInputLine(
      v128.load(r0 + x),
      v128.load(r1 + x),
      v128.load(r2 + x),
      v128.load(r3 + x),
      v128.load(r4 + x),
      v128.load(r5 + x),
      to + x,
      line,
    );
    if (x == end) return;
  }
}

function gradientLines(
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  width: i32,
  to: usize,
  line: usize,
): void {
  const end = <usize>(width - 4) << 2;
  for (let x: usize = 0; ; x = min(x + 16, end)) {
    storeGradientLine(
      v128.load(r0 + x),
      v128.load(r1 + x),
      v128.load(r2 + x),
      v128.load(r3 + x),
      to + x,
      line,
    );
    if (x == end) return;
  }
}

/** The vertical half for one row of tiles of one channel of the image. */
function spreadInput(args: usize, scratch: usize, row: i32, c: i32, to: usize): void {
  const down = tilesOf(args, word(args, HEIGHT));
  const n = row / down;
  const plane = word(args, X) + n * word(args, X_SAMPLE) + c * word(args, X_CHANNEL);
  const zeros = scratch + word(args, ZEROS);
  const rows = word(args, HEIGHT) + overlapOf(args);
  const bytes = word(args, X_ROW);
  const h = (row - n * down) << word(args, SHIFT);
  inputLines(
    plane + h * bytes,
    plane + (h + 1) * bytes,
    plane + (h + 2) * bytes,
    rowOrZeros(plane, h + 3, rows, bytes, zeros),
    rowOrZeros(plane, h + 4, rows, bytes, zeros),
    rowOrZeros(plane, h + 5, rows, bytes, zeros),
    word(args, WIDTH) + overlapOf(args),
    to,
    lineBytes(args),
  );
}

/** The vertical half for one row of tiles of one channel of y's gradient. */
function spreadGradient(args: usize, scratch: usize, row: i32, o: i32, to: usize): void {
  const rows = word(args, HEIGHT);
  const down = tilesOf(args, rows);
  const n = row / down;
  const plane = word(args, Y) + n * word(args, Y_SAMPLE) + o * word(args, Y_CHANNEL);
  const zeros = scratch + word(args, ZEROS);
  const bytes = word(args, Y_ROW);
  const h = (row - n * down) << 2;
  gradientLines(
    plane + h * bytes,
    rowOrZeros(plane, h + 1, rows, bytes, zeros),
    rowOrZeros(plane, h + 2, rows, bytes, zeros),
    rowOrZeros(plane, h + 3, rows, bytes, zeros),
    word(args, WIDTH),
    to,
    lineBytes(args),
  );
}

/** The horizontal half for four tiles of the image: six lines of six columns each. */
function turnInput(tile: usize, plane: usize, line: usize, to: usize, step: usize): void {
  let t0 = plane + load<usize>(tile);
  let t1 = plane + load<usize>(tile, 16);
  let t2 = plane + load<usize>(tile, 32);
  let t3 = plane + load<usize>(tile, 48);
  const end = t0 + 6 * line;
  while (t0 != end) {
    const low01 = low(v128.load(t0), v128.load(t1));
    const high01 = high(v128.load(t0), v128.load(t1));
    const low23 = low(v128.load(t2), v128.load(t3));
    const high23 = high(v128.load(t2), v128.load(t3));
    const right01 = low(v128.load_zero<u64>(t0, 16), v128.load_zero<u64>(t1, 16));
    const right23 = low(v128.load_zero<u64>(t2, 16), v128.load_zero<u64>(t3, 16));
    storeInputLine(
      lowPairs(low01, low23),
      highPairs(low01, low23),
      lowPairs(high01, high23),
      highPairs(high01, high23),
      lowPairs(right01, right23),
      highPairs(right01, right23),
      to,
      step,
    );
    t0 += line;
    t1 += line;
    t2 += line;
    t3 += line;
    to += 6 * step;
  }
}

/** The horizontal half for four tiles of y's gradient: six lines of four columns each. */
function turnGradient(tile: usize, plane: usize, line: usize, to: usize, step: usize): void {
  let t0 = plane + load<usize>(tile);
  let t1 = plane + load<usize>(tile, 16);
  let t2 = plane + load<usize>(tile, 32);
  let t3 = plane + load<usize>(tile, 48);
  const end = t0 + 6 * line;
  while (t0 != end) {
    const low01 = low(v128.load(t0), v128.load(t1));
    const high01 = high(v128.load(t0), v128.load(t1));
    const low23 = low(v128.load(t2), v128.load(t3));
    const high23 = high(v128.load(t2), v128.load(t3));
    storeGradientLine(
      lowPairs(low01, low23),
      highPairs(low01, low23),
      lowPairs(high01, high23),
      highPairs(high01, high23),
      to,
      step,
    );
    t0 += line;
    t1 += line;
    t2 += line;
    t3 += line;
    to += 6 * step;
  }
}

/** Where in V or D a group of four tiles lies, with `channels` channels to a segment. */
// @ts-ignore: decorator
@inline
function groupAt(group: i32, channels: i32): usize {
  const segment = group / (SEGMENT_TILES / 4);
  const inSegment = group - segment * (SEGMENT_TILES / 4);
  return <usize>(segment * channels * CHANNEL_BYTES + (inSegment << 4));
}

/** V = Bᵀ x B for the described tiles of all channels; the matrix has room for `room` of them. */
export function packInput(
  args: usize,
  scratch: usize,
  firstRow: i32,
  rows: i32,
  panels: i32,
  room: i32,
  to: usize,
): void {
  const plane = scratch + word(args, X_PLANE);
  const line = lineBytes(args);
  const tiles = tileOf(args, scratch, 0);
  const step = word(args, V_STEP);
  for (let c = 0; c < word(args, CHANNELS); c++) {
    for (let r = 0; r < rows; r++) {
      spreadInput(args, scratch, firstRow + r, c, plane + <usize>r * 6 * line);
    }
    for (let g = 0; g < 2 * panels; g++) {
      turnInput(tiles + (<usize>g << 6), plane, line, to + groupAt(g, room), step);
    }
    to += CHANNEL_BYTES;
  }
}

/** D = A y Aᵀ for the described tiles of the outputs from `first` on. */
export function packGradient(
  args: usize,
  scratch: usize,
  firstRow: i32,
  rows: i32,
  panels: i32,
  first: i32,
  count: i32,
  room: i32,
  to: usize,
): void {
  const plane = scratch + word(args, Y_PLANE);
  const line = lineBytes(args);
  const tiles = tileOf(args, scratch, 0);
  const step = word(args, D_STEP);
  const isPair = word(args, SHIFT) == 1;
  const lines = scratch + word(args, LINES);
  for (let o = first; o < first + count; o++) {
    if (isPair) {
      const at = o * word(args, Y_CHANNEL);
      for (let g = 0; g < 2 * panels; g++) {
        const four = tiles + (<usize>g << 6);
        turnPairs(four, at, word(args, Y_ROW), lines, to + groupAt(g, room), step);
      }
      to += CHANNEL_BYTES;
      continue;
    }
    for (let r = 0; r < rows; r++) {
      spreadGradient(args, scratch, firstRow + r, o, plane + <usize>r * 6 * line);
    }
    for (let g = 0; g < 2 * panels; g++) {
      turnGradient(tiles + (<usize>g << 6), plane, line, to + groupAt(g, room), step);
    }
    to += CHANNEL_BYTES;
  }
}

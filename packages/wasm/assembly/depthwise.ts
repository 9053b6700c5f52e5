// Filters that see one channel each: a plane at a time, of which no neighbour needs anything. Where stride, dilation or
// small planes keep the cells of a row of windows apart, the plane is copied first, phase by phase of the stride.

import { RELU } from "./contractionNumbers";
import { joinRow, moveCells, stage } from "./phases";
import { planeStridedImage, planeStridedStrip, planeStrip, planeTile } from "./planeTiles";
import { cut, firstUnit, word } from "./vectors";

// The arguments that both kernels share. Units are samples, those of the first group first.
const PARTS = 8;
const UNITS = 9;
const SAMPLES = 10;
const X = 11;
const X_SAMPLE = 12;
const X_GROUP = 13;
const Y = 14;
const Y_SAMPLE = 15;
const Y_GROUP = 16;
/** Filters of a group, and their step in y. */
const CHANNELS = 17;
const Y_CHANNEL = 18;
const FILTERS = 19;
const FILTERS_GROUP = 20;
/** Where taps lie in the filters, `[filter][tap]`. */
const FILTER_TABLE = 21;
const TAPS = 22;
/** Where a tap's cells lie, counted from those of the first. */
const TAP_TABLE = 23;
const HEIGHT = 24;
const WIDTH = 25;
const Y_ROW = 26;
const Y_STEP = 27;
/** In the scratch memory, whose first floats are taps: the copies, and outputs that are to be moved. */
const COPIES = 28;
const OUTPUTS = 29;

// Those of `planes`.
/** 0 where x is used as it lies. */
const STAGED = 30;
const X_ROW = 31;
/** Floats from the first output to the last, as one row with gaps; 0 where they are computed in strips. */
const FLAT = 32;
/** 1 where the windows of strips are two cells apart. */
const STRIDED = 33;
const MODE = 34;
const BIAS = 35;
const BIAS_FILTER = 36;
const BIAS_GROUP = 37;

// @ts-ignore: decorator
@inline
function placeOf(args: usize, first: i32, sample: i32, group: i32): usize {
  return <usize>word(args, first) + <usize>sample * <usize>word(args, first + 1) + <usize>group * <usize>word(args, first + 2);
}

/** Taps one behind the other. */
function gather(from: usize, table: usize, count: i32, to: usize): void {
  for (let k: usize = 0; k < <usize>count << 2; k += 4) store<f32>(to + k, load<f32>(from + <usize>load<u32>(table + k)));
}

/** `floats` outputs in one row of tiles, the last of which overlaps the one before; 32 at least. */
function flatTiles(taps: i32, a: usize, x: usize, table: usize, y: usize, floats: i32): void {
  for (let p = 0; p < floats; p += 32) {
    const at = <usize>max(min(p, floats - 32), 0) << 2;
    planeTile(taps, a, x + at, table, y + at);
  }
}

/** A plane of outputs, 4 columns wide at least, of a dense 3 × 3 filter. */
function strips(a: usize, x: usize, xRow: usize, y: usize, yRow: usize, height: i32, width: i32, strided: bool): void {
  for (let w = 0; w < width; w += 4) {
    const at = <usize>min(w, width - 4) << 2;
    if (strided) planeStridedStrip(a, x + (at << 1), xRow, y + at, yRow, height);
    else planeStrip(a, x + at, xRow, y + at, yRow, height);
  }
}

/** The forward pass. */
export function planes(args: usize, part: i32, scratch: usize): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  const samples = <i32>word(args, SAMPLES);
  const taps = <i32>word(args, TAPS);
  const limit: f32 = <i32>word(args, MODE) & RELU ? 0 : NaN;
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) {
    const group = unit / samples;
    const sample = unit - group * samples;
    let x = placeOf(args, X, sample, group);
    const y = placeOf(args, Y, sample, group);
    if (word(args, STAGED)) {
      const copies = scratch + <usize>word(args, COPIES);
      stage(args, x, copies);
      x = copies;
    }
    const filters = <usize>word(args, FILTERS) + <usize>group * <usize>word(args, FILTERS_GROUP);
    for (let o = 0; o < <i32>word(args, CHANNELS); o++) {
      gather(filters, <usize>word(args, FILTER_TABLE) + (<usize>(o * taps) << 2), taps, scratch);
      const bias = <usize>word(args, BIAS) + <usize>o * <usize>word(args, BIAS_FILTER) + <usize>group * <usize>word(args, BIAS_GROUP);
      store<f32>(scratch + (<usize>taps << 2), load<f32>(bias));
      store<f32>(scratch + (<usize>taps << 2), limit, 4);
      plane(args, scratch, x, y + <usize>o * <usize>word(args, Y_CHANNEL));
    }
  }
}

function plane(args: usize, scratch: usize, x: usize, y: usize): void {
  const height = <i32>word(args, HEIGHT);
  const width = <usize>word(args, WIDTH);
  const xRow = <usize>word(args, X_ROW);
  const yRow = <usize>word(args, Y_ROW);
  const flat = <i32>word(args, FLAT);
  if (flat == 0) return strips(scratch, x, xRow, y, yRow, height, width, word(args, STRIDED) != 0);
  let outputs = scratch + <usize>word(args, OUTPUTS);
  flatTiles(word(args, TAPS), scratch, x, word(args, TAP_TABLE), outputs, flat);
  const end = scratch + (<usize>word(args, TAPS) << 2);
  for (let h = 0; h < height; h++) {
    finishRow(width, y, word(args, Y_STEP), outputs, end);
    outputs += xRow;
    y += yRow;
  }
}

/** Moves `n` sums to a row of outputs, with the bias and the limit at `end`. */
function finishRow(n: usize, to: usize, step: usize, from: usize, end: usize): void {
  let k: usize = 0;
  const bias = v128.load_splat<f32>(end);
  const limit = v128.load_splat<f32>(end, 4);
  if (step == 4) {
    for (; k + 4 <= n; k += 4) v128.store(to + (k << 2), cut(f32x4.add(v128.load(from + (k << 2)), bias), limit));
  }
  for (; k < n; k++) {
    const sum = cut(f32x4.add(v128.load_splat<f32>(from + (k << 2)), bias), limit);
    v128.store_lane<f32>(to + k * step, sum, 0);
  }
}

// Those of `planeImages`. Cells of the image that the same taps see are a phase: every stride-th down and across.
/** Rows and columns of a phase; no columns where it has to be one row. */
const ROWS = 30;
const COLUMNS = 31;
/** Bytes of a filter's copy, of which so many zeros come first, and from row to row of it. */
const COPY = 32;
const FRONT = 33;
const COPY_ROW = 34;
/** How many taps each phase has. */
const PHASE_TAPS = 35;
/** Phases down and across, and the bytes of one; the rows and columns of the image. */
const IMAGE_DOWN = 36;
const IMAGE_ACROSS = 37;
const IMAGE_PHASE = 38;
const IMAGE_ROWS = 39;
const IMAGE_COLUMNS = 40;
/** For each tap, where the first window shows it and where its outputs begin; then the steps of windows. */
const REACH = 41;
const WINDOW_DOWN = 42;
const WINDOW_ACROSS = 43;

/**
 * The gradient of the image: each cell sees the outputs that saw it. They are copied to a plane of zeros as wide as a
 * phase, which therefore may be one row of tiles; the phases are interleaved at the end. Taps are listed phase by phase,
 * from last to first.
 */
export function planeImages(args: usize, part: i32, scratch: usize): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  const samples = <i32>word(args, SAMPLES);
  const channels = <i32>word(args, CHANNELS);
  const taps = channels * <i32>word(args, TAPS);
  const copies = scratch + <usize>word(args, COPIES);
  memory.fill(copies, 0, <usize>channels * <usize>word(args, COPY));
  let gathered = -1;
  let finite = true;
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) {
    const group = unit / samples;
    const sample = unit - group * samples;
    const y = placeOf(args, Y, sample, group);
    const to = placeOf(args, X, sample, group);
    if (group != gathered) {
      gather(<usize>word(args, FILTERS) + <usize>group * <usize>word(args, FILTERS_GROUP), word(args, FILTER_TABLE), taps, scratch);
      store<f32>(scratch + (<usize>taps << 2), 0);
      store<f32>(scratch + (<usize>taps << 2), NaN, 4);
      finite = areFinite(scratch, taps);
      gathered = group;
    }
    if (finite) {
      for (let o = 0; o < channels; o++) {
        spread(args, y + <usize>o * <usize>word(args, Y_CHANNEL), copies + <usize>o * <usize>word(args, COPY) + <usize>word(args, FRONT));
      }
      planeImage(args, scratch, copies, to);
    } else scatter(args, scratch, taps, y, to);
  }
}

function planeImage(args: usize, scratch: usize, copies: usize, to: usize): void {
  const phases = <i32>(word(args, IMAGE_DOWN) * word(args, IMAGE_ACROSS));
  const height = <i32>word(args, ROWS);
  const width = <i32>word(args, COLUMNS);
  const row = <usize>width << 2;
  if (width) {
    if (phases == 1) return strips(scratch, copies, row, to, row, height, width, false);
    return stridedStrips(scratch, copies, row, to, height, width);
  }
  const outputs = scratch + <usize>word(args, OUTPUTS);
  const counts = <usize>word(args, PHASE_TAPS);
  const direct = phases == 1 && height >= 32;
  let at = direct ? to : outputs;
  let taps = scratch;
  let table = <usize>word(args, TAP_TABLE);
  for (let p = 0; p < phases; p++) {
    const count = <usize>load<u32>(counts + (<usize>p << 2));
    flatTiles(<i32>count, taps, copies, table, at, height);
    taps += count << 2;
    table += count << 2;
    at += <usize>word(args, IMAGE_PHASE);
  }
  if (!direct) interleave(args, to, outputs);
}

/** An image of even sizes whose dense 3 × 3 windows are two cells apart; phases are so large, 4 columns wide at least. */
function stridedStrips(a: usize, y: usize, yRow: usize, to: usize, height: i32, width: i32): void {
  for (let w = 0; w < width; w += 4) {
    const at = <usize>min(w, width - 4) << 2;
    planeStridedImage(a, y + at, yRow, to + (at << 1), yRow << 1, height);
  }
}

/** Copies a plane of outputs, the zeros between its rows staying as they are. */
function spread(args: usize, y: usize, to: usize): void {
  const width = <usize>word(args, WIDTH);
  const step = <usize>word(args, Y_STEP);
  for (let h = 0; h < <i32>word(args, HEIGHT); h++) {
    moveCells(width, to, 4, y, step);
    y += <usize>word(args, Y_ROW);
    to += <usize>word(args, COPY_ROW);
  }
}

/** Deals phases out to an image: the reverse of `stage`. */
function interleave(args: usize, to: usize, from: usize): void {
  const rows = <i32>word(args, IMAGE_ROWS);
  const columns = <usize>word(args, IMAGE_COLUMNS);
  const down = <i32>word(args, IMAGE_DOWN);
  const across = <usize>word(args, IMAGE_ACROSS);
  const pitch = <usize>word(args, COPY_ROW);
  const phase = <usize>word(args, IMAGE_PHASE);
  for (let p = 0; p < down; p++) {
    let at = from;
    for (let r = p; r < rows; r += down) {
      const row = to + ((<usize>r * columns) << 2);
      if (across == 2) joinRow(columns, row, at, at + phase);
      else {
        for (let q: usize = 0; q < across; q++) {
          moveCells((columns + across - 1 - q) / across, row + (q << 2), across << 2, at + q * phase, 4);
        }
      }
      at += pitch;
    }
    from += across * phase;
  }
}

function areFinite(a: usize, count: i32): bool {
  let zero: f32 = 0;
  for (let k = 0; k < count; k++) zero += load<f32>(a + (<usize>k << 2)) * 0;
  return zero == 0;
}

/** The same by scattering, for taps that are not finite: they must not meet the zeros around the outputs. */
function scatter(args: usize, a: usize, taps: i32, y: usize, to: usize): void {
  memory.fill(to, 0, <usize>(word(args, IMAGE_ROWS) * word(args, IMAGE_COLUMNS)) << 2);
  for (let k = 0; k < taps; k++) {
    const tap = load<f32>(a + (<usize>k << 2));
    const reach = <usize>word(args, REACH) + (<usize>k << 3);
    for (let h = 0; h < <i32>word(args, HEIGHT); h++) {
      let cell = to + <usize>load<u32>(reach) + <usize>h * <usize>word(args, WINDOW_DOWN);
      let from = y + <usize>load<u32>(reach, 4) + <usize>h * <usize>word(args, Y_ROW);
      for (let w = 0; w < <i32>word(args, WIDTH); w++) {
        store<f32>(cell, load<f32>(cell) + tap * load<f32>(from));
        cell += <usize>word(args, WINDOW_ACROSS);
        from += <usize>word(args, Y_STEP);
      }
    }
  }
}

// Convolutions straight from the window view: nothing is unfolded, the tiles find each tap by a table of offsets.

import { pixelTile } from "./pixelTile";
import { RELU } from "./contractionNumbers";
import { deliver, finishRows, rowStrip, rowTile } from "./tiles";
import { firstUnit, panelStart, word } from "./vectors";

// The arguments that both kernels share. Units are samples, those of the first group first.
const PARTS = 0;
const UNITS = 1;
const SAMPLES = 2;
/** Packed filters, and the bytes of a group's. */
const FILTERS = 3;
const FILTERS_GROUP = 4;
const X = 5;
const X_SAMPLE = 6;
const X_GROUP = 7;
const Y = 8;
const Y_SAMPLE = 9;
const Y_GROUP = 10;
/** Filters of a group, and their panels. */
const CHANNELS = 11;
const PANELS = 12;
/** Taps, and those with the bias behind, which is 0 where there is none. */
const TAPS = 13;
const LENGTH = 14;
const TAP_TABLE = 15;
const Y_CHANNEL = 16;
const MODE = 17;

// Those of `rows`.
const HEIGHT = 18;
const WIDTH = 19;
const X_ROW = 20;
const Y_ROW = 21;
/** 1 where sums are short, and panels of 4 rows at most. */
const STRIPS = 22;

/** Tiles of several filters × 8 neighbouring outputs; needs rows of 8 and more without gaps. */
export function rows(args: usize, part: i32): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  const height = <i32>word(args, HEIGHT);
  const samples = <i32>word(args, SAMPLES);
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) {
    const group = unit / samples;
    const sample = unit - group * samples;
    let x = <usize>word(args, X) + <usize>sample * <usize>word(args, X_SAMPLE) + <usize>group * <usize>word(args, X_GROUP);
    let y = <usize>word(args, Y) + <usize>sample * <usize>word(args, Y_SAMPLE) + <usize>group * <usize>word(args, Y_GROUP);
    const filters = <usize>word(args, FILTERS) + <usize>group * <usize>word(args, FILTERS_GROUP);
    for (let h = 0; h < height; h++) {
      outputRow(args, filters, x, y);
      x += <usize>word(args, X_ROW);
      y += <usize>word(args, Y_ROW);
    }
  }
}

/** One output row of all filters. */
function outputRow(args: usize, filters: usize, x: usize, y: usize): void {
  const channels = <i32>word(args, CHANNELS);
  const panels = <i32>word(args, PANELS);
  const taps = <i32>word(args, TAPS);
  const length = <usize>word(args, LENGTH) << 2;
  const table = <usize>word(args, TAP_TABLE);
  const width = <i32>word(args, WIDTH);
  const yStep = <usize>word(args, Y_CHANNEL);
  const mode = <i32>word(args, MODE);
  const strips = word(args, STRIPS) != 0;
  const limit: f32 = mode & RELU ? 0 : NaN;
  for (let p = 0; p < panels; p++) {
    const channel = panelStart(p, channels, panels);
    const height = panelStart(p + 1, channels, panels) - channel;
    const a = filters + <usize>channel * length;
    const to = y + <usize>channel * yStep;
    if (strips) {
      rowStrip(height, taps, a, x, table, to, yStep, width, limit);
      continue;
    }
    for (let w = 0; w < width; w += 8) {
      // The last tile computes some outputs again rather than fewer.
      const at = <usize>min(w, width - 8) << 2;
      rowTile(height, taps, a, x + at, table, to + at, yStep);
    }
    if (mode != 0) finishRows(to, yStep, height, width, a + (<usize>taps * <usize>height << 2), limit);
  }
}

// Those of `pixels`.
const POSITIONS = 18;
const X_POSITIONS = 19;
const Y_POSITIONS = 20;
const Y_CHANNELS = 21;
/** 1 where the positions of an output plane follow each other. */
const DENSE = 22;

/** Tiles of 4 windows × 8 filters; for any strides. */
export function pixels(args: usize, part: i32, scratch: usize): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  const samples = <i32>word(args, SAMPLES);
  const panels = <i32>word(args, PANELS);
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) {
    const group = unit / samples;
    const sample = unit - group * samples;
    const x = <usize>word(args, X) + <usize>sample * <usize>word(args, X_SAMPLE) + <usize>group * <usize>word(args, X_GROUP);
    const y = <usize>word(args, Y) + <usize>sample * <usize>word(args, Y_SAMPLE) + <usize>group * <usize>word(args, Y_GROUP);
    const filters = <usize>word(args, FILTERS) + <usize>group * <usize>word(args, FILTERS_GROUP);
    for (let p = 0; p < panels; p++) outputPlanes(args, filters, p, x, y, scratch);
  }
}

/** The planes of eight filters. */
function outputPlanes(args: usize, filters: usize, panel: i32, x: usize, y: usize, scratch: usize): void {
  const taps = <i32>word(args, TAPS);
  const positions = <i32>word(args, POSITIONS);
  const yStep = <usize>word(args, Y_CHANNEL);
  const mode = <i32>word(args, MODE);
  const table = <usize>word(args, TAP_TABLE);
  const channel = panel << 3;
  const valid = min(8, <i32>word(args, CHANNELS) - channel);
  const direct = word(args, DENSE) != 0 && valid == 8 && positions >= 4;
  const a = filters + (<usize>channel * <usize>word(args, LENGTH) << 2);
  const planes = y + <usize>channel * yStep;
  for (let p = 0; p < positions; p += 4) {
    const first = max(min(p, positions - 4), 0);
    const last = positions - 1;
    const places = <usize>word(args, X_POSITIONS) + (<usize>first << 2);
    const x0 = x + <usize>load<u32>(places);
    const x1 = x + <usize>load<u32>(places + (<usize>min(1, last) << 2));
    const x2 = x + <usize>load<u32>(places + (<usize>min(2, last) << 2));
    const x3 = x + <usize>load<u32>(places + (<usize>min(3, last) << 2));
    if (direct) {
      pixelTile(taps, a, table, x0, x1, x2, x3, planes + (<usize>first << 2), yStep, mode);
    } else {
      pixelTile(taps, a, table, x0, x1, x2, x3, scratch, 16, mode);
      const yChannels = <usize>word(args, Y_CHANNELS) + (<usize>channel << 2);
      const yPositions = <usize>word(args, Y_POSITIONS) + (<usize>first << 2);
      deliver(scratch, 16, valid, min(4, positions), y, yChannels, yPositions, 0, 0, 0, 0);
    }
  }
}

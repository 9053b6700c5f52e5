// The gradient of filters: sums over samples and positions. The samples are dealt out to blocks whose number the shape
// determines; each block has sums of its own, [group][panel of 8 filters][block][8][taps], which are added at the end.

import { ADD } from "./contractionNumbers";
import {
  dotRun5,
  dotRun5Tail,
  dotTile3,
  dotTile3Tail,
  dotTile4,
  dotTile4Tail,
} from "./dotTiles";
import { packPanel } from "./packing";
import { stage } from "./phases";
import { pixelTile } from "./pixelTile";
import { planeDotStrip, planeDots, planeDotsTail, planeStridedDotStrip } from "./planeTiles";
import { firstUnit, isRun, panelStart, word } from "./vectors";

// The arguments that both kernels share. Units are [group][panel][block].
const PARTS = 0;
const UNITS = 1;
const BLOCKS = 2;
const PANELS = 3;
const SAMPLES = 4;
/** Samples that the tables cover. */
const AT_ONCE = 5;
/** Entries of the tables per sample, and those for one pass over all taps. */
const ENTRIES = 6;
const CHUNK = 7;
const X = 8;
const X_SAMPLE = 9;
const X_GROUP = 10;
const Y = 11;
const Y_SAMPLE = 12;
const Y_GROUP = 13;
const CHANNELS = 14;
const TAPS = 15;
const TAP_TABLE = 16;
const CHANNEL_TABLE = 17;
/** The sums, and bytes from filter to filter in them. */
const SUMS = 18;
const PITCH = 19;
/** `taps`: the table of positions in x; `dots`: pairs of places in x and y. */
const TABLE = 20;

// Those of `taps`.
const Y_POSITIONS = 21;

// @ts-ignore: decorator
@inline
function tapAt(args: usize, x: usize, tap: i32): usize {
  return x + <usize>load<u32>(<usize>word(args, TAP_TABLE) + (<usize>min(tap, <i32>word(args, TAPS) - 1) << 2));
}

/** Tiles of 4 taps × 8 filters; for any strides. */
export function taps(args: usize, part: i32, scratch: usize): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) tapsUnit(args, unit, scratch);
}

function tapsUnit(args: usize, unit: i32, scratch: usize): void {
  const blocks = <i32>word(args, BLOCKS);
  const panel = (unit / blocks) % <i32>word(args, PANELS);
  const group = <usize>(unit / blocks / <i32>word(args, PANELS));
  const samples = word(args, SAMPLES);
  const last = firstUnit(samples, blocks, (unit % blocks) + 1);
  const atOnce = <i32>word(args, AT_ONCE);
  const chunk = <i32>word(args, CHUNK);
  const valid = min(8, <i32>word(args, CHANNELS) - (panel << 3));
  const channels = <usize>word(args, CHANNEL_TABLE) + (<usize>panel << 5);
  const sums = <usize>word(args, SUMS) + <usize>unit * (<usize>word(args, PITCH) << 3);
  let mode = 0;
  for (let sample = firstUnit(samples, blocks, unit % blocks); sample < last; sample += atOnce) {
    const x = <usize>word(args, X) + <usize>sample * <usize>word(args, X_SAMPLE) + group * <usize>word(args, X_GROUP);
    const y = <usize>word(args, Y) + <usize>sample * <usize>word(args, Y_SAMPLE) + group * <usize>word(args, Y_GROUP);
    const entries = min(atOnce, last - sample) * <i32>word(args, ENTRIES);
    for (let entry = 0; entry < entries; entry += chunk) {
      const count = min(chunk, entries - entry);
      const at = <usize>entry << 2;
      packPanel(scratch, 8, valid, y, channels, <usize>word(args, Y_POSITIONS) + at, count);
      allTaps(args, count, scratch, <usize>word(args, TABLE) + at, x, sums, mode);
      mode = ADD;
    }
  }
}

function allTaps(args: usize, count: i32, packed: usize, table: usize, x: usize, sums: usize, mode: i32): void {
  const pitch = <usize>word(args, PITCH);
  for (let tap = 0; tap < <i32>word(args, TAPS); tap += 4) {
    const x0 = tapAt(args, x, tap);
    const x1 = tapAt(args, x, tap + 1);
    const x2 = tapAt(args, x, tap + 2);
    const x3 = tapAt(args, x, tap + 3);
    pixelTile(count, packed, table, x0, x1, x2, x3, sums + (<usize>tap << 2), pitch, mode);
  }
}

// Those of `dots`. A row's columns beyond the last four are a vector that ends with the row, its other lanes left out.
const TAILS = 21;
const TAIL_TABLE = 22;
const TAIL_LANES = 23;
/** Which taps are summed at once. */
const TAPS_AT_ONCE = 24;
/** Five that follow each other float by float. */
const IN_RUNS = 1;
/** Nine anywhere, for one filter at a time; the table of taps repeats the last until they are a multiple. */
const IN_NINES = 2;
/** 0, or where in the scratch memory the plane of a sample's only channel is copied; then how, as `stage` reads it. */
const COPIES = 25;
const STAGE = 26;
/** Columns in strips of four, where a filter is dense and 3 × 3: their number, rows, and the bytes from row to row. */
const STRIPS = 34;
const STRIP_HEIGHT = 35;
const X_ROW = 36;
const Y_ROW = 37;
/** 1 where their windows are two cells apart. */
const STRIDED = 38;

/** Products of rows, four lanes at a time; needs rows without gaps. */
export function dots(args: usize, part: i32, scratch: usize): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) dotsUnit(args, unit, scratch);
}

/** The lanes `[tap][8]` of a unit stay in the scratch until their sums are taken. */
function dotsUnit(args: usize, unit: i32, lanes: usize): void {
  const blocks = <i32>word(args, BLOCKS);
  const panel = (unit / blocks) % <i32>word(args, PANELS);
  const group = <usize>(unit / blocks / <i32>word(args, PANELS));
  const samples = word(args, SAMPLES);
  const last = firstUnit(samples, blocks, (unit % blocks) + 1);
  const atOnce = <i32>word(args, AT_ONCE);
  const chunk = <i32>word(args, CHUNK);
  const tails = <i32>word(args, TAILS);
  memory.fill(lanes, 0, (<usize>word(args, TAPS) + 8) << 7);
  for (let sample = firstUnit(samples, blocks, unit % blocks); sample < last; sample += atOnce) {
    let x = <usize>word(args, X) + <usize>sample * <usize>word(args, X_SAMPLE) + group * <usize>word(args, X_GROUP);
    const y = <usize>word(args, Y) + <usize>sample * <usize>word(args, Y_SAMPLE) + group * <usize>word(args, Y_GROUP);
    if (word(args, COPIES)) {
      const copies = lanes + <usize>word(args, COPIES);
      stage(args + (STAGE << 2), x, copies);
      x = copies;
    }
    const count = min(atOnce, last - sample);
    const entries = count * <i32>word(args, ENTRIES);
    for (let entry = 0; entry < entries; entry += chunk) {
      const table = <usize>word(args, TABLE) + (<usize>entry << 3);
      allDots(args, min(chunk, entries - entry), table, x, y, panel, lanes, false);
    }
    if (tails != 0) allDots(args, count * tails, <usize>word(args, TAIL_TABLE), x, y, panel, lanes, true);
  }
  sumLanes(args, lanes, <usize>word(args, SUMS) + <usize>unit * (<usize>word(args, PITCH) << 3));
}

function allDots(args: usize, pairs: i32, table: usize, x: usize, y: usize, panel: i32, lanes: usize, tail: bool): void {
  const valid = min(8, <i32>word(args, CHANNELS) - (panel << 3));
  const cut = tail ? <i32>word(args, TAIL_LANES) : 0;
  const atOnce = <i32>word(args, TAPS_AT_ONCE);
  const channels = <usize>word(args, CHANNEL_TABLE) + (<usize>panel << 5);
  if (atOnce == IN_NINES) {
    for (let channel: usize = 0; channel < <usize>valid; channel++) {
      const plane = y + <usize>load<u32>(channels + (channel << 2));
      const sums = lanes + (channel << 4);
      if (!tail && word(args, STRIPS)) strips(args, x, plane, sums);
      else nineTaps(args, pairs, table, x, plane, sums, cut);
    }
    return;
  }
  for (let channel = 0; channel < valid; channel += 2) {
    const ya = y + <usize>load<u32>(channels + (<usize>channel << 2));
    const yb = y + <usize>load<u32>(channels + (<usize>min(channel + 1, valid - 1) << 2));
    const sums = lanes + (<usize>channel << 4);
    if (atOnce == IN_RUNS) neighbouringTaps(args, pairs, table, x, ya, yb, sums, cut);
    else scatteredTaps(args, pairs, table, x, ya, yb, sums, cut);
  }
}

function strips(args: usize, x: usize, y: usize, sums: usize): void {
  const end = y + (<usize>word(args, STRIPS) << 4);
  const height = <i32>word(args, STRIP_HEIGHT);
  if (word(args, STRIDED)) {
    for (; y != end; y += 16, x += 32) planeStridedDotStrip(x, word(args, X_ROW), y, word(args, Y_ROW), height, sums);
  } else {
    for (; y != end; y += 16, x += 16) planeDotStrip(x, word(args, X_ROW), y, word(args, Y_ROW), height, sums);
  }
}

/** Any taps, nine at a time. */
function nineTaps(args: usize, pairs: i32, table: usize, x: usize, y: usize, sums: usize, cut: i32): void {
  const taps = <usize>word(args, TAPS);
  for (let tap: usize = 0; tap < taps; tap += 9) {
    const at = <usize>word(args, TAP_TABLE) + (tap << 2);
    if (cut) planeDotsTail(pairs, table, at, x, y, sums, cut);
    else planeDots(pairs, table, at, x, y, sums);
    sums += 9 << 7;
  }
}

/** Taps that follow each other in runs of 5. */
function neighbouringTaps(
  args: usize,
  pairs: i32,
  table: usize,
  x: usize,
  ya: usize,
  yb: usize,
  sums: usize,
  cut: i32,
): void {
  const taps = <i32>word(args, TAPS);
  for (let tap = 0; tap < taps; tap += 5) {
    const from = tapAt(args, x, tap);
    if (cut) dotRun5Tail(pairs, table, from, ya, yb, sums, cut);
    else dotRun5(pairs, table, from, ya, yb, sums);
    sums += 5 << 7;
  }
}

/** Any taps, dealt out to groups of 4 and 3; only the last group may have fewer. */
function scatteredTaps(
  args: usize,
  pairs: i32,
  table: usize,
  x: usize,
  ya: usize,
  yb: usize,
  lanes: usize,
  cut: i32,
): void {
  const taps = <i32>word(args, TAPS);
  const groups = (taps + 3) >> 2;
  for (let g = 0; g < groups; g++) {
    const tap = panelStart(g, taps, groups);
    const sums = lanes + (<usize>tap << 7);
    const x0 = tapAt(args, x, tap);
    const x1 = tapAt(args, x, tap + 1);
    const x2 = tapAt(args, x, tap + 2);
    if (panelStart(g + 1, taps, groups) - tap == 4) {
      const x3 = tapAt(args, x, tap + 3);
      if (cut) dotTile4Tail(pairs, table, x0, x1, x2, x3, ya, yb, sums, cut);
      else dotTile4(pairs, table, x0, x1, x2, x3, ya, yb, sums);
    } else if (cut) dotTile3Tail(pairs, table, x0, x1, x2, ya, yb, sums, cut);
    else dotTile3(pairs, table, x0, x1, x2, ya, yb, sums);
  }
}

function sumLanes(args: usize, lanes: usize, to: usize): void {
  const taps = <i32>word(args, TAPS);
  const pitch = <usize>word(args, PITCH);
  for (let tap = 0; tap < taps; tap++) {
    for (let channel = 0; channel < 8; channel++, lanes += 16) {
      const v = v128.load(lanes);
      const pair = f32x4.add(v, v128.shuffle<i64>(v, v, 1, 0));
      const sum = f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1);
      store<f32>(to + <usize>channel * pitch + (<usize>tap << 2), sum);
    }
  }
}

/**
 * Adds the blocks' sums. Arguments: 0 parts, 1 units (filters of all groups), 2 filters of a group, 3 panels, 4 blocks,
 * 5 taps, 6 sums, 7 their pitch, 8 filters, 9 their step by group, 10 table of filters, 11 of taps.
 */
export function total(args: usize, part: i32): void {
  const end = firstUnit(word(args, 1), word(args, 0), part + 1);
  const channels = <i32>word(args, 2);
  const blocks = <i32>word(args, 4);
  const pitch = <usize>word(args, 7);
  for (let unit = firstUnit(word(args, 1), word(args, 0), part); unit < end; unit++) {
    const group = unit / channels;
    const channel = unit - group * channels;
    const panel = group * <i32>word(args, 3) + (channel >> 3);
    const sums = <usize>word(args, 6) + (<usize>(panel * blocks) * 8 + <usize>(channel & 7)) * pitch;
    const table = <usize>word(args, 10) + (<usize>channel << 2);
    const to = <usize>word(args, 8) + <usize>group * <usize>word(args, 9) + <usize>load<u32>(table);
    totalFilter(args, blocks, sums, pitch << 3, to);
  }
}

function totalFilter(args: usize, blocks: i32, sums: usize, step: usize, to: usize): void {
  const taps = <i32>word(args, 5);
  for (let tap = 0; tap < taps; tap += 4) {
    const table = <usize>word(args, 11) + (<usize>tap << 2);
    let sum = v128.load(sums);
    for (let block = 1; block < blocks; block++) sum = f32x4.add(sum, v128.load(sums + <usize>block * step));
    sums += 16;
    if (tap + 4 <= taps && isRun(table)) v128.store(to + <usize>load<u32>(table), sum);
    else {
      store<f32>(to + <usize>load<u32>(table), f32x4.extract_lane(sum, 0));
      if (tap + 1 < taps) store<f32>(to + <usize>load<u32>(table, 4), f32x4.extract_lane(sum, 1));
      if (tap + 2 < taps) store<f32>(to + <usize>load<u32>(table, 8), f32x4.extract_lane(sum, 2));
      if (tap + 3 < taps) store<f32>(to + <usize>load<u32>(table, 12), f32x4.extract_lane(sum, 3));
    }
  }
}

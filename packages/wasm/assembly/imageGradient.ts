// The gradient of images: the columns of a few channels at a time, in the cache, added to the image's cells at once.

import { addColumns, clearPlane } from "./folding";
import { rowTile } from "./tiles";
import { firstUnit, isRun, panelStart, word } from "./vectors";

// The arguments; the first eight are the shape of `addColumns`. Units are samples, those of the first group first.
const TAPS_DOWN = 0;
const TAPS_ACROSS = 1;
const PARTS = 8;
const UNITS = 9;
const SAMPLES = 10;
/** Packed filters, and the bytes of a group's. */
const FILTERS = 11;
const FILTERS_GROUP = 12;
const Y = 13;
const Y_SAMPLE = 14;
const Y_GROUP = 15;
/** Filters of a group, and the table of their planes in y. */
const CHANNELS = 16;
const Y_CHANNELS = 17;
/** 0, or the table of positions where planes have gaps and are copied first; then that of the copies' planes. */
const Y_POSITIONS = 18;
const COPY_CHANNELS = 19;
/** Windows of a plane, bytes from row to row of columns and copies, and windows of a pass over the taps. */
const POSITIONS = 20;
const PITCH = 21;
const CHUNK = 22;
const IMAGE = 23;
const IMAGE_SAMPLE = 24;
const IMAGE_GROUP = 25;
/** Input channels of a group, their step, those of a pass, and the panels of their taps. */
const INPUTS = 26;
const INPUT_STEP = 27;
const INPUTS_AT_ONCE = 28;
const PANELS = 29;
const HEIGHT = 30;
const WIDTH = 31;
const ROW_STEP = 32;
const STEP = 33;

export function image(args: usize, part: i32, scratch: usize): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  const samples = <i32>word(args, SAMPLES);
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) {
    const group = <usize>(unit / samples);
    const sample = <usize>(unit % samples);
    const y = <usize>word(args, Y) + sample * <usize>word(args, Y_SAMPLE) + group * <usize>word(args, Y_GROUP);
    const to = <usize>word(args, IMAGE) + sample * <usize>word(args, IMAGE_SAMPLE) + group * <usize>word(args, IMAGE_GROUP);
    const filters = <usize>word(args, FILTERS) + group * <usize>word(args, FILTERS_GROUP);
    if (word(args, Y_POSITIONS)) {
      copyPlanes(args, y, scratch);
      const copies = <usize>word(args, CHANNELS) * <usize>word(args, PITCH);
      sampleGradient(args, filters, scratch, <usize>word(args, COPY_CHANNELS), to, scratch + copies);
    } else sampleGradient(args, filters, y, <usize>word(args, Y_CHANNELS), to, scratch);
  }
}

/** Copies the planes of a sample to where their positions follow each other; 8 at least, if need be of zeros. */
function copyPlanes(args: usize, y: usize, to: usize): void {
  const positions = <i32>word(args, POSITIONS);
  const table = <usize>word(args, Y_POSITIONS);
  for (let o = 0; o < <i32>word(args, CHANNELS); o++) {
    const plane = y + <usize>load<u32>(<usize>word(args, Y_CHANNELS) + (<usize>o << 2));
    let p = 0;
    while (p < positions) {
      const place = table + (<usize>p << 2);
      const from = plane + <usize>load<u32>(place);
      const at = to + (<usize>p << 2);
      if (p + 4 <= positions && isRun(place)) {
        v128.store(at, v128.load(from));
        p += 4;
      } else {
        store<f32>(at, load<f32>(from));
        p++;
      }
    }
    for (; p < 8; p++) store<f32>(to + (<usize>p << 2), 0);
    to += <usize>word(args, PITCH);
  }
}

function sampleGradient(args: usize, filters: usize, y: usize, planes: usize, to: usize, columns: usize): void {
  const inputs = <i32>word(args, INPUTS);
  const atOnce = <i32>word(args, INPUTS_AT_ONCE);
  const taps = <i32>word(args, TAPS_DOWN) * <i32>word(args, TAPS_ACROSS);
  const pitch = <usize>word(args, PITCH);
  for (let input = 0; input < inputs; input += atOnce) {
    columnsOf(args, filters, y, planes, taps * atOnce, columns);
    filters += <usize>(taps * atOnce) * <usize>word(args, CHANNELS) << 2;
    for (let i = 0; i < atOnce; i++) {
      clearPlane(to, word(args, HEIGHT), word(args, WIDTH), <usize>word(args, ROW_STEP), <usize>word(args, STEP));
      addColumns(columns + <usize>(i * taps) * pitch, pitch, to, args);
      to += <usize>word(args, INPUT_STEP);
    }
  }
}

/** columns[row][p] = Σ_o filters[o][row]·y[o][p] */
function columnsOf(args: usize, filters: usize, y: usize, planes: usize, rows: i32, columns: usize): void {
  const channels = <i32>word(args, CHANNELS);
  const panels = <i32>word(args, PANELS);
  const positions = max(<i32>word(args, POSITIONS), 8);
  const pitch = <usize>word(args, PITCH);
  const chunk = <i32>word(args, CHUNK);
  for (let from = 0; from < positions; from += chunk) {
    const until = min(from + chunk, positions);
    for (let p = 0; p < panels; p++) {
      const row = panelStart(p, rows, panels);
      const height = panelStart(p + 1, rows, panels) - row;
      const a = filters + (<usize>row * <usize>channels << 2);
      const to = columns + <usize>row * pitch;
      for (let at = from; at < until; at += 8) {
        const position = <usize>min(at, positions - 8) << 2;
        rowTile(height, channels, a, y + position, planes, to + position, pitch);
      }
    }
  }
}

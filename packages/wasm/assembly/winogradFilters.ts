// The filters' way into the product and their gradient's way out of it: U = G w Gᵀ, and w's gradient Gᵀ S G.

import { word } from "./nest";
import { multiplyAdd } from "./vectors";
import {
  CHANNELS,
  FILTER_I,
  FILTER_J,
  FILTER_ROW,
  FILTER_ROWS,
  FILTER_TERM,
  FILTERS,
  LINES,
  OUTPUTS,
  PARTIALS,
  SHIFT,
  SUMS,
  SUMS_STEP,
  U,
  U_FIVES,
  U_STEP,
  U_TERMS,
} from "./winogradAbi";
import { a, a2, b, b2 } from "./winogradLines";
import { overlapOf } from "./winogradTiles";

// G's rows are (1, α, α²) times 64/81 for α = 0, −128/243 for ±a, 32/243 for ±b.
const scale0: f32 = 64.0 / 81.0;
const scaleA: f32 = -128.0 / 243.0;
const scaleB: f32 = 32.0 / 243.0;

/** Stores G w at `to` and every `step` bytes after it. */
// @ts-ignore: decorator
@inline
function storeFilterLine(w0: f32, w1: f32, w2: f32, to: usize, step: usize): void {
  store<f32>(to, scale0 * w0);
  let even = scaleA * (w0 + a2 * w2);
  let odd = scaleA * (a * w1);
  store<f32>(to + step, even + odd);
  store<f32>(to + 2 * step, even - odd);
  even = scaleB * (w0 + b2 * w2);
  odd = scaleB * (b * w1);
  store<f32>(to + 3 * step, even + odd);
  store<f32>(to + 4 * step, even - odd);
  store<f32>(to + 5 * step, w2);
}

/** Stores G w of five taps `stride` bytes apart: (1, α, α², α³, α⁴) times the same. */
// @ts-ignore: decorator
@inline
function storeLongLine(w: usize, stride: usize, to: usize, step: usize): void {
  const w0 = load<f32>(w);
  const w1 = load<f32>(w + stride);
  const w2 = load<f32>(w + 2 * stride);
  const w3 = load<f32>(w + 3 * stride);
  const w4 = load<f32>(w + 4 * stride);
  store<f32>(to, scale0 * w0);
  let even = scaleA * (w0 + a2 * w2 + a2 * a2 * w4);
  let odd = scaleA * a * (w1 + a2 * w3);
  store<f32>(to + step, even + odd);
  store<f32>(to + 2 * step, even - odd);
  even = scaleB * (w0 + b2 * w2 + b2 * b2 * w4);
  odd = scaleB * b * (w1 + b2 * w3);
  store<f32>(to + 3 * step, even + odd);
  store<f32>(to + 4 * step, even - odd);
  store<f32>(to + 5 * step, w4);
}

/** U of one filter of 5 × 5 taps, its 36 places `step` bytes apart. */
function transformLongFilter(
  w: usize,
  stepI: usize,
  stepJ: usize,
  lines: usize,
  to: usize,
  step: usize,
): void {
  for (let j: usize = 0; j < 5; j++) storeLongLine(w + j * stepJ, stepI, lines + (j << 2), 20);
  for (let i: usize = 0; i < 6; i++) storeLongLine(lines + i * 20, 4, to + i * 6 * step, step);
}

/** The same of 3 × 3 taps. */
function transformFilter(
  w: usize,
  stepI: usize,
  stepJ: usize,
  lines: usize,
  to: usize,
  step: usize,
): void {
  for (let j = 0; j < 3; j++) {
    storeFilterLine(
      load<f32>(w),
      load<f32>(w + stepI),
      load<f32>(w + 2 * stepI),
      lines + (<usize>j << 2),
      12,
    );
    w += stepJ;
  }
  for (let i = 0; i < 6; i++) {
    storeFilterLine(load<f32>(lines), load<f32>(lines, 4), load<f32>(lines, 8), to, step);
    lines += 12;
    to += 6 * step;
  }
}

/** Row `row` of U [36][blocks of 5 rows, then of 4][terms][rows of the block]; rows beyond the filters are 0. */
export function transformFilters(args: usize, scratch: usize, row: i32): void {
  const terms = word(args, U_TERMS);
  const inFives = word(args, U_FIVES) * 5;
  const tall = row < inFives ? 5 : 4;
  const inBlock = row < inFives ? row % 5 : (row - inFives) & 3;
  const step = word(args, U_STEP);
  let to = <usize>word(args, U) + (<usize>((row - inBlock) * terms + inBlock) << 2);
  let w = <usize>word(args, FILTERS) + row * word(args, FILTER_ROW);
  for (let term = 0; term < terms; term++) {
    if (row < word(args, FILTER_ROWS)) {
      const lines = scratch + word(args, LINES);
      if (word(args, SHIFT) == 1) {
        transformLongFilter(w, word(args, FILTER_I), word(args, FILTER_J), lines, to, step);
      } else transformFilter(w, word(args, FILTER_I), word(args, FILTER_J), lines, to, step);
    } else {
      for (let place = 0; place < 36; place++) store<f32>(to + place * step, 0);
    }
    to += <usize>tall << 2;
    w += word(args, FILTER_TERM);
  }
}

/** Gᵀ of six vectors `step` bytes apart, stored `next` bytes apart. */
function gatherFilterLine(from: usize, step: usize, to: usize, next: usize): void {
  const u1 = v128.load(from + step);
  const u2 = v128.load(from + 2 * step);
  const even12 = f32x4.add(u1, u2);
  const odd12 = f32x4.sub(u1, u2);
  const u3 = v128.load(from + 3 * step);
  const u4 = v128.load(from + 4 * step);
  const even34 = f32x4.add(u3, u4);
  const odd34 = f32x4.sub(u3, u4);
  const A = f32x4.splat(scaleA);
  const B = f32x4.splat(scaleB);
  const first = multiplyAdd(A, even12, f32x4.mul(f32x4.splat(scale0), v128.load(from)));
  v128.store(to, multiplyAdd(B, even34, first));
  const odd = f32x4.mul(f32x4.splat(scaleA * a), odd12);
  v128.store(to + next, multiplyAdd(f32x4.splat(scaleB * b), odd34, odd));
  const last = multiplyAdd(f32x4.splat(scaleA * a2), even12, v128.load(from + 5 * step));
  v128.store(to + 2 * next, multiplyAdd(f32x4.splat(scaleB * b2), even34, last));
}

/** The same for five taps. */
function gatherLongLine(from: usize, step: usize, to: usize, next: usize): void {
  const u1 = v128.load(from + step);
  const u2 = v128.load(from + 2 * step);
  let even12 = f32x4.mul(f32x4.splat(scaleA), f32x4.add(u1, u2));
  let odd12 = f32x4.mul(f32x4.splat(scaleA * a), f32x4.sub(u1, u2));
  const u3 = v128.load(from + 3 * step);
  const u4 = v128.load(from + 4 * step);
  let even34 = f32x4.mul(f32x4.splat(scaleB), f32x4.add(u3, u4));
  let odd34 = f32x4.mul(f32x4.splat(scaleB * b), f32x4.sub(u3, u4));
  const first = f32x4.mul(f32x4.splat(scale0), v128.load(from));
  v128.store(to, f32x4.add(f32x4.add(first, even12), even34));
  v128.store(to + next, f32x4.add(odd12, odd34));
  const A = f32x4.splat(a2);
  const B = f32x4.splat(b2);
  even12 = f32x4.mul(A, even12);
  even34 = f32x4.mul(B, even34);
  v128.store(to + 2 * next, f32x4.add(even12, even34));
  v128.store(to + 3 * next, multiplyAdd(B, odd34, f32x4.mul(A, odd12)));
  const last = multiplyAdd(A, even12, v128.load(from + 5 * step));
  v128.store(to + 4 * next, multiplyAdd(B, even34, last));
}

/** The sum of the partial sums, in their order, added up in the first of them. */
function sumPartials(args: usize, at: usize): void {
  const step = <usize>word(args, SUMS_STEP);
  const partials = word(args, PARTIALS);
  for (let place = 0; place < 36; place++, at += step) {
    let sum = v128.load(at);
    for (let p = 1; p < partials; p++) {
      sum = f32x4.add(sum, v128.load(at + <usize>p * 36 * step));
    }
    v128.store(at, sum);
  }
}

/** The gradient of four outputs' filters. */
export function finishFilters(args: usize, scratch: usize, quad: i32): void {
  const channels = word(args, CHANNELS);
  const padded = (channels + 1) & ~1;
  const step = <usize>word(args, SUMS_STEP);
  const lines = scratch + word(args, LINES);
  const outputs = min(4, word(args, OUTPUTS) - quad * 4);
  for (let c = 0; c < channels; c++) {
    const at = <usize>word(args, SUMS) + (<usize>(quad * padded + c) << 4);
    sumPartials(args, at);
    const size = 1 + overlapOf(args);
    if (size == 5) gatherLongFilter(at, step, lines);
    else gatherFilter(at, step, lines);
    storeTaps(args, lines + <usize>size * 96, size, quad * 4, c, outputs);
  }
}

/** Down the columns into lines [3][6], along the lines into [3][3] behind them. */
function gatherFilter(at: usize, step: usize, lines: usize): void {
  for (let j: usize = 0; j < 6; j++) {
    gatherFilterLine(at + j * step, 6 * step, lines + (j << 4), 96);
  }
  const taps = lines + 288;
  for (let i: usize = 0; i < 3; i++) gatherFilterLine(lines + i * 96, 16, taps + i * 48, 16);
}

/** Into lines [5][6], then [5][5]. */
function gatherLongFilter(at: usize, step: usize, lines: usize): void {
  for (let j: usize = 0; j < 6; j++) gatherLongLine(at + j * step, 6 * step, lines + (j << 4), 96);
  const taps = lines + 480;
  for (let i: usize = 0; i < 5; i++) gatherLongLine(lines + i * 96, 16, taps + i * 80, 16);
}

function storeTaps(args: usize, taps: usize, size: i32, o: i32, c: i32, outputs: i32): void {
  const to = word(args, FILTERS) + o * word(args, FILTER_ROW) + c * word(args, FILTER_TERM);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++, taps += 16) {
      const tap = to + i * word(args, FILTER_I) + j * word(args, FILTER_J);
      for (let k = 0; k < outputs; k++) {
        store<f32>(tap + k * word(args, FILTER_ROW), load<f32>(taps + (<usize>k << 2)));
      }
    }
  }
}

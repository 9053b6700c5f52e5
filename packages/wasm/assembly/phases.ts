// Phases of the stride: cells that are every so many apart, side by side in a copy of their own, one phase behind the other.

import { word } from "./vectors";

// How `stage` copies a plane, in the first words of its arguments. Cells seen down and across.
const CELLS_DOWN = 0;
const CELLS_ACROSS = 1;
/** Bytes from cell to cell in the image, and the strides in cells: so many phases. */
const DOWN = 2;
const ACROSS = 3;
const PHASES_DOWN = 4;
const PHASES_ACROSS = 5;
/** Bytes of a row of a phase, and of a phase. */
const STAGED_ROW = 6;
const PHASE = 7;

/** Copies the plane at `x` to `to` `[phase down][phase across][row][column]`. */
export function stage(shape: usize, x: usize, to: usize): void {
  const rows = <i32>word(shape, CELLS_DOWN);
  const columns = <usize>word(shape, CELLS_ACROSS);
  const step = <usize>word(shape, DOWN);
  const down = <i32>word(shape, PHASES_DOWN);
  const across = <usize>word(shape, PHASES_ACROSS);
  const pitch = <usize>word(shape, STAGED_ROW);
  const phase = <usize>word(shape, PHASE);
  const inPairs = across == 2 && word(shape, ACROSS) == 4;
  for (let p = 0; p < down; p++) {
    let from = x + <usize>p * step;
    let at = to;
    for (let r = p; r < rows; r += down) {
      if (inPairs) splitRow(columns, at, at + phase, from);
      else splitAny(shape, at, from);
      from += <usize>down * step;
      at += pitch;
    }
    to += across * phase;
  }
}

/** Cells side by side in turn to two rows. */
function splitRow(n: usize, even: usize, odd: usize, from: usize): void {
  let k: usize = 0;
  for (; k + 8 <= n; k += 8, from += 32, even += 16, odd += 16) {
    const a = v128.load(from);
    const b = v128.load(from, 16);
    v128.store(even, v128.shuffle<i32>(a, b, 0, 2, 4, 6));
    v128.store(odd, v128.shuffle<i32>(a, b, 1, 3, 5, 7));
  }
  for (; k + 2 <= n; k += 2, from += 8, even += 4, odd += 4) {
    store<f32>(even, load<f32>(from));
    store<f32>(odd, load<f32>(from, 4));
  }
  if (k < n) store<f32>(even, load<f32>(from));
}

/** Cells at any distance in turn to any number of rows. */
function splitAny(shape: usize, to: usize, from: usize): void {
  const across = <usize>word(shape, PHASES_ACROSS);
  const step = <usize>word(shape, ACROSS);
  for (let p: usize = 0; p < across; p++) {
    const count = (<usize>word(shape, CELLS_ACROSS) + across - 1 - p) / across;
    moveCells(count, to + p * <usize>word(shape, PHASE), 4, from + p * step, across * step);
  }
}

/** Moves `n` cells `step` bytes apart to cells `toStep` apart. */
export function moveCells(n: usize, to: usize, toStep: usize, from: usize, step: usize): void {
  const end = to + n * toStep;
  if (toStep == 4 && step == 4) {
    for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  }
  for (; to != end; to += toStep, from += step) store<f32>(to, load<f32>(from));
}

/** Two rows in turn to cells side by side. */
export function joinRow(n: usize, to: usize, even: usize, odd: usize): void {
  let k: usize = 0;
  for (; k + 8 <= n; k += 8, to += 32, even += 16, odd += 16) {
    const a = v128.load(even);
    const b = v128.load(odd);
    v128.store(to, v128.shuffle<i32>(a, b, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16);
  }
  for (; k + 2 <= n; k += 2, to += 8, even += 4, odd += 4) {
    store<f32>(to, load<f32>(even));
    store<f32>(to, load<f32>(odd), 4);
  }
  if (k < n) store<f32>(to, load<f32>(even));
}

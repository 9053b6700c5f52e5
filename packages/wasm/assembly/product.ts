// Products of matrices, for each batch y[m, n] = Σ_k a[m, k]·b[k, n]; every axis has a table of offsets, so that any
// strides and any number of letters will do. One operand was packed before; each part packs what it needs of the other.

import { ADD } from "./contractionNumbers";
import { packPanel } from "./packing";
import { deliver, rowTile } from "./tiles";
import { firstUnit, panelStart, word } from "./vectors";

// The arguments.
const PARTS = 0;
const UNITS = 1;
/** The packed operand, and which it is: 1 for a, 0 for b. */
const PACKED = 2;
const A_IS_PACKED = 3;
const OTHER = 4;
const OTHER_BATCHES = 5;
const OTHER_ROWS = 6;
const OTHER_STEPS = 7;
const M = 8;
const N = 9;
const K = 10;
/** Steps of a block, and panels of a. */
const BLOCK = 11;
const A_PANELS = 12;
/** Offsets of rows in a panel of b: 0, 32, 64, … */
const RAMP = 13;
const Y = 14;
const Y_BATCHES = 15;
const Y_ROWS = 16;
const Y_COLUMNS = 17;
/** Bytes between rows where whole tiles can be stored directly, else 0. */
const Y_STEP = 18;
const MODE = 19;
const BIAS_AT = 20;
const BIAS_BATCHES = 21;
const BIAS_ROWS = 22;
const BIAS_COLUMNS = 23;

/** Units are the panels of the operand that is not packed yet, of all batches. */
export function product(args: usize, part: i32, scratch: usize): void {
  const units = word(args, UNITS);
  const end = firstUnit(units, word(args, PARTS), part + 1);
  const n = <i32>word(args, N);
  const panels = word(args, A_IS_PACKED) ? (n + 7) >> 3 : <i32>word(args, A_PANELS);
  let unit = firstUnit(units, word(args, PARTS), part);
  while (unit < end) {
    const batch = unit / panels;
    const first = unit - batch * panels;
    const last = min(panels, first + end - unit);
    multiply(args, batch, first, last, scratch);
    unit += last - first;
  }
}

function multiply(args: usize, batch: i32, first: i32, last: i32, scratch: usize): void {
  const k = <i32>word(args, K);
  const block = <i32>word(args, BLOCK);
  let step = 0;
  do {
    const mode = step > 0 ? ADD : 0;
    const length = min(block, k - step);
    const finish = step + length == k ? <i32>word(args, MODE) : 0;
    for (let panel = first; panel < last; panel++) {
      if (word(args, A_IS_PACKED)) acrossRows(args, batch, panel, step, length, mode | finish, scratch);
      else acrossColumns(args, batch, panel, step, length, mode | finish, scratch);
    }
    step += length;
  } while (step < k);
}

// @ts-ignore: decorator
@inline
function otherOf(args: usize, batch: i32): usize {
  return <usize>word(args, OTHER) + <usize>load<u32>(<usize>word(args, OTHER_BATCHES) + (<usize>batch << 2));
}

/** A panel of b against all rows. */
function acrossRows(args: usize, batch: i32, panel: i32, step: i32, length: i32, mode: i32, scratch: usize): void {
  const m = <i32>word(args, M);
  const k = <usize>word(args, K);
  const panels = <i32>word(args, A_PANELS);
  const column = panel << 3;
  const columns = min(8, <i32>word(args, N) - column);
  const b = scratch + 256;
  const table = <usize>word(args, OTHER_ROWS) + (<usize>column << 2);
  const steps = <usize>word(args, OTHER_STEPS) + (<usize>step << 2);
  packPanel(b, 8, columns, otherOf(args, batch), table, steps, length);
  const a = <usize>word(args, PACKED) + ((<usize>m * <usize>batch * k) << 2);
  for (let p = 0; p < panels; p++) {
    const row = panelStart(p, m, panels);
    const height = panelStart(p + 1, m, panels) - row;
    const at = a + ((<usize>row * k + <usize>height * <usize>step) << 2);
    tile(args, batch, row, height, column, columns, at, b, length, mode, scratch);
  }
}

/** A panel of a against all columns. */
function acrossColumns(args: usize, batch: i32, panel: i32, step: i32, length: i32, mode: i32, scratch: usize): void {
  const m = <i32>word(args, M);
  const n = <i32>word(args, N);
  const k = <usize>word(args, K);
  const panels = <i32>word(args, A_PANELS);
  const row = panelStart(panel, m, panels);
  const height = panelStart(panel + 1, m, panels) - row;
  const a = scratch + 256;
  const table = <usize>word(args, OTHER_ROWS) + (<usize>row << 2);
  const steps = <usize>word(args, OTHER_STEPS) + (<usize>step << 2);
  packPanel(a, height, height, otherOf(args, batch), table, steps, length);
  const width = <usize>((n + 7) & -8);
  let b = <usize>word(args, PACKED) + ((width * <usize>batch * k + (<usize>step << 3)) << 2);
  for (let column = 0; column < n; column += 8) {
    tile(args, batch, row, height, column, min(8, n - column), a, b, length, mode, scratch);
    b += k << 5;
  }
}

function tile(
  args: usize,
  batch: i32,
  row: i32,
  height: i32,
  column: i32,
  columns: i32,
  a: usize,
  b: usize,
  length: i32,
  mode: i32,
  scratch: usize,
): void {
  const y = <usize>word(args, Y) + <usize>load<u32>(<usize>word(args, Y_BATCHES) + (<usize>batch << 2));
  const yRows = <usize>word(args, Y_ROWS) + (<usize>row << 2);
  const yColumns = <usize>word(args, Y_COLUMNS) + (<usize>column << 2);
  const yStep = <usize>word(args, Y_STEP);
  if (yStep != 0 && columns == 8 && mode == 0) {
    const to = y + <usize>load<u32>(yRows) + <usize>load<u32>(yColumns);
    rowTile(height, length, a, b, <usize>word(args, RAMP), to, yStep);
    return;
  }
  rowTile(height, length, a, b, <usize>word(args, RAMP), scratch, 32);
  const shift = <usize>load<u32>(<usize>word(args, BIAS_BATCHES) + (<usize>batch << 2));
  deliver(
    scratch,
    32,
    height,
    columns,
    y,
    yRows,
    yColumns,
    mode,
    <usize>word(args, BIAS_AT) + shift,
    <usize>word(args, BIAS_ROWS) + (<usize>row << 2),
    <usize>word(args, BIAS_COLUMNS) + (<usize>column << 2),
  );
}

/**
 * Bias and relu of an output that is there. Arguments: 0 parts, 1 rows, 2 columns, 3 y, 4 and 5 its tables of rows and
 * columns, 6 mode, 7 bias, 8 and 9 its tables.
 */
export function finish(args: usize, part: i32): void {
  const rows = word(args, 1);
  const columns = <i32>word(args, 2);
  const end = firstUnit(rows, word(args, 0), part + 1);
  const y = <usize>word(args, 3);
  for (let row = firstUnit(rows, word(args, 0), part); row < end; row++) {
    const to = y + <usize>load<u32>(<usize>word(args, 4) + (<usize>row << 2));
    const bias = <usize>word(args, 7) + <usize>load<u32>(<usize>word(args, 8) + (<usize>row << 2));
    for (let c = 0; c < columns; c++) {
      const at = to + <usize>load<u32>(<usize>word(args, 5) + (<usize>c << 2));
      let v = load<f32>(at);
      if (word(args, 6) & 2) v += load<f32>(bias + <usize>load<u32>(<usize>word(args, 9) + (<usize>c << 2)));
      if (word(args, 6) & 4) v = v <= 0 ? 0 : v;
      store<f32>(at, v);
    }
  }
}

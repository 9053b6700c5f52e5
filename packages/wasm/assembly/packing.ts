// Panels: the operand of a tile in the order in which the tile reads it, [panel][step][row of the panel].

import { firstUnit, isRun, panelStart, word } from "./vectors";

/** Steps of four rows with offsets `r0` … `r3`: squares are transposed where steps follow each other. */
function packFour(
  to: usize,
  pitch: usize,
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  steps: usize,
  count: i32,
): void {
  let k = 0;
  while (k < count) {
    if (k + 4 <= count && isRun(steps)) {
      const s = <usize>load<u32>(steps);
      const a = v128.load(r0 + s);
      const b = v128.load(r1 + s);
      const c = v128.load(r2 + s);
      const d = v128.load(r3 + s);
      const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
      const cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
      const ef = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
      const gh = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2));
      v128.store(to + pitch, v128.shuffle<i64>(ab, cd, 1, 3));
      to += pitch << 1;
      v128.store(to, v128.shuffle<i64>(ef, gh, 0, 2));
      v128.store(to + pitch, v128.shuffle<i64>(ef, gh, 1, 3));
      to += pitch << 1;
      steps += 16;
      k += 4;
    } else {
      const s = <usize>load<u32>(steps);
      store<f32>(to, load<f32>(r0 + s));
      store<f32>(to, load<f32>(r1 + s), 4);
      store<f32>(to, load<f32>(r2 + s), 8);
      store<f32>(to, load<f32>(r3 + s), 12);
      to += pitch;
      steps += 4;
      k++;
    }
  }
}

/** Steps of four rows that follow each other in memory. */
function packRun(to: usize, pitch: usize, from: usize, steps: usize, count: i32): void {
  const end = steps + (<usize>count << 2);
  for (; steps != end; steps += 4) {
    v128.store(to, v128.load(from + <usize>load<u32>(steps)));
    to += pitch;
  }
}

/** Steps of one row. */
function packOne(to: usize, pitch: usize, from: usize, steps: usize, count: i32): void {
  const end = steps + (<usize>count << 2);
  for (; steps != end; steps += 4) {
    store<f32>(to, load<f32>(from + <usize>load<u32>(steps)));
    to += pitch;
  }
}

/** One panel: `valid` rows with offsets in `rows`, the other ones up to `width` zero; `count` steps with offsets in `steps`. */
export function packPanel(
  to: usize,
  width: i32,
  valid: i32,
  from: usize,
  rows: usize,
  steps: usize,
  count: i32,
): void {
  const pitch = <usize>width << 2;
  let r = 0;
  for (; r + 4 <= valid; r += 4) {
    const table = rows + (<usize>r << 2);
    const first = from + <usize>load<u32>(table);
    const at = to + (<usize>r << 2);
    if (isRun(table)) packRun(at, pitch, first, steps, count);
    else {
      const second = from + <usize>load<u32>(table, 4);
      const third = from + <usize>load<u32>(table, 8);
      const fourth = from + <usize>load<u32>(table, 12);
      packFour(at, pitch, first, second, third, fourth, steps, count);
    }
  }
  for (; r < valid; r++) {
    const table = rows + (<usize>r << 2);
    packOne(to + (<usize>r << 2), pitch, from + <usize>load<u32>(table), steps, count);
  }
  for (; r < width; r++) {
    let at = to + (<usize>r << 2);
    for (let k = 0; k < count; k++, at += pitch) store<f32>(at, 0);
  }
}

/**
 * Arguments: 0 parts, 1 units, 2 to, 3 from, 4 table of batches, 5 table of rows, 6 rows, 7 table of steps, 8 steps,
 * 9 panels, 10 width (8, or 0 for rows dealt out evenly), 11 bias or 0, 12 its step by row and 13 by batch.
 * Units are the panels of all batches.
 */
export function pack(args: usize, part: i32): void {
  const units = word(args, 1);
  const end = firstUnit(units, word(args, 0), part + 1);
  for (let unit = firstUnit(units, word(args, 0), part); unit < end; unit++) packUnit(args, unit);
}

function packUnit(args: usize, unit: i32): void {
  const rows = <i32>word(args, 6);
  const steps = <i32>word(args, 8);
  const panels = <i32>word(args, 9);
  const fixed = <i32>word(args, 10);
  const bias = <usize>word(args, 11);
  const batch = unit / panels;
  const panel = unit - batch * panels;
  const length = steps + <i32>(bias != 0);
  const start = fixed ? panel * fixed : panelStart(panel, rows, panels);
  const width = fixed ? fixed : panelStart(panel + 1, rows, panels) - start;
  const valid = min(width, rows - start);
  const before = (fixed ? panels * fixed : rows) * batch + start;
  const to = <usize>word(args, 2) + (<usize>before * <usize>length << 2);
  const from = <usize>word(args, 3) + <usize>load<u32>(<usize>word(args, 4) + (<usize>batch << 2));
  const table = <usize>word(args, 5) + (<usize>start << 2);
  packPanel(to, width, valid, from, table, <usize>word(args, 7), steps);
  if (bias != 0) {
    const behind = to + (<usize>steps * <usize>width << 2);
    const first = bias + <usize>batch * <usize>word(args, 13) + <usize>start * <usize>word(args, 12);
    for (let r = 0; r < width; r++) {
      const value = r < valid ? load<f32>(first + <usize>r * <usize>word(args, 12)) : 0;
      store<f32>(behind + (<usize>r << 2), value);
    }
  }
}

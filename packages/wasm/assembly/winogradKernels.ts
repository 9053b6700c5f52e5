// From the numbers of this family to its kernels: Winograd's F(4×4, 3×3) for convolutions of stride 1, on blocks of
// rows of tiles. Winograd, "Arithmetic complexity of computations", 1980; Lavin & Gray, arXiv:1509.09308.
// Forward: V = Bᵀ x B, P = U V, y = Aᵀ P A. The image's gradient is the exact adjoint: D = A y Aᵀ, P = Uᵀ D, x = B P Bᵀ
// added up. The filters' gradient: S = D Vᵀ, w = Gᵀ S G.

import {
  BLOCK_ROWS,
  CARRY_PLANE,
  CHANNELS,
  CORRELATE,
  D,
  D_STEP,
  FORWARD,
  GROUP_BLOCKS,
  HEIGHT,
  IMAGE,
  OUTPUTS,
  OWN_PLANE,
  PARTIALS,
  PARTS,
  RANGES,
  SUMS,
  SUMS_STEP,
  TILE_ROWS,
  TRANSFORM_FILTERS,
  U_FIVES,
  U_ROWS,
  V,
  V_STEP,
  X_PLANE,
  Y_PLANE,
} from "./winogradAbi";
import { finishFilters, transformFilters } from "./winogradFilters";
import { clearRest, writeImage } from "./winogradImage";
import { writeOutput } from "./winogradOutput";
import { clearPlanes, describeTiles, packGradient, packInput, tilesOf, word } from "./winogradPack";
import { blockRow, multiply } from "./winogradProduct";
import { addSums } from "./winogradSums";

export function winogradKernel(kernel: i32, args: usize, part: i32, scratch: usize): void {
  if (kernel == FORWARD) forward(args, part, scratch);
  else if (kernel == IMAGE) image(args, part, scratch);
  else if (kernel == CORRELATE) correlate(args, part, scratch);
  else if (kernel == TRANSFORM_FILTERS) prepare(args, part, scratch);
  else finish(args, part, scratch);
}

/** Where a part of several equal ones begins. */
// @ts-ignore: decorator
@inline
function share(units: i32, part: i32, parts: i32): i32 {
  return <i32>((<i64>units * part) / parts);
}

// @ts-ignore: decorator
@inline
function ceilDivide(x: i32, y: i32): i32 {
  return (x + y - 1) / y;
}

/** Blocks of U's rows. */
// @ts-ignore: decorator
@inline
function blocksOf(args: usize): i32 {
  return (word(args, U_ROWS) - word(args, U_FIVES)) >> 2;
}

function prepare(args: usize, part: i32, scratch: usize): void {
  const rows = word(args, U_ROWS);
  const end = share(rows, part + 1, word(args, PARTS));
  for (let row = share(rows, part, word(args, PARTS)); row < end; row++) {
    transformFilters(args, scratch, row);
  }
}

function forward(args: usize, part: i32, scratch: usize): void {
  const all = word(args, TILE_ROWS);
  const perBlock = word(args, BLOCK_ROWS);
  const blocks = ceilDivide(all, perBlock);
  const end = share(blocks, part + 1, word(args, PARTS));
  clearPlanes(args, scratch, X_PLANE);
  for (let block = share(blocks, part, word(args, PARTS)); block < end; block++) {
    const row = block * perBlock;
    forwardBlock(args, scratch, row, min(perBlock, all - row));
  }
}

function forwardBlock(args: usize, scratch: usize, row: i32, rows: i32): void {
  const panels = describeTiles(args, scratch, row, rows);
  const channels = word(args, CHANNELS);
  const v = scratch + word(args, V);
  const step = word(args, V_STEP);
  const panelBytes = <usize>channels << 5;
  packInput(args, scratch, row, rows, panels, channels, 1, panelBytes, v, step);
  const blocks = blocksOf(args);
  for (let block = 0; block < blocks; block += word(args, GROUP_BLOCKS)) {
    const end = min(blocks, block + word(args, GROUP_BLOCKS));
    multiply(args, scratch, block, end, panels, v, step, panelBytes);
    writeOutput(args, scratch, blockRow(args, block), blockRow(args, end), panels);
  }
}

/** Whole samples to each part, since neighbouring tiles add to the same pixels. */
function image(args: usize, part: i32, scratch: usize): void {
  const down = tilesOf(word(args, HEIGHT));
  const samples = word(args, TILE_ROWS) / down;
  const first = share(samples, part, word(args, PARTS));
  const last = share(samples, part + 1, word(args, PARTS));
  clearPlanes(args, scratch, Y_PLANE);
  clearPlanes(args, scratch, OWN_PLANE);
  clearPlanes(args, scratch, CARRY_PLANE);
  const perBlock = word(args, BLOCK_ROWS);
  let rows = 0;
  for (let row = first * down; row < last * down; row += rows) {
    const left = perBlock < down ? down - (row % down) : last * down - row;
    rows = min(perBlock, left);
    imageBlock(args, scratch, row, rows);
  }
  for (let n = first; n < last; n++) {
    for (let c = 0; c < word(args, CHANNELS); c++) clearRest(args, n, c);
  }
}

function imageBlock(args: usize, scratch: usize, row: i32, rows: i32): void {
  const panels = describeTiles(args, scratch, row, rows);
  const outputs = word(args, OUTPUTS);
  const d = scratch + word(args, D);
  const step = word(args, D_STEP);
  const panelBytes = <usize>outputs << 5;
  packGradient(args, scratch, row, rows, panels, 0, outputs, 1, panelBytes, d, step);
  const blocks = blocksOf(args);
  for (let block = 0; block < blocks; block += word(args, GROUP_BLOCKS)) {
    const end = min(blocks, block + word(args, GROUP_BLOCKS));
    multiply(args, scratch, block, end, panels, d, step, panelBytes);
    writeImage(args, scratch, row, rows, blockRow(args, block), blockRow(args, end), panels);
  }
}

/** A part is one of the partial sums for one of the ranges of outputs. */
function correlate(args: usize, part: i32, scratch: usize): void {
  const ranges = word(args, RANGES);
  const partial = part / ranges;
  const range = part - partial * ranges;
  const quads = tilesOf(word(args, OUTPUTS));
  const firstQuad = share(quads, range, ranges);
  const count = share(quads, range + 1, ranges) - firstQuad;
  const channels = (word(args, CHANNELS) + 1) & ~1;
  const step = <usize>word(args, SUMS_STEP);
  const sums =
    <usize>word(args, SUMS) +
    <usize>partial * 36 * step +
    (<usize>(firstQuad * channels) << 4);
  for (let place: usize = 0; place < 36; place++) {
    memory.fill(sums + place * step, 0, <usize>(count * channels) << 4);
  }
  clearPlanes(args, scratch, X_PLANE);
  clearPlanes(args, scratch, Y_PLANE);
  clearPadding(args, scratch);
  const all = word(args, TILE_ROWS);
  const perBlock = word(args, BLOCK_ROWS);
  const blocks = ceilDivide(all, perBlock);
  const end = share(blocks, partial + 1, word(args, PARTIALS));
  for (let block = share(blocks, partial, word(args, PARTIALS)); block < end; block++) {
    const row = block * perBlock;
    correlateBlock(args, scratch, row, min(perBlock, all - row), firstQuad, count, sums);
  }
}

/** The channels and outputs that only fill up pairs and quads. */
function clearPadding(args: usize, scratch: usize): void {
  memory.fill(scratch + word(args, V), 0, 36 * <usize>word(args, V_STEP));
  memory.fill(scratch + word(args, D), 0, 36 * <usize>word(args, D_STEP));
}

function correlateBlock(
  args: usize,
  scratch: usize,
  row: i32,
  rows: i32,
  firstQuad: i32,
  quads: i32,
  sums: usize,
): void {
  const panels = describeTiles(args, scratch, row, rows);
  const channels = word(args, CHANNELS);
  const v = scratch + word(args, V);
  const d = scratch + word(args, D);
  const vPanel = <usize>((channels + 1) & ~1) << 4;
  const first = firstQuad << 2;
  const count = min(quads << 2, word(args, OUTPUTS) - first);
  packInput(args, scratch, row, rows, panels, channels, 0, vPanel, v, word(args, V_STEP));
  packGradient(
    args,
    scratch,
    row,
    rows,
    panels,
    first,
    count,
    0,
    <usize>quads << 6,
    d,
    word(args, D_STEP),
  );
  addSums(args, d, quads, v, 2 * panels, sums);
}

function finish(args: usize, part: i32, scratch: usize): void {
  const quads = tilesOf(word(args, OUTPUTS));
  const end = share(quads, part + 1, word(args, PARTS));
  for (let quad = share(quads, part, word(args, PARTS)); quad < end; quad++) {
    finishFilters(args, scratch, quad);
  }
}

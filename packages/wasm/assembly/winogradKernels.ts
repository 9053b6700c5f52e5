// From the numbers of this family to its kernels: Winograd's F(4×4, 3×3) and F(2×2, 5×5) for convolutions of stride 1,
// on blocks of rows of tiles. Winograd, "Arithmetic complexity of computations", 1980; Lavin & Gray, arXiv:1509.09308.
// Forward: V = Bᵀ x B, P = U V, y = Aᵀ P A. The image's gradient is the exact adjoint: D = A y Aᵀ, P = Uᵀ D, x = B P Bᵀ
// added up. The filters' gradient: S = D Vᵀ, w = Gᵀ S G.

import { word } from "./nest";
import {
  BLOCK_ROWS,
  CARRY_PLANE,
  CHANNELS,
  CORRELATE,
  D,
  D_STEP,
  FORWARD,
  GROUP_BLOCKS,
  GROUP_QUADS,
  HEIGHT,
  IMAGE,
  MEASURE,
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
import { measure } from "./winogradMeasure";
import { writeOutput } from "./winogradOutput";
import { clearPlanes, packGradient, packInput } from "./winogradPack";
import { blockRow, multiply } from "./winogradProduct";
import { addSums, evenChannels } from "./winogradSums";
import { describeTiles, tilesOf } from "./winogradTiles";

export function winogradKernel(kernel: i32, args: usize, part: i32, scratch: usize): void {
  if (kernel == FORWARD) forward(args, part, scratch);
  else if (kernel == IMAGE) image(args, part, scratch);
  else if (kernel == CORRELATE) correlate(args, part, scratch);
  else if (kernel == TRANSFORM_FILTERS) prepare(args, part, scratch);
  else if (kernel == MEASURE) measure(args, scratch);
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
  packInput(args, scratch, row, rows, panels, channels, v);
  const blocks = blocksOf(args);
  for (let block = 0; block < blocks; block += word(args, GROUP_BLOCKS)) {
    const end = min(blocks, block + word(args, GROUP_BLOCKS));
    multiply(args, scratch, block, end, panels, v, step);
    writeOutput(args, scratch, blockRow(args, block), blockRow(args, end), panels);
  }
}

/** Whole samples to each part, since neighbouring tiles add to the same pixels. */
function image(args: usize, part: i32, scratch: usize): void {
  const down = tilesOf(args, word(args, HEIGHT));
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
  packGradient(args, scratch, row, rows, panels, 0, outputs, outputs, d);
  const blocks = blocksOf(args);
  for (let block = 0; block < blocks; block += word(args, GROUP_BLOCKS)) {
    const end = min(blocks, block + word(args, GROUP_BLOCKS));
    multiply(args, scratch, block, end, panels, d, step);
    writeImage(args, scratch, row, rows, blockRow(args, block), blockRow(args, end), panels);
  }
}

/** A part is one of the partial sums for one of the ranges of outputs. */
function correlate(args: usize, part: i32, scratch: usize): void {
  const ranges = word(args, RANGES);
  const partial = part / ranges;
  const range = part - partial * ranges;
  const quads = ceilDivide(word(args, OUTPUTS), 4);
  const firstQuad = share(quads, range, ranges);
  const endQuad = share(quads, range + 1, ranges);
  const sums = <usize>word(args, SUMS) + <usize>partial * 36 * word(args, SUMS_STEP);
  clearSums(args, sums, firstQuad, endQuad);
  clearPlanes(args, scratch, X_PLANE);
  clearPlanes(args, scratch, Y_PLANE);
  clearPadding(args, scratch);
  const all = word(args, TILE_ROWS);
  const perBlock = word(args, BLOCK_ROWS);
  const blocks = ceilDivide(all, perBlock);
  const end = share(blocks, partial + 1, word(args, PARTIALS));
  for (let block = share(blocks, partial, word(args, PARTIALS)); block < end; block++) {
    const row = block * perBlock;
    correlateBlock(args, scratch, row, min(perBlock, all - row), firstQuad, endQuad, sums);
  }
}

function clearSums(args: usize, sums: usize, firstQuad: i32, endQuad: i32): void {
  const channels = evenChannels(args);
  sums += <usize>(firstQuad * channels) << 4;
  for (let place = 0; place < 36; place++, sums += word(args, SUMS_STEP)) {
    memory.fill(sums, 0, <usize>((endQuad - firstQuad) * channels) << 4);
  }
}

/** The channels and outputs that only fill up pairs and quads. */
function clearPadding(args: usize, scratch: usize): void {
  const isPadded = (word(args, CHANNELS) & 1) | (word(args, OUTPUTS) & 3);
  if (!isPadded) return;
  memory.fill(scratch + word(args, V), 0, 36 * <usize>word(args, V_STEP));
  memory.fill(scratch + word(args, D), 0, 36 * <usize>word(args, D_STEP));
}

function correlateBlock(
  args: usize,
  scratch: usize,
  row: i32,
  rows: i32,
  firstQuad: i32,
  endQuad: i32,
  sums: usize,
): void {
  const panels = describeTiles(args, scratch, row, rows);
  const channels = evenChannels(args);
  const v = scratch + word(args, V);
  const d = scratch + word(args, D);
  packInput(args, scratch, row, rows, panels, channels, v);
  const group = word(args, GROUP_QUADS);
  for (let quad = firstQuad; quad < endQuad; quad += group) {
    const quads = min(group, endQuad - quad);
    const first = quad << 2;
    const count = min(quads << 2, word(args, OUTPUTS) - first);
    packGradient(args, scratch, row, rows, panels, first, count, quads << 2, d);
    addSums(args, d, quads, v, panels << 3, sums + (<usize>(quad * channels) << 4));
  }
}

function finish(args: usize, part: i32, scratch: usize): void {
  const quads = ceilDivide(word(args, OUTPUTS), 4);
  const end = share(quads, part + 1, word(args, PARTS));
  for (let quad = share(quads, part, word(args, PARTS)); quad < end; quad++) {
    finishFilters(args, scratch, quad);
  }
}

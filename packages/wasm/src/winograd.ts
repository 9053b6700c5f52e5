import type { Epilogue, View } from "@convgrad/core";
import {
  BIAS,
  BIAS_STEP,
  CORRELATE,
  COUNT,
  FILTER_ROWS,
  FILTERS,
  FINISH_FILTERS,
  FORWARD,
  IMAGE,
  PARTIALS,
  PARTS,
  RANGES,
  RELU,
  SUMS,
  SUMS_STEP,
  TRANSFORM_FILTERS,
  U,
} from "../assembly/winogradAbi.ts";
import type { Convolution } from "./convolution.ts";
import type { Engine } from "./engine.ts";
import type { Block } from "./heap.ts";
import {
  blockRowsFor,
  CORRELATION_TILES,
  correlationScratch,
  describe,
  describeFilters,
  describeProduct,
  PLACES,
  productScratch,
  productTiles,
  tileRowsOf,
  tileSizeOf,
  tilesOf,
} from "./winogradPlan.ts";

/** Outputs that the tiles compute for each one that is wanted, at most. */
const MOST_WASTE = 1.6;
/** Below these the direct kernels are as fast. */
const LEAST = {
  3: { channels: 8, filters: 64, tiles: 16 },
  5: { channels: 4, filters: 32, tiles: 48 },
};

/**
 * Whether Winograd's algorithm serves this convolution, forward and backward: F(4×4, 3×3) computes 4 × 4 outputs of a
 * 3 × 3 filter with 36 multiplications in place of 144, F(2×2, 5×5) computes 2 × 2 outputs of a 5 × 5 filter with 36 in
 * place of 100. The largest error is about 5·10⁻⁶ of the output's root mean square. A NaN or an infinity in the image
 * spreads to the tiles of 4 × 4 or 2 × 2 outputs that touch it.
 *
 * Sources: S. Winograd, "Arithmetic Complexity of Computations" (1980); A. Lavin and S. Gray, "Fast Algorithms for
 * Convolutional Neural Networks", arXiv:1509.09308.
 */
export function suitsWinograd(conv: Convolution): boolean {
  const { sizes, x, y } = conv;
  const { n, c, o, h, w, i, j } = sizes;
  const isUnitStep = x.strides.h === x.strides.i && x.strides.w === 1 && x.strides.j === 1;
  if (i !== j || (i !== 3 && i !== 5) || !isUnitStep || y.strides.w !== 1) return false;
  const least = LEAST[i];
  if (Math.min(c, o) < least.channels || c * o < least.filters || h < 4 || w < 4) return false;
  const [down, across] = tilesOf(conv);
  const computed = down * across * tileSizeOf(conv) ** 2;
  return computed < MOST_WASTE * h * w && n * down * across >= least.tiles;
}

/** The axes along which a view has different elements. */
const variesAlong = ({ shape, strides }: View) =>
  [...shape.keys()].filter((axis) => shape[axis]! > 1 && strides[axis] !== 0);

/** U = G w Gᵀ for the rows and terms that `describeProduct` put into the arguments. */
function transformFilters(engine: Engine, conv: Convolution, rows: number): void {
  const { words } = engine;
  words[FILTER_ROWS] = rows;
  const parts = engine.partsOf(rows, 16);
  words[PARTS] = parts;
  words[FILTERS] = conv.filters.address;
  engine.run(TRANSFORM_FILTERS, parts, COUNT);
}

/** Transforms the filters, then runs a kernel that multiplies with them, on so many blocks or samples. */
function runProduct(
  engine: Engine,
  conv: Convolution,
  kernel: number,
  rowAxis: "o" | "c",
  units: number,
): void {
  const u = engine.allocate("float32", describeProduct(engine.words, conv, rowAxis));
  try {
    engine.words[U] = u.address;
    transformFilters(engine, conv, conv.sizes[rowAxis]);
    const parts = engine.partsOf(units, 1);
    engine.words[PARTS] = parts;
    engine.run(kernel, parts, COUNT);
  } finally {
    engine.release(u);
  }
}

/** y[n, o] = relu(Σ_c x[n, c] ⋆ w[o, c] + bias[o]): per tile, y = Aᵀ [Σ_c (G w Gᵀ) ⊙ (Bᵀ x B)] A. */
export function winogradForward(
  engine: Engine,
  conv: Convolution,
  epilogue: Epilogue | null,
): void {
  const { words } = engine;
  const rows = blockRowsFor(conv, productTiles(conv, engine.threads));
  describe(words, conv, rows);
  describeEpilogue(engine, epilogue);
  engine.reserveScratch(productScratch(words, conv, rows, "o"));
  runProduct(engine, conv, FORWARD, "o", Math.ceil(tileRowsOf(conv) / rows));
}

function describeEpilogue(engine: Engine, epilogue: Epilogue | null): void {
  const { words } = engine;
  const bias = epilogue?.bias ?? null;
  words[BIAS] = bias === null ? 0 : engine.address(bias);
  const axis = bias === null ? undefined : variesAlong(bias)[0];
  words[BIAS_STEP] = axis === undefined ? 0 : 4 * bias!.strides[axis]!;
  words[RELU] = epilogue?.relu ? 1 : 0;
}

/**
 * The gradient of the image, the exact adjoint of the forward pass: per tile, B [Σ_o (G w Gᵀ) ⊙ (A y Aᵀ)] Bᵀ, added up
 * where tiles overlap. Fills the image completely, cells beyond the windows with 0; `image` is its [H, W].
 */
export function winogradImage(
  engine: Engine,
  conv: Convolution,
  image: readonly [number, number],
): void {
  const { words } = engine;
  const rows = blockRowsFor(conv, productTiles(conv, engine.threads), true);
  describe(words, conv, rows, image);
  engine.reserveScratch(productScratch(words, conv, rows, "c"));
  runProduct(engine, conv, IMAGE, "c", conv.sizes.n);
}

/**
 * The gradient of the filters: Gᵀ [Σ (A y Aᵀ) ⊙ (Bᵀ x B)] G over all tiles. The sum is made of partial sums that the
 * shape decides on, added in a fixed order, so that the bits do not depend on the number of threads.
 */
export function winogradFilters(engine: Engine, conv: Convolution): void {
  const { words } = engine;
  const rows = blockRowsFor(conv, CORRELATION_TILES);
  describe(words, conv, rows);
  describeFilters(words, conv, "o");
  const { step, partials } = partialSums(conv, Math.ceil(tileRowsOf(conv) / rows));
  const ranges = Math.min(Math.ceil(engine.threads / partials), Math.ceil(conv.sizes.o / 16));
  engine.reserveScratch(correlationScratch(words, conv, rows, ranges));
  const sums = engine.allocate("float32", partials * PLACES * step);
  try {
    words[FILTERS] = conv.filters.address;
    words[PARTIALS] = partials;
    words[RANGES] = ranges;
    correlate(engine, sums, step, partials * ranges);
    words[PARTS] = engine.partsOf(Math.ceil(conv.sizes.o / 4), 4);
    engine.run(FINISH_FILTERS, words[PARTS], COUNT);
  } finally {
    engine.release(sums);
  }
}

function correlate(engine: Engine, sums: Block, step: number, parts: number): void {
  const { words } = engine;
  words[SUMS] = sums.address;
  words[SUMS_STEP] = 4 * step;
  engine.run(CORRELATE, parts, COUNT);
}

/** Floats that all partial sums of the filters' gradient may have together, roughly. */
const SUMS_ROOM = 2 ** 20;
const MOST_PARTIALS = 8;

/** Floats from one of the 36 sums to the next, and the number of partial sums: a matter of shape alone. */
function partialSums({ sizes }: Convolution, blocks: number): { step: number; partials: number } {
  const step = 4 * Math.ceil(sizes.o / 4) * 2 * Math.ceil(sizes.c / 2) + 16;
  // A power of 2, which most numbers of threads share out evenly.
  const fitting = 2 ** Math.round(Math.log2(SUMS_ROOM / (PLACES * step)));
  return { step, partials: Math.max(1, Math.min(MOST_PARTIALS, fitting, blocks)) };
}

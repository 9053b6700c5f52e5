import {
  BLOCK_ROWS,
  CARRY_PLANE,
  CHANNEL_BYTES,
  CHANNELS,
  D,
  D_STEP,
  FILTER_I,
  FILTER_J,
  FILTER_ROW,
  FILTER_TERM,
  GROUP_BLOCKS,
  GROUP_QUADS,
  HEIGHT,
  IMAGE_HEIGHT,
  IMAGE_WIDTH,
  LINES,
  OUTPUTS,
  OWN_PLANE,
  PRODUCTS,
  SEGMENT_TILES,
  SHIFT,
  TILE_ROWS,
  TILES,
  U_FIVES,
  U_ROWS,
  U_STEP,
  U_TERMS,
  V,
  V_STEP,
  WIDTH,
  X,
  X_CHANNEL,
  X_PLANE,
  X_ROW,
  X_SAMPLE,
  Y,
  Y_CHANNEL,
  Y_PLANE,
  Y_ROW,
  Y_SAMPLE,
  ZEROS,
} from "../assembly/winogradAbi.ts";
import type { Convolution } from "./convolution.ts";

/** Multiplications per tile: 6 × 6. */
export const PLACES = 36;
/** Between matrices that the same loop walks through, so that they do not fall on the same cache lines. */
const GAP = 64;
/** Tiles that are transformed at a time: enough to use the filters often, few enough for the second-level cache. */
const BLOCK_TILES = 64;
const LEAST_BLOCK_TILES = 16;
/** In the filters' gradient, where adding up lanes at the end of a block costs some time. */
export const CORRELATION_TILES = 84;
/** Rows of U that are multiplied before their products are transformed. */
const GROUP_ROWS = 20;
/** Outputs whose D is made at a time in the filters' gradient. */
const GROUP_OUTPUTS = 32;

/** The height and width of a tile in outputs, whose 6 × 6 pixels are those that the filters read: 4 for 3 × 3, 2 for 5 × 5. */
export const tileSizeOf = ({ sizes }: Convolution): number => 7 - sizes.i;

/** Tiles in a column and in a row of one sample. */
export function tilesOf(conv: Convolution): readonly [down: number, across: number] {
  const size = tileSizeOf(conv);
  return [Math.ceil(conv.sizes.h / size), Math.ceil(conv.sizes.w / size)];
}
const upTo = (multiple: number, x: number) => multiple * Math.ceil(x / multiple);

/** Rows of tiles in all samples. */
export const tileRowsOf = (conv: Convolution): number => conv.sizes.n * tilesOf(conv)[0];

/** Tiles of a block of the forward pass or the image's: fewer where threads would idle. The bits do not depend on it. */
export function productTiles(conv: Convolution, threads: number): number {
  const [down, across] = tilesOf(conv);
  const all = conv.sizes.n * down * across;
  return Math.max(LEAST_BLOCK_TILES, Math.min(BLOCK_TILES, all / threads));
}

/**
 * Rows of tiles that make a block of about so many tiles, with few lanes unused in its last panel of 8. With
 * `wholeSamples` a block is some samples or a part of one.
 */
export function blockRowsFor(conv: Convolution, tiles: number, wholeSamples = false): number {
  const [down, across] = tilesOf(conv);
  const fitting = Math.floor(Math.min(1.5 * tiles, SEGMENT_TILES) / across);
  const most = Math.max(1, Math.min(conv.sizes.n * down, fitting));
  const splits = !wholeSamples || down > most;
  const unit = splits ? 1 : down;
  const limit = wholeSamples && splits ? Math.min(most, down) : most;
  let [best, bestCost] = [unit, Number.POSITIVE_INFINITY];
  for (let rows = unit; rows <= limit; rows += unit) {
    const made = rows * across;
    const cost = (upTo(8, made) / made) * (1 + 0.06 * Math.abs(Math.log2(made / tiles)));
    if (cost < bestCost) [best, bestCost] = [rows, cost];
  }
  return best;
}

/** Sizes, places and strides of x and y, and the rows per block. */
export function describe(
  words: Int32Array,
  conv: Convolution,
  blockRows: number,
  image: readonly [number, number] = [0, 0],
): void {
  const { sizes, x, y } = conv;
  words[SHIFT] = Math.log2(tileSizeOf(conv));
  words[TILE_ROWS] = tileRowsOf(conv);
  words[BLOCK_ROWS] = blockRows;
  words[CHANNELS] = sizes.c;
  words[OUTPUTS] = sizes.o;
  words[HEIGHT] = sizes.h;
  words[WIDTH] = sizes.w;
  words[X] = x.address;
  words[X_SAMPLE] = 4 * x.strides.n;
  words[X_CHANNEL] = 4 * x.strides.c;
  words[X_ROW] = 4 * x.strides.i;
  words[IMAGE_HEIGHT] = image[0];
  words[IMAGE_WIDTH] = image[1];
  words[Y] = y.address;
  words[Y_SAMPLE] = 4 * y.strides.n;
  words[Y_CHANNEL] = 4 * y.strides.o;
  words[Y_ROW] = 4 * y.strides.h;
}

/** The filters' strides, with output or input channels as the rows of a matrix. */
export function describeFilters(
  words: Int32Array,
  { filters }: Convolution,
  rowAxis: "o" | "c",
): void {
  const { strides } = filters;
  words[FILTER_ROW] = 4 * strides[rowAxis];
  words[FILTER_TERM] = 4 * strides[rowAxis === "o" ? "c" : "o"];
  words[FILTER_I] = 4 * strides.i;
  words[FILTER_J] = 4 * strides.j;
}

/** Rows in blocks of five, then of four; with up to three rows of padding where there are few. */
function blocksFor(rows: number): { fives: number; padded: number } {
  for (let padded = rows; ; padded++) {
    for (let fives = Math.floor(padded / 5); fives >= 0; fives--) {
      if ((padded - 5 * fives) % 4 === 0) return { fives, padded };
    }
  }
}

/** Describes U, 36 matrices of filters, and returns the floats it takes. */
export function describeProduct(words: Int32Array, conv: Convolution, rowAxis: "o" | "c"): number {
  const terms = conv.sizes[rowAxis === "o" ? "c" : "o"];
  const { fives, padded } = blocksFor(conv.sizes[rowAxis]);
  describeFilters(words, conv, rowAxis);
  words[U_TERMS] = terms;
  words[U_ROWS] = padded;
  words[U_FIVES] = fives;
  words[U_STEP] = 4 * padded * terms + GAP;
  return (PLACES * words[U_STEP]) / 4;
}

/** Hands out the scratch memory, piece by piece. */
class Pieces {
  #end = 0;
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  add(index: number, bytes: number): void {
    this.#words[index] = this.#end;
    this.#end += upTo(64, bytes);
  }

  get bytes(): number {
    return this.#end;
  }
}

/** The pieces that every kernel needs: table of tiles, zeros, small buffers. */
function commonPieces(words: Int32Array, conv: Convolution, blockRows: number): Pieces {
  const pieces = new Pieces(words);
  pieces.add(TILES, 16 * blockTiles(conv, blockRows));
  pieces.add(ZEROS, 4 * (conv.sizes.w + conv.sizes.j - 1));
  pieces.add(LINES, 55 * 16); // 5 × 6 and 5 × 5 vectors
  return pieces;
}

/** Tiles of a block, with those that fill up the last panel. */
const blockTiles = (conv: Convolution, blockRows: number) => upTo(8, blockRows * tilesOf(conv)[1]);

/** A buffer of six lines for each row of tiles, and one more. */
const planeBytes = (conv: Convolution, blockRows: number) =>
  (blockRows + 1) * 6 * 4 * (tilesOf(conv)[1] * tileSizeOf(conv) + 4);

/** One of the 36 matrices V or D of so many channels. */
const matrixBytes = (channels: number, tiles: number) =>
  Math.ceil(tiles / SEGMENT_TILES) * channels * CHANNEL_BYTES + GAP;

/** Lays out the scratch memory of the forward pass (rows: outputs) or of the image's (channels); returns its bytes. */
export function productScratch(
  words: Int32Array,
  conv: Convolution,
  blockRows: number,
  rowAxis: "o" | "c",
): number {
  const pieces = commonPieces(words, conv, blockRows);
  const plane = planeBytes(conv, blockRows);
  const planes = rowAxis === "o" ? [X_PLANE] : [Y_PLANE, OWN_PLANE, CARRY_PLANE];
  for (const index of planes) pieces.add(index, plane);
  const { padded, fives } = blocksFor(conv.sizes[rowAxis]);
  const blocks = (padded - fives) / 4;
  const group = Math.ceil(blocks / Math.ceil(padded / (1.25 * GROUP_ROWS)));
  words[GROUP_BLOCKS] = group;
  const tiles = blockTiles(conv, blockRows);
  pieces.add(PRODUCTS, 4 * PLACES * 5 * group * tiles);
  const [matrix, step] = rowAxis === "o" ? [V, V_STEP] : [D, D_STEP];
  words[step] = matrixBytes(conv.sizes[rowAxis === "o" ? "c" : "o"], tiles);
  pieces.add(matrix, PLACES * words[step]!);
  return pieces.bytes;
}

/** Lays out the scratch memory of the filters' gradient; returns its bytes. */
export function correlationScratch(
  words: Int32Array,
  conv: Convolution,
  blockRows: number,
  ranges: number,
): number {
  const pieces = commonPieces(words, conv, blockRows);
  for (const index of [X_PLANE, Y_PLANE]) pieces.add(index, planeBytes(conv, blockRows));
  const tiles = blockTiles(conv, blockRows);
  words[GROUP_QUADS] = Math.min(GROUP_OUTPUTS / 4, Math.ceil(conv.sizes.o / 4 / ranges));
  words[V_STEP] = matrixBytes(upTo(2, conv.sizes.c), tiles);
  words[D_STEP] = matrixBytes(4 * words[GROUP_QUADS], tiles);
  pieces.add(V, PLACES * words[V_STEP]);
  pieces.add(D, PLACES * words[D_STEP]);
  return pieces.bytes;
}

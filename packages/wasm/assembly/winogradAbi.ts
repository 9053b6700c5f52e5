// What the Winograd kernels and the TypeScript around them agree on: the numbers of the kernels and the words of their
// arguments. Plain enough for AssemblyScript and TypeScript alike.

/** U = G w Gᵀ, packed for the product. */
export const TRANSFORM_FILTERS = 200;
/** y from x and U. */
export const FORWARD = 201;
/** The image's gradient from y's and U with outputs and channels exchanged. */
export const IMAGE = 202;
/** Partial sums of D·Vᵀ. */
export const CORRELATE = 203;
/** Gᵀ (sum of the partial sums) G. */
export const FINISH_FILTERS = 204;
/** One of the innermost functions again and again, for measuring it; see `winogradMeasure.ts`. */
export const MEASURE = 205;

/**
 * V and D lie as [36 places][segments of tiles][channels][tiles of a segment]: so many tiles may a segment have, and so
 * many bytes, a few more, lie between channels, which spreads them over all sets of the first-level cache.
 */
export const SEGMENT_TILES = 96;
export const CHANNEL_BYTES = 416;

// The words of the arguments. Strides, sizes of buffers and places in the scratch memory are in bytes.
export const PARTS = 0;
/** All rows of tiles, of all samples; and how many of them are transformed at a time. */
export const TILE_ROWS = 1;
export const BLOCK_ROWS = 2;
export const CHANNELS = 3;
export const OUTPUTS = 4;
/** Of one sample of y. */
export const HEIGHT = 5;
export const WIDTH = 6;
export const X = 7;
export const X_SAMPLE = 8;
export const X_CHANNEL = 9;
export const X_ROW = 10;
export const IMAGE_HEIGHT = 11;
export const IMAGE_WIDTH = 12;
export const Y = 13;
export const Y_SAMPLE = 14;
export const Y_CHANNEL = 15;
export const Y_ROW = 16;
export const FILTERS = 17;
/** The filters' strides along U's rows and along its summed axis. */
export const FILTER_ROW = 18;
export const FILTER_TERM = 19;
export const FILTER_I = 20;
export const FILTER_J = 21;
/** U's address, distance of its 36 matrices, rows (with padding) and terms, and how many blocks have five rows. */
export const U = 22;
export const U_STEP = 23;
export const U_ROWS = 24;
export const U_TERMS = 25;
export const U_FIVES = 26;
/** Blocks of U's rows that are multiplied before their products are transformed. */
export const GROUP_BLOCKS = 27;
/** 0 without a bias. */
export const BIAS = 28;
export const BIAS_STEP = 29;
export const RELU = 30;
/** The partial sums of D·Vᵀ: address, distance of their 36 matrices, how many there are, and ranges of outputs. */
export const SUMS = 31;
export const SUMS_STEP = 32;
export const PARTIALS = 33;
export const RANGES = 34;
// Places in the scratch memory.
export const TILES = 35;
export const ZEROS = 36;
export const X_PLANE = 37;
/** For y's gradient; its tiles of 2 × 2 need none, but the image's gradient then needs a third plane. */
export const Y_PLANE = 38;
export const THIRD_PLANE = Y_PLANE;
export const OWN_PLANE = 39;
export const CARRY_PLANE = 40;
export const PRODUCTS = 41;
export const V = 42;
export const D = 43;
/** From one of the 36 matrices of V, or of D, to the next. */
export const V_STEP = 44;
export const D_STEP = 45;
/** Vectors between the halves of a transform. */
export const LINES = 46;
/** Rows of U that are not padding. */
export const FILTER_ROWS = 47;
/** Fours of outputs whose D is made at a time. */
export const GROUP_QUADS = 48;
/** log₂ of a tile's height and width in outputs: 2 for filters of 3 × 3, 1 for 5 × 5. */
export const SHIFT = 49;
/** How many words there are. */
export const COUNT = 50;

// The words of `MEASURE`: which function, how often, for how many terms; it works in the scratch memory.
export const MEASURED = 1;
export const TIMES = 2;
export const TERMS = 3;


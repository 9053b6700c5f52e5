// The kernels of this family and what their arguments mean, for both sides.

// They count from CONTRACTION of "./abi"; written out, because both sides import this file.

/** Packs an operand into panels. */
export const PACK = 100;
/** A product of matrices, one operand of which is packed. */
export const PRODUCT = 101;
/** A convolution with tiles along the rows of the output. */
export const ROWS = 102;
/** A convolution with tiles of four windows. */
export const PIXELS = 103;
/** The gradient of filters with tiles of four taps; partial sums. */
export const TAPS = 104;
/** The gradient of filters as dot products along rows; partial sums. */
export const DOTS = 105;
/** Adds the partial sums of a gradient of filters. */
export const TOTAL = 106;
/** The gradient of an image. */
export const IMAGE = 107;
/** Adds columns to the cells of the images they came from. */
export const FOLD = 108;
/** Bias and relu of an output that is there. */
export const FINISH = 109;
/** One micro-kernel many times, on data in the cache. */
export const MICRO = 110;
/** Writes the rows of the tallest tile that is fast in this module over its first argument. */
export const HEIGHT = 111;
/** A convolution whose filters see one channel each, and the gradient of its image. */
export const PLANES = 112;
export const PLANE_IMAGES = 113;

// What a tile does with its sums; bits.
/** Adds them to what the output holds. */
export const ADD = 1;
export const BIAS = 2;
export const RELU = 4;

/** Floats of the small buffer at the start of a thread's scratch: a tile that needs care is stored there first. */
export const TILE = 64;

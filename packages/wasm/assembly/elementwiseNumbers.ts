// What the kernels of this family and their TypeScript side agree on: kernel numbers, codes of operations, and the words
// of a nest. Plain enough for AssemblyScript and TypeScript alike.

// Kernels, counted from the family's first.
/** out = f(a, b, c) element by element, f by `CODE`. */
export const ELEMENTS = 0;
/** out = ALPHA·a + BETA·out, one after the other; integers: out += a. */
export const AXPBY = 1;
/** out = Σ a over the inner nest. */
export const SUM = 2;
/** out = index of the first maximum of a in the inner nest. */
export const ARGMAX = 3;
/** out = b[a·STEP]. */
export const GATHER = 4;
/** out[a·STEP] += b. */
export const SCATTER_ADD = 5;
/** The least and the largest element of `out`, which is read. */
export const RANGE = 6;
/** out = a, of the same type. */
export const COPY = 7;

// The words of a nest of loops. Addresses and strides are in bytes, axes count from the innermost; operands are out, a,
// b and c.
/** What the kernel does; its meaning is the kernel's. */
export const CODE = 0;
/** Loops of the nest, 1 or more. */
export const RANK = 1;
/** Rows in all: the product of the sizes of all axes but the innermost. */
export const ROWS = 2;
/** What each part does: so many rows, or so many elements where there is one row only. */
export const PER_PART = 3;
/** The widths of the operands and other properties of an elementwise operation. */
export const FORMAT = 4;
/** Two floats: α and β, or the value to fill with. */
export const ALPHA = 5;
export const BETA = 6;
/** Bytes from one element to the next along the axis that an index picks from. */
export const STEP = 5;
/** Axes of the nest that is reduced, which follow those of this one; and the product of their sizes from the third on. */
export const INNER_RANK = 5;
export const INNER_TILES = 6;
/** The first of four addresses. */
export const ADDRESS = 7;
/** The first axis. Each has its size and four strides. */
export const AXES = 11;
export const AXIS_WORDS = 5;

// Operations of one operand and of two, in the order of their names in core.
export const NEG = 0;
export const ABS = 1;
export const SIGN = 2;
export const EXP = 3;
export const LOG = 4;
export const SQRT = 5;
export const TANH = 6;
export const SIGMOID = 7;
export const RELU = 8;
export const SIN = 9;
export const COS = 10;
export const ERF = 11;

export const ADD = 0;
export const SUB = 1;
export const MUL = 2;
export const DIV = 3;
export const POW = 4;
export const MAXIMUM = 5;
export const MINIMUM = 6;
export const GATE = 7;
export const EQUAL = 8;
export const GREATER = 9;

// Types, as they stand in codes.
export const FLOAT32 = 0;
export const INT32 = 1;
export const UINT8 = 2;
export const FLOAT64 = 3;
/** Codes of one type. */
export const TYPE_CODES = 16;

// Codes of ELEMENTS: the first of each group.
/** MAP + type·TYPE_CODES + operation */
export const MAP = 0;
/** ZIP + type·TYPE_CODES + operation */
export const ZIP = 48;
/** CONVERT + from·TYPE_CODES + to */
export const CONVERT = 96;
/** SELECT + type */
export const SELECT = 144;

// Bits of FORMAT.
/** Two bits per operand: log₂ of its width in bytes, or this where there is none. */
export const ABSENT = 3;
/** The operation takes 16 elements at a time, not 4. */
export const BYTEWISE = 256;

/** Scratch memory per thread: rows of `STAGE` bytes for four operands, then `SPREAD` bytes for each. */
export const STAGE = 1024;
export const SPREAD = 64;
export const SCRATCH_BYTES = 4352;

// Codes of SUM: type·TYPE_CODES + one of these.
export const TO_SAME = 0;
/** Partial sums, which a second SUM adds up. */
export const TO_FLOAT64 = 1;

import type { DType, TypedArray } from "./dtype.ts";
import type { Layout, Pooling, Window } from "./layout.ts";

/** A backend's own handle of a block of memory; core only passes it around. */
export type Buffer = object;

/** A strided view of a buffer: what every kernel reads and writes. Strides may be 0, negative or overlapping. */
export interface View extends Layout {
  readonly buffer: Buffer;
  readonly dtype: DType;
}

/** Elementwise functions of one operand. */
export type MapOp =
  | "neg"
  | "abs"
  | "sign"
  | "exp"
  | "log"
  | "sqrt"
  | "tanh"
  | "sigmoid"
  | "relu"
  | "sin"
  | "cos"
  | "erf";

/** Elementwise functions of two operands; `equal` and `greater` write 1 or 0 as uint8; gate(a, b) = a where b ≠ 0, else 0. */
export type ZipOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "gate"
  | "equal"
  | "greater";

/** The letters of a contraction's axes: `"mk, kn -> mn"` is `{ a: "mk", b: "kn", out: "mn" }`. */
export interface Letters {
  readonly a: string;
  readonly b: string;
  readonly out: string;
}

/** A place in the counter-based random sequence. */
export interface RandomState {
  /** The seed, 0 ≤ seed < 2^53. */
  readonly seed: number;
  /** Which sequence of that seed; each random tensor takes the next one. */
  readonly stream: number;
}

/**
 * A backend: about a dozen kernels, all on strided views. Core allocates the output and checks shapes and dtypes first;
 * a kernel fills `out` completely. `out` shares no memory with an input, unless the kernel's line says otherwise.
 * `reference` specifies each kernel; the conformance suite compares every other backend with it.
 */
export interface Kernels {
  /** As in `setBackend(name)`. */
  readonly name: string;
  /** What it computes in; operands of other types run on the reference backend. */
  readonly dtypes: readonly DType[];
  /** Threads it uses, 1 or more. */
  readonly threads: number;
  /** Why these are fewer than it was to use, or `null`. */
  readonly trouble?: string | null;
  /** Resolves when all threads are ready, or `trouble` says why they are not. */
  settle?(): Promise<void>;
  /** Set by a backend that computes nothing: its buffers hold no numbers, and it leaves those of others alone. */
  readonly virtual?: true;

  /** Room for `length` elements, contents unspecified. Throws `MemoryError` when there is none. */
  allocate(dtype: DType, length: number): Buffer;
  release(buffer: Buffer): void;
  /** Whether this backend may touch the buffer; others are moved to it first. */
  owns(buffer: Buffer): boolean;
  /** Fills the whole buffer from an array of its dtype. */
  write(buffer: Buffer, values: TypedArray): void;
  /** A row-major copy of the view's elements. */
  read(view: View): TypedArray;

  /** out = value everywhere. */
  fill(value: number, out: View): void;
  /** out = x, converting between dtypes: towards zero for integers, modulo 2ⁿ beyond their range, NaN to 0. */
  copy(x: View, out: View): void;
  /** out = op(x). */
  map(op: MapOp, x: View, out: View): void;
  /** out = op(a, b); equal shapes. */
  zip(op: ZipOp, a: View, b: View, out: View): void;
  /** out = condition ≠ 0 ? a : b; equal shapes, condition uint8. */
  select(condition: View, a: View, b: View, out: View): void;
  /** out = Σ x over the axes along which `out` has size 1 and `x` more; equal ranks. */
  sum(x: View, out: View): void;
  /** out (int32, size 1 along `axes`) = row-major index, within `axes`, of the first maximum; the first NaN wins. */
  argmax(x: View, axes: readonly number[], out: View): void;
  /** out (int32) = the place, row·W + column, of the first maximum of each window; the first NaN wins. */
  winners(x: View, pooling: Pooling, out: View): void;
  /** out = α·x + β·out; equal shapes, the scalars rounded to the type first, each product and the sum after. */
  axpby(alpha: number, x: View, beta: number, out: View): void;
  /** out = Σ a·b over the letters missing from `out`; floats only. */
  contract(a: View, b: View, letters: Letters, out: View): void;
  /** out += x, element by element in row-major order; `out` may overlap itself, and then that is a fold. */
  accumulate(x: View, out: View): void;
  /** out[…, i, …] = x[…, index[…, i, …], …] along `axis`. Throws `ValueError` for an index out of range. */
  gather(x: View, index: View, axis: number, out: View): void;
  /** out[…, index[…, i, …], …] += x[…, i, …] along `axis`, in row-major order of x: the adjoint of gather. */
  scatterAdd(x: View, index: View, axis: number, out: View): void;
  /** out = independent draws in row-major order: uniform in [0, 1) or standard normal. */
  random(distribution: "uniform" | "normal", state: RandomState, out: View): void;

  /** Kernels of several operations in one, where the backend has any. */
  readonly fused?: FusedKernels;
}

/** What follows a contraction element by element: y = relu(Σ a·b + bias). */
export interface Epilogue {
  /** A view of the shape of the output, whose strides are 0 but along one axis at most, or the parts of one that was split. */
  readonly bias: View | null;
  readonly relu: boolean;
}

/** The numbers of a step of Adam; see `FusedKernels.adam`. */
export interface AdamFactors {
  readonly beta1: number;
  readonly beta2: number;
  readonly alpha: number;
  readonly beta: number;
  readonly epsilon: number;
}

/** Kernels that a backend may have because they save time; each equals the composition it stands for. */
export interface FusedKernels {
  /** `contract`, then `add` and `relu` as the epilogue says. */
  contract(a: View, b: View, letters: Letters, epilogue: Epilogue, out: View): void;
  /**
   * fold(contract(a, b)): `letters.out` names the axes of the columns `[…, kh, kw, oh, ow]` that nobody sees; `out` is
   * the image `[…, H, W]`, which is filled completely, with 0 where no window lies.
   */
  contractFold(a: View, b: View, letters: Letters, window: Window, out: View): void;
  /**
   * m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← β·w + α·m / (√v + ε), each operation rounded; all row-major and
   * of one size.
   */
  adam?(g: View, factors: AdamFactors, moving: readonly [w: View, m: View, v: View]): void;
  /** The mean and the biased variance `[C]` of each channel of x `[N, C, H, W]`, which has cells. */
  moments?(x: View, mean: View, variance: View): void;
  /** out = w·(x − μ) / √(σ² + ε) + b for each channel; no weight is 1, no bias 0. */
  normalize?(
    x: View,
    mean: View,
    variance: View,
    weight: View | null,
    bias: View | null,
    epsilon: number,
    out: View,
  ): void;
  /**
   * The gradients of `normalize` by the `moments` of x, which depend on x, from that of its output; each where it is
   * wanted, row-major.
   */
  normalizeGradients?(
    g: View,
    x: View,
    mean: View,
    variance: View,
    weight: View | null,
    epsilon: number,
    gradients: readonly [x: View | null, weight: View | null, bias: View | null],
  ): void;
}

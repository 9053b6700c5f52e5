import type { Block } from "./block.ts";
import type { DType } from "./dtype.ts";
import { MemoryError } from "./errors.ts";
import type { Buffer, FusedKernels, Kernels, Letters, View } from "./kernels.ts";
import {
  contiguousLayout,
  isContiguous,
  type Layout,
  reshapeLayout,
  type Window,
} from "./layout.ts";
import { viewOn } from "./primitive.ts";
import { type Shape, sameShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** An operand of a deferred value: a view of a block that is held for it. */
interface Held extends Layout {
  readonly block: Block;
  readonly dtype: DType;
  /** What `block.overwritten` was when the value was asked for. */
  readonly overwritten: number;
}

function held(kernels: Kernels, x: Tensor, layout: Layout = x.layout): Held {
  viewOn("contract", kernels, x); // moves it to the backend, and computes it where it is itself deferred
  const block = x.storage.block.hold();
  return { block, dtype: x.dtype, overwritten: block.overwritten, ...layout };
}

function viewOf({ block, overwritten, ...rest }: Held): View {
  if (block.overwritten !== overwritten) {
    throw new MemoryError(
      "contract",
      "an operand was overwritten before this value was needed, and there was no memory to keep it; " +
        "use a smaller batch, or read the value before the update",
    );
  }
  return { buffer: block.buffer, ...rest };
}

interface Parts {
  readonly fused: FusedKernels;
  readonly a: Held;
  readonly b: Held;
  readonly letters: Letters;
  readonly bias: Held | null;
  readonly relu: boolean;
  /** Of the value. */
  readonly shape: Shape;
}

/**
 * A contraction whose kernel has not run yet, because a fused kernel may take it over together with what follows:
 * a bias, relu, or the fold of an input gradient. Backends without fused kernels never see one.
 */
export class DeferredContraction {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Σ a·b, to be computed when needed; `null` where the backend has no fused kernels. */
  static of(
    kernels: Kernels,
    a: Tensor,
    b: Tensor,
    letters: Letters,
    shape: Shape,
  ): DeferredContraction | null {
    const { fused } = kernels;
    if (!fused) return null;
    viewOn("contract", kernels, b); // may fail, and nothing must be held then
    const [p, q] = [held(kernels, a), held(kernels, b)];
    return new DeferredContraction({ fused, a: p, b: q, letters, bias: null, relu: false, shape });
  }

  /** The contraction behind a tensor that shows all of it, while it is still deferred on that backend. */
  static behind(kernels: Kernels, x: Tensor): DeferredContraction | null {
    const { deferred, length } = x.storage;
    const isWhole = x.size === length && isContiguous(x.layout);
    return deferred && isWhole && deferred.#parts.fused === kernels.fused ? deferred : null;
  }

  /**
   * This plus x, or `null` where that is no epilogue: after another one, with values along several axes, or for a view
   * of this itself, whose computation would let the operands go.
   */
  plus(kernels: Kernels, x: Tensor): DeferredContraction | null {
    const { bias, relu, shape } = this.#parts;
    if (x.storage.deferred === this) return null;
    const axes = x.layout.strides.filter((stride, axis) => stride !== 0 && x.shape[axis] !== 1);
    if (bias || relu || axes.length > 1 || sizeOf(shape) !== x.size) return null;
    // The axes of the sums may have been split or joined since (groups); the bias follows.
    const layout = sameShape(shape, x.shape) ? x.layout : reshapeLayout(x.layout, shape);
    return layout && this.#with({ bias: held(kernels, x, layout) });
  }

  /** relu of this, or `null` where it is one already. */
  relu(): DeferredContraction | null {
    if (this.#parts.relu) return null;
    this.#parts.bias?.block.hold();
    return this.#with({ relu: true });
  }

  #with(change: Partial<Parts>): DeferredContraction {
    this.#parts.a.block.hold();
    this.#parts.b.block.hold();
    return new DeferredContraction({ ...this.#parts, ...change });
  }

  /** Runs the kernel; the value fills the whole buffer. */
  compute(buffer: Buffer, dtype: DType): void {
    const { fused, a, b, letters, bias, relu, shape } = this.#parts;
    const out = { buffer, dtype, ...contiguousLayout(shape) };
    fused.contract(viewOf(a), viewOf(b), letters, { bias: bias && viewOf(bias), relu }, out);
  }

  /** Fills the image `out` with the fold of this, or declines where that is not what the columns `x` are. */
  foldInto(x: Tensor, window: Window, out: View): boolean {
    const { fused, a, b, letters, bias, relu, shape } = this.#parts;
    const axes = 2 * window.kernel.length;
    if (bias || relu || !sameShape(shape.slice(-axes), x.shape.slice(-axes))) return false;
    // The leading axes may have been split or joined since (groups); the image follows.
    const image = [...shape.slice(0, -axes), ...out.shape.slice(-window.kernel.length)];
    const target = { ...out, ...contiguousLayout(image) };
    fused.contractFold(viewOf(a), viewOf(b), letters, window, target);
    return true;
  }

  /** The value is computed or given up: its operands may go. */
  letGo(): void {
    const { a, b, bias } = this.#parts;
    for (const operand of [a, b, bias]) operand?.block.letGo();
  }
}

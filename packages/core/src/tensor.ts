import { backward } from "./autograd.ts";
import { kernelsFor } from "./backend.ts";
import { constructWith, makeTensor, requireTensor } from "./construct.ts";
import { checkDifferentiable, type DType, requireDType, type TypedArray } from "./dtype.ts";
import { GraphError, ShapeError } from "./errors.ts";
import { formatNumbers, formatTensor, inspectTensor, type Style } from "./format.ts";
import { type BackwardOptions, Node } from "./graph.ts";
import { onGradient, type RemoveHook } from "./hooks.ts";
import type { Layout } from "./layout.ts";
import type { Operand } from "./operations/arithmetic.ts";
import * as arithmetic from "./operations/arithmetic.ts";
import { assign } from "./operations/assign.ts";
import type { Margin, PadOptions } from "./operations/pad.ts";
import { pad } from "./operations/pad.ts";
import { indexSelect } from "./operations/select.ts";
import type {
  Flattened,
  Permuted,
  Reshaped,
  SameRank,
  Transposed,
  Unsqueezed,
} from "./operations/shape.rule.ts";
import type { Bound, WindowOptions } from "./operations/shape.ts";
import * as shaping from "./operations/shape.ts";
import { viewOn } from "./primitive.ts";
import { contiguous } from "./primitives/movement.ts";
import { gather } from "./primitives/select.ts";
import type { Carried, Known, Refusing, Result, ShapeOf, sizes } from "./shape.rule.ts";
import { formatShape, resolveAxis, type Shape, sameShape, sizeOf } from "./shape.ts";
import { abandon, holdAsGradient, type Storage } from "./storage.ts";
import { TensorMath } from "./tensorMath.ts";

/** Numbers nested as deeply as a tensor has axes. */
export type NestedArray = number | readonly NestedArray[];

/**
 * An n-dimensional array that remembers how it was computed. Operations return new tensors; movement operations
 * (reshape, permute, slice, windows, …) return views of the same memory.
 */
export class Tensor<S extends Shape = Shape> extends TensorMath {
  /** For the compiler alone: the shape, as far as it is known. */
  declare readonly [sizes]: Carried<S>;
  /** The memory, shared with views. */
  readonly storage: Storage;
  /** Where the elements lie in it. */
  readonly layout: Layout;
  /** This tensor's place in the recorded graph; `null` for a constant. */
  node: Node | null = null;
  #grad: Tensor<S> | null = null;
  /** As a leaf, also while it is frozen: its hooks stay. */
  #leaf: Node | null = null;

  constructor(storage: Storage, layout: Layout) {
    super();
    this.storage = storage;
    this.layout = layout;
  }

  /** Sizes along each axis, outermost first. */
  get shape(): Shape {
    return this.layout.shape;
  }
  /** Type of the elements. */
  get dtype(): DType {
    return this.storage.dtype;
  }
  /** The number of axes. */
  get rank(): number {
    return this.layout.shape.length;
  }
  /** The number of elements. */
  get size(): number {
    return sizeOf(this.layout.shape);
  }
  /** Whether this tensor was made by the user rather than computed from one that requires a gradient. */
  get isLeaf(): boolean {
    return this.node === null || this.node.leaf !== null;
  }

  /** Whether operations on this tensor are recorded. Settable on leaves. */
  get requiresGrad(): boolean {
    return this.node !== null;
  }
  set requiresGrad(on: boolean) {
    if (!this.isLeaf) {
      if (on) return;
      throw new GraphError(
        "requiresGrad",
        "only a leaf can stop requiring a gradient; use detach() on computed tensors",
      );
    }
    if (on) checkDifferentiable(this.dtype);
    if (on) this.#leaf ??= new Node("leaf", this.shape, [], this);
    this.node = on ? this.#leaf : null;
  }

  /**
   * ∂L/∂this after `L.backward()`, for leaves with `requiresGrad`. A gradient that is replaced or set to `null` inside a
   * scope is released with that scope, unless `keep` was called on it.
   */
  get grad(): Tensor<S> | null {
    return this.#grad;
  }
  set grad(gradient: Tensor<S> | null) {
    if (gradient) checkGradient(this, gradient);
    const former = this.#grad?.storage;
    if (former && former !== gradient?.storage) abandon(former);
    this.#grad = gradient ?? null;
    if (gradient) holdAsGradient(gradient.storage, this.storage.owner);
  }

  // Reading

  /** The only element as a number. */
  item(): number {
    if (this.size !== 1) {
      throw new ShapeError(
        "item",
        `${formatShape(this.shape)} has ${this.size} elements, not 1; use toArray()`,
      );
    }
    return this.toTypedArray()[0]!;
  }
  /** A row-major copy of the elements. */
  toTypedArray(): TypedArray {
    const kernels = kernelsFor(this.dtype, []);
    return kernels.read(viewOn("read", kernels, this));
  }
  /** The elements as nested arrays; a number for a scalar. */
  toArray(): NestedArray {
    let level: NestedArray[] = [...this.toTypedArray()];
    for (let axis = this.rank - 1; axis > 0; axis--) {
      const row = this.shape[axis]!;
      const cells = level;
      level = Array.from({ length: sizeOf(this.shape.slice(0, axis)) }, (_, i) =>
        cells.slice(i * row, (i + 1) * row),
      );
    }
    return this.rank === 0 ? level[0]! : level;
  }
  /** `toTypedArray()` as a promise: code that awaits it will also run on a backend that cannot read at once. */
  async read(): Promise<TypedArray> {
    return this.toTypedArray();
  }
  /** The numbers in columns, 5 digits of the largest: `tensor([ 1.0000, -0.1235])`. Long axes are shortened. */
  toString(): string {
    return formatTensor(this);
  }
  /** What `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](depth?: number | null, style?: Style): string {
    return inspectTensor(this, depth, style);
  }
  /** What notebooks with Deno's kernel show: text, a table of numbers, or images as a picture. */
  async [Symbol.for("Jupyter.display")](): Promise<Record<string, string>> {
    return (await import("./display.ts")).display(this, formatNumbers);
  }
  /** For JSON; `tensor(data, { shape, dtype })` makes it again. NaN and infinities become null there. */
  toJSON(): { shape: Shape; dtype: DType; data: number[] } {
    return { shape: this.shape, dtype: this.dtype, data: [...this.toTypedArray()] };
  }

  // Movement

  /** The same elements under another shape; one size may be −1. */
  reshape<T extends Tensor, const To extends Shape>(
    this: T,
    shape: Refusing<Reshaped<ShapeOf<T>, To>, To>,
  ): Tensor<Result<Reshaped<ShapeOf<T>, To>>> {
    return shaping.reshapeTo(this, shape as Shape);
  }
  /** All axes from `start` on merged into one. */
  flatten<T extends Tensor, const Start extends number = 0>(
    this: T,
    start: Start = 0 as Start,
  ): Tensor<Result<Flattened<ShapeOf<T>, Start>>> {
    const at = this.rank === 0 ? 0 : resolveAxis("flatten", start, this.rank);
    return this.reshape([...this.shape.slice(0, at), sizeOf(this.shape.slice(at))]);
  }
  /** The axes in another order, a view. */
  permute<T extends Tensor, const Order extends Shape>(
    this: T,
    order: Refusing<Permuted<ShapeOf<T>, Order>, Order>,
  ): Tensor<Result<Permuted<ShapeOf<T>, Order>>> {
    return shaping.permute(this, order as Shape);
  }
  /** Two axes exchanged; by default the last two. */
  transpose<T extends Tensor, const P extends number = -2, const Q extends number = -1>(
    this: T,
    axis0?: P,
    axis1?: Q,
  ): Tensor<Result<Transposed<ShapeOf<T>, P, Q>>> {
    return shaping.transpose(this, axis0, axis1);
  }
  /** Axes of size 1 repeated, and axes added in front, to reach the shape; a view. */
  broadcastTo<const To extends Shape>(shape: To): Tensor<Known<To>> {
    return arithmetic.broadcastTo(this, shape);
  }
  /** NumPy's `x[start:stop:step, …]`, an entry per axis; `null` or absent takes the whole axis. */
  slice<T extends Tensor>(
    this: T,
    start: readonly Bound[],
    stop?: readonly Bound[],
    step?: readonly number[],
  ): Tensor<SameRank<ShapeOf<T>>> {
    return shaping.slice(this, start, stop, step);
  }
  /** Cells around the last axes, a pair [before, after] for each: a value, by default 0, or as the mode says. */
  pad<T extends Tensor>(
    this: T,
    pairs: readonly Margin[],
    options?: number | PadOptions,
  ): Tensor<SameRank<ShapeOf<T>>> {
    return pad(this, pairs, options);
  }
  /** Axes reversed, by default all; a view. */
  flip(axes?: number | readonly number[]): Tensor<S> {
    return shaping.flip(this, axes);
  }
  /** Cells moved on by `shift` along an axis; those that leave at the end come in at the start. */
  roll(shift: number, axis: number): Tensor<S> {
    return shaping.roll(this, shift, axis);
  }
  /** Repeated so many times along each of the last axes. */
  tile(counts: readonly number[]): Tensor {
    return shaping.tile(this, counts);
  }
  /** Axes of size 1 dropped: the ones named, or all. */
  squeeze(axes?: number | readonly number[]): Tensor {
    return shaping.squeeze(this, axes);
  }
  /** A new axis of size 1 at `axis`, counted in the result. */
  unsqueeze<T extends Tensor, const Axis extends number>(
    this: T,
    axis: Axis,
  ): Tensor<Result<Unsqueezed<ShapeOf<T>, Axis>>> {
    return shaping.unsqueeze(this, axis);
  }
  /** y[…, i, …] = this[…, index[…, i, …], …] along `axis`; index is int32 with equal sizes on the other axes. */
  gather<To extends Shape>(axis: number, index: Tensor<To>): Tensor<To> {
    requireTensor("gather", "index", index);
    return gather(this, index, { axis: resolveAxis("gather", axis, this.rank) });
  }
  /** y[…, i, …] = this[…, index[i], …] along `axis`; index is an int32 vector. */
  indexSelect<T extends Tensor>(
    this: T,
    axis: number,
    index: Tensor,
  ): Tensor<SameRank<ShapeOf<T>>> {
    return indexSelect(this, axis, index);
  }
  /** The sliding-window view `[…, H, W] → […, kh, kw, oh, ow]`. */
  windows(kernel: readonly number[], options?: WindowOptions): Tensor {
    return shaping.windows(this, kernel, options);
  }
  /** This tensor, or a copy whose elements lie in row-major order. */
  contiguous(): Tensor<S> {
    return shaping.contiguous(this);
  }
  /** A copy with its own memory. */
  clone(): Tensor<S> {
    return contiguous(this);
  }

  // The graph

  /** The same memory outside the graph. */
  detach(): Tensor<S> {
    return makeTensor(this.storage, this.layout);
  }
  /**
   * Adds ∂this/∂leaf to the `grad` of every leaf that this tensor was computed from.
   *
   * @param gradient ∂L/∂this; may be left out when this tensor has one element
   * @throws {@link GraphError} when there is no graph, when it was freed, or when a saved value was modified or released.
   */
  backward(gradient?: Tensor, options?: BackwardOptions): void {
    backward(this, gradient, options);
  }
  /**
   * Calls `fn` once per backward pass with the whole gradient of this tensor, before it goes on (into `grad`, or into
   * the operation that made this tensor). What `fn` returns takes its place. Several hooks run in the order in which they
   * came. A hook on a leaf stays until it is removed; one on a computed tensor goes with its graph. The gradient is the
   * pass's own and released after use: `keep(g.clone())` to have it later. Also called by `gradients`, where the pass
   * comes by; with `createGraph` what it computes is recorded.
   *
   * @param fn from ∂L/∂this to its replacement, of the same shape and type, or to nothing
   * @returns a function that removes the hook
   * @throws {@link GraphError} for a tensor that requires no gradient; {@link ValueError} when `fn` is no function. The
   * pass throws {@link ShapeError} or {@link DTypeError} for a replacement that does not fit, and every `grad` is as before.
   * Source: PyTorch, `torch.Tensor.register_hook`.
   * @example
   * weight.onGradient((g) => g.mul(0.1));
   */
  onGradient(fn: (g: Tensor) => Tensor | undefined): RemoveHook {
    return onGradient(this, fn);
  }
  /**
   * Overwrites the elements in place with values, not with their history. Outside `noGrad` this is refused for tensors
   * of the graph, whose own history it would falsify.
   *
   * @throws {@link GraphError} for a tensor that requires a gradient; {@link ShapeError} for another shape.
   */
  assign(values: Operand): this {
    assign(this, values);
    return this;
  }
}

/** @throws unless the gradient has the shape and type of its tensor. */
function checkGradient(x: Tensor, gradient: unknown): void {
  requireTensor("grad", "gradient", gradient);
  requireDType("grad", "gradient", gradient, x.dtype);
  if (!sameShape(gradient.shape, x.shape)) {
    const [expected, actual] = [x.shape, gradient.shape];
    throw new ShapeError(
      "grad",
      `the gradient is ${formatShape(actual)}, the tensor ${formatShape(expected)}`,
      { expected, actual },
    );
  }
}

constructWith((storage, layout) => new Tensor(storage, layout));

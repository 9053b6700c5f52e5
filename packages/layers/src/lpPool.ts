import { checkOptions, type Shape, type ShapeOf, type Tensor, ValueError } from "@convgrad/core";
import type { Pair } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { lpPoolLoops } from "./loops/pooling.ts";
import { tapsOf } from "./loops/windows.ts";
import { annotate } from "./note.ts";
import {
  type DilatedPoolOptions,
  formatPool,
  POOL_OPTIONS,
  Pool,
  poolGeometry,
} from "./pooling.ts";
import type { Defaults, Exactly, Given, shapeRule } from "./shape.rule.ts";
import type { PoolRule } from "./window.rule.ts";

/**
 * The p-norm of each window; p = 2 is L2-norm pooling. A cell gets the gradient in proportion to |x|^(p − 1).
 *
 *     y[…, u, v] = (Σ_{i, j} |x̃[…, u·s + i·d, v·s + j·d]|^p)^(1/p),   ∂x = g·sign(x)·(|x| / y)^(p − 1), and 0 where y = 0
 *
 * With `ceilMode` a window that overhangs is the norm of the cells present (PyTorch scales it up).
 *
 * @param x floats `[…, H, W]`
 * @param p the order of the norm, ≥ 1
 * @param kernel height and width of a window
 * @returns `[…, oh, ow]`
 * @throws {@link ValueError} for p < 1; {@link ShapeError} when a setting is out of range or no
 * window fits; {@link DTypeError} for integers.
 */
export function lpPool<T extends Tensor, const Kernel extends Pair>(
  x: T,
  p: number,
  kernel: Kernel,
): Tensor<Given<PoolRule<"lpPool", Kernel, Defaults>, ShapeOf<T>>>;
export function lpPool<
  T extends Tensor,
  const Kernel extends Pair,
  const Options extends DilatedPoolOptions | undefined,
>(
  x: T,
  p: number,
  kernel: Kernel,
  options: Exactly<Options, DilatedPoolOptions>,
): Tensor<Given<PoolRule<"lpPool", Kernel, Options>, ShapeOf<T>>>;
export function lpPool(x: Tensor, p: number, kernel: Pair, options?: DilatedPoolOptions): Tensor;
export function lpPool(
  x: Tensor,
  p: number,
  kernel: Pair,
  options: DilatedPoolOptions = {},
): Tensor {
  checkOptions("lpPool", options, POOL_OPTIONS);
  checkOrder("lpPool", p);
  const window = poolGeometry("lpPool", x, kernel, options);
  const { stride, dilation } = window;
  const lead = x.rank - 2;
  const powers = x.pad(window.padding).windows(window.kernel, { stride, dilation }).abs().pow(p);
  const sums = powers.sum([lead, lead + 1]);
  // The root of 0 has an infinite slope, so 0 is kept out of it: there the gradient is 0.
  const isSome = sums.equal(0).equal(0);
  const y = sums
    .where(isSome, 1)
    .pow(1 / p)
    .where(isSome, 0);
  return annotate(y, {
    operation: "lpPool",
    equation: "y = (Σ |x|^p)^(1/p) over each window",
    inputs: [x],
  });
}

function checkOrder(operation: string, p: number): void {
  if (!(Number.isFinite(p) && p >= 1)) {
    throw new ValueError(
      operation,
      `order p = ${p} must be a finite number ≥ 1; maxPool is the limit p → ∞`,
      { p },
    );
  }
}

/** The layer of {@link lpPool}; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export class LpPool<
  const Kernel extends Pair = Pair,
  const Options extends DilatedPoolOptions | undefined = Defaults,
> extends Pool<DilatedPoolOptions> {
  declare readonly [shapeRule]: PoolRule<"LpPool", Kernel, Options>;
  readonly p: number;

  /** @throws {@link ValueError} for p < 1; {@link ShapeError} when a setting is out of range. */
  constructor(p: number, kernel: Kernel);
  constructor(p: number, kernel: Kernel, options: Exactly<Options, DilatedPoolOptions>);
  constructor(p: number, kernel: Pair, options: DilatedPoolOptions = {}) {
    super("LpPool", kernel, options);
    checkOrder("LpPool", p);
    this.p = p;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return lpPool(x, this.p, this.kernel, this.options);
  }
  override loops(x: Shape, y: Shape): Loops {
    return lpPoolLoops(x, y, tapsOf(this.window(x), x), this.p);
  }
  override toString(): string {
    return formatPool(`L${this.p}Pool`, this.kernel, this.options);
  }
}

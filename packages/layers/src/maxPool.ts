import { checkOptions, primitives, type Shape, type ShapeOf, type Tensor } from "@convgrad/core";
import type { Pair } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { maxPoolLoops } from "./loops/pooling.ts";
import { tapsOf } from "./loops/windows.ts";
import { annotate } from "./note.ts";
import {
  type DilatedPoolOptions,
  GlobalPool,
  POOL_OPTIONS,
  Pool,
  poolGeometry,
} from "./pooling.ts";
import type { Defaults, Exactly, Given, shapeRule } from "./shape.rule.ts";
import type { GlobalPoolRule, PoolRule } from "./window.rule.ts";

/** How {@link maxPool} slides. */
export type MaxPoolOptions = DilatedPoolOptions;

/**
 * The maximum of each window; the cell that holds it, the "winning unit", takes the whole gradient, and of equal
 * cells the first in row-major order wins, as in PyTorch. Padding never wins. Any dtype; gradients
 * for floats.
 *
 *     y[…, u, v] = max_{i, j} x̃[…, u·s + i·d, v·s + j·d],   ∂x = scatterAdd(g) at the winners
 *
 * @param x `[…, H, W]`
 * @param kernel height and width of a window
 * @returns `[…, oh, ow]`
 * @throws {@link ShapeError} when a setting is out of range or no window fits.
 */
export function maxPool<T extends Tensor, const Kernel extends Pair>(
  x: T,
  kernel: Kernel,
): Tensor<Given<PoolRule<"maxPool", Kernel, Defaults>, ShapeOf<T>>>;
export function maxPool<
  T extends Tensor,
  const Kernel extends Pair,
  const Options extends MaxPoolOptions | undefined,
>(
  x: T,
  kernel: Kernel,
  options: Exactly<Options, MaxPoolOptions>,
): Tensor<Given<PoolRule<"maxPool", Kernel, Options>, ShapeOf<T>>>;
export function maxPool(x: Tensor, kernel: Pair, options?: MaxPoolOptions): Tensor;
export function maxPool(x: Tensor, kernel: Pair, options: MaxPoolOptions = {}): Tensor {
  return maxPoolWithIndices(x, kernel, options).y;
}

/**
 * {@link maxPool} with the position of each winner in its plane of H·W cells.
 *
 * @param x `[…, H, W]`
 * @param kernel height and width of a window
 * @returns y and int32 indices, both `[…, oh, ow]`
 * @throws {@link ShapeError} as `maxPool` does.
 */
export function maxPoolWithIndices(
  x: Tensor,
  kernel: Pair,
  options: MaxPoolOptions = {},
): { y: Tensor; indices: Tensor } {
  checkOptions("maxPool", options, POOL_OPTIONS);
  const { padding, ...window } = poolGeometry("maxPool", x, kernel, options);
  const lead = x.shape.slice(0, -2);
  const [h, w] = x.shape.slice(-2) as [number, number];
  const [oh, ow] = window.output;
  const before = [padding[0][0], padding[1][0]] as const;
  const indices = primitives.winners(x.detach(), { ...window, before });
  const y = x.reshape([...lead, h * w]).gather(-1, indices.reshape([...lead, oh * ow]));
  const shaped = annotate(y.reshape([...lead, oh, ow]), {
    operation: "maxPool",
    equation: "y = max x over each window",
    inputs: [x],
  });
  return { y: shaped, indices };
}

/**
 * The maximum of each whole plane; its first cell in row-major order takes the whole gradient.
 * `[…, H, W] → […, 1, 1]`
 *
 * @throws {@link ShapeError} for a scalar, a vector, or planes without cells.
 */
export function globalMaxPool<T extends Tensor>(
  x: T,
): Tensor<Given<GlobalPoolRule<"globalMaxPool", 1>, ShapeOf<T>>>;
export function globalMaxPool(x: Tensor): Tensor {
  poolGeometry("globalMaxPool", x, 1, {});
  return maxPool(x, x.shape.slice(-2) as [number, number]);
}

/** The layer of {@link maxPool}; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export class MaxPool<
  const Kernel extends Pair = Pair,
  const Options extends MaxPoolOptions | undefined = Defaults,
> extends Pool<MaxPoolOptions> {
  declare readonly [shapeRule]: PoolRule<"MaxPool", Kernel, Options>;
  /** @throws {@link ShapeError} when a setting is out of range. */
  constructor(kernel: Kernel);
  constructor(kernel: Kernel, options: Exactly<Options, MaxPoolOptions>);
  constructor(kernel: Pair, options: MaxPoolOptions = {}) {
    super("MaxPool", kernel, options);
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return maxPool(x, this.kernel, this.options);
  }
  override loops(x: Shape, y: Shape): Loops {
    return maxPoolLoops(x, y, tapsOf(this.window(x), x));
  }
}

/** The layer of {@link globalMaxPool}; it has no parameters.  `[…, H, W] → […, 1, 1]` */
export class GlobalMaxPool extends GlobalPool {
  declare readonly [shapeRule]: GlobalPoolRule<"GlobalMaxPool", 1>;
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return globalMaxPool(x);
  }
  override loops(x: Shape, y: Shape): Loops {
    return maxPoolLoops(x, y, this.taps(x));
  }
  override toString(): string {
    return "GlobalMaxPool";
  }
}

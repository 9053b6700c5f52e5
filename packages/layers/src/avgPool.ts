import {
  checkBoolean,
  checkOptions,
  type Shape,
  type ShapeOf,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import type { Pair, Side, WindowGeometry } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { avgPoolLoops, countedCells } from "./loops/pooling.ts";
import { tapsOf } from "./loops/windows.ts";
import { annotate } from "./note.ts";
import { GlobalPool, Pool, type PoolOptions, poolGeometry, poolWindow } from "./pooling.ts";
import type { Defaults, Exactly, Given, shapeRule } from "./shape.rule.ts";
import type { GlobalPoolRule, PoolRule } from "./window.rule.ts";

/** How {@link avgPool} slides and what it divides by. */
export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as cells; default true. The overhang of ceil mode never does. */
  readonly countIncludePad?: boolean;
  /** Divide every window by this number instead of its cells. */
  readonly divisorOverride?: number;
}

/**
 * The mean of each window; its cells share the gradient evenly.
 *
 *     y[…, u, v] = Σ_{i, j} x̃[…, u·s + i, v·s + j] / cells,   ∂x = g / cells, spread and folded
 *
 * @param x floats `[…, H, W]`
 * @param kernel height and width of a window
 * @returns `[…, oh, ow]`
 * @throws {@link ShapeError} when a setting is out of range or no window fits; {@link ValueError}
 * for a divisor that is 0 or not finite; {@link DTypeError} for integers.
 * Source: PyTorch, `torch.nn.functional.avg_pool2d`.
 */
export function avgPool<T extends Tensor, const Kernel extends Pair>(
  x: T,
  kernel: Kernel,
): Tensor<Given<PoolRule<"avgPool", Kernel, Defaults>, ShapeOf<T>>>;
export function avgPool<
  T extends Tensor,
  const Kernel extends Pair,
  const Options extends AvgPoolOptions | undefined,
>(
  x: T,
  kernel: Kernel,
  options: Exactly<Options, AvgPoolOptions>,
): Tensor<Given<PoolRule<"avgPool", Kernel, Options>, ShapeOf<T>>>;
export function avgPool(x: Tensor, kernel: Pair, options?: AvgPoolOptions): Tensor;
export function avgPool(x: Tensor, kernel: Pair, options: AvgPoolOptions = {}): Tensor {
  check("avgPool", options);
  const { divisorOverride } = options;
  const window = poolGeometry("avgPool", x, kernel, options);
  const { stride, dilation } = window;
  const lead = x.rank - 2;
  const sums = x
    .pad(window.padding)
    .windows(window.kernel, { stride, dilation })
    .sum([lead, lead + 1]);
  return annotate(sums.div(divisorOverride ?? cells(x, window, kernel, options)), {
    operation: "avgPool",
    equation: "y = mean x over each window",
    inputs: [x],
  });
}

const OPTIONS = ["stride", "padding", "ceilMode", "countIncludePad", "divisorOverride"] as const;

function check(operation: string, options: AvgPoolOptions): void {
  checkOptions(operation, options, OPTIONS);
  const { divisorOverride: divisor, countIncludePad = true } = options;
  checkBoolean(operation, "countIncludePad", countIncludePad);
  if (divisor === undefined || (Number.isFinite(divisor) && divisor !== 0)) return;
  throw new ValueError(
    operation,
    `divisorOverride ${divisor} must be a finite number other than 0`,
    { divisor },
  );
}

/** Which cells count, on each axis from the first to the one after the last: the image, and its padding if asked. */
function limitsOf(
  x: Shape,
  window: WindowGeometry,
  kernel: Pair,
  options: AvgPoolOptions,
): [rows: Side, columns: Side] {
  const { countIncludePad = true, ceilMode = false } = options;
  const asked = ceilMode
    ? poolWindow("avgPool", x, kernel, { ...options, ceilMode: false }).padding
    : window.padding;
  const limits = (axis: 0 | 1): Side => {
    const size = x.at(axis - 2)!;
    return countIncludePad ? [-asked[axis][0], size + asked[axis][1]] : [0, size];
  };
  return [limits(0), limits(1)];
}

/** The cells that each window counts: one number, or `[oh, ow]` of them where windows differ. */
function cells(
  x: Tensor,
  window: WindowGeometry,
  kernel: Pair,
  options: AvgPoolOptions,
): Tensor | number {
  const counts = limitsOf(x.shape, window, kernel, options).map(([from, to], axis) =>
    Array.from({ length: window.output[axis]! }, (_, u) => {
      const start = u * window.stride[axis]! - window.padding[axis]![0];
      return Math.min(start + window.kernel[axis]!, to) - Math.max(start, from);
    }),
  ) as [number[], number[]];
  const [rows, columns] = counts;
  const uniform = [...rows, ...columns].every(
    (n, i) => n === (i < rows.length ? rows[0] : columns[0]),
  );
  return uniform
    ? rows[0]! * columns[0]!
    : tensor(
        rows.map((r) => columns.map((c) => r * c)),
        { dtype: x.dtype },
      );
}

/**
 * The mean of each whole plane, of integers as float32.  `[…, H, W] → […, 1, 1]`
 *
 *     y = Σ_{i, j} x[…, i, j] / (H·W),   ∂x = g / (H·W) everywhere
 *
 * @throws {@link ShapeError} for a scalar, a vector, or planes without cells.
 */
export function globalAvgPool<T extends Tensor>(
  x: T,
): Tensor<Given<GlobalPoolRule<"globalAvgPool", 1>, ShapeOf<T>>>;
export function globalAvgPool(x: Tensor): Tensor {
  poolGeometry("globalAvgPool", x, 1, {});
  return annotate(x.mean([-2, -1], true), {
    operation: "globalAvgPool",
    equation: "y = mean x over each plane",
    inputs: [x],
  });
}

/** The layer of {@link avgPool}; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export class AvgPool<
  const Kernel extends Pair = Pair,
  const Options extends AvgPoolOptions | undefined = Defaults,
> extends Pool<AvgPoolOptions> {
  declare readonly [shapeRule]: PoolRule<"AvgPool", Kernel, Options>;
  /** @throws {@link ShapeError} or {@link ValueError} when a setting is out of range. */
  constructor(kernel: Kernel);
  constructor(kernel: Kernel, options: Exactly<Options, AvgPoolOptions>);
  constructor(kernel: Pair, options: AvgPoolOptions = {}) {
    super("AvgPool", kernel, options, OPTIONS);
    check("AvgPool", options);
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return avgPool(x, this.kernel, this.options);
  }
  override loops(x: Shape, y: Shape): Loops {
    const window = this.window(x);
    const counted = countedCells(window, limitsOf(x, window, this.kernel, this.options));
    return avgPoolLoops(x, y, tapsOf(window, x), this.options.divisorOverride ?? counted);
  }
}

/** The layer of {@link globalAvgPool}; it has no parameters.  `[…, H, W] → […, 1, 1]` */
export class GlobalAvgPool extends GlobalPool {
  declare readonly [shapeRule]: GlobalPoolRule<"GlobalAvgPool", 1>;
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return globalAvgPool(x);
  }
  override loops(x: Shape, y: Shape): Loops {
    const [h, w] = x.slice(-2) as [number, number];
    return avgPoolLoops(x, y, this.taps(x), h * w);
  }
  override toString(): string {
    return "GlobalAvgPool";
  }
}

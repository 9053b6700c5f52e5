import { type Tensor, tensor, ValueError } from "@convgrad/core";
import type { Pair, Side, WindowGeometry } from "./geometry.ts";
import { Module } from "./module.ts";
import { formatPool, type PoolOptions, poolGeometry } from "./pooling.ts";

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
 * @param x `[…, H, W]`
 * @param kernel height and width of a window
 * @returns `[…, oh, ow]`
 * @throws {@link ShapeError} when a setting is out of range or no window fits; {@link ValueError} for a divisor of 0.
 * Source: PyTorch, `torch.nn.functional.avg_pool2d`.
 */
export function avgPool(x: Tensor, kernel: Pair, options: AvgPoolOptions = {}): Tensor {
  const { divisorOverride } = options;
  if (
    divisorOverride !== undefined &&
    !(Number.isFinite(divisorOverride) && divisorOverride !== 0)
  ) {
    throw new ValueError(
      "avgPool",
      `divisorOverride ${divisorOverride} must be a finite number other than 0`,
    );
  }
  const window = poolGeometry("avgPool", x.shape, kernel, options);
  const lead = x.rank - 2;
  const sums = x
    .pad(window.padding)
    .windows(window.kernel, window)
    .sum([lead, lead + 1]);
  return sums.div(divisorOverride ?? cells(x, window, kernel, options));
}

/** The cells that each window counts: one number, or `[oh, ow]` of them where windows differ. */
function cells(
  x: Tensor,
  window: WindowGeometry,
  kernel: Pair,
  options: AvgPoolOptions,
): Tensor | number {
  const { countIncludePad = true, ceilMode = false } = options;
  const { output } = window;
  const asked = ceilMode
    ? poolGeometry("avgPool", x.shape, kernel, { ...options, ceilMode: false }).padding
    : window.padding;
  const counts = [0, 1].map((axis) => {
    const size = x.shape.at(axis - 2)!;
    const limits: Side = countIncludePad ? [-asked[axis]![0], size + asked[axis]![1]] : [0, size];
    return Array.from({ length: output[axis]! }, (_, u) => {
      const start = u * window.stride[axis]! - window.padding[axis]![0];
      return Math.min(start + window.kernel[axis]!, limits[1]) - Math.max(start, limits[0]);
    });
  }) as [number[], number[]];
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

/** The mean of each whole plane.  `[N, C, H, W] → [N, C, 1, 1]`.   ∂x = g / (H·W) everywhere */
export function globalAvgPool(x: Tensor): Tensor {
  poolGeometry("globalAvgPool", x.shape, 1, {});
  return x.mean([-2, -1], true);
}

/** The layer of {@link avgPool}; it has no parameters.  `[N, C, H, W] → [N, C, oh, ow]` */
export class AvgPool extends Module {
  readonly kernel: Pair;
  readonly options: AvgPoolOptions;

  constructor(kernel: Pair, options: AvgPoolOptions = {}) {
    super();
    this.kernel = kernel;
    this.options = options;
  }
  forward(x: Tensor): Tensor {
    return avgPool(x, this.kernel, this.options);
  }
  override reach(x: Tensor): WindowGeometry {
    return poolGeometry("AvgPool", x.shape, this.kernel, this.options);
  }
  override toString(): string {
    return formatPool("AvgPool", this.kernel, this.options);
  }
}

/** The layer of {@link globalAvgPool}. */
export class GlobalAvgPool extends Module {
  forward(x: Tensor): Tensor {
    return globalAvgPool(x);
  }
  override reach(): "all" {
    return "all";
  }
  override toString(): string {
    return "GlobalAvgPool";
  }
}

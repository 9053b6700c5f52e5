import { type Tensor, ValueError } from "@convgrad/core";
import type { Pair, WindowGeometry } from "./geometry.ts";
import { Module } from "./module.ts";
import { formatPool, type PoolOptions, poolGeometry } from "./pooling.ts";

/**
 * The p-norm of each window; p = 2 is L2-norm pooling. A cell gets the gradient in proportion to |x|^(p − 1).
 *
 *     y[…, u, v] = (Σ_{i, j} |x̃[…, u·s + i, v·s + j]|^p)^(1/p),   ∂x = g·sign(x)·(|x| / y)^(p − 1), and 0 where y = 0
 *
 * With `ceilMode` a window that overhangs is the norm of the cells present (PyTorch scales it up).
 *
 * @param x `[…, H, W]`
 * @param p the order of the norm, ≥ 1
 * @param kernel height and width of a window
 * @returns `[…, oh, ow]`
 * @throws {@link ValueError} for p < 1; {@link ShapeError} when no window fits.
 */
export function lpPool(x: Tensor, p: number, kernel: Pair, options: PoolOptions = {}): Tensor {
  checkOrder(p);
  const window = poolGeometry("lpPool", x.shape, kernel, options);
  const lead = x.rank - 2;
  const powers = x.pad(window.padding).windows(window.kernel, window).abs().pow(p);
  const sums = powers.sum([lead, lead + 1]);
  // The root of 0 has an infinite slope, so 0 is kept out of it: there the gradient is 0.
  const isSome = sums.equal(0).equal(0);
  return sums.where(isSome, 1).pow(1 / p).where(isSome, 0);
}

function checkOrder(p: number): void {
  if (!(Number.isFinite(p) && p >= 1)) {
    throw new ValueError(
      "lpPool",
      `order p = ${p} must be a finite number ≥ 1; maxPool is the limit p → ∞`,
      { p },
    );
  }
}

/** The layer of {@link lpPool}; it has no parameters.  `[N, C, H, W] → [N, C, oh, ow]` */
export class LpPool extends Module {
  readonly p: number;
  readonly kernel: Pair;
  readonly options: PoolOptions;

  constructor(p: number, kernel: Pair, options: PoolOptions = {}) {
    super();
    checkOrder(p);
    this.p = p;
    this.kernel = kernel;
    this.options = options;
  }
  forward(x: Tensor): Tensor {
    return lpPool(x, this.p, this.kernel, this.options);
  }
  override reach(x: Tensor): WindowGeometry {
    return poolGeometry("LpPool", x.shape, this.kernel, this.options);
  }
  override toString(): string {
    return formatPool(`L${this.p}Pool`, this.kernel, this.options);
  }
}

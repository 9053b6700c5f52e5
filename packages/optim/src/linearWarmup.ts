import { checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import type { Optimizer } from "./optimizer.ts";
import { power } from "./power.ts";
import { Schedule } from "./schedule.ts";
import { checkNumber, NOT_NEGATIVE } from "./settings.ts";

/** How {@link LinearWarmup} rises. */
export interface LinearWarmupOptions {
  /** T, the step at which it ends, a whole number ≥ 1; default 5. */
  readonly totalIters?: number;
  /** a ≥ 0: the part of the base rate at step 0; default 1/3. */
  readonly startFactor?: number;
  /** b ≥ 0: the part from step T on; default 1. */
  readonly endFactor?: number;
}

/**
 * The rate rises (or falls) along a line, and then stays:  lr = base·(a + (b − a)·min(k, T) / T)
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.LinearLR`.
 */
export class LinearWarmup extends Schedule {
  readonly #options: Required<LinearWarmupOptions>;

  /** @throws {@link ValueError} for settings out of range. */
  constructor(optimizer: Optimizer, options: LinearWarmupOptions = {}) {
    super("LinearWarmup", optimizer);
    checkOptions("LinearWarmup", options, ["totalIters", "startFactor", "endFactor"]);
    const { totalIters = 5, startFactor = 1 / 3, endFactor = 1 } = options;
    checkWhole("LinearWarmup", "totalIters", totalIters, 1);
    checkNumber("LinearWarmup", "startFactor", startFactor, NOT_NEGATIVE);
    checkNumber("LinearWarmup", "endFactor", endFactor, NOT_NEGATIVE);
    this.#options = { totalIters, startFactor, endFactor };
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    const { totalIters, startFactor, endFactor } = this.#options;
    const part = Math.min(count, totalIters) / totalIters;
    return base * (startFactor + (endFactor - startFactor) * part);
  }
}

/**
 * The rate falls to 0 along a power of a line:  lr = base·(1 − min(k, T) / T)ᵖ
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.PolynomialLR`.
 */
export class PolynomialLR extends Schedule {
  readonly #totalIters: number;
  readonly #power: number;

  /**
   * @param options `totalIters`, T, a whole number ≥ 1, default 5; `power`, p ≥ 0, default 1
   * @throws {@link ValueError} for others.
   */
  constructor(
    optimizer: Optimizer,
    options: { readonly totalIters?: number; readonly power?: number } = {},
  ) {
    super("PolynomialLR", optimizer);
    checkOptions("PolynomialLR", options, ["totalIters", "power"]);
    const { totalIters = 5, power = 1 } = options;
    checkWhole("PolynomialLR", "totalIters", totalIters, 1);
    checkNumber("PolynomialLR", "power", power, NOT_NEGATIVE);
    this.#totalIters = totalIters;
    this.#power = power;
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return base * power(1 - Math.min(count, this.#totalIters) / this.#totalIters, this.#power);
  }
}

/**
 * The rate follows a function of yours:  lr = base·f(k)
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.LambdaLR`.
 *
 * @example
 * new LambdaLR(optimizer, (k) => Math.min(1, (k + 1) / 5));
 */
export class LambdaLR extends Schedule {
  readonly #factor: (count: number) => number;

  /** @throws {@link ValueError} unless `factor` is a function; from `step()` where it gives a negative rate or none. */
  constructor(optimizer: Optimizer, factor: (count: number) => number) {
    super("LambdaLR", optimizer);
    if (typeof factor !== "function") {
      throw new ValueError(
        "LambdaLR",
        `the factor is ${formatValue(factor)}; pass a function of the step, as (k) => 0.95 ** k`,
      );
    }
    this.#factor = factor;
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return base * this.#factor(count);
  }
}

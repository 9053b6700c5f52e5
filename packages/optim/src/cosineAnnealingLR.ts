import { checkOptions, checkWhole } from "@convgrad/core";
import type { Optimizer } from "./optimizer.ts";
import { cosine } from "./power.ts";
import { Schedule } from "./schedule.ts";
import { checkNumber, NOT_NEGATIVE } from "./settings.ts";

/** From `high` at 0 to `low` at 1 along half a cosine. */
export function cosineBetween(high: number, low: number, part: number): number {
  return low + ((high - low) * (1 + cosine(part))) / 2;
}

/**
 * The rate falls along half a cosine:  lr = ηmin + (base − ηmin)·(1 + cos(π·k / Tmax)) / 2
 *
 * After Tmax steps it rises again, as PyTorch's does.
 * Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, (5); PyTorch,
 * `torch.optim.lr_scheduler.CosineAnnealingLR`.
 */
export class CosineAnnealingLR extends Schedule {
  readonly #tMax: number;
  readonly #etaMin: number;

  /**
   * @param options `tMax`, the step of the lowest rate, a whole number ≥ 1; `etaMin`, that rate, ≥ 0, default 0
   * @throws {@link ValueError} for others.
   */
  constructor(optimizer: Optimizer, options: { readonly tMax: number; readonly etaMin?: number }) {
    super("CosineAnnealingLR", optimizer);
    checkOptions("CosineAnnealingLR", options, ["tMax", "etaMin"]);
    const { tMax, etaMin = 0 } = options;
    checkWhole("CosineAnnealingLR", "tMax", tMax, 1);
    checkNumber("CosineAnnealingLR", "etaMin", etaMin, NOT_NEGATIVE);
    this.#tMax = tMax;
    this.#etaMin = etaMin;
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return cosineBetween(base, this.#etaMin, count / this.#tMax);
  }
}

/** How {@link CosineAnnealingWarmRestarts} falls and starts again. */
export interface WarmRestartsOptions {
  /** T₀, the steps of the first period, a whole number ≥ 1. */
  readonly t0: number;
  /** By how much each period is longer than the one before, a whole number ≥ 1; default 1. */
  readonly tMult?: number;
  /** ηmin, the lowest rate, ≥ 0; default 0. */
  readonly etaMin?: number;
}

/**
 * The rate falls along half a cosine, and starts again from the base:  lr = ηmin + (base − ηmin)·(1 + cos(π·t / T)) / 2,
 * t steps into a period of T = T₀·tMultⁱ
 *
 * Source: as {@link CosineAnnealingLR}; PyTorch, `torch.optim.lr_scheduler.CosineAnnealingWarmRestarts`.
 */
export class CosineAnnealingWarmRestarts extends Schedule {
  readonly #options: Required<WarmRestartsOptions>;

  /** @throws {@link ValueError} for settings out of range. */
  constructor(optimizer: Optimizer, options: WarmRestartsOptions) {
    const name = "CosineAnnealingWarmRestarts";
    super(name, optimizer);
    checkOptions(name, options, ["t0", "tMult", "etaMin"]);
    const { t0, tMult = 1, etaMin = 0 } = options;
    checkWhole(name, "t0", t0, 1);
    checkWhole(name, "tMult", tMult, 1);
    checkNumber(name, "etaMin", etaMin, NOT_NEGATIVE);
    this.#options = { t0, tMult, etaMin };
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    const { t0, tMult, etaMin } = this.#options;
    let [period, into] = [t0, count];
    if (tMult === 1) into = count % t0;
    for (; into >= period; period *= tMult) into -= period;
    return cosineBetween(base, etaMin, into / period);
  }
}

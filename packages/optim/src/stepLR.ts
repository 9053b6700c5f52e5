import { checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import type { Optimizer } from "./optimizer.ts";
import { power } from "./power.ts";
import { Schedule } from "./schedule.ts";
import { checkNumber, NOT_NEGATIVE } from "./settings.ts";

/**
 * The rate falls by a factor every so many steps:  lr = base·γ^⌊k / stepSize⌋
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.StepLR`.
 */
export class StepLR extends Schedule {
  readonly #stepSize: number;
  readonly #gamma: number;

  /**
   * @param options `stepSize`, a whole number ≥ 1; `gamma`, γ ≥ 0, default 0.1
   * @throws {@link ValueError} for others.
   */
  constructor(
    optimizer: Optimizer,
    options: { readonly stepSize: number; readonly gamma?: number },
  ) {
    super("StepLR", optimizer);
    checkOptions("StepLR", options, ["stepSize", "gamma"]);
    const { stepSize, gamma = 0.1 } = options;
    checkWhole("StepLR", "stepSize", stepSize, 1);
    checkNumber("StepLR", "gamma", gamma, NOT_NEGATIVE);
    this.#stepSize = stepSize;
    this.#gamma = gamma;
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return base * power(this.#gamma, Math.floor(count / this.#stepSize));
  }
}

/**
 * The rate falls by a factor at each milestone:  lr = base·γ^(milestones ≤ k)
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.MultiStepLR`.
 */
export class MultiStepLR extends Schedule {
  readonly #milestones: readonly number[];
  readonly #gamma: number;

  /**
   * @param options `milestones`, whole numbers ≥ 0 in any order; one that is there twice counts twice; `gamma`, γ ≥ 0,
   * default 0.1
   * @throws {@link ValueError} for others.
   */
  constructor(
    optimizer: Optimizer,
    options: { readonly milestones: readonly number[]; readonly gamma?: number },
  ) {
    super("MultiStepLR", optimizer);
    checkOptions("MultiStepLR", options, ["milestones", "gamma"]);
    const { milestones, gamma = 0.1 } = options;
    checkMilestones("MultiStepLR", milestones);
    checkNumber("MultiStepLR", "gamma", gamma, NOT_NEGATIVE);
    this.#milestones = [...milestones];
    this.#gamma = gamma;
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return base * power(this.#gamma, this.#milestones.filter((at) => at <= count).length);
  }
}

/** @throws {@link ValueError} unless they are a list of whole numbers ≥ 0. */
export function checkMilestones(operation: string, milestones: readonly number[]): void {
  if (!Array.isArray(milestones)) {
    throw new ValueError(
      operation,
      `milestones are ${formatValue(milestones)}; pass a list of steps, as [30, 60]`,
    );
  }
  for (const at of milestones) checkWhole(operation, "a milestone", at, 0);
}

/**
 * The rate falls by a factor at every step:  lr = base·γᵏ
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.ExponentialLR`.
 */
export class ExponentialLR extends Schedule {
  readonly #gamma: number;

  /**
   * @param options `gamma`, γ ≥ 0
   * @throws {@link ValueError} for others.
   */
  constructor(optimizer: Optimizer, options: { readonly gamma: number }) {
    super("ExponentialLR", optimizer);
    checkOptions("ExponentialLR", options, ["gamma"]);
    const { gamma } = options;
    checkNumber("ExponentialLR", "gamma", gamma, NOT_NEGATIVE);
    this.#gamma = gamma;
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return base * power(this.#gamma, count);
  }
}

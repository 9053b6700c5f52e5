import { checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import { Optimizer } from "./optimizer.ts";
import { refuseOther, takeOver } from "./schedule.ts";
import { BELOW_ONE, checkNumber, NOT_NEGATIVE } from "./settings.ts";

/** When {@link ReduceLROnPlateau} acts. */
export interface PlateauOptions {
  /** Whether the metric is to fall (`"min"`, the default: a loss) or to rise (`"max"`: an accuracy). */
  readonly mode?: "min" | "max";
  /** What the rate is multiplied by, from 0 to 1, less than 1; default 0.1. */
  readonly factor?: number;
  /** Steps without an improvement that are let pass, a whole number ≥ 0; default 10. */
  readonly patience?: number;
  /** How much counts as an improvement, a number ≥ 0; default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a part of the best value (`"rel"`, the default) or a difference from it (`"abs"`). */
  readonly thresholdMode?: "rel" | "abs";
  /** Steps after a fall in which nothing counts, a whole number ≥ 0; default 0. */
  readonly cooldown?: number;
  /** No rate falls below it, a number ≥ 0; default 0. */
  readonly minLr?: number;
  /** A change of the rate that is smaller is not made, a number ≥ 0; default 1e-8. */
  readonly epsilon?: number;
}

/** What `stateDict()` of {@link ReduceLROnPlateau} holds. */
export interface PlateauState {
  /** The best metric so far; `null` before the first. */
  readonly best: number | null;
  /** Steps since the last improvement. */
  readonly badSteps: number;
  /** Steps left in which nothing counts. */
  readonly cooldownLeft: number;
}

/**
 * The rate falls by a factor where a metric has not improved for more than `patience` steps. The rates themselves are in
 * the optimiser's state. Of this and a {@link Schedule} the one that was made later sets the rates; after a warm-up, make
 * it when that has ended.
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.ReduceLROnPlateau`.
 *
 * @example
 * const schedule = new ReduceLROnPlateau(optimizer, { patience: 3 });
 * schedule.step((await evaluate(model, test)).loss); // after each epoch
 */
export class ReduceLROnPlateau {
  /** Whose rates it sets. */
  readonly optimizer: Optimizer;
  readonly #options: Required<PlateauOptions>;
  #best: number | null = null;
  #badSteps = 0;
  #cooldownLeft = 0;

  /** @throws {@link ValueError} for settings out of range, or for anything but an optimiser. */
  constructor(optimizer: Optimizer, options: PlateauOptions = {}) {
    if (!(optimizer instanceof Optimizer)) {
      throw new ValueError(
        "ReduceLROnPlateau",
        `the optimiser is ${formatValue(optimizer)}; pass what new SGD(…) or new Adam(…) gave`,
      );
    }
    this.optimizer = optimizer;
    this.#options = checked(options);
    takeOver(optimizer, this);
  }

  /** The present rate of the optimiser's first group. */
  get lr(): number {
    return this.optimizer.lr;
  }

  /**
   * Looks at the metric of an epoch, and lowers the rates where it is time; a metric that is not finite is no
   * improvement.
   *
   * @throws {@link ValueError} unless the metric is a number, and where a schedule that was made later sets the rates.
   */
  step(metric: number): void {
    if (typeof metric !== "number") {
      throw new ValueError(
        "ReduceLROnPlateau",
        `the metric is ${formatValue(metric)}; it must be a number, as loss.item()`,
      );
    }
    refuseOther("ReduceLROnPlateau", this.optimizer, this);
    const { patience, cooldown } = this.#options;
    if (this.#improves(metric)) {
      this.#best = metric;
      this.#badSteps = 0;
    } else {
      this.#badSteps++;
    }
    if (this.#cooldownLeft > 0) {
      this.#cooldownLeft--;
      this.#badSteps = 0;
    }
    if (this.#badSteps <= patience) return;
    this.#reduce();
    this.#cooldownLeft = cooldown;
    this.#badSteps = 0;
  }

  #improves(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    if (!Number.isFinite(metric)) return false;
    if (this.#best === null) return true;
    const sign = mode === "min" ? 1 : -1;
    const margin = thresholdMode === "abs" ? threshold : this.#best * threshold;
    return sign * metric < sign * this.#best - margin;
  }

  #reduce(): void {
    const { factor, minLr, epsilon } = this.#options;
    for (const group of this.optimizer.groups) {
      const lr = Math.max(group.lr * factor, minLr);
      if (group.lr - lr > epsilon) group.lr = lr;
    }
  }

  /** What it has seen, as plain numbers. */
  stateDict(): PlateauState {
    return { best: this.#best, badSteps: this.#badSteps, cooldownLeft: this.#cooldownLeft };
  }

  /** @throws {@link ValueError} for what is no state; nothing has changed then. */
  loadStateDict(state: PlateauState): void {
    const operation = "ReduceLROnPlateau.loadStateDict";
    const { best, badSteps, cooldownLeft }: PlateauState = Object(state);
    if (best !== null && !Number.isFinite(best)) {
      throw new ValueError(operation, `best is ${formatValue(best)}; pass what stateDict() gave`);
    }
    checkWhole(operation, "badSteps", badSteps, 0);
    checkWhole(operation, "cooldownLeft", cooldownLeft, 0);
    this.#best = best;
    this.#badSteps = badSteps;
    this.#cooldownLeft = cooldownLeft;
    takeOver(this.optimizer, this);
  }
}

function checked(options: PlateauOptions): Required<PlateauOptions> {
  const name = "ReduceLROnPlateau";
  checkOptions(name, options, [
    "mode",
    "factor",
    "patience",
    "threshold",
    "thresholdMode",
    "cooldown",
    "minLr",
    "epsilon",
  ]);
  const {
    mode = "min",
    factor = 0.1,
    patience = 10,
    threshold = 1e-4,
    thresholdMode = "rel",
    cooldown = 0,
    minLr = 0,
    epsilon = 1e-8,
  } = options;
  const known = { mode: ["min", "max"], thresholdMode: ["rel", "abs"] };
  for (const [what, value] of Object.entries({ mode, thresholdMode })) {
    const names = known[what as keyof typeof known];
    if (names.includes(value)) continue;
    const list = names.map((n) => `"${n}"`).join(" or ");
    throw new ValueError(name, `${what} ${formatValue(value)} is unknown; use ${list}`, {
      [what]: value,
    });
  }
  checkNumber(name, "factor", factor, BELOW_ONE);
  checkWhole(name, "patience", patience, 0);
  checkWhole(name, "cooldown", cooldown, 0);
  for (const [what, value] of Object.entries({ threshold, minLr, epsilon }))
    checkNumber(name, what, value, NOT_NEGATIVE);
  return { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, epsilon };
}

import { checkBoolean, checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import { cosineBetween } from "./cosineAnnealingLR.ts";
import type { Optimizer } from "./optimizer.ts";
import { checkMomentum, Schedule } from "./schedule.ts";
import { BELOW_ONE, checkNumber, FRACTION, POSITIVE } from "./settings.ts";

/** The shape of {@link OneCycleLR}. */
export interface OneCycleOptions {
  /** The highest rate, > 0. */
  readonly maxLr: number;
  /** The steps of the whole cycle, a whole number ≥ 2. */
  readonly totalSteps: number;
  /** The part of the cycle in which the rate rises, from 0 to 1; default 0.3. */
  readonly pctStart?: number;
  /** Along half a cosine (default) or a line. */
  readonly annealStrategy?: "cos" | "linear";
  /** Fall first as steeply as the rise, then to the end, rather than at once; default false. */
  readonly threePhase?: boolean;
  /** The first rate is maxLr / divFactor; > 0, default 25. */
  readonly divFactor?: number;
  /** The last rate is the first / finalDivFactor; > 0, default 10,000. */
  readonly finalDivFactor?: number;
  /** Move the momentum (Adam's β₁) the other way; default true. */
  readonly cycleMomentum?: boolean;
  /** The momentum at the highest rate, from 0 to 1, less than 1; default 0.85. */
  readonly baseMomentum?: number;
  /** The momentum at the first rate, from 0 to 1, less than 1; default 0.95. */
  readonly maxMomentum?: number;
}

/** A stretch of the cycle that ends at a step. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [from: number, to: number];
  readonly momentum: readonly [from: number, to: number];
}

/**
 * One rise to a high rate and one fall to nearly 0, a step of the schedule after each step of the optimiser; the
 * optimiser's own rate does not count. After the last step the rate stays.
 *
 * Source: Smith and Topin, "Super-convergence", 2018; PyTorch, `torch.optim.lr_scheduler.OneCycleLR`.
 *
 * @example
 * const schedule = new OneCycleLR(optimizer, { maxLr: 0.1, totalSteps: epochs * loader.length });
 */
export class OneCycleLR extends Schedule {
  readonly #phases: readonly Phase[];
  readonly #between: (from: number, to: number, part: number) => number;
  readonly #cyclesMomentum: boolean;

  /** @throws {@link ValueError} for settings out of range, or for an optimiser without a momentum to cycle. */
  constructor(optimizer: Optimizer, options: OneCycleOptions) {
    super("OneCycleLR", optimizer);
    const settings = checked(options);
    if (settings.cycleMomentum) checkMomentum("OneCycleLR", optimizer);
    this.#phases = phasesOf(settings);
    this.#between = settings.annealStrategy === "cos" ? cosineBetween : lineBetween;
    this.#cyclesMomentum = settings.cycleMomentum;
    this.begin();
  }

  override rateAt(_base: number, count: number): number {
    return this.#at(count, "lr");
  }

  override momentumAt(count: number): number | null {
    return this.#cyclesMomentum ? this.#at(count, "momentum") : null;
  }

  #at(count: number, what: "lr" | "momentum"): number {
    const i = this.#phases.findIndex(({ end }) => count <= end);
    const phase = this.#phases.at(i)!;
    const [from, to] = phase[what];
    if (i < 0) return to;
    const start = this.#phases[i - 1]?.end ?? 0;
    const { end } = phase;
    return this.#between(from, to, end === start ? 1 : (count - start) / (end - start));
  }
}

function lineBetween(from: number, to: number, part: number): number {
  return from + (to - from) * part;
}

function phasesOf(settings: Required<OneCycleOptions>): Phase[] {
  const { maxLr, totalSteps, pctStart, threePhase, divFactor, finalDivFactor } = settings;
  const { baseMomentum: low, maxMomentum: high } = settings;
  const [first, last] = [maxLr / divFactor, maxLr / divFactor / finalDivFactor];
  const top = pctStart * totalSteps - 1;
  const rise: Phase = { end: top, lr: [first, maxLr], momentum: [high, low] };
  const end = totalSteps - 1;
  if (!threePhase) return [rise, { end, lr: [maxLr, last], momentum: [low, high] }];
  return [
    rise,
    { end: 2 * top, lr: [maxLr, first], momentum: [low, high] },
    { end, lr: [first, last], momentum: [high, high] },
  ];
}

function checked(options: OneCycleOptions): Required<OneCycleOptions> {
  const name = "OneCycleLR";
  checkOptions(name, options, [
    "maxLr",
    "totalSteps",
    "pctStart",
    "annealStrategy",
    "threePhase",
    "divFactor",
    "finalDivFactor",
    "cycleMomentum",
    "baseMomentum",
    "maxMomentum",
  ]);
  const {
    maxLr,
    totalSteps,
    pctStart = 0.3,
    annealStrategy = "cos",
    threePhase = false,
    divFactor = 25,
    finalDivFactor = 1e4,
    cycleMomentum = true,
    baseMomentum = 0.85,
    maxMomentum = 0.95,
  } = options;
  checkWhole(name, "totalSteps", totalSteps, 2);
  for (const [what, value] of Object.entries({ maxLr, divFactor, finalDivFactor }))
    checkNumber(name, what, value, POSITIVE);
  checkNumber(name, "pctStart", pctStart, FRACTION);
  for (const [what, value] of Object.entries({ baseMomentum, maxMomentum }))
    checkNumber(name, what, value, BELOW_ONE);
  checkBoolean(name, "threePhase", threePhase);
  checkBoolean(name, "cycleMomentum", cycleMomentum);
  if (annealStrategy !== "cos" && annealStrategy !== "linear") {
    throw new ValueError(
      name,
      `annealStrategy ${formatValue(annealStrategy)} is unknown; use "cos" or "linear"`,
      { annealStrategy },
    );
  }
  return {
    maxLr,
    totalSteps,
    pctStart,
    annealStrategy,
    threePhase,
    divFactor,
    finalDivFactor,
    cycleMomentum,
    baseMomentum,
    maxMomentum,
  };
}

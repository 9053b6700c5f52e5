import { checkWhole, formatValue, ValueError } from "@convgrad/core";
import { Optimizer } from "./optimizer.ts";
import type { ParameterGroup } from "./parameterGroup.ts";
import { checkNumber, NOT_NEGATIVE, type Settings } from "./settings.ts";

/** What `stateDict()` of a schedule holds: plain numbers. */
export interface ScheduleState {
  /** Steps of the schedule so far. */
  readonly count: number;
  /** The rate of each group that the schedule starts from. */
  readonly baseRates: readonly number[];
}

/** Who last took charge of the rate of a group, what it was then, and from which base; another schedule starts from there too. */
const scheduled = new WeakMap<
  ParameterGroup,
  { readonly base: number; readonly lr: number; readonly by: object }
>();

/**
 * A learning rate that follows a plan: a function of the base rate of a group and of how often `step()` was called.
 * Nothing accumulates, so that a plan that was stopped and resumed gives the bits of one that never was. The base rate is
 * that of the group when its first schedule is made; a schedule sets the rate of step 0 at once. A rate that is changed
 * by hand holds until the next step.
 *
 * @example
 * const schedule = new StepLR(optimizer, { stepSize: 30 });
 * for (const epoch of steps(90)) {
 *   await train(epoch);
 *   schedule.step();
 * }
 */
export abstract class Schedule {
  /** Whose rates it sets. */
  readonly optimizer: Optimizer;
  readonly #name: string;
  #baseRates: readonly number[];
  #count = 0;

  /** @throws {@link ValueError} for anything but an optimiser. */
  constructor(name: string, optimizer: Optimizer) {
    if (!(optimizer instanceof Optimizer)) {
      throw new ValueError(
        name,
        `the optimiser is ${formatValue(optimizer)}; pass what new SGD(…) or new Adam(…) gave`,
      );
    }
    this.#name = name;
    this.optimizer = optimizer;
    this.#baseRates = optimizer.groups.map(baseRateOf);
  }

  /** The rate of a group after `count` steps, from its base rate. */
  abstract rateAt(base: number, count: number): number;

  /** The momentum after `count` steps, where the schedule has a say in it. */
  momentumAt(_count: number): number | null {
    return null;
  }

  /** How often `step()` was called. */
  get count(): number {
    return this.#count;
  }

  /** The present rate of the optimiser's first group. */
  get lr(): number {
    return this.optimizer.lr;
  }

  /**
   * Goes on to the next rate: after each epoch, or after each step of the optimiser, as the plan is meant.
   *
   * @throws {@link ValueError} where a schedule or a {@link ReduceLROnPlateau} that was made later sets the rates: of two,
   * the last would win.
   */
  step(): void {
    refuseOther(this.#name, this.optimizer, this);
    this.#moveTo(this.#count + 1, this.#baseRates);
  }

  /** The count and the base rates, to be stored with the optimiser's own state. */
  stateDict(): ScheduleState {
    return { count: this.#count, baseRates: [...this.#baseRates] };
  }

  /**
   * Continues from a saved state, and sets the rates that it stands for.
   *
   * @throws {@link ValueError} when it belongs to an optimiser with other groups, or is no state; nothing has changed then.
   */
  loadStateDict(state: ScheduleState): void {
    const operation = `${this.#name}.loadStateDict`;
    const { count, baseRates }: ScheduleState = Object(state);
    checkWhole(operation, "count", count, 0);
    const groups = this.optimizer.groups.length;
    if (!Array.isArray(baseRates) || baseRates.length > groups) {
      throw new ValueError(
        operation,
        `the state has base rates ${formatValue(baseRates)} for ${groups} groups`,
        { groups },
      );
    }
    baseRates.forEach((base: number, i) => {
      checkNumber(operation, `base rate ${i}`, base, NOT_NEGATIVE);
    });
    this.#moveTo(count, [...baseRates]);
  }

  /** Sets the rates at the start; what a subclass does last when it is made. */
  protected begin(): void {
    this.#moveTo(0, this.#baseRates);
  }

  #moveTo(count: number, baseRates: readonly number[]): void {
    const { groups } = this.optimizer;
    // Groups that were added since follow from the rate that they came with.
    const bases = groups.map((group, i) => baseRates[i] ?? baseRateOf(group));
    const rates = bases.map((base) => this.rateAt(base, count));
    for (const lr of rates) checkNumber(this.#name, "lr", lr, NOT_NEGATIVE);
    const momentum = this.momentumAt(count);
    groups.forEach((group, i) => {
      const lr = rates[i]!;
      group.change({ lr, ...(momentum !== null && momentumOf(group, momentum)) });
      scheduled.set(group, { base: bases[i]!, lr, by: this });
    });
    this.#baseRates = bases;
    this.#count = count;
  }
}

/** Puts something in charge of the rates that sets none at once; schedules made before refuse to step from now on. */
export function takeOver({ groups }: Optimizer, by: object): void {
  for (const group of groups) scheduled.set(group, { base: baseRateOf(group), lr: group.lr, by });
}

/** @throws {@link ValueError} where another schedule that was made later sets the rates of an optimiser. */
export function refuseOther(operation: string, { groups }: Optimizer, self: object): void {
  const other = groups.map((group) => scheduled.get(group)?.by ?? self).find((by) => by !== self);
  if (!other) return;
  const isPlan = other instanceof Schedule && self instanceof Schedule;
  throw new ValueError(
    operation,
    "another schedule sets the rates of this optimiser; step that one, " +
      (isPlan
        ? "or join both in a ChainedLR (factors multiply) or a SequentialLR"
        : "or make this one when that one has ended"),
  );
}

/** The rate that the group's schedules start from: its own, unless one of them has set that. */
function baseRateOf(group: ParameterGroup): number {
  const known = scheduled.get(group);
  return known?.lr === group.lr ? known.base : group.lr;
}

/** The setting of a group that holds its momentum; Adam's is β₁. */
function momentumOf(group: ParameterGroup, momentum: number): object {
  const settings: Settings & { readonly betas?: readonly number[] } = group.settings;
  return settings.betas ? { betas: [momentum, settings.betas[1]!] } : { momentum };
}

/** @throws {@link ValueError} unless every group has a momentum to move. */
export function checkMomentum(operation: string, { groups }: Optimizer): void {
  if (groups.every(({ settings }) => "momentum" in settings || "betas" in settings)) return;
  throw new ValueError(
    operation,
    "the optimiser has no momentum to cycle; pass cycleMomentum: false, or use SGD, RMSprop or Adam",
  );
}

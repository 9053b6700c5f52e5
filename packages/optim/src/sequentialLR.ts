import { checkOptions, formatValue, ValueError } from "@convgrad/core";
import type { Optimizer } from "./optimizer.ts";
import { Schedule } from "./schedule.ts";
import { checkMilestones } from "./stepLR.ts";

/**
 * One schedule after the other: at each milestone the next takes over, from its own step 0. Call `step()` of the whole
 * only; the parts need no state of their own.
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.SequentialLR`.
 *
 * @example
 * const warmup = new LinearWarmup(optimizer, { totalIters: 5 });
 * const cosine = new CosineAnnealingLR(optimizer, { tMax: 95 });
 * const schedule = new SequentialLR(optimizer, [warmup, cosine], { milestones: [5] });
 */
export class SequentialLR extends Schedule {
  readonly #parts: readonly Schedule[];
  readonly #milestones: readonly number[];

  /**
   * @param options `milestones`, rising whole numbers ≥ 1, one fewer than schedules
   * @throws {@link ValueError} for others, or for schedules of another optimiser.
   */
  constructor(
    optimizer: Optimizer,
    schedules: readonly Schedule[],
    options: { readonly milestones: readonly number[] },
  ) {
    super("SequentialLR", optimizer);
    checkParts("SequentialLR", optimizer, schedules);
    checkOptions("SequentialLR", options, ["milestones"]);
    const { milestones } = options;
    checkMilestones("SequentialLR", milestones);
    const rising = milestones.every((at, i) => at > (milestones[i - 1] ?? 0));
    if (!rising || milestones.length !== schedules.length - 1) {
      throw new ValueError(
        "SequentialLR",
        `milestones ${formatValue(milestones)} do not part ${schedules.length} schedules; ` +
          "pass one rising step for each change from one to the next",
        { milestones, schedules: schedules.length },
      );
    }
    this.#parts = [...schedules];
    this.#milestones = [...milestones];
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    const [part, start] = this.#partAt(count);
    return part.rateAt(base, count - start);
  }

  override momentumAt(count: number): number | null {
    const [part, start] = this.#partAt(count);
    return part.momentumAt(count - start);
  }

  #partAt(count: number): [part: Schedule, start: number] {
    const passed = this.#milestones.filter((at) => at <= count);
    return [this.#parts[passed.length]!, passed.at(-1) ?? 0];
  }
}

/**
 * Several schedules at once: each takes the rate of the one before it as its base, so that factors multiply. Call
 * `step()` of the whole only.
 *
 * Source: PyTorch, `torch.optim.lr_scheduler.ChainedScheduler`.
 *
 * @example
 * const schedule = new ChainedLR(optimizer, [
 *   new LinearWarmup(optimizer),
 *   new ExponentialLR(optimizer, { gamma: 0.9 }),
 * ]);
 */
export class ChainedLR extends Schedule {
  readonly #parts: readonly Schedule[];

  /** @throws {@link ValueError} for no schedules, or for those of another optimiser. */
  constructor(optimizer: Optimizer, schedules: readonly Schedule[]) {
    super("ChainedLR", optimizer);
    checkParts("ChainedLR", optimizer, schedules);
    this.#parts = [...schedules];
    this.begin();
  }

  override rateAt(base: number, count: number): number {
    return this.#parts.reduce((rate, part) => part.rateAt(rate, count), base);
  }

  override momentumAt(count: number): number | null {
    return this.#parts.reduce<number | null>((m, part) => part.momentumAt(count) ?? m, null);
  }
}

function checkParts(name: string, optimizer: Optimizer, parts: readonly Schedule[]): void {
  const isList = Array.isArray(parts) && parts.length > 0;
  if (!isList || !parts.every((part) => part instanceof Schedule)) {
    throw new ValueError(
      name,
      `the schedules are ${formatValue(parts)}; pass a list of them, as [new StepLR(…), …]`,
    );
  }
  if (parts.some((part) => part.optimizer !== optimizer)) {
    throw new ValueError(name, "a schedule is of another optimiser; make all of them for this one");
  }
}

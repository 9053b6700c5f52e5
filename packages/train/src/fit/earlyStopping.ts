import { checkWhole, formatValue, ValueError } from "@convgrad/core";
import type { StateTree } from "@convgrad/io";
import type { EpochRecord } from "../history.ts";
import type { FitCallback } from "./callback.ts";
import {
  checkMonitor,
  formatMonitor,
  improves,
  type Monitor,
  type MonitorOptions,
  monitored,
  monitorOptions,
} from "./monitor.ts";

/** When a run that no longer gets better ends. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** Epochs without an improvement that are let pass, a whole number ≥ 0; default 3. */
  readonly patience?: number;
  /** What counts as an improvement must be larger, a number ≥ 0; default 0. */
  readonly minDelta?: number;
}

/** Counts epochs without an improvement. */
export class EarlyStopping implements FitCallback {
  readonly name = "earlyStopping";
  readonly #monitor: Monitor;
  readonly #patience: number;
  readonly #minDelta: number;
  #best: number | null = null;
  #bad = 0;

  /** @throws {@link ValueError} for options out of range. */
  constructor(
    options: true | EarlyStoppingOptions,
    metrics: readonly string[],
    hasValidation: boolean,
  ) {
    const operation = "earlyStopping";
    const known = ["monitor", "mode", "patience", "minDelta"] as const;
    const own: EarlyStoppingOptions = monitorOptions(operation, options, known);
    const { patience = 3, minDelta = 0 } = own;
    this.#monitor = checkMonitor(operation, own, metrics, hasValidation);
    checkWhole(operation, "patience", patience, 0);
    if (!(Number.isFinite(minDelta) && minDelta >= 0)) {
      throw new ValueError(
        operation,
        `minDelta is ${formatValue(minDelta)}; it must be a number ≥ 0`,
      );
    }
    this.#patience = patience;
    this.#minDelta = minDelta;
  }

  /** Whether there was no improvement for longer than `patience`. */
  get isOver(): boolean {
    return this.#bad > this.#patience;
  }

  onEpoch(_run: unknown, record: EpochRecord): void {
    const value = monitored(this.#monitor, record);
    if (improves(this.#monitor, value, this.#best, this.#minDelta)) {
      this.#best = value;
      this.#bad = 0;
    } else {
      this.#bad++;
    }
  }

  toString(): string {
    const delta = this.#minDelta > 0 ? `, minDelta ${this.#minDelta}` : "";
    return `${formatMonitor(this.#monitor)}, patience ${this.#patience}${delta}`;
  }

  stateDict(): StateTree {
    return { best: this.#best, bad: this.#bad };
  }

  loadStateDict(state: StateTree): void {
    const { best, bad } = state as { readonly best: number | null; readonly bad: number };
    this.#best = best;
    this.#bad = bad;
  }
}

import { checkBoolean, keep, scope, type Tensor } from "@convgrad/core";
import type { StateTree } from "@convgrad/io";
import type { Module, StateDict } from "@convgrad/layers";
import type { EpochRecord } from "../history.ts";
import {
  checkMonitor,
  formatMonitor,
  improves,
  type Monitor,
  type MonitorOptions,
  monitored,
  monitorOptions,
} from "./monitor.ts";

/** Which weights are kept as the best. */
export interface KeepBestOptions extends MonitorOptions {
  /** Whether the model has them when the run ends; default false: it has the last ones. */
  readonly restore?: boolean;
}

/** The best epoch of a run. */
export interface BestEpoch {
  readonly epoch: number;
  /** What counted: `"validation.loss"`. */
  readonly monitor: string;
  /** How much it was. */
  readonly value: number;
  /** The weights of then, averaged where the run averages them: for `model.loadStateDict`. */
  readonly state: StateDict;
}

/** Keeps a copy of the weights of the best epoch. */
export class BestWeights {
  readonly monitor: Monitor;
  readonly restore: boolean;
  #best: BestEpoch | null = null;

  /** @throws {@link ValueError} for options out of range. */
  constructor(options: true | KeepBestOptions, metrics: readonly string[], hasValidation: boolean) {
    const known = ["monitor", "mode", "restore"] as const;
    const own: KeepBestOptions = monitorOptions("keepBest", options, known);
    checkBoolean("keepBest", "restore", own.restore);
    this.monitor = checkMonitor("keepBest", own, metrics, hasValidation);
    this.restore = own.restore ?? false;
  }

  get best(): BestEpoch | null {
    return this.#best;
  }

  /** Whether the epoch is the best so far; its weights are kept then. */
  add(record: EpochRecord, model: Module): boolean {
    const value = monitored(this.monitor, record);
    if (!improves(this.monitor, value, this.#best?.value ?? null)) return false;
    const state = copyOf(model.stateDict());
    this.#best = { epoch: record.epoch, monitor: this.monitor.name, value, state };
    return true;
  }

  toString(): string {
    return `${formatMonitor(this.monitor)}${this.restore ? ", restored" : ""}`;
  }

  stateDict(): StateTree {
    return this.#best && { ...this.#best };
  }

  loadStateDict(state: StateTree): void {
    const best = state as unknown as BestEpoch | null;
    this.#best = best && { ...best, state: copyOf(best.state) };
  }
}

/** Copies that outlive every scope. */
export function copyOf(state: StateDict): StateDict {
  const copies = scope(() =>
    Object.entries(state).map(([name, x]): [string, Tensor] => [name, x.detach().clone()]),
  );
  return keep(Object.fromEntries(copies));
}

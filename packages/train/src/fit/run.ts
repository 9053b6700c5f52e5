import { ValueError } from "@convgrad/core";
import type { Module } from "@convgrad/layers";
import type { Optimizer } from "@convgrad/optim";
import { SampleAverage, type Sums } from "../average.ts";
import type { RunHistory } from "../history.ts";
import type { FitRun, StopReason } from "./callback.ts";
import { type Display, WARNING } from "./display.ts";
import type { Standing } from "./nonFinite.ts";
import type { AnySettings } from "./options.ts";
import { Recorder, type RecorderState } from "./recorder.ts";

/** What a checkpoint holds of where a run stands. */
export interface Progressed {
  readonly step: number;
  /** Epochs that are over, validation included. */
  readonly epochsDone: number;
  /** The loader's number of the epoch under way. */
  readonly loaderEpoch: number | null;
  /** Of the epoch under way. */
  readonly sums: Sums;
  /** Seconds that the epoch under way took so far. */
  readonly seconds: number;
  readonly history: RecorderState;
}

/** Where a run stands. */
export class Run implements FitRun {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly steps: number;
  readonly #ends: { readonly epochs: number; readonly steps: number };
  readonly recorder = new Recorder();
  readonly average = new SampleAverage();
  readonly #display: Display;
  step = 0;
  epochsDone = 0;
  loaderEpoch: number | null = null;
  stopped: StopReason | null = null;
  /** The last checkpoint. */
  path: string | null = null;
  #earlier = 0;
  #since = performance.now();

  constructor(model: Module, settings: AnySettings, display: Display) {
    this.model = model;
    this.optimizer = settings.optimizer;
    this.epochs = settings.epochs;
    this.#ends = { epochs: settings.epochs, steps: settings.steps };
    this.steps = stepsOf(settings);
    this.#display = display;
  }

  get epoch(): number {
    return this.epochsDone + 1;
  }
  get history(): RunHistory {
    return this.recorder.history;
  }
  /** Of the epoch under way. */
  get seconds(): number {
    return this.#earlier + (performance.now() - this.#since) / 1000;
  }

  /** Whether nothing more is to be done. */
  get isOver(): boolean {
    return this.stopped !== null;
  }
  /** Whether people want it to end at once: what is left of the epoch, validation too, is for when it is resumed. */
  get isCut(): boolean {
    return this.stopped === "signal" || this.stopped === "interrupt" || this.stopped === "callback";
  }
  /** For messages about the step under way. */
  get standing(): Standing {
    return { step: this.step + 1, epoch: this.epoch, lr: this.optimizer.lr, checkpoint: this.path };
  }

  /**
   * Ends the run where all is done.
   *
   * @throws {@link ValueError} when more was done already than there is to be.
   */
  checkEnd(): void {
    for (const [name, done] of [
      ["epochs", this.epochsDone],
      ["steps", this.step],
    ] as const) {
      if (done > this.#ends[name]) {
        throw new ValueError(
          "fit",
          `${name} is ${this.#ends[name]}, and ${done} are done already (${this.path}); pass more, or another directory`,
          { [name]: this.#ends[name], done, checkpoint: this.path },
        );
      }
      if (done === this.#ends[name]) this.stop(name);
    }
  }

  stop(reason: StopReason = "callback"): void {
    this.stopped ??= reason;
  }

  warn(message: string): void {
    this.recorder.addWarning(message);
    this.#display.say(WARNING + message);
  }

  /** Whether an epoch has begun and its record is not written. */
  get isInEpoch(): boolean {
    return this.loaderEpoch !== null;
  }

  beginEpoch(loaderEpoch: number): void {
    this.loaderEpoch = loaderEpoch;
    this.average.loadStateDict({ samples: 0, totals: {} });
    this.#earlier = 0;
    this.#since = performance.now();
  }

  endEpoch(): void {
    this.epochsDone++;
    this.loaderEpoch = null;
  }

  stateDict(): Progressed {
    const { step, epochsDone, loaderEpoch, seconds } = this;
    const [sums, history] = [this.average.stateDict(), this.recorder.stateDict()];
    return { step, epochsDone, loaderEpoch, seconds, sums, history };
  }

  loadStateDict(state: Progressed): void {
    this.step = state.step;
    this.epochsDone = state.epochsDone;
    this.loaderEpoch = state.loaderEpoch;
    this.average.loadStateDict(state.sums);
    this.recorder.loadStateDict(state.history);
    this.#earlier = state.seconds;
    this.#since = performance.now();
  }
}

/** How many steps there are to be; Infinity where the loader does not know its length. */
function stepsOf({ loader, accumulate, epochs, steps }: AnySettings): number {
  const { length }: { length?: number } = Object(loader);
  const ofEpochs =
    length === undefined ? Number.POSITIVE_INFINITY : epochs * Math.ceil(length / accumulate);
  return Math.min(ofEpochs, steps);
}

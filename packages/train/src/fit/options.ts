import type {
  ExponentialMovingAverage,
  Optimizer,
  ReduceLROnPlateau,
  Schedule,
} from "@convgrad/optim";
import type { Batches, BatchReader, LabelledBatch } from "../batches.ts";
import type { LossFunction, Metrics } from "../measure.ts";
import type { ProgressStream } from "../progress.ts";
import type { FitCallback } from "./callback.ts";
import type { EarlyStopping, EarlyStoppingOptions } from "./earlyStopping.ts";
import type { BestWeights, KeepBestOptions } from "./keepBest.ts";
import type { FitReportOptions } from "./reportOptions.ts";

/** Options of {@link fit}. */
export interface FitOptions<B = LabelledBatch> {
  /** The batches of an epoch; with `directory` it must say where it stands, as a `DataLoader` does. */
  readonly loader: Batches<B>;
  /** What moves the parameters. */
  readonly optimizer: Optimizer;
  /** Epochs until the end, those of a resumed run included; a whole number ≥ 1. This or `steps` must be given. */
  readonly epochs?: number;
  /** Steps of the optimiser until the end, those of a resumed run included; a whole number ≥ 1. */
  readonly steps?: number;
  /** The loss of a batch, averaged over its samples, or one loss per sample; default: `crossEntropy`. */
  readonly loss?: LossFunction;
  /** What the model takes of a batch, and what it is to give; default: `[images, labels]`. */
  readonly batch?: BatchReader<B>;
  /** More to measure, by name: `{ top3: (logits, labels) => topK(logits, labels, 3) }`; averaged over the samples. */
  readonly metrics?: Metrics;
  /** Batches that the model is evaluated on after each epoch. */
  readonly validation?: Batches<B>;
  /** Steps by itself; a `ReduceLROnPlateau` is told the validation loss of each epoch, without validation the loss. */
  readonly schedule?: Schedule | ReduceLROnPlateau;
  /** How often a `Schedule` steps; default `"step"`. */
  readonly scheduleEvery?: "step" | "epoch";
  /** Batches per step of the optimiser, 1 or more, default 1: their gradients are averaged over the samples, as those
   * of one large batch. What is left at the end of an epoch makes a step of its own. */
  readonly accumulate?: number;
  /** Limits the norm of all gradients together, by `clipGradNorm`; a number ≥ 0. */
  readonly clipGradNorm?: number;
  /** Limits each element of the gradients, by `clipGradValue`, before `clipGradNorm`; a number ≥ 0. */
  readonly clipGradValue?: number;
  /** A running average of the model's state: updated after each step, and what is validated, kept and saved. */
  readonly ema?: ExponentialMovingAverage;
  /** Ends the run where an epoch's number no longer gets better; `true` for the defaults. */
  readonly earlyStopping?: boolean | EarlyStoppingOptions;
  /** Keeps the weights of the best epoch, in the directory as `best.safetensors`; `true` for the defaults. */
  readonly keepBest?: boolean | KeepBestOptions;
  /** What else is to watch, in this order. */
  readonly callbacks?: readonly FitCallback[];
  /** Gradients and dead units are looked at in step 1 and each so many steps; default 50; Infinity for never again. */
  readonly inspectEvery?: number;
  /** What is shown: `true` (the default) on the standard error stream, a stream on that, `false` nothing. */
  readonly progress?: boolean | ProgressStream;
  /** Ends the run after the present step when it is aborted. */
  readonly signal?: AbortSignal;
  /** Whether Ctrl-C and SIGTERM end the run after the present step instead of the program; default true. */
  readonly catchInterrupts?: boolean;
  /** The folder of the run: checkpoints, `model.safetensors`, `run.json`, `report.html`. It is made where it is not there. */
  readonly directory?: string;
  /** Steps between checkpoints, or `"epoch"`, the default; the end of a run has one in any case. */
  readonly checkpointEvery?: number | "epoch";
  /** How many checkpoints are there at most, 1 or more; default 3. */
  readonly keepCheckpoints?: number;
  /** Whether to go on from the newest checkpoint in the directory: `true` there must be one, `"auto"` there may be one,
   * `false` (the default) there must be none. */
  readonly resume?: boolean | "auto";
  /** Whether `run.json` and, at the end, `report.html` are written into the directory, and what they say; default true. */
  readonly report?: boolean | FitReportOptions;
  /** What the classes are called, for the report; default: what the validation data calls them, else their numbers. */
  readonly classes?: readonly string[];
}

/** Options that were checked, with their defaults. */
export interface Settings<B> {
  readonly loader: Batches<B>;
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly steps: number;
  readonly loss: LossFunction;
  readonly batch: BatchReader<B> | undefined;
  readonly metrics: Metrics;
  readonly validation: Batches<B> | undefined;
  readonly schedule: Schedule | ReduceLROnPlateau | undefined;
  readonly scheduleEvery: "step" | "epoch";
  readonly accumulate: number;
  readonly clipGradNorm: number | undefined;
  readonly clipGradValue: number | undefined;
  readonly ema: ExponentialMovingAverage | undefined;
  readonly earlyStopping: EarlyStopping | null;
  readonly keepBest: BestWeights | null;
  readonly callbacks: readonly FitCallback[];
  readonly inspectEvery: number;
  readonly progress: boolean | ProgressStream;
  readonly signal: AbortSignal | undefined;
  readonly catchInterrupts: boolean;
  readonly directory: string | undefined;
  readonly checkpointEvery: number | "epoch";
  readonly keepCheckpoints: number;
  readonly resume: boolean | "auto";
  readonly report: FitReportOptions | null;
  readonly classes: readonly string[] | undefined;
}

/** Settings of a run with batches of any kind. */
export type AnySettings = Omit<Settings<unknown>, "loader" | "validation" | "batch"> & {
  readonly loader: unknown;
  readonly validation: unknown;
};

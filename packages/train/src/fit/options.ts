import { checkFunction, checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import { crossEntropy, Module } from "@convgrad/layers";
import { ExponentialMovingAverage, Optimizer, ReduceLROnPlateau, Schedule } from "@convgrad/optim";
import { type Batches, type BatchReader, checkBatches, type LabelledBatch } from "../batches.ts";
import { checkMetrics, type LossFunction, type Metrics } from "../measure.ts";
import type { ProgressStream } from "../progress.ts";
import { checkClasses } from "../report/classes.ts";
import type { FitCallback } from "./callback.ts";
import { checkProgress } from "./display.ts";
import { EarlyStopping, type EarlyStoppingOptions } from "./earlyStopping.ts";
import { BestWeights, type KeepBestOptions } from "./keepBest.ts";
import { checkReport, type FitReportOptions } from "./reportOptions.ts";

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

const KNOWN = [
  "loader",
  "optimizer",
  "epochs",
  "steps",
  "loss",
  "batch",
  "metrics",
  "validation",
  "schedule",
  "scheduleEvery",
  "accumulate",
  "clipGradNorm",
  "clipGradValue",
  "ema",
  "earlyStopping",
  "keepBest",
  "callbacks",
  "inspectEvery",
  "progress",
  "signal",
  "catchInterrupts",
  "directory",
  "checkpointEvery",
  "keepCheckpoints",
  "resume",
  "report",
  "classes",
] as const;

/** @throws {@link ValueError} for an option that is unknown, missing or out of range. */
export function settingsOf<B>(model: Module, options: FitOptions<B>): Settings<B> {
  checkOptions("fit", options, KNOWN);
  checkIs("the model", model, Module, "a Module");
  const { loader, validation, optimizer, schedule, ema, signal, batch } = options;
  const { epochs = Number.POSITIVE_INFINITY, steps = Number.POSITIVE_INFINITY } = options;
  const { loss = crossEntropy, metrics = {}, callbacks = [], progress = true } = options;
  const { accumulate = 1, keepCheckpoints = 3, inspectEvery = 50 } = options;
  const { scheduleEvery = "step", checkpointEvery = "epoch", resume = false } = options;
  const { earlyStopping = false, keepBest = false, catchInterrupts = true } = options;
  checkBatches("fit", "the loader is", loader);
  if (validation !== undefined) checkBatches("fit", "validation is", validation);
  checkIs("the optimizer", optimizer, Optimizer, "new SGD(…) or new Adam(…)");
  if (schedule !== undefined) checkSchedule(schedule, optimizer);
  if (ema !== undefined) {
    checkIs("ema", ema, ExponentialMovingAverage, "new ExponentialMovingAverage(…)");
  }
  if (signal !== undefined) {
    checkIs("the signal", signal, AbortSignal, "the signal of an AbortController");
  }
  checkEnd(epochs, steps);
  checkFunction("fit", "loss", loss, "(logits, labels) => …");
  if (batch !== undefined) checkFunction("fit", "batch", batch, "(batch) => [input, target]");
  checkMetrics("fit", metrics);
  checkProgress(progress);
  checkWhole("fit", "accumulate", accumulate, 1);
  checkWhole("fit", "keepCheckpoints", keepCheckpoints, 1);
  if (inspectEvery !== Number.POSITIVE_INFINITY) checkWhole("fit", "inspectEvery", inspectEvery, 1);
  if (checkpointEvery !== "epoch") checkWhole("fit", "checkpointEvery", checkpointEvery, 1);
  checkChoice("scheduleEvery", scheduleEvery, ["step", "epoch"]);
  checkChoice("resume", resume, [true, false, "auto"]);
  checkChoice("catchInterrupts", catchInterrupts, [true, false]);
  for (const name of ["clipGradNorm", "clipGradValue"] as const) checkLimit(name, options[name]);
  checkCallbacks(callbacks);
  checkDirectory(options, loader);
  const names = Object.keys(metrics);
  const hasValidation = validation !== undefined;
  return {
    ...{ loader, optimizer, epochs, steps, loss, batch, metrics, validation, schedule },
    ...{ scheduleEvery, accumulate, ema, callbacks, inspectEvery, progress, signal },
    ...{ catchInterrupts, checkpointEvery, keepCheckpoints, resume },
    clipGradNorm: options.clipGradNorm,
    clipGradValue: options.clipGradValue,
    directory: options.directory,
    report: checkReport(options.report ?? options.directory !== undefined),
    classes: checkClasses("fit", options.classes),
    earlyStopping: made(earlyStopping, (own) => new EarlyStopping(own, names, hasValidation)),
    keepBest: made(keepBest, (own) => new BestWeights(own, names, hasValidation)),
  };
}

/** What an option that is false, true or an object stands for. */
function made<O, T>(option: boolean | O, make: (own: true | O) => T): T | null {
  return option === false ? null : make(option as true | O);
}

function checkIs(
  what: string,
  value: unknown,
  kind: abstract new (...args: never) => unknown,
  remedy: string,
): void {
  if (value instanceof kind) return;
  throw new ValueError("fit", `${what} is ${formatValue(value)}; pass ${remedy}`);
}

function checkSchedule(schedule: Schedule | ReduceLROnPlateau, optimizer: Optimizer): void {
  if (!(schedule instanceof Schedule || schedule instanceof ReduceLROnPlateau)) {
    const remedy = "pass new StepLR(optimizer, …) or another schedule";
    throw new ValueError("fit", `the schedule is ${formatValue(schedule)}; ${remedy}`);
  }
  if (schedule.optimizer === optimizer) return;
  throw new ValueError(
    "fit",
    "the schedule sets the rates of another optimizer; make it of the one that is passed",
  );
}

function checkEnd(epochs: number, steps: number): void {
  const never = Number.POSITIVE_INFINITY;
  if (epochs === never && steps === never) {
    throw new ValueError("fit", "there is no end; pass epochs or steps");
  }
  if (epochs !== never) checkWhole("fit", "epochs", epochs, 1);
  if (steps !== never) checkWhole("fit", "steps", steps, 1);
}

function checkChoice(name: string, value: unknown, known: readonly unknown[]): void {
  if (known.includes(value)) return;
  const list = known.map(formatValue).join(", ");
  throw new ValueError("fit", `${name} ${formatValue(value)} is unknown; known: ${list}`, {
    [name]: value,
  });
}

function checkLimit(name: string, limit: number | undefined): void {
  if (limit === undefined || (Number.isFinite(limit) && limit >= 0)) return;
  throw new ValueError("fit", `${name} is ${formatValue(limit)}; it must be a number ≥ 0`, {
    [name]: limit,
  });
}

const METHODS = [
  "onStart",
  "onForward",
  "onGradients",
  "onStep",
  "onEpoch",
  "onEnd",
  "stateDict",
  "loadStateDict",
] as const;

function checkCallbacks(callbacks: readonly FitCallback[]): void {
  if (!Array.isArray(callbacks)) {
    throw new ValueError("fit", `callbacks is ${formatValue(callbacks)}; pass an array`);
  }
  const names = new Set<string>();
  for (const callback of callbacks as readonly FitCallback[]) {
    if (!METHODS.some((method) => typeof Object(callback)[method] === "function")) {
      throw new ValueError(
        "fit",
        `a callback is ${formatValue(callback)}; it must have one of ${METHODS.join(", ")}`,
      );
    }
    for (const method of METHODS) {
      if (callback[method] !== undefined) {
        checkFunction("fit", `${method} of a callback`, callback[method], "(run, …) => …");
      }
    }
    if (!callback.stateDict && !callback.loadStateDict) continue;
    const { name = "" } = callback;
    if (name === "" || names.has(name) || !callback.stateDict || !callback.loadStateDict) {
      throw new ValueError(
        "fit",
        `a callback with a state must have stateDict, loadStateDict and a name of its own; this one is called ${formatValue(name)}`,
      );
    }
    names.add(name);
  }
}

function checkDirectory(
  options: Pick<
    FitOptions,
    "directory" | "checkpointEvery" | "keepCheckpoints" | "resume" | "report"
  >,
  loader: unknown,
): void {
  const { directory } = options;
  if (directory === undefined) {
    const without = ["checkpointEvery", "keepCheckpoints", "resume", "report"] as const;
    const idle = without.find((name) => options[name] !== undefined && options[name] !== false);
    if (idle === undefined) return;
    throw new ValueError("fit", `${idle} has no use without a folder; pass directory`);
  }
  if (typeof directory !== "string" || directory === "") {
    throw new ValueError("fit", `directory is ${formatValue(directory)}; it must be a path`);
  }
  const { stateDict, loadStateDict }: Record<string, unknown> = Object(loader);
  if (typeof stateDict === "function" && typeof loadStateDict === "function") return;
  throw new ValueError(
    "fit",
    "the loader cannot say where it stands, so the run could not be resumed; " +
      "pass a DataLoader, or give yours stateDict and loadStateDict",
  );
}

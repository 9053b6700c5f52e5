import { checkFunction, checkOptions, checkWhole, formatValue, ValueError } from "@convgrad/core";
import { crossEntropy, Module } from "@convgrad/layers";
import { ExponentialMovingAverage, Optimizer, ReduceLROnPlateau, Schedule } from "@convgrad/optim";
import { checkBatches } from "../batches.ts";
import { checkMetrics } from "../measure.ts";
import { checkClasses } from "../report/classes.ts";
import type { FitCallback } from "./callback.ts";
import { checkProgress } from "./display.ts";
import { EarlyStopping } from "./earlyStopping.ts";
import { BestWeights } from "./keepBest.ts";
import type { FitOptions, Settings } from "./options.ts";
import { checkReport } from "./reportOptions.ts";

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
  checkTrains(model, optimizer);
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
    report: checkReport(
      options.report === undefined ? options.directory !== undefined : options.report,
    ),
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

/** An optimizer may have parameters besides the model's, those of the loss for instance, but not only such. */
function checkTrains(model: Module, { groups }: Optimizer): void {
  const own = new Set(model.parameters());
  if (groups.some(({ parameters }) => parameters.some((parameter) => own.has(parameter)))) return;
  throw new ValueError(
    "fit",
    "the optimizer has no parameter of the model; make it of model.parameters()",
  );
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
  if (typeof process === "undefined" || !process.getBuiltinModule?.("node:fs/promises")) {
    throw new ValueError(
      "fit",
      "this runtime has no files; leave directory out, and keep what encodeModel(model) gives",
    );
  }
  const { stateDict, loadStateDict }: Record<string, unknown> = Object(loader);
  if (typeof stateDict === "function" && typeof loadStateDict === "function") return;
  throw new ValueError(
    "fit",
    "the loader cannot say where it stands, so the run could not be resumed; " +
      "pass a DataLoader, or give yours stateDict and loadStateDict",
  );
}

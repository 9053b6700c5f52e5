import { Dense, type FitOptions, fit, memory, SGD, StepLR, ValueError } from "convgrad";
import { describe, expect, it, vi } from "vitest";
import { loaderOf, net, validationLoader } from "./task.ts";

const model = net();
const optimizer = new SGD(model.parameters(), { lr: 0.1 });
const valid = { loader: loaderOf(), optimizer, epochs: 1, progress: false } as const;
const other = new SGD(net().parameters(), { lr: 0.1 });
const half = { name: "mine", stateDict: () => null };

describe.each<[options: Readonly<Record<string, unknown>>, message: string]>([
  [{ learningRate: 1 }, 'no option "learningRate"; known: loader, optimizer, epochs, '],
  [{ loader: 3 }, "the loader is 3; pass a DataLoader, or a list of { images, labels }"],
  [{ validation: {} }, "validation is an object; pass a DataLoader"],
  [{ optimizer: "adam" }, 'the optimizer is "adam"; pass new SGD(…) or new Adam(…)'],
  [
    { optimizer: other },
    "the optimizer has no parameter of the model; make it of model.parameters",
  ],
  [{ schedule: 3 }, "the schedule is 3; pass new StepLR(optimizer, …)"],
  [{ schedule: new StepLR(other, { stepSize: 1 }) }, "the schedule sets the rates of another"],
  [{ ema: {} }, "ema is an object; pass new ExponentialMovingAverage(…)"],
  [{ signal: "SIGINT" }, 'the signal is "SIGINT"; pass the signal of an AbortController'],
  [{ epochs: undefined }, "there is no end; pass epochs or steps"],
  [{ epochs: 0 }, "epochs is 0; it must be a whole number ≥ 1"],
  [{ steps: 1.5 }, "steps is 1.5; it must be a whole number ≥ 1"],
  [{ loss: "mse" }, 'loss is "mse"; it must be a function: (logits, labels) => …'],
  [{ batch: 8 }, "batch is 8; it must be a function: (batch) => [input, target]"],
  [{ batch: () => 8 }, "batch must give [input, target], both tensors"],
  [{ metrics: ["accuracy"] }, "metrics is "],
  [{ metrics: { top3: 3 } }, "metric top3 is 3; it must be a function: (logits, labels) => …"],
  [{ metrics: { loss: () => 1 } }, "a metric cannot be called loss; that is measured anyway"],
  [{ metrics: { x: () => "1" } }, 'metric x gave "1"; it must give a number, by .item()'],
  [
    { metrics: { x: () => model.parameters()[0] } },
    "metric x gave a tensor; it must give a number",
  ],
  [{ scheduleEvery: "batch" }, 'scheduleEvery "batch" is unknown; known: "step", "epoch"'],
  [{ accumulate: 0 }, "accumulate is 0; it must be a whole number ≥ 1"],
  [{ clipGradNorm: -1 }, "clipGradNorm is -1; it must be a number ≥ 0"],
  [{ clipGradValue: Number.NaN }, "clipGradValue is NaN; it must be a number ≥ 0"],
  [{ earlyStopping: { patience: -1 } }, "earlyStopping: patience is -1; it must be a whole number"],
  [{ earlyStopping: { minDelta: "1" } }, 'minDelta is "1"; it must be a number ≥ 0'],
  [{ earlyStopping: { mode: "up" } }, 'mode "up" is unknown; use "min" or "max"'],
  [
    { earlyStopping: { monitor: "validation.loss" } },
    'monitor "validation.loss" is not measured; known: loss, accuracy; for others pass validation',
  ],
  [
    { keepBest: { monitor: "top3" }, validation: validationLoader() },
    'keepBest: monitor "top3" is not measured; known: loss, accuracy, validation.loss, validation.accuracy',
  ],
  [{ keepBest: 3 }, "keepBest: the options are 3; pass them by name: { monitor: … }"],
  [{ keepBest: { restore: 1 } }, "keepBest: restore is 1; it must be true or false"],
  [{ callbacks: () => {} }, "callbacks is a function; pass an array"],
  [{ callbacks: [() => {}] }, "a callback is a function; it must have one of onStart, "],
  [{ callbacks: [{ onStep: 3 }] }, "a callback is an object; it must have one of onStart, "],
  [{ callbacks: [{ onEpoch: () => {}, onStep: 3 }] }, "onStep of a callback is 3; it must be"],
  [{ callbacks: [half] }, "a callback with a state must have stateDict, loadStateDict and a name"],
  [{ inspectEvery: 0 }, "inspectEvery is 0; it must be a whole number ≥ 1"],
  [{ progress: "yes" }, 'progress is "yes"; pass true, false or a stream with write'],
  [{ catchInterrupts: 1 }, "catchInterrupts 1 is unknown; known: true, false"],
  [{ directory: 3 }, "directory is 3; it must be a path"],
  [{ checkpointEvery: 10 }, "checkpointEvery has no use without a folder; pass directory"],
  [{ resume: "auto" }, "resume has no use without a folder; pass directory"],
  [{ report: true }, "report has no use without a folder; pass directory"],
  [{ directory: "x", report: { data: 3 } }, "the data of the report is 3; it must be a text"],
  [{ directory: "x", report: { seeds: { own: -1 } } }, "the seed own is -1; it must be a whole"],
  [{ directory: "x", report: { settings: [1] } }, "settings is [1]; pass an object"],
  [{ directory: "x", report: null }, "the options are null"],
  [{ directory: "x", resume: "yes" }, 'resume "yes" is unknown; known: true, false, "auto"'],
  [{ directory: "x", checkpointEvery: "step" }, 'checkpointEvery is "step"; it must be a whole'],
  [{ directory: "x", keepCheckpoints: 0 }, "keepCheckpoints is 0; it must be a whole number ≥ 1"],
])("fit(model, %o)", (wrong, message) => {
  it("is refused before any step", async () => {
    const before = memory().tensors;
    const run = fit(model, { ...valid, ...wrong } as unknown as FitOptions);
    await expect(run).rejects.toThrow(ValueError);
    await expect(run).rejects.toThrow(message);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });
});

it.each([null, 3, {}, { forward: () => {} }])("the model %o is refused", async (wrong) => {
  const run = fit(wrong as never, valid);
  await expect(run).rejects.toThrow(ValueError);
  await expect(run).rejects.toThrow(/^fit: the model is .*; pass a Module$/);
});

it.each([null, 3, "options", []])("the options %o are refused", async (wrong) => {
  const run = fit(new Dense(1, 1), wrong as never);
  await expect(run).rejects.toThrow(
    /^fit: the options are .*; pass them by name: \{ loader: … \}$/,
  );
});

it("a directory is refused where there are no files, with what to do instead", async () => {
  const files = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
  const run = fit(model, { ...valid, directory: "x" });
  await expect(run).rejects.toThrow(ValueError);
  await expect(run).rejects.toThrow(/^fit: this runtime has no files; leave directory out/);
  files.mockRestore();
});

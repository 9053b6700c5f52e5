import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Adam,
  Dense,
  FileError,
  type FitCallback,
  FormatError,
  fit,
  loadModel,
  loadSafetensors,
  Module,
  OneCycleLR,
  SGD,
  type Tensor,
  ValueError,
  weightsHash,
} from "convgrad";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { augmented, experiment, type Outcome } from "./experiment.ts";
import { loaderOf, net, pictures, validationLoader } from "./task.ts";

const STEPS = 12; // 7 batches, two to a step, the last alone: 4 in each of 3 epochs

let whole: Outcome;
let directory: string;

beforeAll(async () => {
  whole = await experiment();
  expect(whole.result.steps.step).toHaveLength(STEPS);
});
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "convgrad-fit-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

const stopAt = (at: number): FitCallback => ({
  onStep: (run, { step }) => (step === at ? run.stop() : undefined),
});

/** The checkpoints, oldest first. */
function checkpoints(): string[] {
  const folder = join(directory, "checkpoints");
  return readdirSync(folder)
    .sort()
    .map((file) => join(folder, file));
}

/** That a run went as the one that was never stopped. */
function expectWhole({ weights, averages, history }: Outcome): void {
  expect(history).toEqual(whole.history);
  expect([weights, averages]).toEqual([whole.weights, whole.averages]);
}

describe("a run that was stopped", () => {
  it.each(Array.from({ length: STEPS }, (_, i) => i + 1))(
    "at step %i goes on to the bit",
    async (step) => {
      const cut = await experiment({ directory, callbacks: [stopAt(step)] });
      expect(cut.result.stopped).toBe("callback");
      expect(cut.result.path).toBe(checkpoints().at(-1));
      const resumed = await experiment({ directory, resume: true });
      expect(resumed.result.stopped).toBe("epochs");
      expectWhole(resumed);
    },
  );

  it("again and again goes on to the bit, with a checkpoint for each step", async () => {
    const options = { directory, resume: "auto", checkpointEvery: 1 } as const;
    for (let step = 1; step < STEPS; step += 2) {
      const { result } = await experiment({ ...options, callbacks: [stopAt(step)] });
      expect(result.steps.step).toHaveLength(step);
    }
    expectWhole(await experiment(options));
    expect(checkpoints()).toHaveLength(3);
  });

  it("by its number of steps goes on when there are to be more", async () => {
    const short = await experiment({ directory, steps: 6 });
    expect(short.result.epochs.map(({ step }) => step)).toEqual([4, 6]);
    const same = await experiment({ directory, steps: 6, resume: true });
    expect(same.history).toEqual(short.history);
    expect(same.weights).toBe(short.weights);
    expectWhole(await experiment({ directory, resume: true }));
  });

  it("while it validated goes on with the validation", async () => {
    const controller = new AbortController();
    const validation = validationLoader();
    const begin = validation[Symbol.asyncIterator].bind(validation);
    validation[Symbol.asyncIterator] = () => {
      controller.abort();
      return begin();
    };
    const { signal } = controller;
    const { result } = await experiment({ directory, signal, validation });
    expect(result).toMatchObject({ stopped: "signal", epochs: [] });
    expect(result.steps.step).toHaveLength(4);
    expectWhole(await experiment({ directory, resume: true }));
  });
});

describe("a run that is done", () => {
  it("ends at once when it is resumed, with the same outcome", async () => {
    expectWhole(await experiment({ directory }));
    const nothing: FitCallback = {
      onStep: () => {
        throw new Error("there is nothing to do");
      },
    };
    const again = await experiment({ directory, resume: true, callbacks: [nothing] });
    expectWhole(again);
    expect(again.result.stopped).toBe("epochs");
  });

  it("leaves its weights, averaged, as files that anyone can load", async () => {
    const { result } = await experiment({ directory });
    for (const [file, expected] of [
      ["model", whole.averages],
      ["best", await weightsHash(Object.values(result.best!.state))],
    ] as const) {
      const path = join(directory, `${file}.safetensors`);
      const model = net();
      model.loadStateDict((await loadSafetensors(path)).tensors);
      for (const one of [model, await loadModel(path)]) {
        expect([file, await weightsHash(Object.values(one.stateDict()))]).toEqual([file, expected]);
      }
    }
  });

  it("leaves the weights alone of a model with layers of its own", async () => {
    class Own extends Module {
      readonly inner = new Dense(64, 3);
      forward(x: Tensor): Tensor {
        return this.inner.forward(x.reshape([-1, 64]));
      }
    }
    const model = new Own();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await fit(model, { loader: loaderOf(), optimizer, steps: 1, directory, progress: false });
    const { tensors } = await loadSafetensors(join(directory, "model.safetensors"));
    expect(Object.keys(tensors).toSorted()).toEqual(["inner.bias", "inner.weight"]);
  });

  it("that ended early stays so", async () => {
    const earlyStopping = { patience: 0, minDelta: 100 };
    const early = await experiment({ directory, earlyStopping });
    expect([early.result.stopped, early.result.epochs.length]).toEqual(["early", 2]);
    const again = await experiment({ directory, earlyStopping, resume: true });
    expect([again.result.stopped, again.result.epochs.length]).toEqual(["early", 2]);
  });
});

describe("a directory", () => {
  it("with a run in it is not begun afresh unnoticed", async () => {
    await experiment({ directory, steps: 2 });
    const afresh = experiment({ directory, steps: 2 });
    await expect(afresh).rejects.toThrow(ValueError);
    await expect(afresh).rejects.toThrow(/holds a run already \(.*\); pass resume: true to go on/);
  });

  it("without one cannot be resumed, unless it may be", async () => {
    const resumed = experiment({ directory, resume: true });
    await expect(resumed).rejects.toThrow(ValueError);
    await expect(resumed).rejects.toThrow(
      /there is no checkpoint to resume in .*; pass resume: "auto"/,
    );
    expectWhole(await experiment({ directory, resume: "auto" }));
  });

  const own = net();
  it.each<[string, Parameters<typeof experiment>[0], string]>([
    ["batches to a step", { accumulate: 3 }, "was made with accumulate 2, not 3; resume with"],
    ["batches", { loader: augmented(50, 5) }, "batches of the loader 7, not 10"],
    ["samples", { loader: augmented(51) }, "samples of the loader 50, not 51"],
    ["orders", { loader: loaderOf(50, { seed: 4 }) }, "seed of the loader 3, not 4"],
    ["clipping", { clipGradNorm: 2 }, "clipGradNorm 1, not 2"],
    [
      "an optimiser",
      { optimizer: new SGD(own.parameters(), { lr: 1 }), schedule: undefined },
      'optimizer "Adam", not "SGD"',
    ],
    ["averages", { ema: undefined }, "unexpected ema; resume with the options of the run"],
    ["steps", { steps: 3 }, "steps is 3, and 4 are done already"],
  ])("refuses other %s than the run had", async (_, changed, message) => {
    await experiment({ directory, steps: 4 });
    const resumed = experiment(
      { directory, resume: true, ...changed },
      changed?.optimizer ? own : net(),
    );
    await expect(resumed).rejects.toThrow(ValueError);
    await expect(resumed).rejects.toThrow(message);
  });

  it("of another model changes nothing", async () => {
    await experiment({ directory, steps: 4 });
    const [model, loader] = [net(2), augmented()];
    const before = await weightsHash(Object.values(model.stateDict()));
    const optimizer = new Adam(model.parameters().slice(1), { lr: 0.01 });
    const schedule = new OneCycleLR(optimizer, { maxLr: 0.05, totalSteps: 20 });
    const options = { loader, optimizer, schedule, directory, resume: true };
    const resumed = experiment(options, model);
    await expect(resumed).rejects.toThrow(ValueError);
    await expect(resumed).rejects.toThrow(
      /^fit: .*00004\.safetensors is not of this run \(.*parameters in 1 groups.*\); pass the model and/,
    );
    expect(await weightsHash(Object.values(model.stateDict()))).toBe(before);
    expect(loader.stateDict()).toEqual({ epoch: 0, batch: 0 });
  });

  it("needs a loader that knows where it is", async () => {
    const model = new Dense(1, 1);
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const run = fit(model, { loader: [pictures(2)], optimizer, epochs: 1, directory });
    await expect(run).rejects.toThrow(/cannot say where it stands.*pass a DataLoader/);
  });
});

describe("damaged checkpoints", () => {
  const damage: Readonly<Record<string, (path: string) => void>> = {
    truncated: (path) => truncateSync(path, 1000),
    emptied: (path) => truncateSync(path, 0),
    flipped: (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 100]! ^= 1;
      writeFileSync(path, bytes);
    },
  };

  it.each(Object.keys(damage))("%s: the one before is used, and it is said", async (how) => {
    await experiment({ directory, checkpointEvery: 2, callbacks: [stopAt(7)] });
    const latest = checkpoints().at(-1)!;
    damage[how]!(latest);
    const lines: string[] = [];
    const stream = { write: (text: string) => lines.push(text) };
    const { result, weights } = await experiment({ directory, resume: true, progress: stream });
    expect(weights).toBe(whole.weights);
    expect(result.warnings.slice(-1)[0]).toContain(
      `${latest} is damaged, so the run goes on from `,
    );
    expect(lines.join("")).toContain(`warning: ${latest} is damaged`);
  });

  it("all of them: an error, and nothing is begun", async () => {
    await experiment({ directory, checkpointEvery: 2, steps: 6 });
    for (const path of checkpoints()) damage["flipped"]!(path);
    const before = checkpoints();
    for (const resume of ["auto", true, false] as const) {
      await expect(experiment({ directory, resume })).rejects.toThrow(FormatError);
    }
    expect(checkpoints()).toEqual(before);
  });
});

describe("what the disk refuses", () => {
  it("is an error before the first step where no checkpoint can be written at all", async () => {
    writeFileSync(join(directory, "file"), "");
    let steps = 0;
    const counter: FitCallback = { onStep: () => void steps++ };
    const run = experiment({ directory: join(directory, "file"), callbacks: [counter] });
    await expect(run).rejects.toThrow(FileError);
    expect(steps).toBe(0);
  });

  it("ends the run where the disk is full, and the last checkpoint is there", async () => {
    const fs = process.getBuiltinModule("node:fs/promises");
    const { open } = fs;
    let writes = 0;
    vi.spyOn(fs, "open").mockImplementation(async (...args) => {
      const file = await open(...args);
      if (String(args[0]).endsWith(".tmp") && ++writes > 2) {
        const error = Object.assign(new Error("no space"), { code: "ENOSPC", syscall: "write" });
        vi.spyOn(file, "writeFile").mockRejectedValue(error);
      }
      return file;
    });
    const run = experiment({ directory, checkpointEvery: 1 });
    await expect(run).rejects.toThrow(FileError);
    await expect(run).rejects.toThrow(
      /step-\d+\.safetensors: no space left on the device; free some/,
    );
    vi.restoreAllMocks();
    expect(checkpoints()).toHaveLength(2);
    expectWhole(await experiment({ directory, resume: true, checkpointEvery: 1 }));
  });
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AnomalyError,
  Conv2D,
  crossEntropy,
  DataLoader,
  Dense,
  Dropout,
  type FitCallback,
  type FitOptions,
  Flatten,
  fit,
  full,
  type Module,
  manualSeed,
  noGrad,
  ReLU,
  randn,
  randomState,
  Sequential,
  SGD,
  Sigmoid,
  type Tensor,
  tensor,
  ValueError,
  weightsHash,
} from "convgrad";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loaderOf, net, pictures } from "./task.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "convgrad-trouble-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** The error that ends a run. */
async function failure(model: Module, options: Partial<FitOptions>, lr = 0.1): Promise<Error> {
  const optimizer = new SGD(model.parameters(), { lr });
  const run = fit(model, { loader: loaderOf(), optimizer, epochs: 2, progress: false, ...options });
  return run.then(
    () => expect.fail("it should have failed"),
    (error: Error) => error,
  );
}

describe("a loss that is not finite ends the run and has a cause:", () => {
  it("weights that an update spoilt", async () => {
    const error = await failure(net(), {}, 1e39);
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(
      /^fit: the parameter \d\.\w+ \[.*\] is -?(NaN|Infinity) at \[.*\] in step \d+: the update of step \d+ made it, whose loss was still finite; lower the learning rate \(1e\+39\), begin with a warm-up, or pass clipGradNorm$/,
    );
    expect(error).toMatchObject({ details: { cause: "parameters", epoch: 1, lr: 1e39 } });
  });

  it("weights that were so before", async () => {
    const model = net();
    noGrad(() => model.parameters()[0]!.assign(Number.NaN));
    const error = await failure(model, {});
    expect(error.message).toContain("is NaN at [0, 0, 0, 0] in step 1: it was so before the first");
  });

  it("the data", async () => {
    const { images, labels } = pictures(8);
    const values = images.toTypedArray();
    values[3 * 64 + 10] = Number.NaN;
    const broken = { images: tensor(values, { shape: images.shape }), labels };
    const model = net();
    const before = await weightsHash(model.parameters());
    const error = await failure(model, { loader: [broken] });
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toBe(
      "fit: the loss of step 1 (epoch 1) is NaN: the input [8, 1, 8, 8] of the batch is NaN at [3, 0, 1, 2]; clean the data",
    );
    expect(await weightsHash(model.parameters())).toBe(before);
  });

  it("an operation, which is found by the same random draws", async () => {
    // 1/0 where dropout left nothing.
    const model = new Sequential(new Flatten(), new Dense(64, 3), new Dropout(0.5));
    const draws = randomState();
    const loss = (logits: Tensor, labels: Tensor) =>
      crossEntropy(logits, labels).add(logits.pow(-1).mul(0).sum());
    const error = await failure(model, { loss });
    expect(error).toBeInstanceOf(AnomalyError);
    expect(error.message).toMatch(
      /^fit: the loss of step 1 \(epoch 1\) is NaN; lower the learning rate \(0\.1\), .*; what made it: \w+: made Infinity at .*trouble\.test\.ts/s,
    );
    expect(error).toMatchObject({ details: { cause: "operation", phase: "forward", step: 1 } });
    expect(randomState()).toEqual({ ...draws, stream: draws.stream + 1 });
  });

  it("the loss function itself", async () => {
    const loss = (logits: Tensor) => logits.sum().add(full([], Number.POSITIVE_INFINITY));
    const error = await failure(net(), { loss });
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toMatch(
      /^fit: the loss of step 1 \(epoch 1\) is Infinity, though no .*: the loss function itself gives it; look/,
    );
  });

  it("and the last good checkpoint is named, and is good", async () => {
    const good = loaderOf();
    let calls = 0;
    const loss = (logits: Tensor, labels: Tensor) =>
      crossEntropy(logits, labels).mul(++calls === 6 ? Number.POSITIVE_INFINITY : 1);
    const options = { loader: good, directory, checkpointEvery: 2 };
    const error = await failure(net(), { ...options, loss });
    const last = join(directory, "checkpoints/step-00000004.safetensors");
    expect(error.message).toContain(`; the last good checkpoint is ${last}`);
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const resumed = { ...options, loader: loaderOf(), optimizer, resume: true, progress: false };
    const { steps } = await fit(model, { ...resumed, epochs: 1 });
    expect(steps.step).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("no bad checkpoint follows a good one", async () => {
    const model = net();
    const spoil = {
      onStep: (_: unknown, { step }: { step: number }) => {
        if (step === 4) noGrad(() => model.parameters()[2]!.assign(Number.NaN));
      },
    };
    const error = await failure(model, { directory, checkpointEvery: 2, callbacks: [spoil] });
    expect(error.message).toContain("in step 5: the update of step 4 made it");
    expect(error.message).toContain("the last good checkpoint is ");
    expect(error.message).toContain("step-00000002.safetensors");
  });
});

/** The warnings of a short run. */
async function warnings(model: Module, lr = 0.01, options: Partial<FitOptions> = {}) {
  const lines: string[] = [];
  const progress = { write: (text: string) => lines.push(text) };
  const history = await fit(model, {
    loader: loaderOf(64, { batch: 16 }),
    optimizer: new SGD(model.parameters(), { lr }),
    epochs: 2,
    inspectEvery: 2,
    progress,
    ...options,
  });
  const shown = lines.filter((line) => line.startsWith("warning: "));
  const said = history.warnings.map((warning) => `warning: ${warning}\n`);
  expect(shown).toEqual(options.resume ? said.slice(-shown.length) : said);
  return history;
}

describe("warnings", () => {
  it("there are none in a healthy run, whose gradients are measured", async () => {
    const { gradients, warnings: said } = await warnings(net());
    expect(said).toEqual([]);
    expect(gradients.step).toEqual([1, 2, 4, 6, 8]);
    expect(Object.keys(gradients.layers)).toEqual(["0", "1", "6"]);
    for (const norms of Object.values(gradients.layers)) {
      expect(norms.every((norm) => norm > 0 && norm < 100)).toBe(true);
    }
  });

  it("measure the gradient before it is clipped, of all parameters of a layer", async () => {
    manualSeed(2);
    const model = new Dense(4, 2);
    const images = randn([6, 4]);
    const labels = tensor(Int32Array.of(0, 1, 0, 1, 0, 1));
    const [loader, optimizer] = [[{ images, labels }], new SGD(model.parameters(), { lr: 0 })];
    const options = { loader, optimizer, clipGradNorm: 1e-3, progress: false } as const;
    const { gradients } = await fit(model, { ...options, steps: 1 });
    model.parameters().forEach((p) => {
      p.grad = null;
    });
    crossEntropy(model.forward(images), labels).backward();
    const all = model.parameters().flatMap((p) => [...p.grad!.toTypedArray()]);
    expect(gradients.layers["model"]?.[0]).toBeCloseTo(Math.hypot(...all), 5);
  });

  it("of vanishing gradients, once for each layer", async () => {
    const deep = Array.from({ length: 9 }, () => [new Dense(16, 16), new Sigmoid()]).flat();
    const model = new Sequential(new Flatten(), new Dense(64, 16), ...deep, new Dense(16, 3));
    const { warnings: said } = await warnings(model);
    expect(said[0]).toMatch(
      /^step 2: the gradient of layer 1 \(Dense\(64 → 16\)\) has norm \S+, \de\+\d times less than elsewhere: it vanishes; use ReLU, /,
    );
    expect(new Set(said.map((line) => /layer (\d+)/.exec(line)![1])).size).toBe(said.length);
  });

  it("of exploding gradients", async () => {
    const model = new Sequential(new Flatten(), new Dense(64, 3));
    const loss = (logits: Tensor, labels: Tensor) => crossEntropy(logits, labels).mul(1e5);
    const { warnings: said } = await warnings(model, 1e-9, { loss });
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(
      /layer 1 .*has norm \S+: it explodes; lower the learning rate \(1e-9\)/,
    );
  });

  it("of units that die in the middle of a run, resumed or not", async () => {
    const dying = async (options: Partial<FitOptions>) => {
      const model = new Sequential(new Flatten(), new Dense(64, 6), new ReLU(), new Dense(6, 3));
      const bias = model.parameters()[1]!;
      const kill = {
        onStep: (_: unknown, { step }: { readonly step: number }) => {
          if (step === 20) noGrad(() => bias.assign(-99));
        },
      };
      const callbacks = [kill, ...(options.callbacks ?? [])];
      return warnings(model, 0.01, { inspectEvery: 1, epochs: 12, ...options, callbacks });
    };
    manualSeed(3);
    const { warnings: said } = await dying({});
    expect(said.find((line) => line.includes("(ReLU)"))).toMatch(
      /^step 48: 100 % of the 6 units of layer 2 \(ReLU\) .* since step 33: dead/,
    );
    const stop: FitCallback = { onStep: (run, { step }) => (step === 40 ? run.stop() : undefined) };
    manualSeed(3);
    await dying({ directory, callbacks: [stop] });
    expect((await dying({ directory, resume: true })).warnings).toEqual(said);
  });

  it("but not of units that are 0 for a small batch now and then", async () => {
    manualSeed(1);
    const layers = [new Dense(64, 32), new ReLU(), new Dense(32, 32), new ReLU()];
    const model = new Sequential(new Flatten(), ...layers, new Dense(32, 3));
    // Each picture is of one place only, so that most units are silent for most batches.
    const images = tensor(
      Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 65 === 0 ? 5 : 0)),
      { shape: [64, 1, 8, 8] },
    );
    const labels = tensor(Int32Array.from({ length: 64 }, (_, i) => i % 3));
    const bias = model.parameters()[1]!;
    noGrad(() => bias.assign(-0.6));
    const loader = new DataLoader({ images, labels }, { batch: 16, shuffle: true, seed: 1 });
    const { warnings: said } = await warnings(model, 1e-3, { loader, epochs: 20, inspectEvery: 1 });
    expect(said).toEqual([]);
  });

  it("of dead units", async () => {
    const model = new Sequential(
      new Conv2D(1, 8, 3),
      new ReLU(),
      new Flatten(),
      new Dense(288, 10),
      new ReLU(),
      new Dense(10, 3),
    );
    const bias = model.parameters()[1]!;
    noGrad(() => bias.assign(tensor([-99, -99, -99, -99, -99, 0, 0, 0])));
    const options = { epochs: 12, inspectEvery: 1 };
    const { warnings: said } = await warnings(model, 0.01, options);
    expect(said).toEqual([
      "step 16: 63 % of the 8 units of layer 1 (ReLU) were 0 for all 256 samples of 16 looks since step 1: dead; lower the learning rate (0.01), or use LeakyReLU",
    ]);
    const images = pictures(2).images;
    model.forward(images); // the run has left no hook behind
    expect(Object.hasOwn(model.children()[1]![1], "forward")).toBe(false);
  });
});

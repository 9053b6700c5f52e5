import {
  Adam,
  accuracy,
  BatchNorm2D,
  CosineAnnealingLR,
  clipGradNorm,
  clipGradValue,
  crossEntropy,
  Dense,
  ExponentialMovingAverage,
  evaluate,
  type FitCallback,
  type FitOptions,
  type FitStep,
  fit,
  leNet5,
  manualSeed,
  memory,
  mse,
  ReduceLROnPlateau,
  randn,
  type Sequential,
  SGD,
  StepLR,
  type Tensor,
  tensor,
  topK,
  ValueError,
  weightsHash,
} from "convgrad";
import { describe, expect, it } from "vitest";
import { loaderOf, net, pictures, validationLoader } from "./task.ts";

const quiet = { progress: false, catchInterrupts: false } as const;

/** Weights and losses of a loop as people write it. */
async function byHand(epochs: number, begin: (model: Sequential) => (loss: Tensor) => void) {
  const model = net();
  const step = begin(model);
  const losses: number[] = [];
  const loader = loaderOf();
  for (let epoch = 0; epoch < epochs; epoch++) {
    for await (const { images, labels } of loader) {
      const loss = crossEntropy(model.forward(images), labels);
      step(loss);
      losses.push(loss.item());
    }
  }
  return { model, losses, hash: await weightsHash(model.parameters()) };
}

/** A run with the model and the data of the tests. */
async function run(options: Partial<FitOptions> & { readonly lr?: number } = {}) {
  const { lr = 0.1, ...more } = options;
  const model = net();
  const optimizer = new SGD(model.parameters(), { lr, momentum: 0.9 });
  const end = more.steps === undefined ? { epochs: 2 } : {};
  const history = await fit(model, {
    loader: loaderOf(),
    optimizer,
    ...end,
    ...quiet,
    ...more,
  });
  return { model, optimizer, history, hash: await weightsHash(model.parameters()) };
}

describe("fit is the loop by hand, to the bit", () => {
  it("with momentum, a schedule, clipping and dropout", async () => {
    const hand = await byHand(2, (model) => {
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      const schedule = new CosineAnnealingLR(optimizer, { tMax: 14 });
      return (loss) => {
        optimizer.zeroGrad();
        loss.backward();
        clipGradValue(model.parameters(), 0.2);
        clipGradNorm(model.parameters(), 1);
        optimizer.step();
        schedule.step();
      };
    });
    const model = net();
    const own = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
    const history = await fit(model, {
      loader: loaderOf(),
      optimizer: own,
      schedule: new CosineAnnealingLR(own, { tMax: 14 }),
      clipGradValue: 0.2,
      clipGradNorm: 1,
      epochs: 2,
      inspectEvery: 2,
      ...quiet,
    });
    expect(await weightsHash(model.parameters())).toBe(hand.hash);
    expect(history.steps.loss).toEqual(hand.losses);
    expect(history.epochs.at(-1)?.weightsHash).toBe(hand.hash);
    expect(history.stopped).toBe("epochs");
  });

  it("on LeNet-5, however closely it is watched", async () => {
    const batches = [pictures(16), pictures(16, 9)].map(({ images, labels }) => ({
      images: images.pad([
        [0, 0],
        [0, 0],
        [10, 10],
        [10, 10],
      ]),
      labels,
    }));
    const trained = async (train: (model: Sequential, optimizer: Adam) => Promise<unknown>) => {
      manualSeed(1);
      const model = leNet5();
      await train(model, new Adam(model.parameters(), { lr: 1e-3 }));
      return weightsHash(model.parameters());
    };
    const hand = await trained(async (model, optimizer) => {
      for (const { images, labels } of [...batches, ...batches]) {
        optimizer.zeroGrad();
        crossEntropy(model.forward(images), labels).backward();
        optimizer.step();
      }
    });
    for (const inspectEvery of [1, Number.POSITIVE_INFINITY]) {
      const own = await trained((model, optimizer) =>
        fit(model, { loader: batches, optimizer, epochs: 2, inspectEvery, ...quiet }),
      );
      expect(own).toBe(hand);
    }
  });

  it("with running averages, whose weights are validated", async () => {
    const averages: ExponentialMovingAverage[] = [];
    const hand = await byHand(1, (model) => {
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      const average = new ExponentialMovingAverage(model.stateDict(), { decay: 0.8 });
      averages.push(average);
      return (loss) => {
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        average.update();
      };
    });
    const validate = () => evaluate(hand.model, validationLoader());
    const validated = await averages[0]!.withAverages(validate);
    const model = net();
    const ema = new ExponentialMovingAverage(model.stateDict(), { decay: 0.8 });
    const history = await fit(model, {
      loader: loaderOf(),
      validation: validationLoader(),
      optimizer: new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 }),
      ema,
      epochs: 1,
      keepBest: true,
      ...quiet,
    });
    expect(await weightsHash(model.parameters())).toBe(hand.hash);
    expect(history.epochs[0]?.validation).toEqual({
      loss: validated.loss,
      accuracy: validated.accuracy,
    });
    ema.copyTo();
    for (const [name, kept] of Object.entries(history.best!.state)) {
      expect([name, kept.toArray()]).toEqual([name, model.stateDict()[name]!.toArray()]);
    }
  });
});

describe("several batches per step", () => {
  const x = randn([11, 4]);
  const labels = tensor(Int32Array.from({ length: 11 }, (_, i) => i % 3));
  const parts = (sizes: readonly number[]) => {
    let at = 0;
    return sizes.map((size) => {
      const from = at;
      at += size;
      return { images: x.slice([from], [at]), labels: labels.slice([from], [at]) };
    });
  };
  const trained = async (options: Partial<FitOptions> & Pick<FitOptions, "loader">) => {
    manualSeed(1);
    const model = new Dense(4, 3);
    const optimizer = new SGD(model.parameters(), { lr: 0.5 });
    const history = await fit(model, { optimizer, epochs: 1, ...quiet, ...options });
    return { weights: model.weight.toTypedArray(), history };
  };

  it("are one large batch, whatever their sizes", async () => {
    const whole = await trained({ loader: parts([11]) });
    for (const sizes of [
      [4, 4, 3],
      [1, 10],
      [5, 5, 1],
    ]) {
      const { weights, history } = await trained({ loader: parts(sizes), accumulate: 3 });
      weights.forEach((w, i) => {
        expect(w).toBeCloseTo(whole.weights[i]!, 6);
      });
      expect(history.steps.step).toEqual([1]);
      expect(history.steps.loss[0]).toBeCloseTo(whole.history.steps.loss[0]!, 6);
    }
  });

  it("may be fewer in the last step of an epoch, which weighs by its own samples", async () => {
    const rest = await trained({ loader: parts([4, 4, 3]), accumulate: 2 });
    manualSeed(1);
    const model = new Dense(4, 3);
    const optimizer = new SGD(model.parameters(), { lr: 0.5 });
    for (const { images, labels: truth } of parts([8, 3])) {
      optimizer.zeroGrad();
      crossEntropy(model.forward(images), truth).backward();
      optimizer.step();
    }
    rest.weights.forEach((w, i) => {
      expect(w).toBeCloseTo(model.weight.toTypedArray()[i]!, 6);
    });
    expect(rest.history.steps.step).toEqual([1, 2]);
  });
});

describe("what a run measures", () => {
  it("is averaged by samples, on the training batches and on the validation data", async () => {
    const top2 = (logits: Tensor, labels: Tensor) => topK(logits, labels, 2);
    const steps: FitStep[] = [];
    const watcher: FitCallback = { onStep: (_, step) => void steps.push(step) };
    const { history, model } = await run({
      validation: validationLoader(),
      metrics: { top2 },
      callbacks: [watcher],
      epochs: 1,
    });
    const [epoch] = history.epochs;
    const mean = (of: (step: FitStep) => number) =>
      steps.reduce((sum, step) => sum + of(step) * step.samples, 0) / 50;
    expect(steps.map(({ samples }) => samples)).toEqual([8, 8, 8, 8, 8, 8, 2]);
    expect(epoch?.loss).toBeCloseTo(
      mean(({ loss }) => loss),
      12,
    );
    expect(epoch?.accuracy).toBeCloseTo(
      mean((step) => step.accuracy),
      12,
    );
    expect(epoch?.metrics?.["top2"]).toBeGreaterThanOrEqual(epoch?.accuracy ?? 1);
    const validated = await evaluate(model, validationLoader(), { metrics: { top2 } });
    expect(epoch?.validation).toEqual({
      loss: validated.loss,
      accuracy: validated.accuracy,
      top2: validated.metrics["top2"],
    });
    expect(model.training).toBe(true);
  });

  it("has no accuracy where the targets are no classes", async () => {
    const x = randn([6, 2]);
    const pairs = [{ x, y: x.sum(1, true) }];
    const model = new Dense(2, 1);
    const history = await fit(model, {
      loader: pairs,
      validation: pairs,
      batch: ({ x: input, y }) => [input, y],
      loss: mse,
      optimizer: new Adam(model.parameters(), { lr: 0.05 }),
      epochs: 60,
      ...quiet,
    });
    expect(history.epochs[0]).toMatchObject({ accuracy: null, epoch: 1, step: 1 });
    expect(Object.keys(history.epochs[0]!.validation!)).toEqual(["loss"]);
    expect(history.epochs.at(-1)!.loss).toBeLessThan(history.epochs[0]!.loss / 4);
  });

  it("leaves nothing in memory but the history", async () => {
    await run();
    const before = memory().tensors;
    await run({ validation: validationLoader(), accumulate: 2 });
    // The models and loaders of the test itself, until the collector takes them.
    expect(memory().tensors - before).toBeLessThan(60);
  });

  it("has columns of one length where a layer is frozen for a while", async () => {
    const model = net();
    const freezer: FitCallback = {
      onForward: ({ step }) => {
        for (const parameter of model.parameters().slice(0, 2)) {
          parameter.requiresGrad = step > 2;
          parameter.grad = null;
        }
      },
    };
    const { gradients } = await fit(model, {
      loader: loaderOf(),
      optimizer: new SGD(model.parameters(), { lr: 0.01 }),
      epochs: 1,
      inspectEvery: 1,
      callbacks: [freezer],
      ...quiet,
    });
    const { step, layers } = gradients;
    for (const norms of Object.values(layers)) expect(norms).toHaveLength(step.length);
    expect(layers["0"]?.map((norm) => Number.isNaN(norm))).toEqual(step.map((at) => at < 4));
  });

  it("merges steps where there are very many", async () => {
    const model = new Dense(1, 1);
    const x = randn([1, 1]);
    const history = await fit(model, {
      loader: [x],
      batch: (one) => [one, one],
      loss: mse,
      optimizer: new SGD(model.parameters(), { lr: 0.01 }),
      steps: 2100,
      inspectEvery: 1,
      ...quiet,
    });
    const { step, loss, lr } = history.steps;
    expect(step.length).toBeLessThan(2048);
    expect(step.at(-1)).toBe(2100);
    expect([loss.length, lr.length]).toEqual([step.length, step.length]);
    expect(step.slice(0, 3)).toEqual([2, 4, 6]);
    expect(history.gradients.step.length).toBeLessThan(2048);
    expect(history.gradients.step.at(-1)).toBe(2100);
    expect(history.gradients.layers["model"]).toHaveLength(history.gradients.step.length);
  });
});

describe("the end of a run", () => {
  it("comes after so many steps, also within an epoch, which has its record", async () => {
    const { history } = await run({ steps: 9, validation: validationLoader() });
    expect(history.stopped).toBe("steps");
    expect(history.steps.step).toHaveLength(9);
    expect(history.epochs.map(({ step }) => step)).toEqual([7, 9]);
  });

  it("comes with an error where the loader has no more samples", async () => {
    const given = (function* () {
      yield pictures(4);
    })();
    for (const [loader, end] of [
      [[], { steps: 3 }],
      [[], { epochs: 1 }],
      [given, { epochs: 2 }],
    ] as const) {
      const failing = run({ loader, ...end });
      await expect(failing).rejects.toThrow(ValueError);
      await expect(failing).rejects.toThrow(/^fit: the loader gives no sample in epoch [12]; pass/);
    }
  });

  it("comes early when the number that counts no longer gets better", async () => {
    const { history } = await run({
      epochs: 50,
      lr: 0,
      earlyStopping: { patience: 2, monitor: "validation.loss", minDelta: 0.5 },
      validation: validationLoader(),
    });
    expect(history.stopped).toBe("early");
    expect(history.epochs).toHaveLength(4); // the first is the best, two are let pass
  });

  it("can leave the model with the weights of the best epoch", async () => {
    const { history, model } = await run({
      epochs: 4,
      lr: 0.5,
      keepBest: { monitor: "accuracy", restore: true },
    });
    const best = history.epochs.reduce((a, b) => (b.accuracy! > a.accuracy! ? b : a));
    expect(history.best).toMatchObject({ epoch: best.epoch, value: best.accuracy });
    expect(await weightsHash(model.parameters())).toBe(best.weightsHash);
  });

  it("comes when a callback or the signal says so", async () => {
    const stopper: FitCallback = { onStep: (r, { step }) => (step === 3 ? r.stop() : undefined) };
    const { history } = await run({ callbacks: [stopper] });
    expect([history.stopped, history.steps.step.length]).toEqual(["callback", 3]);
    const controller = new AbortController();
    const aborter: FitCallback = {
      onStep: (_, { step }) => void (step === 4 && controller.abort()),
    };
    const cut = await run({ callbacks: [aborter], signal: controller.signal });
    expect([cut.history.stopped, cut.history.steps.step.length]).toEqual(["signal", 4]);
    const never = await run({ signal: AbortSignal.abort() });
    expect([never.history.stopped, never.history.steps.step.length]).toEqual(["signal", 0]);
  });

  it("during validation leaves the epoch open", async () => {
    const controller = new AbortController();
    const abortAt = (batches: AsyncIterable<ReturnType<typeof pictures>>) => ({
      async *[Symbol.asyncIterator]() {
        controller.abort();
        yield* batches;
      },
    });
    const { history, model } = await run({
      validation: abortAt(validationLoader()),
      signal: controller.signal,
    });
    expect(history).toMatchObject({ stopped: "signal", epochs: [] });
    expect(model.training).toBe(true);
  });
});

describe("callbacks", () => {
  it("are told everything, in order", async () => {
    const told: string[] = [];
    const note =
      (what: string) =>
      async ({ step, epoch }: { step: number; epoch: number }) => {
        await null;
        told.push(`${what} ${epoch}:${step}`);
      };
    const diary: FitCallback = {
      onStart: note("start"),
      onForward: note("forward"),
      onGradients: note("gradients"),
      onStep: note("step"),
      onEpoch: note("epoch"),
      onEnd: note("end"),
    };
    await run({ loader: loaderOf(16), epochs: 1, callbacks: [diary] });
    expect(told).toEqual([
      "start 1:0",
      "forward 1:0",
      "gradients 1:0",
      "step 1:1",
      "forward 1:1",
      "gradients 1:1",
      "step 1:2",
      "epoch 1:2",
      "end 2:2",
    ]);
  });

  it("end the run by what they throw, and are told of the end", async () => {
    let ended = false;
    const broken: FitCallback = {
      onStep: () => {
        throw new RangeError("on purpose");
      },
      onEnd: () => {
        ended = true;
      },
    };
    const worse: FitCallback = {
      onEnd: () => {
        throw new RangeError("at the end too");
      },
    };
    await expect(run({ callbacks: [worse, broken] })).rejects.toThrow("on purpose");
    expect(ended).toBe(true);
    await expect(run({ callbacks: [worse] })).rejects.toThrow("at the end too");
  });
});

describe("schedules", () => {
  it("step with the optimiser or with the epochs", async () => {
    const rates = async (scheduleEvery: "step" | "epoch") => {
      const model = net();
      const optimizer = new SGD(model.parameters(), { lr: 0.08 });
      const schedule = new StepLR(optimizer, { stepSize: 1, gamma: 0.5 });
      const { epochs } = await fit(model, {
        loader: loaderOf(16),
        optimizer,
        schedule,
        scheduleEvery,
        epochs: 2,
        ...quiet,
      });
      return epochs.map(({ lr }) => lr);
    };
    expect(await rates("step")).toEqual([0.04, 0.01]);
    expect(await rates("epoch")).toEqual([0.08, 0.04]);
  });

  it("on a plateau look at the loss of the epoch", async () => {
    const model = net();
    const optimizer = new SGD(model.parameters(), { lr: 1e-6 });
    const schedule = new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.5, threshold: 0.9 });
    const validation = validationLoader();
    await fit(model, {
      loader: loaderOf(16),
      optimizer,
      schedule,
      validation,
      epochs: 3,
      ...quiet,
    });
    expect(optimizer.lr).toBe(0.25e-6);
  });
});

it("parts of a model that are frozen in eval mode stay so", async () => {
  const model = net();
  const frozen = model.children().find(([, part]) => part instanceof BatchNorm2D)![1];
  frozen.eval();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  await fit(model, {
    loader: loaderOf(16),
    validation: validationLoader(),
    optimizer,
    epochs: 1,
    ...quiet,
  });
  expect(frozen.training).toBe(false);
  expect((frozen as BatchNorm2D).batchesTracked?.item()).toBe(0);
  expect(accuracy(model.eval().forward(pictures(3).images), pictures(3).labels)).toBeGreaterThan(0);
});

// LeNet-5 learns to read handwritten digits: `npm run mnist`, or `npm run mnist -- --help`.

import * as cg from "convgrad";
import { run } from "../command/run.ts";
import { RunRecord } from "./record.ts";
import { count, describe, saveReport } from "./report.ts";
import { readSettings } from "./settings.ts";

type Digits = cg.DataLoader<cg.LabelledImages>;

/** Trains for so many steps, and writes down how it goes. */
async function train(model: cg.Sequential, loader: Digits, steps: number, record: RunRecord) {
  const { losses, lr } = record;
  const optimizer = new cg.SGD(model.parameters(), { lr, momentum: 0.9 });
  // Up to lr and down to nearly 0 again, over all steps.
  const schedule = new cg.OneCycleLR(optimizer, { maxLr: lr, totalSteps: Math.max(steps, 2) });
  const bar = await cg.progress({ total: steps, label: "training" });
  try {
    while (losses.length < steps) {
      for await (const { images, labels } of loader) {
        optimizer.zeroGrad();
        const logits = model.forward(images);
        const loss = cg.crossEntropy(logits, labels);
        loss.backward();
        optimizer.step();

        const measured = { loss: loss.item(), accuracy: cg.accuracy(logits, labels) };
        const step = record.addStep({ ...measured, samples: labels.size }, optimizer.lr);
        schedule.step();
        bar.update(step, { ...measured, samples: labels.size });
        checkLoss(measured.loss, `at step ${step}`, lr);
        if (step === steps) break;
      } // what the body computed is released here
      await record.endEpoch(model);
    }
  } finally {
    bar.stop();
  }
}

/** The loss and accuracy on images that the model has never seen. */
async function test(model: cg.Sequential, loader: Digits) {
  const bar = await cg.progress({ total: loader.length, label: "testing" });
  const onBatch = (done: number, { samples }: cg.Measured) => bar.update(done, { samples });
  try {
    return await cg.evaluate(model, loader, { onBatch });
  } finally {
    bar.stop();
  }
}

/** Once the loss is NaN or infinite, so are the weights, and no step brings them back. */
function checkLoss(loss: number, when: string, lr: number): void {
  if (Number.isFinite(loss)) return;
  throw new cg.ValueError("training", `the loss is ${loss} ${when}; lower --lr (${lr})`);
}

async function main(): Promise<void> {
  const settings = await readSettings(process.argv);
  const { batch, lr, seed, threads } = settings;
  const backend = await cg.init({ backend: settings.backend, ...(threads && { threads }) });
  cg.manualSeed(seed);

  const digits = await cg.mnist({ train: settings.limit, test: settings.testLimit });
  const images = digits.train.labels.size;
  const transform = cg.scalePixels; // bytes 0 … 255 → float32 0 … 1
  const trainLoader = new cg.DataLoader(digits.train, { batch, shuffle: true, seed, transform });
  const testLoader = new cg.DataLoader(digits.test, { batch: 250, transform });
  const steps = settings.steps ?? settings.epochs * trainLoader.length;
  console.log(describe(settings, steps, images, backend));

  const model = cg.leNet5();
  const record = await RunRecord.begin(settings, { train: trainLoader, test: testLoader });
  const started = performance.now();
  await train(model, trainLoader, steps, record);
  const seconds = (performance.now() - started) / 1000;

  const tested = await test(model, testLoader);
  checkLoss(tested.loss, "in the test", lr);
  const percent = (100 * tested.accuracy).toFixed(2);
  const unseen = count(tested.samples, "image");
  console.log(
    `test accuracy ${percent} %, loss ${tested.loss.toFixed(4)}, on ${unseen} it had never seen`,
  );
  console.log(`${seconds.toFixed(1)} s of training, ${count(steps, "step")}`);
  const weightsHash = await cg.weightsHash(model.parameters());
  console.log(`weights ${weightsHash}`);
  await saveReport({
    settings,
    backend,
    images,
    losses: record.losses,
    seconds,
    tested,
    weightsHash,
  });
  if (settings.directory !== undefined) {
    await record.end(await cg.inspect(model, testLoader, { data: "test" }));
  }
}

run(main);

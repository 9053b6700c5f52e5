// LeNet-5 learns to read handwritten digits: `npm run mnist`, or `npm run mnist -- --help`.

import {
  accuracy,
  Conv2D,
  ConvgradError,
  crossEntropy,
  DataLoader,
  Dense,
  evaluate,
  Flatten,
  init,
  type LabelledImages,
  MaxPool,
  manualSeed,
  mnist,
  progress,
  ReLU,
  Sequential,
  SGD,
  scalePixels,
  weightsHash,
} from "convgrad";
import { describe, saveReport } from "./report.ts";
import { readSettings } from "./settings.ts";

type Digits = DataLoader<LabelledImages>;

/** LeNet-5 (LeCun et al. 1998) with today's ReLU and max pooling. */
function lenet(): Sequential {
  return new Sequential(
    new Conv2D(1, 6, 5, { padding: 2 }), // [N, 1, 28, 28] → [N, 6, 28, 28]
    new ReLU(),
    new MaxPool(2), // [N, 6, 14, 14]
    new Conv2D(6, 16, 5), // [N, 16, 10, 10]
    new ReLU(),
    new MaxPool(2), // [N, 16, 5, 5]
    new Flatten(), // [N, 400]
    new Dense(400, 120),
    new ReLU(),
    new Dense(120, 84),
    new ReLU(),
    new Dense(84, 10), // a number per digit; the largest is the guess
  );
}

/** Trains for so many steps; returns the loss of each. */
async function train(model: Sequential, loader: Digits, steps: number, lr: number) {
  const optimizer = new SGD(model.parameters(), { lr, momentum: 0.9 });
  const losses: number[] = [];
  const bar = await progress({ total: steps, label: "training" });
  try {
    while (losses.length < steps) {
      for await (const { images, labels } of loader) {
        optimizer.zeroGrad();
        const logits = model.forward(images);
        const loss = crossEntropy(logits, labels);
        loss.backward();
        optimizer.step();

        losses.push(loss.item());
        bar.update(losses.length, {
          loss: loss.item(),
          accuracy: accuracy(logits, labels),
          samples: labels.size,
        });
        if (losses.length === steps) break;
      } // what the body computed is released here
    }
  } finally {
    bar.stop();
  }
  return losses;
}

async function main(): Promise<void> {
  const settings = await readSettings(process.argv);
  const { batch, lr, seed } = settings;
  const backend = await init({ backend: settings.backend });
  manualSeed(seed);

  const digits = await mnist({ train: settings.limit, test: settings.testLimit });
  const images = digits.train.labels.size;
  const transform = scalePixels; // bytes 0 … 255 → float32 0 … 1
  const loader = new DataLoader(digits.train, { batch, shuffle: true, seed, transform });
  const steps = settings.epochs === undefined ? settings.steps : settings.epochs * loader.length;
  console.log(describe(settings, steps, images, backend));

  const model = lenet();
  const started = performance.now();
  const losses = await train(model, loader, steps, lr);
  const seconds = (performance.now() - started) / 1000;

  console.log(`testing on ${digits.test.labels.size} images it has never seen …`);
  const tested = await evaluate(model, new DataLoader(digits.test, { batch: 250, transform }));
  const percent = (100 * tested.accuracy).toFixed(2);
  console.log(`test accuracy ${percent} %, loss ${tested.loss.toFixed(4)}`);
  const hash = await weightsHash(model.parameters());
  console.log(`${seconds.toFixed(1)} s of training, ${steps} steps, weights ${hash}`);
  await saveReport({ settings, backend, images, losses, seconds, tested, weightsHash: hash });
}

// Ctrl-C: an orderly exit, in which the bar cleans up after itself.
process.once("SIGINT", () => process.exit(130));

main().catch((error: unknown) => {
  if (!(error instanceof ConvgradError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});

// Weights that PyTorch trained on the digits 0 to 4 learn the digits 5 to 9 from few images: `npm run transfer`.

import { fileURLToPath } from "node:url";
import * as cg from "convgrad";
import { run } from "../command/run.ts";
import { type TrainingSettings, trainingCommand } from "../command/training.ts";

const command = trainingCommand(
  "transfer",
  "Weights of PyTorch learn other digits from few images.",
  {
    epochs: 15,
    batch: 25,
    lr: 0.003,
  },
);
const PRETRAINED = fileURLToPath(new URL("pretrained.safetensors", import.meta.url));

/** The layers of `pretrain.py`, with its names. */
const LAYERS = {
  conv1: () => new cg.Conv2D(1, 8, 5, { stride: 2, padding: 2 }), // [N, 8, 14, 14]
  norm1: () => new cg.BatchNorm2D(8),
  relu1: () => new cg.ReLU(),
  conv2: () => new cg.Conv2D(8, 16, 3, { padding: 1 }),
  norm2: () => new cg.BatchNorm2D(16),
  relu2: () => new cg.ReLU(),
  pool2: () => new cg.MaxPool(2), // [N, 16, 7, 7]
  flatten: () => new cg.Flatten(),
  hidden: () => new cg.Dense(16 * 7 * 7, 32),
  relu3: () => new cg.ReLU(),
  classifier: () => new cg.Dense(32, 5),
};

function build(): cg.Sequential {
  return new cg.Sequential(...Object.values(LAYERS).map((make) => make()));
}

/** PyTorch's names of the layers and ours, their positions. */
const rename = Object.fromEntries(Object.keys(LAYERS).map((name, i) => [name, String(i)]));

/** Batches of the images whose digits are from `first` to `first + 4`, which become the classes 0 to 4. */
function five(digits: cg.LabelledImages, first: number, most: number, options: object) {
  const labels = [...digits.labels.toTypedArray()];
  const chosen = labels.flatMap((label, i) => (label >= first && label < first + 5 ? [i] : []));
  const transform = ({ images, labels }: cg.LabelledImages) => ({
    images: cg.pixels(images),
    labels: labels.sub(first),
  });
  return new cg.DataLoader(cg.subset(digits, chosen.slice(0, most)), { ...options, transform });
}

async function main(): Promise<void> {
  const settings = command.parse().opts<TrainingSettings>();
  const { epochs, batch, seed, threads, limit = 100, testLimit = 10_000, lr } = settings;
  await cg.init({ ...(threads && { threads }) });
  cg.manualSeed(seed);

  const digits = await cg.mnist();
  const { tensors } = await cg.loadSafetensors(PRETRAINED);
  const pretrained = build();
  pretrained.loadStateDict(cg.fromPyTorch(pretrained, tensors, { rename }));
  const known = await cg.evaluate(pretrained, five(digits.test, 0, testLimit, { batch: 250 }));
  console.log(`0 to 4, which PyTorch trained it on: ${percent(known.accuracy)}`);

  const scratch = build();
  const classifier = new cg.Dense(32, 5); // the features stay, what they mean is learned anew
  const tuned = new cg.Sequential(...pretrained.layers.slice(0, -1), classifier);
  const loader = five(digits.train, 5, limit, { batch, shuffle: true, seed });
  const validation = five(digits.test, 5, testLimit, { batch: 250 });
  for (const [name, model] of Object.entries({ tuned, scratch })) {
    const optimizer = new cg.AdamW(model.parameters(), { lr });
    const classes = ["5", "6", "7", "8", "9"];
    const directory = `${settings.directory}/${name}`;
    const { stopped } = await cg.fit(model, {
      loader,
      validation,
      optimizer,
      epochs,
      directory,
      classes,
    });
    if (stopped === "interrupt") return;
    const { accuracy } = await cg.evaluate(model, validation);
    console.log(`5 to 9 from ${limit} images, ${name}: ${percent(accuracy)}`);
  }
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}

run(main);

// A small network learns to tell ten kinds of clothes apart: `npm run fashion-mnist`.

import * as cg from "convgrad";
import { run } from "../command/run.ts";
import { type TrainingSettings, trainingCommand } from "../command/training.ts";

interface Settings extends TrainingSettings {
  /** Where the four files of Fashion-MNIST are; default: where Debian's package puts them. */
  readonly data?: string;
}

const command = trainingCommand("fashion-mnist", "simpleCnn learns to tell clothes apart.", {
  epochs: 7,
  batch: 128,
  lr: 0.01,
}).option("--data <folder>", "where the four files of Fashion-MNIST are");

/** Numbers of about mean 0 and deviation 1. */
const standard = cg.normalize({ mean: 0.286, std: 0.353 });

async function main(): Promise<cg.FitResult> {
  const settings = command.parse().opts<Settings>();
  const { epochs, batch, seed, threads, directory, resume } = settings;
  await cg.init({ ...(threads && { threads }) });
  cg.manualSeed(seed);

  const { train, test, classes } = await cg.fashionMnist({
    directory: settings.data,
    train: settings.limit,
    test: settings.testLimit,
  });
  // A shoe that points to the other side is a shoe, a little further left as well.
  const transform = [cg.randomCrop({ padding: 1 }), cg.randomHorizontalFlip(), standard];
  const loader = new cg.DataLoader(train, {
    batch,
    shuffle: true,
    seed,
    dropLast: true,
    transform,
  });
  const validation = new cg.DataLoader(test, { batch: 250, transform: [standard] });

  const model = cg.simpleCnn();
  const optimizer = new cg.AdamW(model.parameters(), { lr: settings.lr, weightDecay: 0.02 });
  const totalSteps = epochs * loader.length;
  const schedule = new cg.OneCycleLR(optimizer, { maxLr: settings.lr, totalSteps });
  return cg.fit(model, {
    loader,
    validation,
    optimizer,
    schedule,
    epochs,
    directory,
    resume,
    classes,
  });
}

run(main);

// A small network of today's parts and a little augmentation read handwritten digits: `npm run digits`.

import * as cg from "convgrad";
import { run } from "../command/run.ts";
import { type TrainingSettings, trainingCommand } from "../command/training.ts";

const command = trainingCommand("digits", "simpleCnn learns to read handwritten digits.", {
  epochs: 7,
  batch: 128,
  lr: 0.01,
});

/** Bytes to numbers of about mean 0 and deviation 1. */
const standard = cg.normalize({ mean: 0.1307, std: 0.3081 });

async function main(): Promise<cg.FitResult> {
  const settings = command.parse().opts<TrainingSettings>();
  const { epochs, batch, seed, threads, directory, resume } = settings;
  await cg.init({ ...(threads && { threads }) });
  cg.manualSeed(seed);

  const { train, test, classes } = await cg.mnist({
    train: settings.limit,
    test: settings.testLimit,
  });
  const shaken = [
    cg.randomAffine({ degrees: 10, translate: [0.07, 0.07], scale: [0.9, 1.1] }),
    standard,
  ];
  const loader = new cg.DataLoader(train, {
    batch,
    shuffle: true,
    seed,
    dropLast: true,
    transform: shaken,
  });
  const validation = new cg.DataLoader(test, { batch: 250, transform: [standard] });

  const model = cg.simpleCnn();
  const optimizer = new cg.AdamW(model.parameters(), { lr: settings.lr, weightDecay: 0.01 });
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

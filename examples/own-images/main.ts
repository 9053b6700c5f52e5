// A folder of one's own images, a sub-folder for each class: `npm run own-images`. It draws the images first; with
// `--data <folder>` it takes yours.

import { join } from "node:path";
import * as cg from "convgrad";
import { whole } from "../command/numbers.ts";
import { run } from "../command/run.ts";
import { type TrainingSettings, trainingCommand } from "../command/training.ts";
import { drawShapes } from "./draw.ts";

interface Settings extends TrainingSettings {
  /** A folder with a sub-folder of images for each class; default: shapes that the program draws. */
  readonly data?: string;
  /** How many images of each class it draws. */
  readonly each: number;
}

const command = trainingCommand("own-images", "simpleCnn learns from a folder of images.", {
  epochs: 12,
  batch: 32,
  lr: 0.01,
})
  .option("--data <folder>", "images, a sub-folder for each class; default: draw some")
  .option("--each <n>", "how many images of each class to draw", whole(4), 150);

async function main(): Promise<cg.FitResult> {
  const settings = command.parse().opts<Settings>();
  const { epochs, batch, seed, threads, directory, resume } = settings;
  await cg.init({ ...(threads && { threads }) });

  const folder = settings.data ?? join(directory, "images");
  if (!settings.data) await drawShapes(folder, settings.each, seed);
  cg.manualSeed(seed);

  const images = await cg.imageFolder(folder, { size: [32, 32] }); // read and decoded when a batch needs them
  const { train, validation } = cg.trainValidationSplit(images, {
    validation: 0.2,
    seed,
    stratify: true,
  });
  const standard = cg.normalize({ mean: 0.5, std: 0.25 });
  const transform = [cg.randomRotation(20), cg.randomHorizontalFlip(), standard];
  const loader = new cg.DataLoader(train, { batch, shuffle: true, seed, transform });
  const unseen = new cg.DataLoader(validation, { batch: 50, transform: [standard] });

  const { classes } = images;
  const model = cg.simpleCnn({ classes: classes.length, channels: 3, size: 32 });
  const optimizer = new cg.AdamW(model.parameters(), { lr: settings.lr });
  const totalSteps = epochs * loader.length;
  const schedule = new cg.OneCycleLR(optimizer, { maxLr: settings.lr, totalSteps });
  return cg.fit(model, {
    loader,
    validation: unseen,
    optimizer,
    schedule,
    epochs,
    directory,
    resume,
    classes,
  });
}

run(main);

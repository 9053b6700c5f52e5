// A residual network learns to tell ten kinds of small photographs apart: `npm run cifar10 -- --data <folder>`.

import * as cg from "convgrad";
import { run } from "../command/run.ts";
import { type TrainingSettings, trainingCommand } from "../command/training.ts";

interface Settings extends TrainingSettings {
  /** Where the files of the binary version of CIFAR-10 are. */
  readonly data: string;
  readonly depth: number;
}

const command = trainingCommand(
  "cifar10",
  "A ResNet learns to tell ten kinds of photographs apart.",
  {
    epochs: 10,
    batch: 128,
    lr: 0.1,
  },
)
  .requiredOption("--data <folder>", "where data_batch_1.bin and so on are (the binary version)")
  .option("--depth <n>", "layers of the ResNet: 8, 14, 20, …", Number, 8);

/** Each channel to about mean 0 and deviation 1. */
const standard = cg.normalize({ mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] });

async function main(): Promise<cg.FitResult> {
  const settings = command.parse().opts<Settings>();
  const { epochs, batch, seed, threads, directory, resume } = settings;
  await cg.init({ ...(threads && { threads }) });
  cg.manualSeed(seed);

  const { train, test, classes } = await cg.cifar10({
    directory: settings.data,
    train: settings.limit,
    test: settings.testLimit,
  });
  const transform = [cg.randomCrop({ padding: 4 }), cg.randomHorizontalFlip(), standard];
  const loader = new cg.DataLoader(train, {
    batch,
    shuffle: true,
    seed,
    dropLast: true,
    transform,
  });
  const validation = new cg.DataLoader(test, { batch: 250, transform: [standard] });

  const model = cg.resNet(settings.depth);
  const optimizer = new cg.SGD(model.parameters(), {
    lr: settings.lr,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
  });
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

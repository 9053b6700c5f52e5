import { Command } from "commander";
import { positive, whole } from "./numbers.ts";

/** What the command line of a program that trains with `fit` says. */
export interface TrainingSettings {
  /** Times through the training images. */
  readonly epochs: number;
  readonly batch: number;
  /** The highest learning rate of the schedule. */
  readonly lr: number;
  readonly seed: number;
  /** Use the first so many training images only. */
  readonly limit?: number;
  /** Test on the first so many test images only. */
  readonly testLimit?: number;
  /** Default: all cores. */
  readonly threads?: number;
  /** Where checkpoints, weights, run.json and report.html go. */
  readonly directory: string;
  /** Go on from the last checkpoint of the directory. */
  readonly resume: boolean;
}

type Defaults = Pick<TrainingSettings, "epochs" | "batch" | "lr">;

/** A command with the options that all of these programs have; each may add its own. */
export function trainingCommand(name: string, description: string, defaults: Defaults): Command {
  return new Command(name)
    .description(description)
    .option("--epochs <n>", "times through the training images", whole(1), defaults.epochs)
    .option("--batch <n>", "images in a batch", whole(1), defaults.batch)
    .option("--lr <number>", "highest learning rate of the schedule", positive, defaults.lr)
    .option("--seed <n>", "decides weights, order and augmentation", whole(0), 1)
    .option("--limit <n>", "train on the first n images only", whole(1))
    .option("--test-limit <n>", "test on the first n images only", whole(1))
    .option("--threads <n>", "threads that run the kernels; default: all cores", whole(1))
    .option("--directory <folder>", "where everything of the run goes", `runs/${name}`)
    .option("--resume", "go on from the last checkpoint of the folder", false);
}

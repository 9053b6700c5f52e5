import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Command } from "commander";
import { positive, whole } from "../command/numbers.ts";

/** What the command line says. */
export interface Settings {
  /** Times through the training images. */
  readonly epochs: number;
  /** Stop after so many steps; when given, `epochs` does not count. */
  readonly steps?: number;
  readonly batch: number;
  readonly lr: number;
  readonly seed: number;
  /** Use the first so many training images only. */
  readonly limit?: number;
  /** Test on the first so many test images only. */
  readonly testLimit?: number;
  readonly backend: string;
  /** Default: all cores. */
  readonly threads?: number;
  /** Where the numbers go, if anywhere. */
  readonly json?: string;
  /** Where receipt and report go, if anywhere. */
  readonly directory?: string;
}

/** Reads and checks the command line; where it is wrong, says so in a line and ends the program. */
export async function readSettings(argv: readonly string[]): Promise<Settings> {
  const program = new Command("mnist")
    .description("LeNet-5 learns to read handwritten digits.")
    .option("--epochs <n>", "times through the training images", whole(1), 1)
    .option("--steps <n>", "stop after n steps, one batch each; overrides --epochs", whole(1))
    .option("--batch <n>", "images in a batch", whole(1), 64)
    .option("--lr <number>", "highest learning rate", positive, 0.1)
    .option("--seed <n>", "decides the first weights and the order of images", whole(0), 1)
    .option("--limit <n>", "train on the first n images only", whole(1))
    .option("--test-limit <n>", "test on the first n of the 10,000 test images only", whole(1))
    .option("--backend <name>", "what runs the kernels: auto, wasm, reference", "auto")
    .option("--threads <n>", "threads that run them; default: all cores", whole(1))
    .option("--json <file>", "write settings, losses and results there")
    .option("--directory <folder>", "write run.json, to replay, and report.html, to look at, there")
    .parse(argv);
  const settings = program.opts<Settings>();
  const wrong = settings.json !== undefined && (await whyUnwritable(settings.json));
  if (wrong) program.error(`error: --json ${settings.json} cannot be written: ${wrong}`);
  return settings;
}

async function whyUnwritable(file: string): Promise<string | false> {
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory()) return "it is a directory";
  // The report is written beside it and then renamed, so the directory decides.
  return access(dirname(file), constants.W_OK).then(
    () => false,
    (error: Error) => error.message,
  );
}

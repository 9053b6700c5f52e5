// Replays a run and compares the bits: `npm run verify -- runs/1/run.json`, or `npm run verify -- --help`.

import { readFile, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { Command } from "commander";
import * as cg from "convgrad";
import { whole } from "../command/numbers.ts";
import { run } from "../command/run.ts";
import { commandOf, replay } from "./replay.ts";
import { describe } from "./table.ts";

/** Larger files are no receipts: 16 MiB. */
const LARGEST = 2 ** 24;

interface Options {
  /** Stop the replay after so many epochs. */
  readonly epochs?: number;
}

async function read(file: string): Promise<cg.RunReceipt> {
  const found = await stat(file).catch(() => null);
  if (!found?.isFile() || found.size > LARGEST) {
    throw new cg.ValueError("verify", `${file} is no file of at most ${LARGEST} bytes`);
  }
  return cg.readReceipt(await readFile(file, "utf8"), { name: file });
}

async function main(): Promise<void> {
  const program = new Command("verify")
    .description("Replays the run of a run.json and compares the weights after each epoch.")
    .argument("<run.json>", "the receipt of a run of one of the examples")
    .option("--epochs <n>", "stop after the first n epochs", whole(1))
    .parse();
  const [file = ""] = program.args;
  const { epochs } = program.opts<Options>();
  const recorded = await read(file);
  if (recorded.epochs.length === 0) {
    throw new cg.ValueError("verify", `${file} has no epoch; there is nothing to compare`);
  }
  const command = await commandOf(recorded);
  // A run that went to its end is replayed to its end, of others what they have done.
  const isWhole = ["epochs", "steps", "early"].includes(recorded.stopped ?? "");
  const until = epochs ?? (isWhole ? Number.POSITIVE_INFINITY : recorded.epochs.length);
  const replayed = await replay(command, until, basename(dirname(resolve(file))));
  const comparison = cg.compareReceipts(recorded, replayed);
  console.log(describe(recorded, comparison));
  if (!comparison.equal) process.exitCode = 1;
}

run(main);

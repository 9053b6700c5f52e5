import { rename, rm, writeFile } from "node:fs/promises";
import type { BackendInfo, Evaluation } from "convgrad";
import type { Settings } from "./settings.ts";

/** How a run went. */
export interface Run {
  readonly settings: Settings;
  readonly backend: BackendInfo;
  /** How many there were to train on. */
  readonly images: number;
  /** The loss of each step. */
  readonly losses: readonly number[];
  /** Time of the training loop. */
  readonly seconds: number;
  readonly tested: Evaluation;
  readonly weightsHash: string;
}

/** What is about to happen, in lines that fit a terminal of 80 columns. */
export function describe(
  settings: Settings,
  steps: number,
  images: number,
  backend: Pick<BackendInfo, "name" | "threads">,
): string {
  const { batch, lr, seed } = settings;
  return [
    `LeNet-5 on ${count(images, "image")}: ${count(steps, "step")} of ${batch}`,
    `lr ${lr}, momentum 0.9, seed ${seed}; ${backend.name} backend, ${count(backend.threads, "thread")}`,
  ].join("\n");
}

/** `"1 step"`, `"2 steps"`. */
export function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** Writes the report to the file of `--json`, if one was asked for: wholly or not at all. */
export async function saveReport(run: Run): Promise<void> {
  const { json: file, ...settings } = run.settings;
  if (file === undefined) return;
  const { losses, seconds, tested } = run;
  const samples = samplesSeen(losses.length, run.images, settings.batch);
  const report = {
    settings: { ...settings, steps: losses.length }, // as run, whether --epochs or --steps decided
    backend: run.backend.name,
    threads: run.backend.threads,
    seed: settings.seed,
    steps: losses.length,
    seconds,
    samplesPerSecond: samples / seconds,
    testAccuracy: tested.accuracy,
    testLoss: tested.loss,
    testSamples: tested.samples,
    weightsHash: run.weightsHash,
    losses,
  };
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(report, null, 1)}\n`);
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

/** Images that so many steps looked at; the last batch of an epoch may be a small one. */
function samplesSeen(steps: number, images: number, batch: number): number {
  const stepsPerEpoch = Math.ceil(images / batch);
  const rest = steps % stepsPerEpoch;
  return Math.floor(steps / stepsPerEpoch) * images + rest * batch;
}

import * as cg from "convgrad";
import type { Settings } from "./settings.ts";

/** Writes down how a run goes; with `--directory` into `run.json` after each epoch, and `report.html` at the end. */
export class RunRecord {
  /** Of each step. */
  readonly losses: number[] = [];
  /** The highest rate. */
  readonly lr: number;
  readonly #directory: string | undefined;
  readonly #receipt: cg.RunReceipt;
  readonly #recorder = new cg.RunRecorder();
  #epoch = beginning(1, 0);

  private constructor({ directory, lr }: Settings, receipt: cg.RunReceipt) {
    this.#directory = directory;
    this.#receipt = receipt;
    this.lr = lr;
  }

  static async begin(settings: Settings, data: Record<string, unknown>): Promise<RunRecord> {
    const { directory: _, json: __, ...deciding } = settings;
    const seeds = { global: settings.seed };
    return new RunRecord(settings, await cg.startReceipt({ settings: deciding, seeds, data }));
  }

  /** Takes down a step; returns its number. */
  addStep({ loss, accuracy, samples }: Required<cg.Measured>, lr: number): number {
    const step = this.losses.push(loss);
    const epoch = this.#epoch.number;
    this.#recorder.addStep({ step, epoch, loss, accuracy, samples, lr });
    this.#epoch.lr = lr;
    this.#epoch.correct += accuracy * samples;
    this.#epoch.samples += samples;
    return step;
  }

  async endEpoch(model: cg.Sequential): Promise<void> {
    const { number, first, correct, samples, lr, started } = this.#epoch;
    const losses = this.losses.slice(first);
    this.#recorder.addEpoch({
      epoch: number,
      step: this.losses.length,
      loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
      accuracy: correct / samples,
      lr,
      seconds: (performance.now() - started) / 1000,
      validation: null,
      weightsHash: await cg.weightsHash(model.parameters()),
    });
    this.#epoch = beginning(number + 1, this.losses.length);
    await this.#write({});
  }

  async end(inspection: cg.Inspection): Promise<void> {
    await this.#write({ stopped: "epochs", inspection, title: "mnist" });
  }

  async #write(how: cg.WriteRunOptions): Promise<void> {
    if (this.#directory === undefined) return;
    await cg.writeRun(this.#directory, this.#receipt, this.#recorder.history, how);
  }
}

/** What is known of an epoch that begins, whose first step comes after so many. */
function beginning(number: number, first: number) {
  return { number, first, correct: 0, samples: 0, lr: 0, started: performance.now() };
}

import { type Tensor, ValueError } from "@convgrad/core";
import { clipGradNorm, clipGradValue, ReduceLROnPlateau } from "@convgrad/optim";
import { evaluate } from "../evaluate.ts";
import type { EpochRecord } from "../history.ts";
import { weightsHash } from "../weightsHash.ts";
import { BatchGroup } from "./batchGroup.ts";
import type { FitCallback, FitStep } from "./callback.ts";
import { Breather } from "./interrupts.ts";
import { spoiltWeights } from "./nonFinite.ts";
import type { Settings } from "./options.ts";
import type { Run } from "./run.ts";
import type { RunFolder } from "./runFolder.ts";

/** Ends an evaluation that nobody wants to wait for. */
const CUT = Symbol("cut");

/** The epochs of a run: what is done in each, in which order. */
export class Epochs<B> {
  readonly #run: Run;
  readonly #settings: Settings<B>;
  readonly #watchers: readonly FitCallback[];
  readonly #folder: RunFolder | null;
  readonly #parameters: readonly Tensor[];
  readonly #breather = new Breather();

  constructor(
    run: Run,
    settings: Settings<B>,
    watchers: readonly FitCallback[],
    folder: RunFolder | null,
  ) {
    this.#run = run;
    this.#settings = settings;
    this.#watchers = watchers;
    this.#folder = folder;
    this.#parameters = settings.optimizer.groups.flatMap(({ parameters }) => parameters);
  }

  /** Goes on from where the run stands until it is over. */
  async run(): Promise<void> {
    const run = this.#run;
    while (!run.isCut && (run.isInEpoch || !run.isOver)) {
      if (!run.isInEpoch) run.beginEpoch(this.#loaderEpoch);
      await this.#train();
      if (!run.isCut) await this.#close();
      if (run.isCut && this.#folder?.isCurrent === false) await this.#folder.save();
    }
  }

  /** The number of the epoch that the loader is in; one that does not say is always in the same. */
  get #loaderEpoch(): number {
    const { stateDict }: { stateDict?: () => { epoch: number } } = Object(this.#settings.loader);
    return stateDict?.call(this.#settings.loader).epoch ?? 0;
  }

  /** The batches of an epoch, or the rest of them. */
  async #train(): Promise<void> {
    const run = this.#run;
    const { loader, optimizer, accumulate } = this.#settings;
    // A run that was stopped behind the last batch of an epoch has none left.
    if (run.isOver || this.#loaderEpoch !== run.loaderEpoch) return;
    let group = new BatchGroup(run, this.#settings);
    for await (const batch of loader) {
      if (group.size === 0) {
        optimizer.zeroGrad();
        await this.#tell((watcher) => watcher.onForward?.(run));
      }
      group.add(batch);
      if (group.size < accumulate) continue;
      await this.#step(group);
      if (run.isOver) return;
      group = new BatchGroup(run, this.#settings);
    }
    if (group.size > 0) await this.#step(group);
    if (run.average.samples === 0) {
      throw new ValueError(
        "fit",
        `the loader gives no sample in epoch ${run.epoch}; pass one with data, and no generator, which gives its batches once`,
        { epoch: run.epoch },
      );
    }
  }

  /** A step of the optimiser, with the gradients that there are. */
  async #step(group: BatchGroup<B>): Promise<void> {
    const run = this.#run;
    const { optimizer, schedule, scheduleEvery, ema, signal, checkpointEvery } = this.#settings;
    group.average(this.#parameters);
    await this.#tell((watcher) => watcher.onGradients?.(run));
    this.#clip();
    const { lr } = optimizer;
    optimizer.step();
    if (scheduleEvery === "step" && schedule && !(schedule instanceof ReduceLROnPlateau)) {
      schedule.step();
    }
    ema?.update();

    run.step++;
    const { loss = Number.NaN, accuracy = Number.NaN } = group.measured;
    const { samples } = group;
    const step: FitStep = { step: run.step, epoch: run.epoch, loss, accuracy, samples, lr };
    run.average.add(samples, group.measured);
    run.recorder.addStep(step);
    await this.#tell((watcher) => watcher.onStep?.(run, step));
    await this.#breather.breathe();
    if (signal?.aborted) run.stop("signal");
    if (run.step === this.#settings.steps) run.stop("steps");
    const isDue = checkpointEvery !== "epoch" && run.step % checkpointEvery === 0;
    if (isDue || run.isOver) await this.#folder?.save();
  }

  #clip(): void {
    const { clipGradNorm: norm, clipGradValue: value } = this.#settings;
    if (value !== undefined) clipGradValue(this.#parameters, value);
    if (norm !== undefined) clipGradNorm(this.#parameters, norm);
  }

  /** Validates, and writes the record of an epoch. */
  async #close(): Promise<void> {
    const run = this.#run;
    const { schedule, scheduleEvery, checkpointEvery, earlyStopping } = this.#settings;
    const spoilt = spoiltWeights(run.model, run.standing);
    if (spoilt) throw spoilt;
    const validation = await this.#validate();
    if (run.isCut) return;
    const record = await this.#record(validation);
    run.recorder.addEpoch(record);
    if (schedule instanceof ReduceLROnPlateau) schedule.step(validation?.["loss"] ?? record.loss);
    else if (scheduleEvery === "epoch") schedule?.step();
    await this.#tell((watcher) => watcher.onEpoch?.(run, record));
    await this.#keepBest(record);
    const isPartial = run.stopped === "steps"; // resumed with more steps, it goes on from the checkpoint of the last
    run.endEpoch();
    if (earlyStopping?.isOver) run.stop("early");
    if (run.epochsDone === run.epochs) run.stop("epochs");
    if (isPartial) return;
    if (checkpointEvery === "epoch" || run.isOver) await this.#folder?.save();
  }

  /** The numbers of the validation data; `null` where there is none, or the run was cut meanwhile. */
  async #validate(): Promise<Record<string, number> | null> {
    const { validation, ema, loss, metrics, batch, signal } = this.#settings;
    if (!validation) return null;
    const onBatch = () => {
      if (signal?.aborted) this.#run.stop("signal");
      if (this.#run.isCut) throw CUT;
    };
    const measure = () => evaluate(this.#run.model, validation, { loss, metrics, batch, onBatch });
    try {
      const found = await (ema ? ema.withAverages(measure) : measure());
      const { accuracy } = found;
      return {
        loss: found.loss,
        ...(!Number.isNaN(accuracy) && { accuracy }),
        ...found.metrics,
      };
    } catch (error) {
      if (error === CUT) return null;
      throw error;
    }
  }

  async #record(validation: Record<string, number> | null): Promise<EpochRecord> {
    const run = this.#run;
    const { loss = Number.NaN, accuracy = Number.NaN, ...metrics } = run.average.means();
    return {
      epoch: run.epoch,
      step: run.step,
      loss,
      accuracy: Number.isNaN(accuracy) ? null : accuracy,
      lr: run.history.steps.lr.at(-1) ?? run.optimizer.lr,
      seconds: run.seconds,
      metrics,
      validation,
      weightsHash: await weightsHash(run.model.parameters()),
    };
  }

  async #keepBest(record: EpochRecord): Promise<void> {
    const { keepBest, ema } = this.#settings;
    if (!keepBest) return;
    const take = async () => {
      if (keepBest.add(record, this.#run.model)) {
        await this.#folder?.saveWeights("best.safetensors");
      }
    };
    await (ema ? ema.withAverages(take) : take());
  }

  async #tell(say: (watcher: FitCallback) => void | Promise<void>): Promise<void> {
    for (const watcher of this.#watchers) {
      const answer = say(watcher);
      if (answer) await answer;
    }
  }
}

import type { Module } from "@convgrad/layers";
import type { LabelledBatch } from "../batches.ts";
import type { RunHistory } from "../history.ts";
import type { FitCallback, StopReason } from "./callback.ts";
import { DeadUnits } from "./deadUnits.ts";
import { displayFor } from "./display.ts";
import { Epochs } from "./epochs.ts";
import { GradientWatch } from "./gradientWatch.ts";
import { catchInterrupts } from "./interrupts.ts";
import type { BestEpoch } from "./keepBest.ts";
import type { FitOptions, Settings } from "./options.ts";
import { Run } from "./run.ts";
import { type Resumable, RunFolder } from "./runFolder.ts";
import { RunReport } from "./runReport.ts";
import { settingsOf } from "./settingsOf.ts";

/** What {@link fit} gives. */
export interface FitResult extends RunHistory {
  /** Why the run ended. */
  readonly stopped: StopReason;
  /** The best epoch, where `keepBest` asked for it. */
  readonly best: BestEpoch | null;
  /** The last checkpoint, where there is a directory. */
  readonly path: string | null;
}

/**
 * Trains a model: for each batch forward, loss, backward, a step of the optimiser; after each epoch validation. The
 * weights are, to the bit, those of a loop that does so by hand. A run with a `directory` can be killed at any moment and
 * resumed: it continues to the bit.
 *
 * The model is put into `train()` mode, unless it is; parts of it that are in `eval()` mode then stay so.
 *
 * @param model whose output `loss` takes: logits `[N, K]` of images `[N, …]` for `crossEntropy`
 * @throws {@link ValueError} for an option that is unknown, missing or out of range, and for a loss or weights that are
 * not finite: `fit: the loss of step 12 (epoch 1) is NaN: …`; {@link AnomalyError} where an operation made the loss so, which
 * it names; {@link FormatError} for checkpoints that are damaged, all of them; {@link FileError} when a checkpoint
 * cannot be written. Earlier checkpoints are intact then.
 *
 * @example
 * const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
 * const { epochs, best } = await fit(model, { loader, optimizer, validation, epochs: 3, keepBest: true });
 */
export async function fit<B = LabelledBatch>(
  model: Module,
  options: FitOptions<B>,
): Promise<FitResult> {
  const settings = settingsOf(model, options);
  const display = await displayFor(settings.progress);
  const run = new Run(model, settings, display);
  const watchers = watchersOf(run, settings);
  const folder = folderOf(run, settings, watchers);
  const report = reportOf(run, settings);
  const all: FitCallback[] = [...watchers, ...(report ? [report] : []), display];
  const onInterrupt = () => {
    run.stop("interrupt");
    display.say("interrupted: finishing the step; once more ends the program at once");
  };
  const release = settings.catchInterrupts
    ? catchInterrupts(onInterrupt, () => display.onEnd?.(run))
    : () => {};
  let failure: { readonly error: unknown } | null = null;
  try {
    await folder?.open();
    if (settings.earlyStopping?.isOver) run.stop("early");
    run.checkEnd();
    if (settings.signal?.aborted) run.stop("signal");
    if (!model.training) model.train();
    for (const watcher of all) await watcher.onStart?.(run);
    await new Epochs(run, settings, all, folder).run();
    await finish(run, settings, folder, report);
  } catch (error) {
    failure = { error };
    await report?.fail(error);
  }
  release();
  // Each is told of the end, whatever another throws; the first error is the cause.
  for (const watcher of all) {
    try {
      await watcher.onEnd?.(run);
    } catch (error) {
      failure ??= { error };
    }
  }
  if (failure) throw failure.error;
  const best = settings.keepBest?.best ?? null;
  return { ...run.history, stopped: run.stopped ?? "epochs", best, path: run.path };
}

function watchersOf<B>(run: Run, settings: Settings<B>): FitCallback[] {
  const { inspectEvery, callbacks, earlyStopping } = settings;
  return [
    new GradientWatch(run.model, inspectEvery, run.recorder),
    new DeadUnits(run.model, inspectEvery),
    ...callbacks,
    ...(earlyStopping ? [earlyStopping] : []),
  ];
}

function folderOf<B>(
  run: Run,
  settings: Settings<B>,
  watchers: readonly FitCallback[],
): RunFolder | null {
  if (settings.directory === undefined) return null;
  const states = watchers.flatMap((watcher) =>
    watcher.stateDict ? [[watcher.name, watcher] as const] : [],
  );
  const more = Object.fromEntries(states) as Record<string, Resumable>;
  return new RunFolder(settings.directory, run, settings, more);
}

function reportOf<B>(run: Run, settings: Settings<B>): RunReport<B> | null {
  const { directory, report } = settings;
  return directory !== undefined && report ? new RunReport(directory, run, settings, report) : null;
}

/** The model's last state, its file, and the report on it. */
async function finish<B>(
  run: Run,
  settings: Settings<B>,
  folder: RunFolder | null,
  report: RunReport<B> | null,
): Promise<void> {
  const { keepBest, ema } = settings;
  const best = keepBest?.restore && !run.isCut ? keepBest.best : null;
  if (best) run.model.loadStateDict(best.state);
  const save = async () => {
    await folder?.saveWeights("model.safetensors");
    await report?.finish();
  };
  await (ema && !best ? ema.withAverages(save) : save());
}

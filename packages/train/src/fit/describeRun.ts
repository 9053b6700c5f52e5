import type { AnySettings } from "./options.ts";

/** Settings by name, as JSON holds them. */
type Described = Readonly<Record<string, string | number | boolean | null>>;

/** What a loader says of itself, as far as it does. */
interface DescribedLoader {
  readonly length?: number;
  readonly dataset?: { readonly length?: number };
  readonly settings?: Described;
}

/** The settings on which the bits of a run depend, as far as they are not states. */
export function bitSettings(settings: AnySettings): Described {
  const { optimizer, accumulate, scheduleEvery, inspectEvery } = settings;
  return {
    optimizer: optimizer.constructor.name,
    ...describeLoader(settings.loader),
    accumulate,
    scheduleEvery,
    inspectEvery,
    clipGradNorm: settings.clipGradNorm ?? null,
    clipGradValue: settings.clipGradValue ?? null,
  };
}

/** All settings that matter, for people. */
export function describeRun(settings: AnySettings): Described {
  const { epochs, steps, optimizer, schedule, loss, metrics, ema } = settings;
  const { earlyStopping, keepBest } = settings;
  return {
    ...bitSettings(settings),
    optimizer: String(optimizer),
    ...(Number.isFinite(epochs) && { epochs }),
    ...(Number.isFinite(steps) && { steps }),
    loss: loss.name || "a function",
    ...(schedule && { schedule: schedule.constructor.name }),
    ...(Object.keys(metrics).length > 0 && { metrics: Object.keys(metrics).join(", ") }),
    ...(ema && { ema: true }),
    ...(earlyStopping && { earlyStopping: String(earlyStopping) }),
    ...(keepBest && { keepBest: String(keepBest) }),
  };
}

function describeLoader(loader: unknown): Described {
  const { length, dataset, settings = {} }: DescribedLoader = Object(loader);
  const own = Object.entries(settings).map(([name, value]) => [`${name} of the loader`, value]);
  return {
    "samples of the loader": dataset?.length ?? null,
    "batches of the loader": length ?? null,
    ...Object.fromEntries(own),
  };
}

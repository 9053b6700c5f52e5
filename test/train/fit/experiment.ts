import {
  Adam,
  type DataLoader,
  ExponentialMovingAverage,
  type FitOptions,
  type FitResult,
  fit,
  type LabelledImages,
  manualSeed,
  OneCycleLR,
  randomAffine,
  randomErasing,
  type Tensor,
  topK,
  weightsHash,
} from "convgrad";
import { loaderOf, net, validationLoader } from "./task.ts";

/** What a run ends with, times left out: equal for runs that went the same way. */
export interface Outcome {
  readonly result: FitResult;
  readonly weights: string;
  readonly averages: string;
  readonly history: unknown;
}

/** Pictures that are moved about at random, in a worker, and read ahead. */
export function augmented(count = 50, batch = 8): DataLoader<LabelledImages> {
  const transform = [
    randomAffine({ degrees: 20, translate: [0.1, 0.1] }),
    randomErasing({ p: 0.5 }),
  ];
  return loaderOf(count, { batch, transform });
}

/**
 * A run with all that has a state: dropout, running statistics, momentum, a schedule, averages, accumulation, an
 * augmented loader, early stopping, the best weights. 12 steps.
 */
export async function experiment(
  options: Partial<FitOptions<LabelledImages>> = {},
  model = net(),
): Promise<Outcome> {
  const optimizer = new Adam(model.parameters(), { lr: 0.01 });
  const ema = new ExponentialMovingAverage(model.stateDict(), { decay: 0.9 });
  manualSeed(5);
  const result = await fit(model, {
    loader: augmented(),
    optimizer,
    schedule: new OneCycleLR(optimizer, { maxLr: 0.05, totalSteps: 20 }),
    ema,
    accumulate: 2,
    clipGradNorm: 1,
    metrics: { top2: (logits: Tensor, labels: Tensor) => topK(logits, labels, 2) },
    validation: validationLoader(),
    earlyStopping: { patience: 9 },
    keepBest: true,
    epochs: 3,
    inspectEvery: 2,
    progress: false,
    report: false,
    catchInterrupts: false,
    ...options,
  });
  const { steps, gradients, epochs, best, warnings } = result;
  return {
    result,
    weights: await weightsHash(Object.values(model.stateDict())),
    averages: await weightsHash(ema.stateDict().averages),
    history: {
      steps,
      gradients,
      warnings,
      epochs: epochs.map(({ seconds: _, ...rest }) => rest),
      best: best && { ...best, state: await weightsHash(Object.values(best.state)) },
    },
  };
}

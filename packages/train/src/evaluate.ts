import {
  checkFunction,
  checkOptions,
  formatValue,
  noGrad,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { crossEntropy } from "@convgrad/layers";
import { SampleAverage } from "./average.ts";
import type { Batches, BatchReader, LabelledBatch } from "./batches.ts";
import { checkBatches, inputAndTarget } from "./batches.ts";
import {
  accuracyOf,
  checkMetrics,
  type LossFunction,
  type Metrics,
  measure,
  scalarLoss,
} from "./measure.ts";
import type { Measured } from "./meter.ts";

/** What can be evaluated: a `Module`, or anything that looks like one. */
export interface Model {
  /** Whether it behaves as in training. */
  training: boolean;
  forward(x: Tensor): Tensor;
  train(): unknown;
  eval(): unknown;
  /** The models inside, which may have a mode of their own. */
  children?(): Iterable<readonly [name: string, child: Model]>;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions<B = LabelledBatch> {
  /** The loss of a batch, averaged over its samples, or one loss per sample; default: `crossEntropy`. */
  readonly loss?: LossFunction;
  /** More to measure, by name; averaged over the samples. */
  readonly metrics?: Metrics;
  /** What the model takes of a batch, and what it is to give; default: `[images, labels]`. */
  readonly batch?: BatchReader<B>;
  /** Called after each batch with how many are done and what this one gave; a progress bar's `update` fits. */
  readonly onBatch?: (done: number, measured: Required<Measured>) => void;
}

/** How well a model does. */
export interface Evaluation {
  /** The mean over all samples. */
  readonly loss: number;
  /** The part of samples whose largest logit is the label, from 0 to 1; NaN where the targets are no classes. */
  readonly accuracy: number;
  /** How many samples there were. */
  readonly samples: number;
  /** The metrics that were asked for, by name: their means over all samples. */
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * The loss and accuracy of a classifier over all batches of a loader, each sample counting once however large its
 * batch. The model is in `eval()` mode meanwhile; it and its parts go back to the mode they were in, on a throw too.
 *
 * @param model gives logits `[N, K]` for images `[N, …]`
 * @param batches a `DataLoader`, or any list of batches
 * @throws {@link ValueError} for an option, a model or batches that are none, and when there is no batch, or one
 * without images or labels: `evaluate: a batch must be { images, labels }, both tensors; this one has x, y`
 *
 * @example
 * const { accuracy } = await evaluate(model, new DataLoader(test, { batch: 250, transform: scalePixels }));
 */
export async function evaluate<B = LabelledBatch>(
  model: Model,
  batches: Batches<B>,
  options: EvaluateOptions<B> = {},
): Promise<Evaluation> {
  checkOptions("evaluate", options, ["loss", "metrics", "batch", "onBatch"]);
  const { loss: lossOf = crossEntropy, metrics = {}, batch: read, onBatch } = options;
  checkFunction("evaluate", "loss", lossOf, "(logits, labels) => …");
  checkMetrics("evaluate", metrics);
  if (read !== undefined) checkFunction("evaluate", "batch", read, "(batch) => [input, target]");
  if (onBatch !== undefined) checkFunction("evaluate", "onBatch", onBatch, "(done) => …");
  checkModel(model);
  checkBatches("evaluate", "the batches are", batches);
  const average = new SampleAverage();
  let done = 0;
  const restore = remember(model);
  model.eval();
  try {
    for await (const batch of batches) {
      const [input, target] = inputAndTarget("evaluate", batch, read);
      const samples = input.shape[0] ?? 1;
      const measured = scope(() =>
        noGrad(() => {
          const output = model.forward(input);
          const loss = scalarLoss("evaluate", lossOf, output, target).item();
          const more = measure("evaluate", metrics, output, target);
          return { loss, accuracy: accuracyOf(output, target), ...more };
        }),
      );
      average.add(samples, measured);
      onBatch?.(++done, { ...measured, samples });
    }
  } finally {
    restore();
  }
  const { samples } = average;
  const { loss, accuracy, ...more } = average.means();
  if (loss === undefined || accuracy === undefined) {
    throw new ValueError("evaluate", "there is no sample; pass a loader with data");
  }
  return { loss, accuracy, samples, metrics: more };
}

function checkModel(model: Model): void {
  const { forward, train, eval: evaluating }: Partial<Model> = Object(model);
  if ([forward, train, evaluating].every((method) => typeof method === "function")) return;
  throw new ValueError(
    "evaluate",
    `the model is ${formatValue(model)}; it must have forward, train and eval, as a Module has`,
  );
}

/** A function that puts a model, and every model in it, back to its present mode. */
export function remember(model: Model): () => void {
  const { training } = model;
  const modes = new Map<Model, boolean>();
  const add = (part: Model) => {
    if (modes.has(part)) return;
    modes.set(part, part.training);
    for (const [, child] of part.children?.() ?? []) add(child);
  };
  add(model);
  return () => {
    if (training) model.train();
    else model.eval();
    // A part that was frozen in eval mode inside a model in training stays so.
    for (const [part, mode] of modes) if (part.training !== mode) part.training = mode;
  };
}

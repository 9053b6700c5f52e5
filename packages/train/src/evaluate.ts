import {
  checkFunction,
  checkOptions,
  formatValue,
  noGrad,
  requireTensor,
  scope,
  Tensor,
  ValueError,
} from "@convgrad/core";
import { accuracy, crossEntropy } from "@convgrad/layers";
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

/** A batch of labelled images. */
export interface LabelledBatch {
  /** What the model takes, `[N, …]`. */
  readonly images: Tensor;
  /** int32 `[N]`, the class of each. */
  readonly labels: Tensor;
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** The loss of a batch, averaged over its samples, or one loss per sample; default: `crossEntropy`. */
  readonly loss?: (logits: Tensor, labels: Tensor) => Tensor;
  /** Called after each batch with how many are done and what this one gave; a progress bar's `update` fits. */
  readonly onBatch?: (done: number, measured: Required<Measured>) => void;
}

/** How well a model does. */
export interface Evaluation {
  /** The mean over all samples. */
  readonly loss: number;
  /** The part of samples whose largest logit is the label, from 0 to 1. */
  readonly accuracy: number;
  /** How many samples there were. */
  readonly samples: number;
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
export async function evaluate(
  model: Model,
  batches: AsyncIterable<LabelledBatch> | Iterable<LabelledBatch>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions("evaluate", options, ["loss", "onBatch"]);
  const { loss: lossOf = crossEntropy, onBatch } = options;
  checkFunction("evaluate", "loss", lossOf, "(logits, labels) => …");
  if (onBatch !== undefined) checkFunction("evaluate", "onBatch", onBatch, "(done) => …");
  checkModel(model);
  if (!(Symbol.asyncIterator in Object(batches) || Symbol.iterator in Object(batches))) {
    throw new ValueError(
      "evaluate",
      `the batches are ${formatValue(batches)}; pass a DataLoader, or a list of { images, labels }`,
    );
  }
  const total = { batches: 0, loss: 0, correct: 0, samples: 0 };
  const restore = remember(model);
  model.eval();
  try {
    for await (const batch of batches) {
      const { images, labels } = checked(batch);
      const samples = images.shape[0] ?? 1;
      const measured = scope(() =>
        noGrad(() => {
          const logits = model.forward(images);
          requireTensor("evaluate", "result of the model", logits);
          const losses = lossOf(logits, labels);
          requireTensor("evaluate", "result of loss", losses);
          const loss = losses.mean().item();
          return { loss, accuracy: accuracy(logits, labels), samples };
        }),
      );
      total.loss += measured.loss * samples;
      total.correct += Math.round(measured.accuracy * samples);
      total.samples += samples;
      onBatch?.(++total.batches, measured);
    }
  } finally {
    restore();
  }
  const { samples } = total;
  if (samples === 0)
    throw new ValueError("evaluate", "there is no sample; pass a loader with data");
  return { loss: total.loss / samples, accuracy: total.correct / samples, samples };
}

function checkModel(model: Model): void {
  const { forward, train, eval: evaluating }: Partial<Model> = Object(model);
  if ([forward, train, evaluating].every((method) => typeof method === "function")) return;
  throw new ValueError(
    "evaluate",
    `the model is ${formatValue(model)}; it must have forward, train and eval, as a Module has`,
  );
}

function checked(batch: LabelledBatch): LabelledBatch {
  const { images, labels }: Partial<LabelledBatch> = Object(batch);
  if (images instanceof Tensor && labels instanceof Tensor) return batch;
  const keys = batch instanceof Tensor ? [] : Object.keys(Object(batch));
  throw new ValueError(
    "evaluate",
    `a batch must be { images, labels }, both tensors; this one has ${keys.join(", ") || "neither"}`,
    { keys },
  );
}

/** A function that puts a model, and every model in it, back to its present mode. */
function remember(model: Model): () => void {
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

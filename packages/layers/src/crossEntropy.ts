import {
  checkOptions,
  formatShape,
  formatValue,
  requireTensor,
  ShapeError,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { checkClassification } from "./classification.ts";
import { annotate } from "./note.ts";
import { checkNumber } from "./options.ts";
import {
  checkReduction,
  checkTargets,
  checkWeightType,
  type LossShape,
  type Reduction,
  reduced,
} from "./reduction.ts";

/** How {@link nll} weighs and averages. */
export interface NllOptions {
  /** Default `"mean"`: over the samples that count, weighted. */
  readonly reduction?: Reduction;
  /** One weight per class `[K]`. */
  readonly weight?: Tensor;
  /** A label that does not count; default −100. */
  readonly ignoreIndex?: number;
}

/** How {@link crossEntropy} weighs and averages. */
export interface CrossEntropyOptions extends NllOptions {
  /** Part of the target spread over all classes, 0 ≤ ε ≤ 1: (1 − ε)·onehot + ε/K; default 0. */
  readonly labelSmoothing?: number;
}

/**
 * Softmax and negative log-likelihood in one, stable for logits of any size:
 *
 *     L = −mean_n w[label_n]·log softmax(x_n)[label_n],   ∂L/∂x = (softmax(x) − onehot) / N without weights
 *
 * The mean is Σ losses / Σ w[label_n] over the labels that count, NaN where none does. Labels may also be
 * probabilities, for mixed images: then L = −mean_n Σ_k w_k·t[n, k]·log softmax(x_n)[k], and the mean is over N.
 *
 * @param logits `[N, K]`, or `[N, K, …]` with a prediction per position
 * @param labels int32 `[N]` or `[N, …]`, 0 ≤ label < K; or probabilities in the shape and type of the logits
 * @returns a scalar, or one loss per label with reduction `"none"`
 * @throws {@link ShapeError} where logits, labels and weight do not belong together;
 * {@link DTypeError} for labels that are not int32 or weights of another type; {@link ValueError} naming a label out of
 * range, a wrong `labelSmoothing`, an unknown reduction, or an `ignoreIndex` for probabilities.
 * Source: PyTorch, `torch.nn.functional.cross_entropy`.
 */
export function crossEntropy<R extends Reduction = "mean">(
  logits: Tensor,
  labels: Tensor,
  options?: CrossEntropyOptions & { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  checkOptions("crossEntropy", options, ["reduction", "labelSmoothing", "weight", "ignoreIndex"]);
  const { reduction = "mean", labelSmoothing = 0, weight, ignoreIndex = -100 } = options;
  checkReduction("crossEntropy", reduction);
  checkIgnoreIndex("crossEntropy", ignoreIndex);
  requireTensor("crossEntropy", "prediction", logits);
  requireTensor("crossEntropy", "list of labels", labels);
  const isSoft = labels.rank === logits.rank && labels.dtype.startsWith("float");
  const counted = isSoft
    ? checkProbabilities(logits, labels, options)
    : checkClassification("crossEntropy", logits, labels, ignoreIndex);
  checkNumber("crossEntropy", "labelSmoothing", labelSmoothing, 0, 1);
  const perClass = perClassWeights("crossEntropy", weight, logits);
  const logP = logits.logSoftmax(1);
  const counting = { perClass, reduction, labelSmoothing, ignoreIndex, counted };
  const loss = isSoft
    ? softLoss(logP, labels, perClass, reduction, labelSmoothing)
    : labelLoss(logP, labels, counting);
  return annotate(loss, {
    operation: "crossEntropy",
    equation: "L = −log softmax(x)[label]",
    inputs: [logits, labels, weight],
  });
}

/**
 * Negative log-likelihood of the labels:  L = −mean_n w[label_n]·logP[n, label_n]
 *
 * The mean is Σ losses / Σ w[label_n] over the labels that count, NaN where none does.
 *
 * @param logProbabilities `[N, K]` or `[N, K, …]`, as `logSoftmax` gives; for logits `crossEntropy` does both
 * @param labels int32 `[N]` or `[N, …]`, 0 ≤ label < K
 * @returns a scalar, or one loss per label with reduction `"none"`
 * @throws as {@link crossEntropy}. Source: PyTorch, `torch.nn.functional.nll_loss`.
 */
export function nll<R extends Reduction = "mean">(
  logProbabilities: Tensor,
  labels: Tensor,
  options?: NllOptions & { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function nll(logProbabilities: Tensor, labels: Tensor, options: NllOptions = {}): Tensor {
  checkOptions("nll", options, ["reduction", "weight", "ignoreIndex"]);
  const { reduction = "mean", weight, ignoreIndex = -100 } = options;
  checkReduction("nll", reduction);
  checkIgnoreIndex("nll", ignoreIndex);
  const counted = checkClassification("nll", logProbabilities, labels, ignoreIndex);
  const perClass = perClassWeights("nll", weight, logProbabilities);
  const settings = { perClass, reduction, labelSmoothing: 0, ignoreIndex, counted };
  return labelLoss(logProbabilities, labels, settings);
}

interface Counting {
  /** In the shape of the logits. */
  readonly perClass: Tensor | undefined;
  readonly reduction: Reduction;
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
  /** The number of labels that count. */
  readonly counted: number;
}

function labelLoss(logP: Tensor, labels: Tensor, counting: Counting): Tensor {
  const { perClass, reduction, labelSmoothing, ignoreIndex, counted } = counting;
  // Mostly every label counts, and then nothing needs a mask.
  const counts = counted === labels.size ? null : labels.equal(ignoreIndex).equal(0);
  const only = (x: Tensor) => (counts ? x.where(counts, 0) : x);
  const target = only(labels).unsqueeze(1);
  const weighed = perClass ? logP.mul(perClass) : logP;
  const hit = weighed.gather(1, target).squeeze(1).neg();
  const smooth = labelSmoothing === 0 ? hit : spread(hit, weighed, labelSmoothing);
  const losses = only(smooth);
  if (reduction !== "mean") return reduced(losses, reduction);
  return losses.sum().div(perClass ? only(perClass.gather(1, target).squeeze(1)).sum() : counted);
}

/** (1 − ε)·loss of the label + ε·mean loss of all classes */
function spread(hit: Tensor, weighed: Tensor, epsilon: number): Tensor {
  return hit.mul(1 - epsilon).sub(weighed.sum(1).mul(epsilon / weighed.shape[1]!));
}

function softLoss(
  logP: Tensor,
  targets: Tensor,
  perClass: Tensor | undefined,
  reduction: Reduction,
  epsilon: number,
): Tensor {
  const t = epsilon === 0 ? targets : targets.mul(1 - epsilon).add(epsilon / targets.shape[1]!);
  const weighed = perClass ? logP.mul(perClass) : logP;
  return reduced(weighed.mul(t).sum(1).neg(), reduction);
}

/** @throws unless the targets are probabilities for these logits. */
function checkProbabilities(
  logits: Tensor,
  targets: Tensor,
  { ignoreIndex }: CrossEntropyOptions,
): number {
  checkTargets("crossEntropy", logits, targets);
  if (ignoreIndex !== undefined) {
    throw new ValueError(
      "crossEntropy",
      "ignoreIndex is for labels, and these are probabilities; leave it out, and give such samples a target of zeros",
      { ignoreIndex },
    );
  }
  return targets.size;
}

function checkIgnoreIndex(operation: string, ignoreIndex: number): void {
  if (Number.isSafeInteger(ignoreIndex)) return;
  throw new ValueError(
    operation,
    `ignoreIndex is ${formatValue(ignoreIndex)}; it must be a whole number, as -100`,
    { ignoreIndex },
  );
}

/** The weights `[K]` in the shape of the logits; `undefined` where there are none. */
function perClassWeights(
  operation: string,
  weight: Tensor | null | undefined,
  logits: Tensor,
): Tensor | undefined {
  if (weight === null || weight === undefined) return undefined;
  requireTensor(operation, "weight", weight);
  const classes = logits.shape[1]!;
  if (weight.rank !== 1 || weight.shape[0] !== classes) {
    throw new ShapeError(
      operation,
      `weight ${formatShape(weight.shape)} must be [${classes}], one per class`,
      { weight: weight.shape, classes },
    );
  }
  checkWeightType(operation, "weight", weight, logits);
  return weight
    .reshape([1, classes, ...logits.shape.slice(2).map(() => 1)])
    .broadcastTo(logits.shape);
}

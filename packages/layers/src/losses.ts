import {
  DTypeError,
  formatShape,
  requireTensor,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";

/** What becomes of the losses of a batch: their mean, their sum, or no reduction. */
export type Reduction = "mean" | "sum" | "none";

/** How {@link crossEntropy} weighs and averages. */
export interface CrossEntropyOptions {
  /** Default `"mean"`: over the samples that count, weighted. */
  readonly reduction?: Reduction;
  /** Part of the target spread over all classes, 0 ≤ ε ≤ 1: (1 − ε)·onehot + ε/K; default 0. */
  readonly labelSmoothing?: number;
  /** One weight per class `[K]`. */
  readonly weight?: Tensor;
  /** A label that does not count; default −100. */
  readonly ignoreIndex?: number;
}

/**
 * Softmax and negative log-likelihood in one, stable for logits of any size:
 *
 *     L = −mean_n log softmax(x_n)[label_n],   ∂L/∂x = (softmax(x) − onehot) / N
 *
 * @param logits `[N, K]`, or `[N, K, …]` with a prediction per position
 * @param labels int32 `[N]` or `[N, …]`, 0 ≤ label < K
 * @returns a scalar, or one loss per label with reduction `"none"`
 * @throws {@link ShapeError} where logits, labels and weight do not belong together;
 * {@link DTypeError} for labels that are not int32; {@link ValueError} naming a label out of range,
 * a wrong `labelSmoothing` or an unknown reduction.
 * Source: PyTorch, `torch.nn.functional.cross_entropy`.
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { reduction = "mean", labelSmoothing = 0, weight, ignoreIndex = -100 } = options;
  checkReduction("crossEntropy", reduction, ["mean", "sum", "none"]);
  const counted = checkClassification("crossEntropy", logits, labels, ignoreIndex);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ValueError("crossEntropy", `labelSmoothing ${labelSmoothing} must be from 0 to 1`, {
      labelSmoothing,
    });
  }
  const classes = logits.shape[1]!;
  if (weight && (weight.rank !== 1 || weight.shape[0] !== classes)) {
    throw new ShapeError(
      "crossEntropy",
      `weight ${formatShape(weight.shape)} must be [${classes}], one per class`,
    );
  }
  // Mostly every label counts, and then nothing needs a mask.
  const counts = counted === labels.size ? null : labels.equal(ignoreIndex).equal(0);
  const only = (x: Tensor) => (counts ? x.where(counts, 0) : x);
  const target = only(labels).unsqueeze(1);
  const logP = logits.logSoftmax(1);
  const perClass = weight
    ?.reshape([1, classes, ...labels.shape.slice(1).map(() => 1)])
    .broadcastTo(logits.shape);
  const weighed = perClass ? logP.mul(perClass) : logP;
  const hit = weighed.gather(1, target).squeeze(1).neg();
  const smooth = labelSmoothing === 0 ? hit : spread(hit, weighed, labelSmoothing);
  const losses = only(smooth);
  if (reduction === "none") return losses;
  if (reduction === "sum") return losses.sum();
  return losses.sum().div(perClass ? only(perClass.gather(1, target).squeeze(1)).sum() : counted);
}

/** (1 − ε)·loss of the label + ε·mean loss of all classes */
function spread(hit: Tensor, weighed: Tensor, epsilon: number): Tensor {
  return hit.mul(1 - epsilon).sub(weighed.sum(1).mul(epsilon / weighed.shape[1]!));
}

/**
 * The number of labels that count.
 *
 * @throws when logits and labels do not belong together, or a label is no class.
 */
function checkClassification(
  operation: string,
  logits: Tensor,
  labels: Tensor,
  ignoreIndex?: number,
): number {
  requireTensor(operation, "prediction", logits);
  requireTensor(operation, "list of labels", labels);
  const expected: Shape = logits.shape.toSpliced(1, 1);
  if (logits.rank < 2 || !sameShape(labels.shape, expected)) {
    throw new ShapeError(
      operation,
      `logits ${formatShape(logits.shape)} want labels ${formatShape(expected)}, ` +
        `not ${formatShape(labels.shape)}; ` +
        "logits are [N, K], labels one class number per sample",
      { logits: logits.shape, labels: labels.shape },
    );
  }
  if (labels.dtype !== "int32") {
    throw new DTypeError(
      operation,
      `labels must be int32 class numbers, not ${labels.dtype}; convert with .to("int32")`,
    );
  }
  const classes = logits.shape[1]!;
  const counted = labels.toTypedArray().filter((label) => label !== ignoreIndex);
  const wrong = counted.find((label) => label < 0 || label >= classes);
  if (wrong !== undefined) {
    throw new ValueError(
      operation,
      `label ${wrong} is out of range; there are ${classes} classes, 0 to ${classes - 1}`,
      { label: wrong, classes },
    );
  }
  return counted.length;
}

/**
 * How {@link mse} is reduced; `"halfSum"` is ½ Σ (y − t)², the form of textbooks whose gradient is y − t.
 */
export type MseReduction = Reduction | "halfSum";

/**
 * Squared error:  mean, sum or half sum of (y − t)².   ∂y = 2(y − t)/n, 2(y − t) or y − t
 *
 * @param y predictions, any shape
 * @param t targets of the same shape
 * @returns a scalar, or one loss per element with reduction `"none"`; default `"mean"`
 * @throws {@link ShapeError} when the shapes differ; they are not broadcast, because that is nearly always a mistake.
 * {@link DTypeError} when the types differ; {@link ValueError} for an unknown reduction.
 */
export function mse(
  y: Tensor,
  t: Tensor,
  options: { readonly reduction?: MseReduction } = {},
): Tensor {
  requireTensor("mse", "prediction", y);
  requireTensor("mse", "target", t);
  const { reduction = "mean" } = options;
  checkReduction("mse", reduction, ["mean", "sum", "halfSum", "none"]);
  if (!sameShape(y.shape, t.shape)) {
    throw new ShapeError(
      "mse",
      `predictions ${formatShape(y.shape)} and targets ${formatShape(t.shape)} differ; reshape one`,
      {
        y: y.shape,
        t: t.shape,
      },
    );
  }
  const difference = y.sub(t);
  const squares = difference.mul(difference);
  switch (reduction) {
    case "mean":
      return squares.mean();
    case "sum":
      return squares.sum();
    case "halfSum":
      return squares.sum().mul(0.5);
    default:
      return squares;
  }
}

function checkReduction(operation: string, reduction: string, known: readonly string[]): void {
  if (!known.includes(reduction)) {
    throw new ValueError(
      operation,
      `reduction "${reduction}" is unknown; use ${known.map((r) => `"${r}"`).join(", ")}`,
    );
  }
}

/**
 * The part of predictions whose largest logit is the label, from 0 to 1; NaN for no labels.
 *
 * @param logits `[N, K]`, or `[N, K, …]` with a prediction per position
 * @param labels int32 `[N]` or `[N, …]`, 0 ≤ label < K
 * @throws {@link ShapeError}, {@link DTypeError} or {@link ValueError} for labels that
 * `crossEntropy` would refuse; none is ignored here.
 */
export function accuracy(logits: Tensor, labels: Tensor): number {
  checkClassification("accuracy", logits, labels);
  return scope(() => logits.detach().argmax(1).equal(labels).mean().item());
}

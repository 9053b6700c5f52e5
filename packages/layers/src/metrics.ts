import {
  checkOptions,
  checkWhole,
  formatShape,
  formatValue,
  reference,
  requireTensor,
  ShapeError,
  sameShape,
  scope,
  sizeOf,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { checkClassification, checkLabels } from "./classification.ts";

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

/**
 * The part of labels that are among the k largest logits, from 0 to 1; NaN for no labels. Of equal logits the first
 * class goes before the others; a logit of NaN goes before all, as `argmax` has it, so that `topK(x, t, 1)` is
 * `accuracy(x, t)`.
 *
 * @param logits `[N, K]`, or `[N, K, …]` with a prediction per position
 * @param labels int32 `[N]` or `[N, …]`, 0 ≤ label < K
 * @param k how many may be named, 1 ≤ k ≤ K
 * @throws as {@link accuracy}; {@link ValueError} for another k.
 */
export function topK(logits: Tensor, labels: Tensor, k: number): number {
  checkClassification("topK", logits, labels);
  checkWhole("topK", "k", k, 1);
  const classes = logits.shape[1]!;
  if (k > classes) {
    throw new ValueError(
      "topK",
      `k is ${k}; there are ${classes} classes, so it must be ≤ ${classes}`,
      {
        k,
        classes,
      },
    );
  }
  const [values, truth] = [logits.toTypedArray(), labels.toTypedArray()];
  const positions = sizeOf(logits.shape.slice(2));
  let hits = 0;
  truth.forEach((label, i) => {
    const first = Math.floor(i / positions) * classes * positions + (i % positions);
    const at = (c: number) => values[first + c * positions]!;
    let before = 0;
    for (let c = 0; c < classes; c++) if (c !== label && precedes(at, c, label)) before++;
    if (before < k) hits++;
  });
  return hits / truth.length;
}

/** Whether class c is named before class d. */
function precedes(at: (c: number) => number, c: number, d: number): boolean {
  const [x, y] = [at(c), at(d)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) && (c < d || !Number.isNaN(y));
  return x > y || (x === y && c < d);
}

/** The square of it is a tensor that int32 can name each place of. */
const MOST_CLASSES = 46_340;

/**
 * How often each class was taken for each:  m[truth, prediction], int32 `[K, K]`.
 *
 * @param predictions logits `[N, K, …]`, whose largest counts, or int32 class numbers `[N, …]`
 * @param labels int32 `[N]` or `[N, …]`, 0 ≤ label < K
 * @param options `classes`, K: needed for class numbers; of logits it is their second size
 * @throws {@link ShapeError}, {@link DTypeError} or {@link ValueError} where they do not belong together, one is no
 * class, or there are more than 46,340.
 * @example
 * confusionMatrix(tensor([0, 1, 1], { dtype: "int32" }), labels, { classes: 2 });
 */
export function confusionMatrix(
  predictions: Tensor,
  labels: Tensor,
  options: { readonly classes?: number } = {},
): Tensor {
  checkOptions("confusionMatrix", options, ["classes"]);
  requireTensor("confusionMatrix", "prediction", predictions);
  requireTensor("confusionMatrix", "list of labels", labels);
  const isNumbers = predictions.dtype === "int32" && sameShape(predictions.shape, labels.shape);
  const classes = options.classes ?? (isNumbers ? 0 : (predictions.shape[1] ?? 0));
  if (isNumbers && options.classes === undefined) {
    throw new ValueError(
      "confusionMatrix",
      "class numbers do not say how many classes there are; pass { classes: K }",
    );
  }
  checkWhole("confusionMatrix", "classes", classes, 1);
  if (classes > MOST_CLASSES) {
    throw new ValueError(
      "confusionMatrix",
      `classes is ${classes}; a matrix [K, K] has at most ${MOST_CLASSES}, so count them in groups`,
      { classes },
    );
  }
  if (isNumbers) {
    for (const list of [predictions, labels]) checkLabels("confusionMatrix", list, classes);
  } else {
    checkClassification("confusionMatrix", predictions, labels);
    if (classes !== predictions.shape[1]) {
      throw new ValueError(
        "confusionMatrix",
        `classes is ${classes}, but the logits are ${formatShape(predictions.shape)}; leave it out`,
        { classes, logits: predictions.shape },
      );
    }
  }
  return scope(() => {
    const named = (isNumbers ? predictions : predictions.detach().argmax(1)).toTypedArray();
    const counts = reference.allocate("int32", classes * classes) as Int32Array;
    labels.toTypedArray().forEach((label, i) => {
      counts[label * classes + named[i]!]!++;
    });
    return tensor(counts, { shape: [classes, classes] });
  });
}

/** How good predictions are, from 0 to 1. */
export interface Scores {
  /** Of what was named so, the part that is so: TP / (TP + FP). */
  readonly precision: number;
  /** Of what is so, the part that was named so: TP / (TP + FN). */
  readonly recall: number;
  /** Their harmonic mean: 2·TP / (2·TP + FP + FN). */
  readonly f1: number;
}

/** {@link Scores} of one class, and how many samples it has. */
export interface ClassScores extends Scores {
  /** TP + FN */
  readonly support: number;
}

/** What {@link precisionRecallF1} finds. */
export interface ClassificationScores {
  readonly perClass: readonly ClassScores[];
  /** The mean over classes, each counting once. */
  readonly macro: Scores;
  /** Of all decisions together; with one label per sample all three are the accuracy. */
  readonly micro: Scores;
  /** The mean over classes, each counting as often as it occurs. */
  readonly weighted: Scores;
}

/**
 * Precision, recall and F1 of a confusion matrix, per class and averaged. A quotient 0/0 (a class never named, or never
 * there) is `zeroDivision`, and enters the means as that; NaN is left out of them.
 *
 * @param matrix `[K, K]`, rows the truth, as {@link confusionMatrix} gives
 * @param options `zeroDivision`: 0 (default), 1 or NaN
 * @throws {@link ShapeError} unless the matrix is square; {@link ValueError} for negative counts or another
 * `zeroDivision`.
 * Source: scikit-learn, `precision_recall_fscore_support`.
 */
export function precisionRecallF1(
  matrix: Tensor,
  options: { readonly zeroDivision?: number } = {},
): ClassificationScores {
  checkOptions("precisionRecallF1", options, ["zeroDivision"]);
  const { zeroDivision = 0 } = options;
  requireTensor("precisionRecallF1", "confusion matrix", matrix);
  const [classes, columns] = matrix.shape;
  if (matrix.rank !== 2 || classes !== columns || !classes) {
    throw new ShapeError(
      "precisionRecallF1",
      `the confusion matrix must be [K, K], not ${formatShape(matrix.shape)}; confusionMatrix makes one`,
      { matrix: matrix.shape },
    );
  }
  if (![0, 1].includes(zeroDivision) && !Number.isNaN(zeroDivision)) {
    throw new ValueError(
      "precisionRecallF1",
      `zeroDivision is ${formatValue(zeroDivision)}; it must be 0, 1 or NaN`,
      { zeroDivision },
    );
  }
  const counts = [...matrix.toTypedArray()];
  const wrong = counts.find((n) => !(n >= 0));
  if (wrong !== undefined) {
    throw new ValueError("precisionRecallF1", `a count is ${wrong}; counts are numbers ≥ 0`);
  }
  const perClass = Array.from({ length: classes }, (_, c): ClassScores => {
    const others = Array.from({ length: classes }, (_, d) => d).filter((d) => d !== c);
    const hits = counts[c * classes + c]!;
    const falsely = others.reduce((sum, d) => sum + counts[d * classes + c]!, 0);
    const missed = others.reduce((sum, d) => sum + counts[c * classes + d]!, 0);
    return { ...scoresOf(hits, falsely, missed, zeroDivision), support: hits + missed };
  });
  const total = counts.reduce((sum, n) => sum + n, 0);
  const hits = perClass.reduce((sum, _, c) => sum + counts[c * classes + c]!, 0);
  return {
    perClass,
    macro: averageOf(perClass, () => 1, zeroDivision),
    micro: scoresOf(hits, total - hits, total - hits, zeroDivision),
    weighted: averageOf(perClass, ({ support }) => support, zeroDivision),
  };
}

function scoresOf(hits: number, falsely: number, missed: number, zeroDivision: number): Scores {
  const ratio = (part: number, whole: number) => (whole === 0 ? zeroDivision : part / whole);
  return {
    precision: ratio(hits, hits + falsely),
    recall: ratio(hits, hits + missed),
    f1: ratio(2 * hits, 2 * hits + falsely + missed),
  };
}

function averageOf(
  perClass: readonly ClassScores[],
  weightOf: (scores: ClassScores) => number,
  zeroDivision: number,
): Scores {
  const mean = (name: keyof Scores) => {
    const counted = perClass.filter((scores) => !Number.isNaN(scores[name]));
    const weight = counted.reduce((sum, scores) => sum + weightOf(scores), 0);
    const sum = counted.reduce((total, scores) => total + weightOf(scores) * scores[name], 0);
    return weight === 0 ? zeroDivision : sum / weight;
  };
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

import {
  countLabels,
  DTypeError,
  formatShape,
  requireTensor,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
} from "@convgrad/core";

/**
 * The number of labels that count.
 *
 * @throws when logits and labels do not belong together, or a label is no class.
 */
export function checkClassification(
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
  return checkLabels(operation, labels, logits.shape[1]!, ignoreIndex);
}

/**
 * The number of labels that count.
 *
 * @throws {@link DTypeError} unless they are int32, {@link ValueError} naming one that is no class.
 */
export function checkLabels(
  operation: string,
  labels: Tensor,
  classes: number,
  ignoreIndex?: number,
): number {
  if (labels.dtype !== "int32") {
    throw new DTypeError(
      operation,
      `labels must be int32 class numbers, not ${labels.dtype}; convert with .to("int32")`,
    );
  }
  return countLabels(operation, labels, classes, ignoreIndex);
}

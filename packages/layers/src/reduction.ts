import {
  DTypeError,
  formatShape,
  formatValue,
  requireTensor,
  type Shape,
  ShapeError,
  sameShape,
  type Tensor,
  ValueError,
} from "@convgrad/core";

/** What becomes of the losses of a batch: their mean, their sum, or no reduction. */
export type Reduction = "mean" | "sum" | "none";

/** The shape of a reduced loss, for the compiler: a scalar, or not known without a reduction. */
export type LossShape<R> = "none" extends R ? Shape : [];

const KNOWN: readonly Reduction[] = ["mean", "sum", "none"];

/** @throws {@link ValueError} for a reduction that the loss does not know. */
export function checkReduction(
  operation: string,
  reduction: string,
  known: readonly string[] = KNOWN,
): void {
  if (!known.includes(reduction)) {
    throw new ValueError(
      operation,
      `reduction ${formatValue(reduction)} is unknown; use ${known.map((r) => `"${r}"`).join(", ")}`,
      { reduction },
    );
  }
}

/** The losses reduced: a scalar, or as they are. */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "mean" ? losses.mean() : losses.sum();
}

/** @throws unless predictions and targets are tensors of one shape and one float type. */
export function checkTargets(operation: string, y: Tensor, t: Tensor): void {
  requireTensor(operation, "prediction", y);
  requireTensor(operation, "target", t);
  if (!sameShape(y.shape, t.shape)) {
    throw new ShapeError(
      operation,
      `predictions ${formatShape(y.shape)} and targets ${formatShape(t.shape)} differ; reshape one`,
      { y: y.shape, t: t.shape },
    );
  }
  const isFloat = y.dtype === "float32" || y.dtype === "float64";
  if (isFloat && t.dtype === y.dtype) return;
  throw new DTypeError(
    operation,
    `predictions are ${y.dtype} and targets ${t.dtype}; both must be floats of one type, ` +
      `convert with .to("${isFloat ? y.dtype : "float32"}")`,
    { y: y.dtype, t: t.dtype },
  );
}

/**
 * Weights in the shape of the losses; `undefined` where there are none.
 *
 * @throws {@link ValueError} for what is no tensor; {@link ShapeError} where they do not broadcast to it; {@link DTypeError} where the types differ.
 */
export function weightsFor(
  operation: string,
  what: string,
  weight: Tensor | null | undefined,
  y: Tensor,
): Tensor | undefined {
  if (weight === null || weight === undefined) return undefined;
  requireTensor(operation, what, weight);
  const missing = y.rank - weight.rank;
  const fits =
    missing >= 0 && weight.shape.every((n, axis) => n === 1 || n === y.shape[axis + missing]);
  if (!fits) {
    throw new ShapeError(
      operation,
      `${what} ${formatShape(weight.shape)} does not broadcast to the predictions ${formatShape(y.shape)}; ` +
        "aligned at the right, each size must be equal or 1",
      { [what]: weight.shape, y: y.shape },
    );
  }
  checkWeightType(operation, what, weight, y);
  return weight.broadcastTo(y.shape);
}

/** @throws {@link DTypeError} unless weights have the type of what they weigh. */
export function checkWeightType(operation: string, what: string, weight: Tensor, y: Tensor): void {
  if (weight.dtype === y.dtype) return;
  throw new DTypeError(
    operation,
    `${what} is ${weight.dtype}, the predictions ${y.dtype}; convert it with .to("${y.dtype}")`,
    { [what]: weight.dtype, y: y.dtype },
  );
}

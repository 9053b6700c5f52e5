import { isFloat } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { noGrad } from "../graph.ts";
import * as broadcasting from "../primitives/broadcast.ts";
import * as selecting from "../primitives/select.ts";
import { formatShape, resolveAxes, resolveAxis, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { reshapeTo, squeeze } from "./shape.ts";

/** One axis, several, or none = all. Negative axes count from the end. */
export type Axes = number | readonly number[] | undefined;

/** Σ x over the axes. uint8 sums as int32. */
export function sum(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const over = resolveAxes("sum", axes, x.rank);
  const total = broadcasting.sum(x.dtype === "uint8" ? x.to("int32") : x, { axes: over });
  return keepDims ? total : squeeze(total, over);
}

/** The mean over the axes. Integers average as float32. */
export function mean(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const count = sizeOf(resolveAxes("mean", axes, x.rank).map((axis) => x.shape[axis]!));
  return sum(isFloat(x.dtype) ? x : x.to("float32"), axes, keepDims).div(count);
}

/**
 * Σ (x − mean)² / (n − correction); correction 1 (the default) is the unbiased estimate, 0 the biased one.
 * Integers count as float32.
 */
export function variance(x: Tensor, axes?: Axes, keepDims = false, correction = 1): Tensor {
  const count = sizeOf(resolveAxes("variance", axes, x.rank).map((axis) => x.shape[axis]!));
  const values = isFloat(x.dtype) ? x : x.to("float32");
  const centred = values.sub(mean(values, axes, true));
  return sum(centred.mul(centred), axes, keepDims).div(Math.max(count - correction, 0));
}

/** The index of the first maximum along `axis`, or in the flattened tensor. int32; the first NaN counts as maximum. */
export function argmax(x: Tensor, axis?: number, keepDims = false): Tensor {
  const axes = resolveAxes("argmax", axis, x.rank);
  const index = selecting.argmax(x, { axes });
  return keepDims ? index : squeeze(index, axes);
}

/** The maximum over the axes; among equals the first in row-major order takes the whole gradient. */
export function max(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const over = resolveAxes("max", axes, x.rank);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !over.includes(axis));
  const last = kept.length;
  const flat = reshapeTo(x.permute([...kept, ...over]), [
    ...kept.map((axis) => x.shape[axis]!),
    sizeOf(over.map((axis) => x.shape[axis]!)),
  ]);
  if (flat.shape[last] === 0) {
    throw new ShapeError(
      "max",
      `an axis of ${formatShape(x.shape)} is empty, and nothing has no maximum`,
    );
  }
  const top = selecting.gather(flat, selecting.argmax(flat, { axes: [last] }), { axis: last });
  return reshapeTo(
    top,
    keepDims ? x.shape.map((n, axis) => (over.includes(axis) ? 1 : n)) : top.shape.slice(0, last),
  );
}

/** The minimum over the axes; among equals the first takes the whole gradient. */
export function min(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  // −x has no place for the least integer (nor for any uint8), −x − 1 has.
  const mirror = (y: Tensor) => (isFloat(y.dtype) ? y.neg() : y.neg().sub(1));
  return mirror(max(mirror(x), axes, keepDims));
}

/** ln Σ eˣ over the axes, computed as m + ln Σ eˣ⁻ᵐ with m = max x, so that no finite input overflows. */
export function logSumExp(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const top = noGrad(() => max(x, axes, true));
  const infinite = top.abs().equal(Number.POSITIVE_INFINITY);
  const shift = top.where(infinite.equal(0), 0);
  const y = sum(x.sub(shift).exp(), axes, true).log().add(shift);
  return keepDims ? y : squeeze(y, resolveAxes("logSumExp", axes, x.rank));
}

/** x − logSumExp(x): the logarithm of softmax, stable for logits of any size. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return x.sub(logSumExp(x, resolveAxis("logSoftmax", axis, x.rank), true));
}

/** eˣ / Σ eˣ along an axis: positive, summing to 1. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return logSoftmax(x, resolveAxis("softmax", axis, x.rank)).exp();
}

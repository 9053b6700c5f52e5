import { isFloat } from "../dtype.ts";
import { checkBoolean, formatValue, ShapeError, ValueError } from "../errors.ts";
import { noGrad } from "../graph.ts";
import * as broadcasting from "../primitives/broadcast.ts";
import { mul, sqrt } from "../primitives/elementwise.ts";
import * as selecting from "../primitives/select.ts";
import { formatShape, resolveAxes, resolveAxis, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, equal, where } from "./arithmetic.ts";
import { pad } from "./pad.ts";
import { part, reshapeTo, squeeze } from "./shape.ts";

/** One axis, several, or none = all. Negative axes count from the end. */
export type Axes = number | readonly number[] | undefined;

/** The axes of a reduction, counted from the front; and `keepDims` is true or false. */
function axesOf(operation: string, x: Tensor, axes: Axes, keepDims: boolean): readonly number[] {
  checkBoolean(operation, "keepDims", keepDims);
  return resolveAxes(operation, axes, x.rank);
}

/** Σ x over the axes. uint8 sums as int32. */
export function sum(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const over = axesOf("sum", x, axes, keepDims);
  const total = broadcasting.sum(widened(x), { axes: over });
  return keepDims ? total : squeeze(total, over);
}

/** uint8 as int32, which has room for a sum. */
function widened(x: Tensor): Tensor {
  return x.dtype === "uint8" ? x.to("int32") : x;
}

/**
 * Π x over the axes, in halves: y = ∏ᵢ (aᵢ·bᵢ) needs no division by an element, so gradients are right at zeros too, to
 * any order. 1 over nothing; uint8 multiplies as int32.
 */
export function prod(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const over = axesOf("prod", x, axes, keepDims);
  let y = flattened(widened(x), over);
  const last = y.rank - 1;
  for (let n = y.shape[last]!; n !== 1; n = y.shape[last]!) {
    const even = n > 0 && n % 2 === 0;
    y = even ? mul(part(y, last, 0, n / 2), part(y, last, n / 2, n)) : pad(y, [[0, 1]], 1);
  }
  return restored(y, x, over, keepDims);
}

/** y[…, i, …] = Σ x[…, j, …] over j ≤ i along an axis, in log₂ n sums of shifted copies; uint8 sums as int32. */
export function cumsum(x: Tensor, axis: number): Tensor {
  const at = resolveAxis("cumsum", axis, x.rank);
  const n = x.shape[at]!;
  let y = widened(x);
  for (let step = 1; step < n; step *= 2) {
    const shift = y.shape.slice(at).map((_, i) => [i === 0 ? step : 0, 0] as const);
    y = add(y, pad(part(y, at, 0, n - step), shift));
  }
  return y;
}

/** The mean over the axes. Integers average as float32. */
export function mean(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const count = sizeOf(axesOf("mean", x, axes, keepDims).map((axis) => x.shape[axis]!));
  return sum(isFloat(x.dtype) ? x : x.to("float32"), axes, keepDims).div(count);
}

/**
 * Σ (x − mean)² / (n − correction); correction 1 (the default) is the unbiased estimate, 0 the biased one.
 * Integers count as float32.
 */
export function variance(x: Tensor, axes?: Axes, keepDims = false, correction = 1): Tensor {
  checkCorrection("variance", correction);
  const count = sizeOf(axesOf("variance", x, axes, keepDims).map((axis) => x.shape[axis]!));
  const values = isFloat(x.dtype) ? x : x.to("float32");
  const centred = values.sub(mean(values, axes, true));
  return sum(centred.mul(centred), axes, keepDims).div(Math.max(count - correction, 0));
}

/** √variance; the derivative where it is 0 is 0, as PyTorch. */
export function std(x: Tensor, axes?: Axes, keepDims = false, correction = 1): Tensor {
  checkCorrection("std", correction);
  checkBoolean("std", "keepDims", keepDims);
  const square = variance(x, axes, keepDims, correction);
  const isZero = equal(square, 0);
  return where(isZero, 0, sqrt(where(isZero, 1, square)));
}

function checkCorrection(operation: string, correction: number): void {
  if (correction >= 0 && Number.isFinite(correction)) return;
  throw new ValueError(
    operation,
    `correction is ${formatValue(correction)}; it must be a number ≥ 0, 1 for the unbiased estimate`,
    { correction },
  );
}

/** The index of the first maximum along `axis`, or in the flattened tensor. int32; the first NaN counts as maximum. */
export function argmax(x: Tensor, axis?: number, keepDims = false): Tensor {
  return placeOfFirst("argmax", x, axis, keepDims);
}

/** The index of the first minimum along `axis`, or in the flattened tensor. int32; the first NaN counts as minimum. */
export function argmin(x: Tensor, axis?: number, keepDims = false): Tensor {
  return placeOfFirst("argmin", mirror(x), axis, keepDims);
}

function placeOfFirst(operation: string, x: Tensor, axis?: number, keepDims = false): Tensor {
  const axes = axesOf(operation, x, axis, keepDims);
  const index = selecting.argmax(x, { axes });
  return keepDims ? index : squeeze(index, axes);
}

/** The maximum over the axes; among equals the first in row-major order takes the whole gradient. */
export function max(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return first("max", x, axes, keepDims);
}

/** The minimum over the axes; among equals the first takes the whole gradient. */
export function min(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return mirror(first("min", mirror(x), axes, keepDims));
}

/** The maximum over the axes; equals share the gradient evenly, as PyTorch's `amax`. */
export function amax(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return shared("amax", x, axes, keepDims);
}

/** The minimum over the axes; equals share the gradient evenly, as PyTorch's `amin`. */
export function amin(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  return mirror(shared("amin", mirror(x), axes, keepDims));
}

/** −x for floats. Of integers −x − 1, since −x has no place for the least one (nor for any uint8). */
function mirror(x: Tensor): Tensor {
  return isFloat(x.dtype) ? x.neg() : x.neg().sub(1);
}

function first(operation: string, x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  const over = axesOf(operation, x, axes, keepDims);
  const flat = flattened(x, over);
  const last = flat.rank - 1;
  if (flat.shape[last] === 0) {
    throw new ShapeError(
      operation,
      `an axis of ${formatShape(x.shape)} is empty, and nothing has no maximum`,
    );
  }
  const top = selecting.gather(flat, selecting.argmax(flat, { axes: [last] }), { axis: last });
  return restored(top, x, over, keepDims);
}

/** The mean of the maxima, which is the maximum but for rounding; and that is added as a constant. */
function shared(operation: string, x: Tensor, axes: Axes, keepDims: boolean): Tensor {
  const over = axesOf(operation, x, axes, keepDims);
  const top = noGrad(() => first(operation, x, over, true));
  const ties = equal(x, top);
  const count = sum(ties, axes, true).to(x.dtype);
  const y = isFloat(x.dtype) ? sum(where(ties, x.div(count), 0), axes, true) : top;
  const rounding = noGrad(() => where(equal(y, top), 0, top.sub(y)));
  const exact = add(y, rounding);
  return keepDims ? exact : squeeze(exact, over);
}

/** The axes merged into one behind the others. */
function flattened(x: Tensor, over: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !over.includes(axis));
  const sizes = (axes: readonly number[]) => axes.map((axis) => x.shape[axis]!);
  return reshapeTo(x.permute([...kept, ...over]), [...sizes(kept), sizeOf(sizes(over))]);
}

/** What is left of the axes merged by `flattened`, one cell each, in the shape of a reduction of x. */
function restored(y: Tensor, x: Tensor, over: readonly number[], keepDims: boolean): Tensor {
  return reshapeTo(
    y,
    keepDims ? x.shape.map((n, axis) => (over.includes(axis) ? 1 : n)) : y.shape.slice(0, -1),
  );
}

/**
 * ln Σ eˣ over the axes, computed as m + ln Σ eˣ⁻ᵐ with m = max x, so that no finite input overflows; −∞ over nothing.
 */
export function logSumExp(x: Tensor, axes?: Axes, keepDims = false): Tensor {
  const over = axesOf("logSumExp", x, axes, keepDims);
  const isEmpty = over.some((axis) => x.shape[axis] === 0);
  const top = noGrad(() => (isEmpty ? sum(x, over, true) : max(x, over, true)));
  const infinite = top.abs().equal(Number.POSITIVE_INFINITY);
  const shift = top.where(infinite.equal(0), 0);
  const y = sum(x.sub(shift).exp(), over, true).log().add(shift);
  return keepDims ? y : squeeze(y, over);
}

/** x − logSumExp(x): the logarithm of softmax, stable for logits of any size. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return x.sub(logSumExp(x, resolveAxis("logSoftmax", axis, x.rank), true));
}

/** eˣ / Σ eˣ along an axis: positive, summing to 1. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return logSoftmax(x, resolveAxis("softmax", axis, x.rank)).exp();
}

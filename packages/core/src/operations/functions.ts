import { checkValue, floatDType } from "../dtype.ts";
import { formatValue, ValueError } from "../errors.ts";
import { noGrad } from "../graph.ts";
import { constant } from "../primitives/constant.ts";
import * as elementwise from "../primitives/elementwise.ts";
import type { Tensor } from "../tensor.ts";
import { add, less, sub, where } from "./arithmetic.ts";

/** 1/x; float types only. */
export function reciprocal(x: Tensor): Tensor {
  floatDType("reciprocal")([x]);
  return elementwise.div(constant(1, x), x);
}

/** 1/√x; float types only. */
export function rsqrt(x: Tensor): Tensor {
  floatDType("rsqrt")([x]);
  return reciprocal(elementwise.sqrt(x));
}

/**
 * ln(1 + x), accurate near 0, where the sum loses digits of x: what it loses is added to the logarithm, whose slope is 1
 * there. It is added as a constant, so that all gradients are those of the logarithm.
 */
export function log1p(x: Tensor): Tensor {
  floatDType("log1p")([x]);
  const sum = add(x, 1);
  return add(
    elementwise.log(sum),
    near0(x, () => sub(x, sub(sum, 1))),
  );
}

/**
 * eˣ − 1, accurate near 0, where the difference loses digits: it is (eˣ + 1)·tanh(x/2) too, and how far the two are apart
 * is added as a constant, so that all gradients are those of eˣ.
 */
export function expm1(x: Tensor): Tensor {
  floatDType("expm1")([x]);
  const power = elementwise.exp(x);
  const y = sub(power, 1);
  const accurate = () => elementwise.mul(add(power, 1), elementwise.tanh(x.mul(0.5)));
  return add(
    y,
    near0(x, () => sub(accurate(), y)),
  );
}

/** What `correction` gives where |x| < 1, and 0 elsewhere; a constant. */
function near0(x: Tensor, correction: () => Tensor): Tensor {
  return noGrad(() => where(less(elementwise.abs(x), 1), correction(), 0));
}

/** ln(1 + eˣ) without overflow: relu(x) + ln(1 + e^−|x|), where −|x| has slope 1 at 0 so that the sum has slope ½. */
export function softplus(x: Tensor): Tensor {
  floatDType("softplus")([x]);
  const down = where(elementwise.greater(x, constant(0, x)), elementwise.neg(x), x);
  return add(elementwise.relu(x), log1p(elementwise.exp(down)));
}

/**
 * x within min … max; `null` is no bound. The gradient passes where min ≤ x ≤ max, the bounds included, and NaN stays
 * NaN, both as PyTorch.
 *
 * @throws {@link ValueError} for bounds that are NaN, missing or in the wrong order.
 */
export function clamp(x: Tensor, min: number | null, max: number | null = null): Tensor {
  const [low, high] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  if ((min === null && max === null) || !(low <= high)) {
    throw new ValueError(
      "clamp",
      `cannot clamp to ${formatValue(min)} … ${formatValue(max)}; give numbers min ≤ max, or null for one of them`,
      { min, max },
    );
  }
  for (const bound of [min, max]) if (bound !== null) checkValue("clamp", bound, x.dtype);
  const raised = min === null ? x : where(less(x, min), min, x);
  return max === null ? raised : where(elementwise.greater(x, constant(max, x)), max, raised);
}

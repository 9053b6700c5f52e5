import { checkOptions, customOp, type Tensor, ValueError } from "@convgrad/core";
import {
  checkReduction,
  checkTargets,
  type LossShape,
  type Reduction,
  reduced,
  weightsFor,
} from "./reduction.ts";

/** How {@link bce} weighs and averages. */
export interface BceOptions {
  /** Default `"mean"`; weights do not change what it divides by. */
  readonly reduction?: Reduction;
  /** Multiplies the losses; broadcast to their shape. */
  readonly weight?: Tensor;
}

/** How {@link bceWithLogits} weighs and averages. */
export interface BceWithLogitsOptions extends BceOptions {
  /** Multiplies the part of the target 1, for rare ones; broadcast to the shape of the logits, as `[K]` is. */
  readonly posWeight?: Tensor;
}

/** −t·ln p − (1 − t)·ln(1 − p), each logarithm at least −100. The composition would have 0·∞ for its gradient at 0 and 1. */
const entropy: (p: Tensor, t: Tensor) => Tensor = customOp({
  name: "bce",
  forward: (p, t) =>
    t!
      .sub(1)
      .mul(limitedLog(rest(p!)))
      .sub(t!.mul(limitedLog(p!))),
  backward: (g, { inputs: [p, t] }) => [
    g.mul(p!.sub(t!).div(p!.mul(rest(p!)).clamp(1e-12))),
    g.mul(limitedLog(rest(p!)).sub(limitedLog(p!))),
  ],
});

function rest(p: Tensor): Tensor {
  return p.neg().add(1);
}

/** Limited before the logarithm too, so that 0 makes no infinity: ln 1e-44 < −100, and float32 holds 1e-44. */
function limitedLog(p: Tensor): Tensor {
  return p.clamp(1e-44).log().clamp(-100);
}

/**
 * Binary cross-entropy of probabilities:
 *
 *     L = −mean (t·ln p + (1 − t)·ln(1 − p)),   ∂p = (p − t) / max(p·(1 − p), 1e-12) / n
 *
 * Logarithms are at least −100, so that p = 0 and p = 1 have a finite loss; prefer {@link bceWithLogits}, which needs no
 * such limit.
 *
 * @param p probabilities from 0 to 1, any shape
 * @param t targets from 0 to 1, of the same shape
 * @returns a scalar, or one loss per element with reduction `"none"`
 * @throws {@link ShapeError} and {@link DTypeError} as `mse`, and for a weight that does not fit; {@link ValueError} for
 * probabilities or targets outside of 0 to 1 and for an unknown reduction.
 * Source: PyTorch, `torch.nn.functional.binary_cross_entropy`.
 */
export function bce<R extends Reduction = "mean">(
  p: Tensor,
  t: Tensor,
  options?: BceOptions & { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function bce(p: Tensor, t: Tensor, options: BceOptions = {}): Tensor {
  checkOptions("bce", options, ["reduction", "weight"]);
  const { reduction = "mean", weight } = options;
  checkReduction("bce", reduction);
  checkTargets("bce", p, t);
  checkProbabilities("predictions", p, "pass logits to bceWithLogits, or take their sigmoid()");
  checkProbabilities("targets", t, "divide by their largest value");
  const weights = weightsFor("bce", "weight", weight, p);
  const losses = entropy(p, t);
  return reduced(weights ? losses.mul(weights) : losses, reduction);
}

/** @throws {@link ValueError} naming a number outside of 0 to 1; NaN may pass. */
function checkProbabilities(what: string, p: Tensor, remedy: string): void {
  const wrong = p.toTypedArray().find((value) => value < 0 || value > 1);
  if (wrong === undefined) return;
  throw new ValueError("bce", `${what} must be from 0 to 1, not ${wrong}; ${remedy}`, {
    value: wrong,
  });
}

/**
 * Binary cross-entropy of logits, stable for logits of any size:
 *
 *     L = mean (w⁺·t·ln(1 + e^−x) + (1 − t)·ln(1 + eˣ)),   ∂x = (σ(x) − t) / n without weights
 *
 * @param x logits, any shape: one yes or no each
 * @param t targets, commonly 0 or 1, of the same shape
 * @returns a scalar, or one loss per element with reduction `"none"`
 * @throws {@link ShapeError} and {@link DTypeError} as `mse`, and for weights that do not fit; {@link ValueError} for an
 * unknown reduction.
 * Source: PyTorch, `torch.nn.functional.binary_cross_entropy_with_logits`.
 */
export function bceWithLogits<R extends Reduction = "mean">(
  x: Tensor,
  t: Tensor,
  options?: BceWithLogitsOptions & { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function bceWithLogits(x: Tensor, t: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  checkOptions("bceWithLogits", options, ["reduction", "weight", "posWeight"]);
  const { reduction = "mean", weight, posWeight } = options;
  checkReduction("bceWithLogits", reduction);
  checkTargets("bceWithLogits", x, t);
  const weights = weightsFor("bceWithLogits", "weight", weight, x);
  const positive = weightsFor("bceWithLogits", "posWeight", posWeight, x);
  const yes = t.mul(x.neg().softplus());
  const no = rest(t).mul(x.softplus());
  const losses = (positive ? yes.mul(positive) : yes).add(no);
  return reduced(weights ? losses.mul(weights) : losses, reduction);
}

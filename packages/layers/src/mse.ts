import { checkOptions, formatValue, type Tensor, ValueError } from "@convgrad/core";
import { annotate } from "./note.ts";
import {
  checkReduction,
  checkTargets,
  type LossShape,
  type Reduction,
  reduced,
} from "./reduction.ts";

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
export function mse<R extends MseReduction = "mean">(
  y: Tensor,
  t: Tensor,
  options?: { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function mse(
  y: Tensor,
  t: Tensor,
  options: { readonly reduction?: MseReduction } = {},
): Tensor {
  checkOptions("mse", options, ["reduction"]);
  const { reduction = "mean" } = options;
  checkReduction("mse", reduction, ["mean", "sum", "halfSum", "none"]);
  checkTargets("mse", y, t);
  const difference = y.sub(t);
  const squares = difference.mul(difference);
  const loss = reduction === "halfSum" ? squares.sum().mul(0.5) : reduced(squares, reduction);
  return annotate(loss, { operation: "mse", equation: "L = (y − t)²", inputs: [y, t] });
}

/**
 * Absolute error:  mean or sum of |y − t|.   ∂y = sign(y − t)/n or sign(y − t), and sign(0) = 0
 *
 * @param y predictions, any shape
 * @param t targets of the same shape
 * @returns a scalar, or one loss per element with reduction `"none"`; default `"mean"`
 * @throws as {@link mse}. Source: PyTorch, `torch.nn.functional.l1_loss`.
 */
export function l1<R extends Reduction = "mean">(
  y: Tensor,
  t: Tensor,
  options?: { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function l1(y: Tensor, t: Tensor, options: { readonly reduction?: Reduction } = {}): Tensor {
  checkOptions("l1", options, ["reduction"]);
  const { reduction = "mean" } = options;
  checkReduction("l1", reduction);
  checkTargets("l1", y, t);
  return reduced(y.sub(t).abs(), reduction);
}

/** How {@link huber} passes from squares to lines. */
export interface HuberOptions {
  /** δ > 0: from there on the error counts linearly; default 1. */
  readonly delta?: number;
  /** Default `"mean"`. */
  readonly reduction?: Reduction;
}

/**
 * Squared near 0, linear far away, so that outliers pull with force δ at most; d = y − t:
 *
 *     L = ½·d² where |d| ≤ δ, else δ·(|d| − ½·δ),   ∂y = d limited to [−δ, δ]
 *
 * @param y predictions, any shape
 * @param t targets of the same shape
 * @returns a scalar, or one loss per element with reduction `"none"`
 * @throws as {@link mse}; {@link ValueError} unless δ > 0.
 * Source: PyTorch, `torch.nn.functional.huber_loss`.
 */
export function huber<R extends Reduction = "mean">(
  y: Tensor,
  t: Tensor,
  options?: HuberOptions & { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function huber(y: Tensor, t: Tensor, options: HuberOptions = {}): Tensor {
  checkOptions("huber", options, ["delta", "reduction"]);
  const { delta = 1, reduction = "mean" } = options;
  checkReduction("huber", reduction);
  checkPositive("huber", "delta", delta);
  checkTargets("huber", y, t);
  return reduced(bend(y.sub(t), delta), reduction);
}

/** c·(d − ½·c) with c = d limited to [−δ, δ]: no case apart, and right to second order at 0 too. */
function bend(d: Tensor, delta: number): Tensor {
  const limited = d.clamp(-delta, delta);
  return limited.mul(d.sub(limited.mul(0.5)));
}

/** How {@link smoothL1} passes from squares to lines. */
export interface SmoothL1Options {
  /** β > 0: from there on the loss is |d| − ½·β; default 1. */
  readonly beta?: number;
  /** Default `"mean"`. */
  readonly reduction?: Reduction;
}

/**
 * {@link huber} with δ = β, divided by β: the absolute error with its corner rounded off; shapes as there.
 *
 * @throws as {@link huber}. Source: PyTorch, `torch.nn.functional.smooth_l1_loss`.
 */
export function smoothL1<R extends Reduction = "mean">(
  y: Tensor,
  t: Tensor,
  options?: SmoothL1Options & { readonly reduction?: R },
): Tensor<LossShape<R>>;
export function smoothL1(y: Tensor, t: Tensor, options: SmoothL1Options = {}): Tensor {
  checkOptions("smoothL1", options, ["beta", "reduction"]);
  const { beta = 1, reduction = "mean" } = options;
  checkReduction("smoothL1", reduction);
  checkPositive("smoothL1", "beta", beta);
  checkTargets("smoothL1", y, t);
  return reduced(bend(y.sub(t), beta).div(beta), reduction);
}

function checkPositive(operation: string, name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ValueError(operation, `${name} is ${formatValue(value)}; it must be a number > 0`, {
    [name]: value,
  });
}

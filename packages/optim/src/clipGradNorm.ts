import {
  axpby,
  checkBoolean,
  checkOptions,
  formatValue,
  noGrad,
  requireTensor,
  scope,
  type Tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { power } from "./power.ts";
import { checkNumber, NOT_NEGATIVE } from "./settings.ts";

/** How {@link clipGradNorm} measures. */
export interface ClipGradNormOptions {
  /** p > 0 of the norm (Σ |g|ᵖ)^(1/p), or `Infinity` for the largest |g|; default 2. */
  readonly normType?: number;
  /** Refuse a norm that is NaN or infinite rather than spread it; default false. */
  readonly errorIfNonFinite?: boolean;
}

/**
 * Scales all gradients by one number, in place, where their norm, taken as that of one long vector, exceeds `maxNorm`:
 *
 *     g ← g·min(1, maxNorm / (‖g‖ + 1e-6))
 *
 * A norm of NaN makes every gradient NaN; an infinite one makes the infinite gradients NaN and the others 0.
 *
 * @param parameters of any shapes; those without a gradient do not count
 * @param maxNorm a number ≥ 0
 * @returns the norm before; 0 where there are no gradients
 * @throws {@link ValueError} for settings out of range; with `errorIfNonFinite` for a norm that is no number. Nothing has
 * changed then.
 * Source: PyTorch, `torch.nn.utils.clip_grad_norm_`.
 * @example
 * loss.backward();
 * clipGradNorm(model.parameters(), 1);
 * optimizer.step();
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = {},
): number {
  checkOptions("clipGradNorm", options, ["normType", "errorIfNonFinite"]);
  const { normType = 2, errorIfNonFinite = false } = options;
  checkNumber("clipGradNorm", "maxNorm", maxNorm, NOT_NEGATIVE);
  if (!(typeof normType === "number" && normType > 0)) {
    throw new ValueError(
      "clipGradNorm",
      `normType is ${formatValue(normType)}; it must be a number > 0 or Infinity`,
      { normType },
    );
  }
  checkBoolean("clipGradNorm", "errorIfNonFinite", errorIfNonFinite);
  return update("clipGradNorm", parameters, (gradients) => {
    const norm = normOf(gradients, normType);
    if (errorIfNonFinite && !Number.isFinite(norm)) {
      throw new ValueError(
        "clipGradNorm",
        `the norm of the gradients is ${norm}; lower the learning rate, or look for the first loss that is not finite`,
        { norm },
      );
    }
    const scale = maxNorm / (norm + 1e-6);
    if (!(scale >= 1)) multiply(gradients, scale);
    return norm;
  });
}

/** (Σ |g|ᵖ)^(1/p) over all elements of all gradients, summed tensor by tensor in their type. */
function normOf(gradients: readonly Tensor[], p: number): number {
  const parts = gradients.map((g) =>
    scope(() => {
      if (g.size === 0) return 0;
      if (p === Number.POSITIVE_INFINITY) return g.abs().max().item();
      return (p === 2 ? g.mul(g) : g.abs().pow(p)).sum().item();
    }),
  );
  if (p === Number.POSITIVE_INFINITY) return Math.max(0, ...parts);
  const sum = parts.reduce((total, part) => total + part, 0);
  return p === 2 ? Math.sqrt(sum) : power(sum, 1 / p);
}

/** g ← scale·g, without memory for any of them. */
function multiply(gradients: readonly Tensor[], scale: number): void {
  const nothing = new Map(gradients.map(({ dtype }) => [dtype, zeros([], { dtype })]));
  for (const g of gradients) {
    if (Number.isNaN(scale)) g.assign(scale);
    else axpby(0, nothing.get(g.dtype)!.broadcastTo(g.shape), scale, g);
  }
}

/**
 * Limits every element of all gradients to [−value, value], in place; NaN stays.
 *
 * @param parameters those without a gradient do not count
 * @param value a number ≥ 0
 * @throws {@link ValueError} for any other value; {@link MemoryError} before any gradient has changed.
 * Source: PyTorch, `torch.nn.utils.clip_grad_value_`.
 */
export function clipGradValue(parameters: Iterable<Tensor>, value: number): void {
  checkNumber("clipGradValue", "value", value, NOT_NEGATIVE);
  update("clipGradValue", parameters, (gradients) => {
    const limited = gradients.map((g) => scope(() => g.maximum(-value).minimum(value)));
    gradients.forEach((g, i) => {
      g.assign(limited[i]!);
    });
  });
}

/** Runs an update of the gradients that there are; what it computes is released. */
function update<T>(
  operation: string,
  parameters: Iterable<Tensor>,
  run: (gradients: readonly Tensor[]) => T,
): T {
  if (typeof parameters?.[Symbol.iterator] !== "function") {
    throw new ValueError(operation, "the parameters are no list; pass model.parameters()");
  }
  const all = [...parameters];
  for (const p of all) requireTensor(operation, "parameter", p);
  const gradients = new Set(all.flatMap(({ grad }) => grad ?? []));
  return noGrad(() => scope(() => run([...gradients])));
}

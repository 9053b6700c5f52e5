import { sizeOf, type Tensor } from "@convgrad/core";

/** What {@link normalizeChannels} finds. */
export interface NormalizedChannels {
  /** `[N, C, H, W]` */
  readonly y: Tensor;
  /** The mean of each channel `[C]`, outside the graph. */
  readonly mean: Tensor;
  /** The biased variance of each channel `[C]`, outside the graph. */
  readonly variance: Tensor;
}

/**
 * Each channel of a batch with mean 0 and variance 1, then stretched and shifted. Mean and variance depend on x, and
 * the gradients know it.
 *
 *     y = w·(x − μ) / √(σ² + ε) + b,   μ = mean and σ² = biased variance of a channel over n, h, w
 *
 * @param x floats `[N, C, H, W]`
 * @param weight `[C]` or `null` for 1
 * @param bias `[C]` or `null` for 0
 */
export function normalizeChannels(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  epsilon: number,
): NormalizedChannels {
  const { centred, mean, variance } = centre(x, [0, 2, 3]);
  return {
    y: stretch(centred, variance, perChannel(weight), perChannel(bias), epsilon),
    mean: mean.detach().reshape([-1]),
    variance: variance.detach().reshape([-1]),
  };
}

/** {@link normalizeChannels} with a mean and variance `[C]` that are given. */
export function normalizeWith(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  epsilon: number,
): Tensor {
  const centred = x.sub(perChannel(mean)!);
  return stretch(centred, perChannel(variance)!, perChannel(weight), perChannel(bias), epsilon);
}

/**
 * {@link normalizeChannels} for every image and group of channels by itself:
 * the mean and variance of each of N·G parts.
 *
 * @param x floats `[N, C, …]`
 * @param groups G, a divisor of C
 */
export function normalizeGroups(
  x: Tensor,
  groups: number,
  weight: Tensor | null,
  bias: Tensor | null,
  epsilon: number,
): Tensor {
  const [n, c, ...cells] = x.shape as [number, number, ...number[]];
  const perGroup = (p: Tensor | null) => p?.reshape([groups, c / groups, 1]) ?? null;
  const { centred, variance } = centre(x.reshape([n, groups, c / groups, sizeOf(cells)]), [2, 3]);
  return stretch(centred, variance, perGroup(weight), perGroup(bias), epsilon).reshape(x.shape);
}

/** x − μ with the mean μ and the biased variance over the axes, which stay with size 1. */
function centre(
  x: Tensor,
  axes: readonly number[],
): Record<"centred" | "mean" | "variance", Tensor> {
  const mean = x.mean(axes, true);
  const centred = x.sub(mean);
  return { centred, mean, variance: centred.mul(centred).mean(axes, true) };
}

/** w·x / √(σ² + ε) + b; the quotient is taken of w, which is smaller than x. */
function stretch(
  centred: Tensor,
  variance: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  epsilon: number,
): Tensor {
  const deviation = variance.add(epsilon).sqrt();
  const y = weight ? centred.mul(weight.div(deviation)) : centred.div(deviation);
  return bias ? y.add(bias) : y;
}

function perChannel(p: Tensor | null): Tensor | null {
  return p?.reshape([-1, 1, 1]) ?? null;
}

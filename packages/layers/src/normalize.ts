import { fusion, sizeOf, type Tensor } from "@convgrad/core";

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
  const [y, mean, variance] = ofBatch([x, weight, bias], epsilon);
  return { y, mean: mean!, variance: variance! };
}

type Learned = readonly [x: Tensor, weight: Tensor | null, bias: Tensor | null];
type Given = readonly [...Learned, mean: Tensor, variance: Tensor];

/** Batch normalisation, its mean and its variance. */
const ofBatch = fusion<Learned, number>({
  name: "normalizeChannels",
  sentence: ([x, weight, bias], epsilon) => {
    const { centred, mean, variance } = centre(x, [0, 2, 3]);
    return [
      stretch(centred, variance, perChannel(weight), perChannel(bias), epsilon),
      mean.detach().reshape([-1]),
      variance.detach().reshape([-1]),
    ];
  },
  shapes: ([x]) => [x.shape, [x.shape[1]!], [x.shape[1]!]],
  kernels: ({ moments, normalize, normalizeGradients }, [x], epsilon) => {
    if (!moments || !normalize || !normalizeGradients || x.size === 0) return null;
    return {
      forward: ([x, weight, bias], [y, mean, variance]) => {
        moments(x!, mean!, variance!);
        normalize(x!, mean!, variance!, weight!, bias!, epsilon, y!);
      },
      backward: (g, [x, weight], [mean, variance], [ofX, ofWeight, ofBias]) =>
        normalizeGradients(g, x!, mean!, variance!, weight!, epsilon, [ofX!, ofWeight!, ofBias!]),
    };
  },
});

/** {@link normalizeChannels} with a mean and variance `[C]` that are given. */
export function normalizeWith(
  x: Tensor,
  mean: Tensor,
  variance: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  epsilon: number,
): Tensor {
  return byGiven([x, weight, bias, mean, variance], epsilon)[0];
}

const byGiven = fusion<Given, number>({
  name: "normalizeWith",
  sentence: ([x, weight, bias, mean, variance], epsilon) => {
    const centred = x.sub(perChannel(mean)!);
    const [w, b] = [perChannel(weight), perChannel(bias)];
    return [stretch(centred, perChannel(variance)!, w, b, epsilon)];
  },
  shapes: ([x]) => [x.shape],
  kernels: ({ normalize }, [x], epsilon) => {
    if (!normalize || x.size === 0) return null;
    return {
      forward: ([x, weight, bias, mean, variance], [y]) =>
        normalize(x!, mean!, variance!, weight!, bias!, epsilon, y!),
    };
  },
});

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

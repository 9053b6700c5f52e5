import {
  axpby,
  checkBoolean,
  checkOptions,
  formatShape,
  ones,
  type Shape,
  ShapeError,
  type ShapeOf,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { checkSize, requireImages } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { normalizationLoops } from "./loops/normalization.ts";
import { buffer, Module, parameter } from "./module.ts";
import { normalizeChannels, normalizeWith } from "./normalize.ts";
import { type Annotation, annotate } from "./note.ts";
import { requireChannels, requirePerChannel } from "./operands.ts";
import { checkNumber } from "./options.ts";
import type { Given, SameChannels, shapeRule } from "./shape.rule.ts";

/** What {@link batchNorm2d} normalises by. */
export interface BatchNorm2DFunctionOptions {
  /** The mean of each channel `[C]`; default: that of the batch. It comes with `variance`. */
  readonly mean?: Tensor;
  /** The variance of each channel `[C]`; default: the biased one of the batch. */
  readonly variance?: Tensor;
  /** Added to the variance, ≥ 0; default 1e-5. */
  readonly epsilon?: number;
}

/**
 * Batch normalisation: each channel with mean 0 and variance 1 over the batch (or with the mean and variance given),
 * then stretched by a weight and shifted by a bias.
 *
 *     y = w·(x − μ) / √(σ² + ε) + b
 *     ∂x = w / √(σ² + ε) · (g − mean g − x̂·mean(g·x̂)),   ∂w = Σ g·x̂,   ∂b = Σ g
 *
 * @param x floats `[N, C, H, W]`
 * @param weight `[C]`, or nothing for 1
 * @param bias `[C]`, or nothing for 0
 * @returns `[N, C, H, W]`
 * @throws {@link ShapeError} where the shapes do not fit, or one value per channel has no variance:
 * `batchNorm2d: expected more than 1 value per channel when training, got x [1, 3, 1, 1]; …`;
 * {@link DTypeError} where the types differ; {@link ValueError} for a negative epsilon, or a mean without variance.
 * Source: Ioffe and Szegedy 2015, algorithm 1; PyTorch, `torch.nn.functional.batch_norm`.
 */
export function batchNorm2d(
  x: Tensor,
  weight?: Tensor | null,
  bias?: Tensor | null,
  options: BatchNorm2DFunctionOptions = {},
): Tensor {
  checkOptions("batchNorm2d", options, ["mean", "variance", "epsilon"]);
  const { mean, variance, epsilon = 1e-5 } = options;
  checkNumber("batchNorm2d", "epsilon", epsilon, 0);
  requirePerChannel("batchNorm2d", x, { weight, bias, mean, variance });
  requireImages("batchNorm2d", x.shape);
  if (mean && variance) {
    const y = normalizeWith(x, mean, variance, weight ?? null, bias ?? null, epsilon);
    return noted(y, [x, weight, bias, mean, variance], epsilon);
  }
  if (mean || variance) {
    throw new ValueError(
      "batchNorm2d",
      `a ${mean ? "mean without variance" : "variance without mean"}; ` +
        "pass both, or none to normalise by those of the batch",
    );
  }
  requireSeveral(x);
  const { y } = normalizeChannels(x, weight ?? null, bias ?? null, epsilon);
  return noted(y, [x, weight, bias], epsilon);
}

function noted(y: Tensor, inputs: Annotation["inputs"], epsilon: number): Tensor {
  const equation = "y = w (x − μ) / √(σ² + ε) + b";
  return annotate(y, { operation: "batchNorm2d", equation, inputs, options: { epsilon } });
}

function requireSeveral(x: Tensor): void {
  if (valuesPerChannel(x) > 1) return;
  throw new ShapeError(
    "batchNorm2d",
    `expected more than 1 value per channel when training, got x ${formatShape(x.shape)}; ` +
      "use a larger batch or image, or the running statistics: model.eval()",
    { x: x.shape },
  );
}

function valuesPerChannel({ shape: [n, , h, w] }: Tensor): number {
  return n! * h! * w!;
}

/** How a {@link BatchNorm2D} normalises. */
export interface BatchNorm2DOptions {
  /** Added to the variance, ≥ 0; default 1e-5. */
  readonly epsilon?: number;
  /** Share of the newest batch in the running statistics, 0 to 1; `null` = their plain average; default 0.1. */
  readonly momentum?: number | null;
  /** Whether to learn a weight and a bias per channel; default true. */
  readonly affine?: boolean;
  /** Whether to gather mean and variance for use after training; default true. */
  readonly trackRunningStatistics?: boolean;
}

/**
 * The layer of {@link batchNorm2d}.  `[N, C, H, W] → [N, C, H, W]`
 *
 * In training it normalises by the batch and gathers running statistics (the variance unbiased, as in PyTorch); after
 * `eval()` it normalises by those. Without running statistics it always normalises by the batch. Weights begin as 1,
 * biases as 0.
 *
 * @example
 * new Sequential(new Conv2D(3, 16, 3, { bias: false }), new BatchNorm2D(16), new ReLU());
 */
export class BatchNorm2D<const Channels extends number = number> extends Module {
  declare readonly [shapeRule]: SameChannels<"BatchNorm2D", Channels>;
  /** `[C]`, or `null` unless affine */
  readonly weight: Tensor | null;
  /** `[C]`, or `null` unless affine */
  readonly bias: Tensor | null;
  /** `[C]`, or `null` without running statistics */
  readonly runningMean: Tensor | null;
  /** `[C]`, or `null` without running statistics */
  readonly runningVar: Tensor | null;
  /** How many batches the running statistics have seen, an int32 scalar. */
  readonly batchesTracked: Tensor | null;
  readonly channels: number;
  readonly epsilon: number;
  readonly momentum: number | null;

  /**
   * @throws {@link ShapeError} unless channels is a whole number ≥ 1; {@link ValueError} for any
   * other option out of range.
   */
  constructor(channels: Channels, options: BatchNorm2DOptions = {}) {
    super();
    checkOptions("BatchNorm2D", options, [
      "epsilon",
      "momentum",
      "affine",
      "trackRunningStatistics",
    ]);
    const { epsilon = 1e-5, momentum = 0.1, affine = true } = options;
    const { trackRunningStatistics: track = true } = options;
    checkSize("BatchNorm2D", "channels", channels, 1);
    checkNumber("BatchNorm2D", "epsilon", epsilon, 0);
    if (momentum !== null) checkNumber("BatchNorm2D", "momentum", momentum, 0, 1);
    checkBoolean("BatchNorm2D", "affine", affine);
    checkBoolean("BatchNorm2D", "trackRunningStatistics", track);
    this.weight = affine ? parameter(ones([channels])) : null;
    this.bias = affine ? parameter(zeros([channels])) : null;
    this.runningMean = track ? buffer(zeros([channels])) : null;
    this.runningVar = track ? buffer(ones([channels])) : null;
    this.batchesTracked = track ? buffer(tensor(new Int32Array(1), { shape: [] })) : null;
    this.channels = channels;
    this.epsilon = epsilon;
    this.momentum = momentum;
  }

  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    const { weight, bias, epsilon, runningMean: mean, runningVar: variance } = this;
    requireChannels("batchNorm2d", x, this.channels);
    if (!mean || !variance) return batchNorm2d(x, weight, bias, { epsilon });
    if (!this.training) return batchNorm2d(x, weight, bias, { mean, variance, epsilon });
    requirePerChannel("batchNorm2d", x, { weight, bias, mean });
    requireImages("batchNorm2d", x.shape);
    requireSeveral(x);
    const normalized = normalizeChannels(x, weight, bias, epsilon);
    const batches = this.batchesTracked!.item() + 1;
    const share = this.momentum ?? 1 / batches;
    const n = valuesPerChannel(x);
    this.batchesTracked!.assign(batches);
    axpby(share, normalized.mean, 1 - share, mean);
    axpby((share * n) / (n - 1), normalized.variance, 1 - share, variance);
    return noted(normalized.y, [x, weight, bias], epsilon);
  }

  /** Through the statistics of the batch an output sees all of it; what is meant is the layer in use. */
  override reach(): "cell" {
    return "cell";
  }

  /** In training by the statistics of the batch, after `eval()` by the running ones. */
  override loops(x: Shape): Loops {
    const { weight: w, bias: b, epsilon, runningMean: means, runningVar: variances } = this;
    const given = !this.training && means && variances ? { means, variances } : {};
    return normalizationLoops(x, { w, b, epsilon, groups: null, ...given });
  }

  override toString(): string {
    const { channels, epsilon, momentum } = this;
    const extras = [
      epsilon === 1e-5 ? "" : `, epsilon ${epsilon}`,
      momentum === 0.1 ? "" : momentum === null ? ", plain average" : `, momentum ${momentum}`,
      this.weight ? "" : ", not affine",
      this.runningMean ? "" : ", no running statistics",
    ];
    return `BatchNorm2D(${channels}${extras.join("")})`;
  }
}

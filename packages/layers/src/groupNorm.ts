import {
  checkBoolean,
  checkOptions,
  formatShape,
  ones,
  type Shape,
  ShapeError,
  type ShapeOf,
  type Tensor,
  zeros,
} from "@convgrad/core";
import { checkSize } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { normalizationLoops } from "./loops/normalization.ts";
import { Module, parameter } from "./module.ts";
import { normalizeGroups } from "./normalize.ts";
import { annotate } from "./note.ts";
import { requireChannels, requirePerChannel } from "./operands.ts";
import { checkNumber } from "./options.ts";
import type { Given, SameChannels, shapeRule } from "./shape.rule.ts";

/**
 * Group normalisation: the channels of each image in equal groups, each group with mean 0 and variance 1 by itself, so
 * that the batch does not matter; then stretched by a weight and shifted by a bias per channel. One group is layer
 * normalisation, a group per channel instance normalisation.
 *
 *     y = w·(x − μ) / √(σ² + ε) + b,   μ, σ² (biased) of the C/G·H·W cells of a group
 *
 * @param x floats `[N, C, …]`
 * @param groups G, a divisor of C
 * @param weight `[C]`, or nothing for 1
 * @param bias `[C]`, or nothing for 0
 * @returns `[N, C, …]`
 * @throws {@link ShapeError} where groups do not divide the channels or shapes do not fit; {@link DTypeError} where the
 * types differ; {@link ValueError} for a negative epsilon.
 * Source: Wu and He 2018; PyTorch, `torch.nn.functional.group_norm`.
 */
export function groupNorm(
  x: Tensor,
  groups: number,
  weight?: Tensor | null,
  bias?: Tensor | null,
  options: { readonly epsilon?: number } = {},
): Tensor {
  checkOptions("groupNorm", options, ["epsilon"]);
  const { epsilon = 1e-5 } = options;
  checkNumber("groupNorm", "epsilon", epsilon, 0);
  requirePerChannel("groupNorm", x, { weight, bias });
  if (x.rank < 2) {
    throw new ShapeError("groupNorm", `expects x [N, C, …], not ${formatShape(x.shape)}`, {
      x: x.shape,
    });
  }
  checkGroups("groupNorm", groups, x.shape[1]!);
  return annotate(normalizeGroups(x, groups, weight ?? null, bias ?? null, epsilon), {
    operation: "groupNorm",
    equation: "y = w (x − μ) / √(σ² + ε) + b",
    inputs: [x, weight, bias],
    options: { groups, epsilon },
  });
}

function checkGroups(operation: string, groups: number, channels: number): void {
  checkSize(operation, "groups", groups, 1);
  if (channels % groups === 0) return;
  throw new ShapeError(operation, `${groups} groups must divide ${channels} channels`, {
    groups,
    channels,
  });
}

/** How a {@link GroupNorm} normalises. */
export interface GroupNormOptions {
  /** Added to the variance, ≥ 0; default 1e-5. */
  readonly epsilon?: number;
  /** Whether to learn a weight and a bias per channel; default true. */
  readonly affine?: boolean;
}

/** The layer of {@link groupNorm}, the same in training and use; weights begin as 1, biases as 0.  `[N, C, …] → [N, C, …]` */
export class GroupNorm<const Channels extends number = number> extends Module {
  declare readonly [shapeRule]: SameChannels<"GroupNorm", Channels>;
  /** `[C]`, or `null` unless affine */
  readonly weight: Tensor | null;
  /** `[C]`, or `null` unless affine */
  readonly bias: Tensor | null;
  readonly groups: number;
  readonly channels: number;
  readonly epsilon: number;

  /** @throws {@link ShapeError} or {@link ValueError} when a setting is out of range. */
  constructor(groups: number, channels: Channels, options: GroupNormOptions = {}) {
    super();
    checkOptions("GroupNorm", options, ["epsilon", "affine"]);
    const { epsilon = 1e-5, affine = true } = options;
    checkSize("GroupNorm", "channels", channels, 1);
    checkGroups("GroupNorm", groups, channels);
    checkNumber("GroupNorm", "epsilon", epsilon, 0);
    checkBoolean("GroupNorm", "affine", affine);
    this.weight = affine ? parameter(ones([channels])) : null;
    this.bias = affine ? parameter(zeros([channels])) : null;
    this.groups = groups;
    this.channels = channels;
    this.epsilon = epsilon;
  }

  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    requireChannels("groupNorm", x, this.channels);
    return groupNorm(x, this.groups, this.weight, this.bias, { epsilon: this.epsilon });
  }

  override reach(): "all" {
    return "all";
  }

  override loops(x: Shape): Loops {
    const { weight: w, bias: b, epsilon, groups } = this;
    return normalizationLoops(x, { w, b, epsilon, groups });
  }

  override toString(): string {
    const { groups, channels, epsilon, weight } = this;
    return (
      `GroupNorm(${groups} groups of ${channels / groups}` +
      `${epsilon === 1e-5 ? "" : `, epsilon ${epsilon}`}${weight ? "" : ", not affine"})`
    );
  }
}

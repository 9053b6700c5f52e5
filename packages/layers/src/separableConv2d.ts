import type { Shape, ShapeOf, Tensor } from "@convgrad/core";
import { checkOptions } from "@convgrad/core";
import type { Conv2DRule } from "./conv2d.rule.ts";
import { Conv2D, type Conv2DLayerOptions } from "./conv2d.ts";
import { type Pair, pairOf } from "./geometry.ts";
import { chainLoops } from "./loops/chain.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";
import type { Defaults, Exactly, Given, shapeRule } from "./shape.rule.ts";

/** {@link Conv2DLayerOptions} but for the groups, which the layer sets itself. */
export type SeparableConv2DOptions = Omit<Conv2DLayerOptions, "groups">;

const OPTIONS = ["stride", "padding", "paddingMode", "dilation", "flip", "bias"] as const;

/**
 * A convolution in two steps: one filter per channel looks around (depthwise), then a 1×1 convolution mixes the channels
 * (pointwise). Of C·O·kh·kw weights C·kh·kw + C·O remain.  `[N, channels, H, W] → [N, filters, oh, ow]`
 *
 * Stride, padding and dilation belong to the first step, a bias to both.
 *
 * @example
 * new SeparableConv2D(32, 64, 3, { padding: "same" }); // 32·9 + 32·64 weights instead of 32·64·9
 *
 * Source: Howard et al. 2017, arXiv:1704.04861 (MobileNets), without normalisation and ReLU between the steps.
 */
export class SeparableConv2D<
  const Channels extends number = number,
  const Filters extends number = number,
  const Kernel extends Pair = Pair,
  const Options extends SeparableConv2DOptions | undefined = Defaults,
> extends Module {
  declare readonly [shapeRule]: Conv2DRule<"SeparableConv2D", Channels, Filters, Kernel, Options>;
  readonly depthwise: Conv2D;
  readonly pointwise: Conv2D;

  /**
   * @param channels input channels
   * @param filters output channels
   * @param kernel height and width of a depthwise filter
   * @throws {@link ShapeError} or {@link ValueError} when a setting is out of range.
   */
  constructor(channels: Channels, filters: Filters, kernel: Kernel);
  constructor(
    channels: Channels,
    filters: Filters,
    kernel: Kernel,
    options: Exactly<Options, SeparableConv2DOptions>,
  );
  constructor(
    channels: number,
    filters: number,
    kernel: Pair,
    options: SeparableConv2DOptions = {},
  ) {
    super();
    checkOptions("SeparableConv2D", options, OPTIONS);
    pairOf("SeparableConv2D", "channels and filters", [channels, filters], 1);
    this.depthwise = new Conv2D(channels, channels, kernel, { ...options, groups: channels });
    this.pointwise = new Conv2D(channels, filters, 1, { bias: options.bias ?? true });
  }

  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return this.pointwise.forward(this.depthwise.forward(x));
  }

  override loops(x: Shape): Loops {
    return chainLoops([this.depthwise, this.pointwise], x);
  }

  override toString(): string {
    const { shape } = this.depthwise.weight;
    return `SeparableConv2D(${shape[0]} → ${this.pointwise.weight.shape[0]}, ${shape.slice(2).join("×")})`;
  }
}

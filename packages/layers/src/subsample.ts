import { type MayEqual, type Shape, ShapeError, type ShapeOf, type Tensor } from "@convgrad/core";
import type { NotImages } from "./conv2d.rule.ts";
import { pairOf, requireImages, type WindowGeometry, windowGeometry } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { subsampleLoops } from "./loops/resize.ts";
import { Module } from "./module.ts";
import { requireChannels } from "./operands.ts";
import type { Given, Made, Refusal, ShapeRule, shapeRule } from "./shape.rule.ts";
import type { Ceiling } from "./window.rule.ts";

/** `[N, channels, H, W] → [N, filters, ⌈H/2⌉, ⌈W/2⌉]` */
interface SubsampleRule<Channels extends number, Filters extends number>
  extends ShapeRule,
    Made<[Channels, Filters]> {
  readonly output: this["input"] extends readonly [
    infer N extends number,
    infer C extends number,
    infer H extends number,
    infer W extends number,
  ]
    ? MayEqual<C, Channels> extends true
      ? [N, Filters, Ceiling<H, 2>, Ceiling<W, 2>]
      : Refusal<
          "Subsample",
          `expects ${Channels} channels but receives ${C}`,
          `write new Subsample(${C}, ${Filters})`
        >
    : NotImages<"Subsample", this["input"], Filters>;
}

/**
 * Every second cell, and channels of zeros before and after up to `filters`, the odd one after: the shortcut without
 * parameters of a residual network.  `[N, channels, H, W] → [N, filters, ⌈H/2⌉, ⌈W/2⌉]`
 *
 * Source: He et al. 2015, arXiv:1512.03385, section 3.3, option A.
 */
export class Subsample<
  const Channels extends number = number,
  const Filters extends number = number,
> extends Module {
  declare readonly [shapeRule]: SubsampleRule<Channels, Filters>;
  readonly channels: number;
  readonly filters: number;

  /** @throws {@link ShapeError} unless channels and filters are whole numbers ≥ 1, and filters not fewer than channels. */
  constructor(channels: Channels, filters: Filters) {
    super();
    pairOf("Subsample", "channels and filters", [channels, filters], 1);
    if (filters < channels) {
      throw new ShapeError(
        "Subsample",
        `${filters} filters are fewer than ${channels} channels; it adds channels only`,
        { channels, filters },
      );
    }
    this.channels = channels;
    this.filters = filters;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    requireImages("Subsample", x.shape);
    requireChannels("Subsample", x, this.channels);
    const added = this.filters - this.channels;
    const before = Math.floor(added / 2);
    const cells = x.slice([], [], [1, 1, 2, 2]);
    return cells.pad([
      [before, added - before],
      [0, 0],
      [0, 0],
    ]);
  }
  override reach(x: Tensor): WindowGeometry {
    return windowGeometry("Subsample", x.shape, { kernel: 1, stride: 2, padding: 0, dilation: 1 });
  }
  override loops(x: Shape, y: Shape): Loops {
    return subsampleLoops(x, y, Math.floor((this.filters - this.channels) / 2));
  }
  override toString(): string {
    return `Subsample(2×2, ${this.filters - this.channels} channels of zeros)`;
  }
}

import type {
  Add,
  IsUnknownRank,
  MayEqual,
  Multiply,
  Shape,
  ShapeText,
  SizeText,
  Subtract,
} from "@convgrad/core";
import type { Made, Option, Refusal, Sample, ShapeRule, SizeAt } from "./shape.rule.ts";
import type { Both, Extent, OneOf, Sides, Slid, Slide } from "./window.rule.ts";

/** `[N, C, H, W] → [N, O, oh, ow]`, as `conv2d` slides. */
export interface Conv2DRule<
  Layer extends string,
  Channels extends number,
  Filters extends number,
  Kernel,
  Options,
> extends ShapeRule,
    Made<[Channels, Filters]>,
    Slid<Kernel, Options, 1> {
  readonly output: this["input"] extends readonly [
    infer N extends number,
    infer C extends number,
    infer H extends number,
    infer W extends number,
  ]
    ? MayEqual<C, Channels> extends true
      ? Slide<Layer, [N, Filters], [H, W], Kernel, Options, 1>
      : WrongChannels<Layer, Channels, Filters, C>
    : NotImages<Layer, this["input"], Filters>;
}

/** `[N, C, H, W] → [N, O, oh, ow]` with `oh = (H − 1)·s − 2p + d·(kh − 1) + 1 + outputPadding`, as `convTranspose2d`. */
export interface ConvTranspose2DRule<
  Channels extends number,
  Filters extends number,
  Kernel,
  Options,
> extends ShapeRule,
    Made<[Channels, Filters]>,
    Slid<Kernel, Options, 1> {
  readonly output: this["input"] extends readonly [
    infer N extends number,
    infer C extends number,
    infer H extends number,
    infer W extends number,
  ]
    ? MayEqual<C, Channels> extends true
      ? Stamp<[N, Filters], OneOf<H>, OneOf<W>, Kernel, Options>
      : WrongChannels<"ConvTranspose2D", Channels, Filters, C>
    : NotImages<"ConvTranspose2D", this["input"], Filters>;
}

/** {@link Conv2DRule} of filters `[O, C / groups, kh, kw]`. */
export type ConvolutionRule<W extends Shape, Options> = Conv2DRule<
  "conv2d",
  Grouped<SizeAt<W, 1>, Options>,
  SizeAt<W, 0>,
  [SizeAt<W, 2>, SizeAt<W, 3>],
  Options
>;

/** {@link ConvTranspose2DRule} of filters `[C, O / groups, kh, kw]`. */
export type TransposedRule<W extends Shape, Options> = ConvTranspose2DRule<
  SizeAt<W, 0>,
  Grouped<SizeAt<W, 1>, Options>,
  [SizeAt<W, 2>, SizeAt<W, 3>],
  Options
>;

/** The channels of all groups together. */
type Grouped<Channels extends number, Options> =
  Option<Options, "groups", 1> extends infer Groups extends number
    ? Groups extends 1
      ? Channels
      : Multiply<Channels, Groups>
    : number;

type Stamp<Lead extends readonly unknown[], H extends number, W extends number, Kernel, Options> =
  Sides<Option<Options, "padding", 0>> extends readonly [
    infer V extends readonly [number, number],
    infer U extends readonly [number, number],
  ]
    ? [Stamped<H, Kernel, Options, V, 0>, Stamped<W, Kernel, Options, U, 1>] extends [
        infer OH extends number,
        infer OW extends number,
      ]
      ? Left<OH> | Left<OW> extends true
        ? [...Lead, OH, OW]
        : Refusal<
            "ConvTranspose2D",
            `nothing is left of ${SizeText<H>}×${SizeText<W>} cells without the padding`,
            "lower the padding"
          >
      : never
    : [...Lead, number, number];

/** Whether a size is at least 1, as far as the compiler knows. */
type Left<Size extends number> = [Size] extends [never] ? false : Size extends 0 ? false : true;

/** Cells along one axis; `never` where the padding takes them all. */
type Stamped<
  Size extends number,
  Kernel,
  Options,
  Side extends readonly [number, number],
  Index extends 0 | 1,
> = Subtract<
  Add<
    Add<
      Multiply<Subtract<Size, 1>, Both<Option<Options, "stride", 1>>[Index]>,
      Extent<Both<Kernel>[Index], Both<Option<Options, "dilation", 1>>[Index]>
    >,
    Both<Option<Options, "outputPadding", 0>>[Index]
  >,
  Add<Side[0], Side[1]>
>;

type WrongChannels<
  Layer extends string,
  Channels extends number,
  Filters extends number,
  C extends number,
> = Refusal<
  Layer,
  `expects ${Channels} input channels but receives ${C}`,
  `write new ${Layer}(${C}, ${SizeText<Filters>}, …)`
>;

/** What an image layer says of a shape of another rank; of a rank that is not known, it makes images. */
export type NotImages<Layer extends string, X, Filters extends number> = X extends Shape
  ? IsUnknownRank<X> extends true
    ? [number, Filters, number, number]
    : Refusal<
        Layer,
        `expects images [C, H, W] but receives ${ShapeText<Sample<X>>}`,
        "put it where there are images, or new Reshape(C, H, W) before it"
      >
  : Shape;

import type {
  Add,
  Divide,
  IsUnknownRank,
  Multiply,
  Shape,
  ShapeText,
  SizeText,
  Subtract,
} from "@convgrad/core";
import type { Pair } from "./geometry.ts";
import type { Defaults, Made, Option, Refusal, Sample, ShapeRule } from "./shape.rule.ts";

// What `windowGeometry` computes, for the compiler.

/** One number for both axes, or one for each. */
export type Both<P> = P extends readonly [infer H extends number, infer W extends number]
  ? [H, W]
  : P extends number
    ? [P, P]
    : [number, number];

/** The padding of each axis, before and after; `"same"` as it is. */
export type Sides<Padding> = Padding extends "same"
  ? Padding
  : Padding extends "valid"
    ? [[0, 0], [0, 0]]
    : Padding extends readonly [
          infer V extends readonly unknown[],
          infer H extends readonly unknown[],
        ]
      ? [Both<V>, Both<H>]
      : Both<Padding> extends [infer H, infer W]
        ? [[H, H], [W, W]]
        : never;

/**
 * The settings of a layer with a window, as {@link Made}: one that is not given counts as its default, and plain `Conv2D`
 * stands for all.
 */
export interface Slid<Kernel, Options, DefaultStride> {
  readonly slid: {
    readonly [Key in IfSlid<Kernel, Options>]?: Made<
      [
        ...Both<Kernel>,
        ...Both<Option<Options, "stride", DefaultStride>>,
        ...Both<Option<Options, "dilation", 1>>,
        ...Both<Option<Options, "outputPadding", 0>>,
        ...FourSides<Option<Options, "padding", 0>>,
        Option<Options, "ceilMode", false>,
      ]
    >;
  };
}

type IfSlid<Kernel, Options> = Pair extends Kernel
  ? Defaults extends Options
    ? never
    : "by"
  : "by";

type FourSides<Padding> = number extends Padding
  ? [unknown, unknown, unknown, unknown]
  : Sides<Padding> extends readonly [
        infer V extends readonly [number, number],
        infer U extends readonly [number, number],
      ]
    ? [...V, ...U]
    : [Padding, Padding, Padding, Padding];

/** Cells from the first tap of a window to the last. */
export type Extent<Kernel extends number, Dilation extends number> = Dilation extends 1
  ? Kernel
  : Add<Multiply<Dilation, Subtract<Kernel, 1>>, 1>;

/** ⌈size / stride⌉ */
export type Ceiling<Size extends number, Stride extends number> = Stride extends 1
  ? Size
  : Divide<Add<Size, Subtract<Stride, 1>>, Stride>;

/** A size, not known where it is one of several: those of a chain would multiply. */
export type OneOf<Size extends number, All = Size> = Size extends unknown
  ? [All] extends [Size]
    ? Size
    : number
  : never;

/** Windows along an axis of `Size` cells and `Before` in front; `Room` is what a window may move, `never` where none fits. */
type Count<
  Size extends number,
  Room,
  Stride extends number,
  Before extends number,
  CeilMode,
> = Room extends number
  ? CeilMode extends true
    ? Overhanging<Ceiling<Room, Stride>, Stride, Add<Size, Before>>
    : Add<Divide<Room, Stride>, 1>
  : never;

/** Last + 1, without a window that would start beyond the image and its leading padding. */
type Overhanging<Last extends number, Stride extends number, End extends number> = number extends
  | Multiply<Last, Stride>
  | End
  ? number
  : [Subtract<Multiply<Last, Stride>, End>] extends [never]
    ? Add<Last, 1>
    : Last;

/** The cells of an axis with its padding. */
type Padded<Size extends number, Side> = Side extends readonly [
  infer Before extends number,
  infer After extends number,
]
  ? Add<Size, Add<Before, After>>
  : never;

/** Windows along one axis. */
type Along<
  Size extends number,
  Kernel extends number,
  Stride extends number,
  Dilation extends number,
  Side extends readonly [number, number],
  CeilMode,
> = Count<Size, Subtract<Padded<Size, Side>, Extent<Kernel, Dilation>>, Stride, Side[0], CeilMode>;

/** How a window slides, each setting for both axes. */
interface Sliding {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
}

/** `[oh, ow]`, with `never` where no window fits. */
type Windows<
  H extends number,
  W extends number,
  S extends Sliding,
  Padding,
  CeilMode,
> = Padding extends "same"
  ? [Ceiling<H, S["stride"][0]>, Ceiling<W, S["stride"][1]>]
  : Padding extends readonly [
        infer V extends readonly [number, number],
        infer U extends readonly [number, number],
      ]
    ? [
        Along<H, S["kernel"][0], S["stride"][0], S["dilation"][0], V, CeilMode>,
        Along<W, S["kernel"][1], S["stride"][1], S["dilation"][1], U, CeilMode>,
      ]
    : never;

/** The remedy where a kernel is larger than the image. */
type Refused<
  Layer extends string,
  H extends number,
  W extends number,
  S extends Sliding,
  Padding,
> = Padding extends readonly [infer V, infer U]
  ? Refusal<
      Layer,
      `kernel ${SizeText<S["kernel"][0]>}×${SizeText<S["kernel"][1]>} does not fit the padded input ${SizeText<Padded<H, V>>}×${SizeText<Padded<W, U>>}`,
      "lower the kernel or raise the padding"
    >
  : never;

/** `[...Lead, oh, ow]` of a window over `[...Lead, H, W]`, or its refusal. */
export type Slide<
  Layer extends string,
  Lead extends readonly unknown[],
  Image extends readonly [number, number],
  Kernel,
  Options,
  DefaultStride,
> = SlideOver<
  Layer,
  Lead,
  [OneOf<Image[0]>, OneOf<Image[1]>],
  {
    readonly kernel: Both<Kernel>;
    readonly stride: Both<Option<Options, "stride", DefaultStride>>;
    readonly dilation: Both<Option<Options, "dilation", 1>>;
  },
  Sides<Option<Options, "padding", 0>>,
  Option<Options, "ceilMode", false>
>;

type SlideOver<
  Layer extends string,
  Lead extends readonly unknown[],
  Image extends readonly [number, number],
  S extends Sliding,
  Padding,
  CeilMode,
> =
  Windows<Image[0], Image[1], S, Padding, CeilMode> extends [
    infer OH extends number,
    infer OW extends number,
  ]
    ? [OH] extends [never]
      ? Refused<Layer, Image[0], Image[1], S, Padding>
      : [OW] extends [never]
        ? Refused<Layer, Image[0], Image[1], S, Padding>
        : [...Lead, OH, OW]
    : [...Lead, number, number];

/** What a pooling says of a shape without the last two axes; nothing of a rank that is not known. */
type NoImages<Layer extends string, X> = X extends Shape
  ? IsUnknownRank<X> extends true
    ? Shape
    : Refusal<
        Layer,
        `expects images […, H, W] but receives ${ShapeText<Sample<X>>}`,
        "put it where there are images"
      >
  : Shape;

/** `[…, H, W] → […, oh, ow]` of a pooling, whose stride is by default its kernel. */
export interface PoolRule<Layer extends string, Kernel, Options>
  extends ShapeRule,
    Slid<Kernel, Options, Kernel> {
  readonly output: this["input"] extends readonly [
    ...infer Lead extends Shape,
    infer H extends number,
    infer W extends number,
  ]
    ? Slide<Layer, Lead, [H, W], Kernel, Options, Kernel>
    : NoImages<Layer, this["input"]>;
}

/** `[…, H, W] → […, oh, ow]` with an output that is given. */
export interface GlobalPoolRule<Layer extends string, Output>
  extends ShapeRule,
    Made<Both<Output>> {
  readonly output: this["input"] extends readonly [...infer Lead extends Shape, number, number]
    ? [...Lead, ...Both<Output>]
    : NoImages<Layer, this["input"]>;
}

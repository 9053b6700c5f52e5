import {
  checkBoolean,
  checkOptions,
  contract,
  formatShape,
  type Shape,
  ShapeError,
  type ShapeOf,
  type Tensor,
} from "@convgrad/core";
import type { Conv2DRule, ConvolutionRule } from "./conv2d.rule.ts";
import {
  checkGroups,
  checkSize,
  checkWindow,
  formatPair,
  type PaddingOption,
  type Pair,
  pairOf,
  requireImages,
  type WindowGeometry,
  type WindowSettings,
  windowGeometry,
} from "./geometry.ts";
import { uniform } from "./init.ts";
import { convolutionLoops } from "./loops/convolution.ts";
import type { Loops } from "./loops/loops.ts";
import { Module, parameter } from "./module.ts";
import { annotate } from "./note.ts";
import { requireOperands } from "./operands.ts";
import { checkChoice } from "./options.ts";
import type { Defaults, Exactly, Given, shapeRule } from "./shape.rule.ts";

/** What the cells around an image hold: zeros, or what the mirror, the edge or the other side shows. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

const PADDING_MODES: readonly PaddingMode[] = ["zeros", "reflect", "replicate", "circular"];

/** How the filters of a convolution slide. */
export interface Conv2DOptions {
  /** Cells from one window to the next; default 1. */
  readonly stride?: Pair;
  /** Cells around the image; default 0. */
  readonly padding?: PaddingOption;
  /** What the cells around the image hold; default zeros. */
  readonly paddingMode?: PaddingMode;
  /** Cells from one tap of the filter to the next; default 1. */
  readonly dilation?: Pair;
  /** Parts into which channels and filters are split, each part seeing only its own; default 1. */
  readonly groups?: number;
  /** Rotate the filters by 180°, that is: true convolution instead of cross-correlation; default false. */
  readonly flip?: boolean;
}

/**
 * 2-D convolution (cross-correlation, as in every deep-learning library, unless `flip`):
 * a contraction over the sliding-window view.
 *
 *     y[n, o, u, v] = b[o] + Σ_{c, i, j} w[o, c, i, j] · x̃[n, c, u·s + i·d, v·s + j·d],   x̃ = x padded
 *
 * Its gradients fall out of the primitives: ∂w is the contraction of g with the same windows, ∂x the fold of the
 * contraction of g with w.
 *
 * @param x images `[N, C, H, W]`
 * @param w filters `[O, C / groups, kh, kw]`
 * @param b one number per filter `[O]`, or nothing
 * @returns `[N, O, oh, ow]` with `oh = ⌊(H + 2p − d·(kh − 1) − 1) / s⌋ + 1`
 * @throws {@link ShapeError} before any work, for example
 * `conv2d: expects 3 input channels but receives 1 (x [8, 1, 28, 28], w [6, 3, 5, 5])`;
 * {@link DTypeError} where the types differ.
 * Source: PyTorch, `torch.nn.functional.conv2d`.
 */
export function conv2d<T extends Tensor, W extends Tensor>(
  x: T,
  w: W,
  b?: Tensor | null,
): Tensor<Given<ConvolutionRule<ShapeOf<W>, Defaults>, ShapeOf<T>>>;
export function conv2d<
  T extends Tensor,
  W extends Tensor,
  const Options extends Conv2DOptions | undefined,
>(
  x: T,
  w: W,
  b: Tensor | null | undefined,
  options: Exactly<Options, Conv2DOptions>,
): Tensor<Given<ConvolutionRule<ShapeOf<W>, Options>, ShapeOf<T>>>;
export function conv2d(x: Tensor, w: Tensor, b?: Tensor | null, options?: Conv2DOptions): Tensor;
export function conv2d(
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  options: Conv2DOptions = {},
): Tensor {
  checkOptions("conv2d", options, OPTIONS);
  const { groups = 1 } = options;
  checkModes("conv2d", options);
  checkOperands(x, w, b, groups);
  const { spec, a, b: filters } = convSentence(x, w, options);
  const parts = contract(spec, a, filters);
  const [n, o] = [x.shape[0]!, w.shape[0]!];
  const y = groups === 1 ? parts : parts.reshape([n, o, ...parts.shape.slice(3)]);
  return annotate(b ? y.add(b.reshape([-1, 1, 1])) : y, {
    operation: "conv2d",
    equation: `y = x ${options.flip ? "∗" : "⊗"} w${b ? " + b" : ""}`,
    inputs: [x, w, b],
    options,
  });
}

/**
 * The contraction that a convolution is: of the windows over the padded image, and the filters.
 *
 * @param outside what the padding holds; for tensors of places instead of values, a place that there is not
 */
export function convSentence(
  x: Tensor,
  w: Tensor,
  options: Conv2DOptions,
  outside = 0,
): { spec: string; a: Tensor; b: Tensor } {
  const { groups = 1, flip = false, paddingMode = "zeros" } = options;
  const { padding, kernel, stride, dilation } = convGeometry(x.shape, w, options);
  const padded = x.pad(padding, paddingMode === "zeros" ? outside : { mode: paddingMode });
  const windows = padded.windows(kernel, { stride, dilation });
  const filters = flip ? w.flip([2, 3]) : w;
  if (groups === 1) return { spec: "ncijhw, ocij -> nohw", a: windows, b: filters };
  // Each part of the channels with its part of the filters; splitting an axis is a view.
  const [n, c, ...rest] = windows.shape as [number, number, ...number[]];
  const [o, ...filter] = filters.shape as [number, ...number[]];
  return {
    spec: "ngcijhw, gocij -> ngohw",
    a: windows.reshape([n, groups, c / groups, ...rest]),
    b: filters.reshape([groups, o / groups, ...filter]),
  };
}

function convGeometry(x: Shape, w: Tensor, options: Conv2DOptions): WindowGeometry {
  return windowGeometry("conv2d", x, settingsOf([w.shape[2]!, w.shape[3]!], options));
}

function settingsOf(kernel: Pair, options: Conv2DOptions): WindowSettings {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  return { kernel, stride, padding, dilation };
}

const OPTIONS = ["stride", "padding", "paddingMode", "dilation", "groups", "flip"] as const;

function checkModes(operation: string, { flip, paddingMode }: Conv2DOptions): void {
  if (flip !== undefined) checkBoolean(operation, "flip", flip);
  if (paddingMode !== undefined) checkChoice(operation, "paddingMode", paddingMode, PADDING_MODES);
}

function checkOperands(x: Tensor, w: Tensor, b: Tensor | null | undefined, groups: number): void {
  requireOperands("conv2d", x, w, b);
  requireImages("conv2d", x.shape);
  const refuse = (message: string): never => {
    throw new ShapeError("conv2d", message, { x: x.shape, w: w.shape, b: b?.shape, groups });
  };
  if (w.rank !== 4) refuse(`expects filters [O, C / groups, kh, kw], not ${formatShape(w.shape)}`);
  const [filters, channels] = w.shape as [number, number];
  checkSize("conv2d", "groups", groups, 1);
  if (filters % groups !== 0) {
    refuse(
      `${filters} filters do not split into ${groups} groups; groups must divide both channels and filters`,
    );
  }
  if (x.shape[1] !== channels * groups) {
    refuse(
      `expects ${channels * groups} input channels but receives ${x.shape[1]} ` +
        `(x ${formatShape(x.shape)}, w ${formatShape(w.shape)}${groups === 1 ? "" : `, ${groups} groups`}); ` +
        "the depth of a filter is that of its input",
    );
  }
  if (b && (b.rank !== 1 || b.shape[0] !== filters)) {
    refuse(
      `expects a bias [${filters}], one number per filter shared by all positions, not ${formatShape(b.shape)}`,
    );
  }
}

/** {@link Conv2DOptions} of the layer. */
export interface Conv2DLayerOptions extends Conv2DOptions {
  /** Whether each filter adds a number of its own; default true. */
  readonly bias?: boolean;
}

/**
 * A layer of `filters` learned filters: see {@link conv2d}.  `[N, channels, H, W] → [N, filters, oh, ow]`
 *
 * Initial values are PyTorch's: weights and biases uniform in ±1/√fanIn, fanIn = (channels / groups)·kh·kw.
 *
 * @example
 * new Conv2D(1, 6, 5, { padding: 2 }).forward(images); // [N, 1, 28, 28] → [N, 6, 28, 28]
 */
export class Conv2D<
  const Channels extends number = number,
  const Filters extends number = number,
  const Kernel extends Pair = Pair,
  const Options extends Conv2DLayerOptions | undefined = Defaults,
> extends Module {
  declare readonly [shapeRule]: Conv2DRule<"Conv2D", Channels, Filters, Kernel, Options>;
  /** `[filters, channels / groups, kh, kw]` */
  readonly weight: Tensor;
  /** `[filters]`, or `null` without bias */
  readonly bias: Tensor | null;
  readonly options: Conv2DOptions;

  /**
   * @param channels input channels
   * @param filters output channels
   * @param kernel height and width of a filter
   * @throws {@link ShapeError} when a number is out of range or groups do not divide channels and filters.
   */
  constructor(channels: Channels, filters: Filters, kernel: Kernel);
  constructor(
    channels: Channels,
    filters: Filters,
    kernel: Kernel,
    options: Exactly<Options, Conv2DLayerOptions>,
  );
  constructor(channels: number, filters: number, kernel: Pair, options: Conv2DLayerOptions = {}) {
    super();
    checkOptions("Conv2D", options, [...OPTIONS, "bias"]);
    const { bias = true, ...sliding } = options;
    const { groups = 1 } = sliding;
    const [c, o] = pairOf("Conv2D", "channels and filters", [channels, filters], 1);
    const [kh, kw] = checkWindow("Conv2D", settingsOf(kernel, sliding)).kernel;
    checkModes("Conv2D", sliding);
    checkGroups("Conv2D", groups, c, o);
    checkBoolean("Conv2D", "bias", bias);
    const bound = 1 / Math.sqrt((c / groups) * kh * kw);
    this.weight = parameter(uniform([o, c / groups, kh, kw], bound));
    this.bias = bias ? parameter(uniform([o], bound)) : null;
    this.options = sliding;
  }

  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.options);
  }

  override reach(x: Tensor): WindowGeometry {
    return convGeometry(x.shape, this.weight, this.options);
  }

  override loops(x: Shape, y: Shape): Loops {
    const { groups = 1, flip = false, paddingMode: padding = "zeros" } = this.options;
    const window = convGeometry(x, this.weight, this.options);
    return convolutionLoops(x, y, { window, w: this.weight, b: this.bias, groups, flip, padding });
  }

  override toString(): string {
    const [o, c, kh, kw] = this.weight.shape as [number, number, number, number];
    const { stride = 1, padding = 0, dilation = 1, groups = 1, flip = false } = this.options;
    const { paddingMode = "zeros" } = this.options;
    const extras = [
      stride === 1 ? "" : `, stride ${formatPair(stride)}`,
      padding === 0 || padding === "valid"
        ? ""
        : `, padding ${JSON.stringify(padding).replaceAll('"', "")}`,
      paddingMode === "zeros" ? "" : `, ${paddingMode}`,
      dilation === 1 ? "" : `, dilation ${formatPair(dilation)}`,
      groups === 1 ? "" : `, ${groups} groups`,
      flip ? ", flip" : "",
      this.bias ? "" : ", no bias",
    ];
    return `Conv2D(${c * groups} → ${o}, ${kh}×${kw}${extras.join("")})`;
  }
}

import {
  checkBoolean,
  checkOptions,
  contract,
  formatShape,
  primitives,
  type Shape,
  ShapeError,
  type ShapeOf,
  type Tensor,
  windowExtent,
} from "@convgrad/core";
import type { ConvTranspose2DRule, TransposedRule } from "./conv2d.rule.ts";
import {
  type CheckedWindow,
  checkGroups,
  checkSize,
  checkWindow,
  formatPair,
  type Pair,
  pairOf,
  requireImages,
  type Side,
} from "./geometry.ts";
import { uniform } from "./init.ts";
import type { Loops } from "./loops/loops.ts";
import { stampLoops } from "./loops/stamps.ts";
import { Module, parameter } from "./module.ts";
import { annotate } from "./note.ts";
import { requireOperands } from "./operands.ts";
import type { Defaults, Exactly, Given, shapeRule } from "./shape.rule.ts";

/** How the filters of a transposed convolution stamp. */
export interface ConvTranspose2DOptions {
  /** Output cells from one stamp to the next; default 1. */
  readonly stride?: Pair;
  /** Cells cut off around the output; default 0. */
  readonly padding?: Pair | readonly [vertical: Side, horizontal: Side];
  /** Cells added at the end of the output, less than the stride or the dilation; default 0. */
  readonly outputPadding?: Pair;
  /** Cells from one tap of the filter to the next; default 1. */
  readonly dilation?: Pair;
  /** Parts into which channels and filters are split, each part seeing only its own; default 1. */
  readonly groups?: number;
}

/**
 * The adjoint of `conv2d` in its image: every input cell stamps its filters into the output, where they overlap and add
 * up. With stride s it enlarges the image s times.
 *
 *     y[n, o, p, q] = b[o] + Σ x[n, c, u, v]·w[c, o, i, j]   over u·s + i·d − pad = p and v·s + j·d − pad = q
 *
 * The contraction of x with w, folded; so ∂x is a convolution of g with w.
 *
 * @param x images `[N, C, H, W]`
 * @param w filters `[C, O / groups, kh, kw]`
 * @param b one number per output channel `[O]`, or nothing
 * @returns `[N, O, oh, ow]` with `oh = (H − 1)·s − 2p + d·(kh − 1) + 1 + outputPadding`
 * @throws {@link ShapeError} before any work, for example
 * `convTranspose2d: outputPadding 2 must be less than the stride 2 or the dilation 1; …`;
 * {@link DTypeError} where the types differ.
 * Source: PyTorch, `torch.nn.functional.conv_transpose2d`.
 */
export function convTranspose2d<T extends Tensor, W extends Tensor>(
  x: T,
  w: W,
  b?: Tensor | null,
): Tensor<Given<TransposedRule<ShapeOf<W>, Defaults>, ShapeOf<T>>>;
export function convTranspose2d<
  T extends Tensor,
  W extends Tensor,
  const Options extends ConvTranspose2DOptions | undefined,
>(
  x: T,
  w: W,
  b: Tensor | null | undefined,
  options: Exactly<Options, ConvTranspose2DOptions>,
): Tensor<Given<TransposedRule<ShapeOf<W>, Options>, ShapeOf<T>>>;
export function convTranspose2d(
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  options?: ConvTranspose2DOptions,
): Tensor;
export function convTranspose2d(
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  options: ConvTranspose2DOptions = {},
): Tensor {
  checkOptions("convTranspose2d", options, OPTIONS);
  const { groups = 1 } = options;
  const filters = checkOperands(x, w, b, groups);
  const [kh, kw] = w.shape.slice(2) as [number, number];
  const stamps = checkStamps("convTranspose2d", [kh, kw], options);
  const [n, c, h, width] = x.shape as [number, number, number, number];
  const columns = contract(
    "ngchw, gcoij -> ngoijhw",
    x.reshape([n, groups, c / groups, h, width]),
    w.reshape([groups, c / groups, filters / groups, kh, kw]),
  ).reshape([n, filters, kh, kw, h, width]);
  const { kernel, stride, dilation } = stamps;
  const size = [0, 1].map(
    (i) => (x.shape[2 + i]! - 1) * stride[i]! + windowExtent(kernel[i]!, dilation[i]!),
  );
  const image = primitives.fold(columns, { kernel, stride, dilation, size });
  const y = cut(image, stamps);
  return annotate(b ? y.add(b.reshape([-1, 1, 1])) : y, {
    operation: "convTranspose2d",
    equation: b ? "y = fold(w · x) + b" : "y = fold(w · x)",
    inputs: [x, w, b],
    options,
  });
}

/** {@link CheckedWindow} with what a transposed convolution has beside it. */
interface Stamps extends CheckedWindow {
  readonly padding: readonly [vertical: Side, horizontal: Side];
  readonly outputPadding: readonly [number, number];
}

/** @throws {@link ShapeError} when a setting is out of range, whatever the image. */
const OPTIONS = ["stride", "padding", "outputPadding", "dilation", "groups"] as const;

function checkStamps(operation: string, kernel: Pair, options: ConvTranspose2DOptions): Stamps {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1 } = options;
  const window = checkWindow(operation, { kernel, stride, padding, dilation });
  if (window.padding === "same") {
    throw new ShapeError(
      operation,
      'padding "same" fits several output sizes; give numbers: padding and outputPadding',
      { padding },
    );
  }
  const added = pairOf(operation, "outputPadding", outputPadding, 0);
  for (const i of [0, 1] as const) {
    if (added[i] < Math.max(window.stride[i], window.dilation[i])) continue;
    throw new ShapeError(
      operation,
      `outputPadding ${added[i]} must be less than the stride ${window.stride[i]} or the dilation ${window.dilation[i]}; ` +
        "it tells apart the sizes that a convolution maps to one",
      { outputPadding, stride, dilation },
    );
  }
  return { ...window, padding: window.padding, outputPadding: added };
}

/** The image without its padding, and with the output padding at its end. */
function cut(image: Tensor, { padding, outputPadding }: Stamps): Tensor {
  const size = image.shape.slice(2);
  const end = size.map((n, i) => n - padding[i]![1] + outputPadding[i]!);
  size.forEach((n, i) => {
    const [before, after] = padding[i]!;
    if (end[i]! > before) return;
    throw new ShapeError(
      "convTranspose2d",
      `nothing is left of ${n} cells (${n} − ${before} − ${after} + ${outputPadding[i]} < 1); lower the padding`,
      { size, padding, outputPadding },
    );
  });
  const kept = image.slice([0, 0, padding[0][0], padding[1][0]], [null, null, ...end]);
  const missing = size.map((n, i): Side => [0, Math.max(end[i]! - n, 0)]);
  return kept.pad(missing);
}

/** The number of output channels of operands that fit. */
function checkOperands(x: Tensor, w: Tensor, b: Tensor | null | undefined, groups: number): number {
  requireOperands("convTranspose2d", x, w, b);
  requireImages("convTranspose2d", x.shape);
  const refuse = (message: string): never => {
    throw new ShapeError("convTranspose2d", message, {
      x: x.shape,
      w: w.shape,
      b: b?.shape,
      groups,
    });
  };
  if (w.rank !== 4) refuse(`expects filters [C, O / groups, kh, kw], not ${formatShape(w.shape)}`);
  checkSize("convTranspose2d", "groups", groups, 1);
  const [channels, perGroup] = w.shape as [number, number];
  if (channels % groups !== 0) refuse(`${channels} channels do not split into ${groups} groups`);
  if (x.shape[1] !== channels) {
    refuse(
      `expects ${channels} input channels but receives ${x.shape[1]} ` +
        `(x ${formatShape(x.shape)}, w ${formatShape(w.shape)}); filters are [C, O / groups, kh, kw], input channels first`,
    );
  }
  const filters = perGroup * groups;
  if (b && (b.rank !== 1 || b.shape[0] !== filters)) {
    refuse(
      `expects a bias [${filters}], one number per output channel, not ${formatShape(b.shape)}`,
    );
  }
  return filters;
}

/** {@link ConvTranspose2DOptions} of the layer. */
export interface ConvTranspose2DLayerOptions extends ConvTranspose2DOptions {
  /** Whether each output channel adds a number of its own; default true. */
  readonly bias?: boolean;
}

/**
 * The layer of {@link convTranspose2d}.  `[N, channels, H, W] → [N, filters, oh, ow]`
 *
 * Initial values are PyTorch's: weights and biases uniform in ±1/√((filters / groups)·kh·kw).
 *
 * @example
 * new ConvTranspose2D(16, 8, 2, { stride: 2 }).forward(x); // [N, 16, 14, 14] → [N, 8, 28, 28]
 */
export class ConvTranspose2D<
  const Channels extends number = number,
  const Filters extends number = number,
  const Kernel extends Pair = Pair,
  const Options extends ConvTranspose2DLayerOptions | undefined = Defaults,
> extends Module {
  declare readonly [shapeRule]: ConvTranspose2DRule<Channels, Filters, Kernel, Options>;
  /** `[channels, filters / groups, kh, kw]` */
  readonly weight: Tensor;
  /** `[filters]`, or `null` without bias */
  readonly bias: Tensor | null;
  readonly options: ConvTranspose2DOptions;

  /**
   * @param channels input channels
   * @param filters output channels
   * @param kernel height and width of a filter
   * @throws {@link ShapeError} or {@link ValueError} when a setting is out of range or groups do not divide channels and
   * filters.
   */
  constructor(channels: Channels, filters: Filters, kernel: Kernel);
  constructor(
    channels: Channels,
    filters: Filters,
    kernel: Kernel,
    options: Exactly<Options, ConvTranspose2DLayerOptions>,
  );
  constructor(
    channels: number,
    filters: number,
    kernel: Pair,
    options: ConvTranspose2DLayerOptions = {},
  ) {
    super();
    checkOptions("ConvTranspose2D", options, [...OPTIONS, "bias"]);
    const { bias = true, ...stamping } = options;
    const { groups = 1 } = stamping;
    const [c, o] = pairOf("ConvTranspose2D", "channels and filters", [channels, filters], 1);
    const [kh, kw] = checkStamps("ConvTranspose2D", kernel, stamping).kernel;
    checkGroups("ConvTranspose2D", groups, c, o);
    checkBoolean("ConvTranspose2D", "bias", bias);
    const bound = 1 / Math.sqrt((o / groups) * kh * kw);
    this.weight = parameter(uniform([c, o / groups, kh, kw], bound));
    this.bias = bias ? parameter(uniform([o], bound)) : null;
    this.options = stamping;
  }

  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }

  override loops(x: Shape, y: Shape): Loops {
    const { weight: w, bias: b, options } = this;
    const [kh, kw] = w.shape.slice(2) as [number, number];
    const stamps = checkStamps("convTranspose2d", [kh, kw], options);
    const output = x.slice(2) as [number, number];
    return stampLoops(x, y, { window: { ...stamps, output }, w, b, groups: options.groups ?? 1 });
  }

  override toString(): string {
    const [c, o, kh, kw] = this.weight.shape as [number, number, number, number];
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = this.options;
    const extras = [
      stride === 1 ? "" : `, stride ${formatPair(stride)}`,
      padding === 0 ? "" : `, padding ${JSON.stringify(padding)}`,
      outputPadding === 0 ? "" : `, output padding ${formatPair(outputPadding)}`,
      dilation === 1 ? "" : `, dilation ${formatPair(dilation)}`,
      groups === 1 ? "" : `, ${groups} groups`,
      this.bias ? "" : ", no bias",
    ];
    return `ConvTranspose2D(${c} → ${o * groups}, ${kh}×${kw}${extras.join("")})`;
  }
}

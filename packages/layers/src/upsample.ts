import {
  checkBoolean,
  checkOptions,
  contract,
  formatValue,
  type Multiply,
  reference,
  requireTensor,
  type Shape,
  ShapeError,
  type ShapeOf,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import type { NotImages } from "./conv2d.rule.ts";
import {
  checkElements,
  checkImageSize,
  formatPair,
  type Pair,
  pairOf,
  requireImages,
} from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { bilinearLoops, nearestLoops, type Resized } from "./loops/resize.ts";
import { Module } from "./module.ts";
import { annotate } from "./note.ts";
import { requireFloats } from "./operands.ts";
import { checkChoice } from "./options.ts";
import type { Exactly, Given, Made, Option, ShapeRule, shapeRule } from "./shape.rule.ts";
import type { Both, OneOf } from "./window.rule.ts";

/** How far {@link upsample} enlarges, and what it puts between cells. */
export interface UpsampleOptions {
  /** Output cells per input cell, positive, also fractions and below 1; the size is rounded down. */
  readonly scale?: number | readonly [h: number, w: number];
  /** Height and width of the result, in place of `scale`. */
  readonly size?: Pair;
  /** `"nearest"` repeats cells, `"bilinear"` blends the four around a point; default `"nearest"`. */
  readonly mode?: "nearest" | "bilinear";
  /** Whether the corner cells' centres stay in the corners, rather than their outer edges; bilinear only; default false. */
  readonly alignCorners?: boolean;
}

/**
 * An image in another size.
 *
 *     nearest:   y[n, c, u, v] = x[n, c, ⌊u·H/oh⌋, ⌊v·W/ow⌋]
 *     bilinear:  y[n, c, u, v] = Σ_{h, w} a[u, h]·b[v, w]·x[n, c, h, w],   two weights that sum to 1 in each row of a, b
 *
 * With a `scale` the steps are 1/scale instead of H/oh. ∂x is the transpose: each cell gets what it gave.
 *
 * @param x `[N, C, H, W]`; floats where bilinear
 * @returns `[N, C, oh, ow]`, oh = ⌊H·scale⌋
 * @throws {@link ShapeError} where the size is no whole number ≥ 1, nothing would be left, or far too much; {@link ValueError} unless
 * one of scale and size is given, or where another option is out of range; {@link DTypeError} for integers, bilinear.
 * Source: PyTorch, `torch.nn.functional.interpolate` with the modes of these names.
 */
export function upsample<T extends Tensor, const Options extends UpsampleOptions>(
  x: T,
  options: Exactly<Options, UpsampleOptions>,
): Tensor<Given<UpsampleRule<Options>, ShapeOf<T>>>;
export function upsample(x: Tensor, options: UpsampleOptions): Tensor;
export function upsample(x: Tensor, options: UpsampleOptions): Tensor {
  checkUpsample("upsample", options);
  const { mode = "nearest", alignCorners = false } = options;
  requireTensor("upsample", "input x", x);
  requireImages("upsample", x.shape);
  if (mode === "bilinear") requireFloats("upsample", x);
  const axes = axesOf(x.shape, options);
  return annotate(mode === "nearest" ? enlarge(x, axes) : blendAll(x, axes, alignCorners), {
    operation: "upsample",
    equation: mode === "nearest" ? "y = x at the nearest cell" : "y = A x Bᵀ",
    inputs: [x],
    options,
  });
}

/** Each output cell is its nearest input cell. */
function enlarge(x: Tensor, axes: readonly [Resized, Resized]): Tensor {
  const [rows, columns] = axes;
  return axes.every(({ size, output, step }) => output % size === 0 && step === size / output)
    ? repeat(x, rows.output / rows.size, columns.output / columns.size)
    : x.indexSelect(-2, nearest(rows)).indexSelect(-1, nearest(columns));
}

/** Each output cell blends its neighbours, along one axis and then along the other. */
function blendAll(
  x: Tensor,
  [rows, columns]: readonly [Resized, Resized],
  alignCorners: boolean,
): Tensor {
  const blended = contract("nchw, oh -> ncow", x, blend(rows, alignCorners, x));
  return contract("ncow, pw -> ncop", blended, blend(columns, alignCorners, x));
}

function axesOf(x: Shape, { scale, size, mode }: UpsampleOptions): [Resized, Resized] {
  const sides = x.slice(-2);
  const axes = sides.map((side, i): Resized => {
    if (size !== undefined) {
      const output = typeof size === "number" ? size : size[i]!;
      return { size: side, output, step: side / output };
    }
    const factor = typeof scale === "number" ? scale : scale![i]!;
    const output = Math.floor(side * factor);
    // An axis that does not change is copied, one that doubles is repeated, whatever was rounded down: as PyTorch.
    const exact = output === side || (output === 2 * side && mode !== "bilinear");
    return { size: side, output, step: exact ? side / output : 1 / factor };
  });
  if (axes.some(({ size: from, output }) => from < 1 || output < 1)) {
    throw new ShapeError(
      "upsample",
      `${sides.join("×")} cells ${scale === undefined ? "" : `at scale ${formatValue(scale)} `}` +
        `give ${axes.map(({ output }) => output).join("×")}; raise the scale`,
      { shape: x, scale, size },
    );
  }
  const [rows, columns] = [axes[0]!, axes[1]!];
  const remedy = "lower the size or the scale";
  checkImageSize("upsample", [...x.slice(0, -2), rows.output, columns.output], remedy);
  if (mode === "bilinear") {
    for (const { size, output } of axes)
      checkElements("upsample", "the table of weights", [output, size], remedy);
  }
  return [rows, columns];
}

function checkUpsample(operation: string, options: UpsampleOptions): void {
  checkOptions(operation, options, ["scale", "size", "mode", "alignCorners"]);
  const { scale, size, mode = "nearest", alignCorners = false } = options;
  checkChoice(operation, "mode", mode, ["nearest", "bilinear"]);
  checkBoolean(operation, "alignCorners", alignCorners);
  if (alignCorners && mode === "nearest") {
    throw new ValueError(operation, 'alignCorners goes with mode "bilinear" only');
  }
  if ((scale === undefined) === (size === undefined)) {
    throw new ValueError(operation, "pass one of scale and size: { scale: 2 }", { scale, size });
  }
  if (size !== undefined) pairOf(operation, "size", size, 1);
  else checkScale(operation, scale!);
}

function checkScale(operation: string, scale: number | readonly [number, number]): void {
  const factors: readonly number[] = typeof scale === "number" ? [scale, scale] : scale;
  const isPair = Array.isArray(factors) && factors.length === 2;
  if (isPair && factors.every((n) => Number.isFinite(n) && n > 0)) return;
  throw new ValueError(
    operation,
    `scale ${formatValue(scale)} must be a number > 0, or a pair [h, w] of them`,
    { scale },
  );
}

/** Every cell as a block of h×w; broadcast, so the gradient is a sum. */
function repeat(x: Tensor, h: number, w: number): Tensor {
  const [n, c, rows, columns] = x.shape as [number, number, number, number];
  return x
    .reshape([n, c, rows, 1, columns, 1])
    .broadcastTo([n, c, rows, h, columns, w])
    .reshape([n, c, rows * h, columns * w]);
}

/** The source of each output cell. */
function nearest({ size, output, step }: Resized): Tensor {
  const f = Math.fround; // PyTorch multiplies in float32, where 3·⅓ is 1
  const source = (_: unknown, u: number) => Math.min(Math.floor(f(u * f(step))), size - 1);
  return tensor(Int32Array.from({ length: output }, source));
}

/** `[output, size]`: how much of each input cell an output cell takes. */
function blend({ size, output, step }: Resized, alignCorners: boolean, { dtype }: Tensor): Tensor {
  const weights = reference.allocate("float64", output * size) as Float64Array;
  const between = output > 1 ? (size - 1) / (output - 1) : 0;
  for (let u = 0; u < output; u++) {
    const at = alignCorners ? u * between : Math.max((u + 0.5) * step - 0.5, 0);
    const low = Math.min(Math.floor(at), size - 1);
    const share = Math.min(at - low, 1);
    weights[u * size + low]! += 1 - share;
    weights[u * size + Math.min(low + 1, size - 1)]! += share;
  }
  return tensor(weights, { shape: [output, size], dtype });
}

/** `[N, C, H, W] → [N, C, oh, ow]` */
interface UpsampleRule<Options>
  extends ShapeRule,
    Made<[...Both<Option<Options, "size", unknown>>, ...Both<Option<Options, "scale", unknown>>]> {
  readonly output: this["input"] extends readonly [
    infer N extends number,
    infer C extends number,
    infer H extends number,
    infer W extends number,
  ]
    ? Options extends { readonly size: infer Size extends Pair }
      ? [N, C, ...Both<Size>]
      : Options extends { readonly scale: infer Scale }
        ? [N, C, Multiply<OneOf<H>, Both<Scale>[0]>, Multiply<OneOf<W>, Both<Scale>[1]>]
        : [N, C, number, number]
    : NotImages<"Upsample", this["input"], number>;
}

/** The layer of {@link upsample}; it has no parameters.  `[N, C, H, W] → [N, C, oh, ow]` */
export class Upsample<const Options extends UpsampleOptions = UpsampleOptions> extends Module {
  declare readonly [shapeRule]: UpsampleRule<Options>;
  readonly options: UpsampleOptions;

  /** @throws {@link ValueError} or {@link ShapeError} when a setting is out of range. */
  constructor(options: Exactly<Options, UpsampleOptions>);
  constructor(options: UpsampleOptions) {
    super();
    checkUpsample("Upsample", options);
    this.options = options;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return upsample(x, this.options);
  }
  override loops(x: Shape, y: Shape): Loops {
    const { mode, alignCorners = false } = this.options;
    const axes = axesOf(x, this.options);
    return mode === "bilinear" ? bilinearLoops(x, y, axes, alignCorners) : nearestLoops(x, y, axes);
  }
  override toString(): string {
    const { scale, size, mode = "nearest", alignCorners } = this.options;
    const target = size === undefined ? `scale ${formatPair(scale!)}` : `to ${formatPair(size)}`;
    return `Upsample(${target}, ${mode}${alignCorners ? ", corners aligned" : ""})`;
  }
}

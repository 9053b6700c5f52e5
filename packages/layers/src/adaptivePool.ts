import {
  contract,
  reference,
  type Shape,
  type ShapeOf,
  sizeOf,
  type Tensor,
  tensor,
} from "@convgrad/core";
import { avgPool } from "./avgPool.ts";
import { checkElements, checkImageSize, formatPair, type Pair, pairOf } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { avgPoolLoops, maxPoolLoops } from "./loops/pooling.ts";
import { adaptiveTaps, type Taps, tapsOf } from "./loops/windows.ts";
import { maxPool } from "./maxPool.ts";
import { Module } from "./module.ts";
import { annotate } from "./note.ts";
import { requireFloats } from "./operands.ts";
import { poolGeometry, poolWindow } from "./pooling.ts";
import type { Given, shapeRule } from "./shape.rule.ts";
import type { GlobalPoolRule } from "./window.rule.ts";

const LOWER = "lower the output";

/** From a first cell to the one after the last. */
type Stretch = readonly [start: number, end: number];

/** Window u along an axis: from ⌊u·size/count⌋ to before ⌈(u + 1)·size/count⌉; neighbours may share cells. */
function stretchAt(u: number, size: number, count: number): Stretch {
  return [Math.floor((u * size) / count), Math.ceil(((u + 1) * size) / count)];
}

/** The size of the windows where a plain pooling has just the same ones, else `null`. */
function plainWindows(x: Shape, [oh, ow]: readonly [number, number]): [number, number] | null {
  const [h, w] = x.slice(-2) as [number, number];
  return h % oh === 0 && w % ow === 0 ? [h / oh, w / ow] : null;
}

function check(operation: string, x: Tensor, output: Pair): [number, number] {
  const counts = pairOf(operation, "output", output, 1);
  poolGeometry(operation, x, 1, {});
  checkImageSize(operation, [...x.shape.slice(0, -2), ...counts], LOWER);
  return counts;
}

/**
 * The mean of each of oh×ow windows that cover an image of any size evenly; one cell may count in two windows.
 *
 *     y[…, u, v] = mean x[…, ⌊u·H/oh⌋ … ⌈(u + 1)·H/oh⌉ − 1, …] = Σ_{h, w} a[u, h]·b[v, w]·x[…, h, w],   ∂x = aᵀ g b
 *
 * @param x floats `[…, H, W]`
 * @param output oh and ow; more than H and W repeats cells
 * @returns `[…, oh, ow]`
 * @throws {@link ShapeError} where the output is no whole number ≥ 1 or too large, or x has no images;
 * {@link DTypeError} for integers.
 * Source: PyTorch, `torch.nn.functional.adaptive_avg_pool2d`.
 */
export function adaptiveAvgPool<T extends Tensor, const Output extends Pair>(
  x: T,
  output: Output,
): Tensor<Given<GlobalPoolRule<"adaptiveAvgPool", Output>, ShapeOf<T>>>;
export function adaptiveAvgPool(x: Tensor, output: Pair): Tensor {
  const [oh, ow] = check("adaptiveAvgPool", x, output);
  requireFloats("adaptiveAvgPool", x);
  const window = plainWindows(x.shape, [oh, ow]);
  if (window) return avgPool(x, window);
  const [h, w] = x.shape.slice(-2) as [number, number];
  const lead = x.shape.slice(0, -2);
  const planes = x.reshape([sizeOf(lead), h, w]);
  const rows = contract("nhw, oh -> now", planes, averages(oh, h, x));
  const y = contract("now, pw -> nop", rows, averages(ow, w, x));
  return annotate(y.reshape([...lead, oh, ow]), {
    operation: "adaptiveAvgPool",
    equation: "y = mean x over each window",
    inputs: [x],
    options: { output },
  });
}

/** `[count, size]`: each row averages one stretch of an axis. */
function averages(count: number, size: number, { dtype }: Tensor): Tensor {
  checkElements("adaptiveAvgPool", "the table of weights", [count, size], LOWER);
  const weights = reference.allocate("float64", count * size) as Float64Array;
  for (let u = 0; u < count; u++) {
    const [start, end] = stretchAt(u, size, count);
    weights.fill(1 / (end - start), u * size + start, u * size + end);
  }
  return tensor(weights, { shape: [count, size], dtype });
}

/**
 * The maximum of each of oh×ow windows that cover an image of any size evenly; of equal cells the first in row-major
 * order takes the whole gradient. Any dtype; gradients for floats.
 *
 *     y[…, u, v] = max x[…, ⌊u·H/oh⌋ … ⌈(u + 1)·H/oh⌉ − 1, …]
 *
 * @param x `[…, H, W]`
 * @param output oh and ow; more than H and W repeats cells
 * @returns `[…, oh, ow]`
 * @throws {@link ShapeError} where the output is no whole number ≥ 1 or too large, or x has no images.
 * Source: PyTorch, `torch.nn.functional.adaptive_max_pool2d`.
 */
export function adaptiveMaxPool<T extends Tensor, const Output extends Pair>(
  x: T,
  output: Output,
): Tensor<Given<GlobalPoolRule<"adaptiveMaxPool", Output>, ShapeOf<T>>>;
export function adaptiveMaxPool(x: Tensor, output: Pair): Tensor {
  const counts = check("adaptiveMaxPool", x, output);
  const window = plainWindows(x.shape, counts);
  if (window) return maxPool(x, window);
  // The windows side by side, each as large as the largest: what a smaller one repeats is its last row or column, which
  // never comes first among equals.
  let cells = x;
  const kernel: [number, number] = [1, 1];
  for (const axis of [0, 1] as const) {
    const { places, longest } = sideBySide(x.shape.at(axis - 2)!, counts[axis]);
    kernel[axis] = longest;
    cells = cells.indexSelect(axis - 2, tensor(places));
  }
  return maxPool(cells, kernel);
}

/** The cells of the windows along an axis, each window as long as the longest. */
function sideBySide(size: number, count: number): { places: Int32Array; longest: number } {
  let longest = 0;
  for (let u = 0; u < count; u++) {
    const [start, end] = stretchAt(u, size, count);
    longest = Math.max(longest, end - start);
  }
  const places = reference.allocate("int32", count * longest) as Int32Array;
  for (let u = 0; u < count; u++) {
    const [start, end] = stretchAt(u, size, count);
    for (let i = 0; i < longest; i++) places[u * longest + i] = Math.min(start + i, end - 1);
  }
  return { places, longest };
}

/** A layer that pools to a given size; it has no parameters.  `[…, H, W] → […, oh, ow]` */
abstract class AdaptivePool extends Module {
  readonly output: Pair;

  /**
   * @param output height and width of the result
   * @throws {@link ShapeError} unless they are whole numbers ≥ 1.
   */
  constructor(name: string, output: Pair) {
    super();
    pairOf(name, "output", output, 1);
    this.output = output;
  }
  /** The cells of each window, and how many they are. */
  protected taps(x: Shape): { taps: Taps; cells: number | string } {
    const counts = pairOf("AdaptivePool", "output", this.output, 1);
    const plain = plainWindows(x, counts);
    if (!plain) {
      return { taps: adaptiveTaps(x, counts), cells: "(bottom - top) * (right - left)" };
    }
    return { taps: tapsOf(poolWindow("AdaptivePool", x, plain, {}), x), cells: sizeOf(plain) };
  }
}

/** The layer of {@link adaptiveAvgPool}; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export class AdaptiveAvgPool<const Output extends Pair = Pair> extends AdaptivePool {
  declare readonly [shapeRule]: GlobalPoolRule<"AdaptiveAvgPool", Output>;
  /** @throws {@link ShapeError} unless height and width of the result are whole numbers ≥ 1. */
  constructor(output: Output) {
    super("AdaptiveAvgPool", output);
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return adaptiveAvgPool(x, this.output);
  }
  override loops(x: Shape, y: Shape): Loops {
    const { taps, cells } = this.taps(x);
    return avgPoolLoops(x, y, taps, cells);
  }
  override toString(): string {
    return `AdaptiveAvgPool(${formatPair(this.output)})`;
  }
}

/** The layer of {@link adaptiveMaxPool}; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export class AdaptiveMaxPool<const Output extends Pair = Pair> extends AdaptivePool {
  declare readonly [shapeRule]: GlobalPoolRule<"AdaptiveMaxPool", Output>;
  /** @throws {@link ShapeError} unless height and width of the result are whole numbers ≥ 1. */
  constructor(output: Output) {
    super("AdaptiveMaxPool", output);
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return adaptiveMaxPool(x, this.output);
  }
  override loops(x: Shape, y: Shape): Loops {
    return maxPoolLoops(x, y, this.taps(x).taps);
  }
  override toString(): string {
    return `AdaptiveMaxPool(${formatPair(this.output)})`;
  }
}

import { contract, type Shape, sizeOf, type Tensor, tensor } from "@convgrad/core";
import { avgPool } from "./avgPool.ts";
import { formatPair, type Pair, pairOf } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { avgPoolLoops, maxPoolLoops } from "./loops/pooling.ts";
import { adaptiveTaps, type Taps, tapsOf } from "./loops/windows.ts";
import { maxPool } from "./maxPool.ts";
import { Module } from "./module.ts";
import { annotate } from "./note.ts";
import { requireFloats } from "./operands.ts";
import { poolGeometry, poolWindow } from "./pooling.ts";

/** From a first cell to the one after the last. */
type Stretch = readonly [start: number, end: number];

/** The windows along an axis: from ⌊u·size/count⌋ to before ⌈(u + 1)·size/count⌉; neighbours may share cells. */
function stretches(size: number, count: number): Stretch[] {
  return Array.from({ length: count }, (_, u) => [
    Math.floor((u * size) / count),
    Math.ceil(((u + 1) * size) / count),
  ]);
}

/** The size of the windows where a plain pooling has just the same ones, else `null`. */
function plainWindows(x: Shape, [oh, ow]: readonly [number, number]): [number, number] | null {
  const [h, w] = x.slice(-2) as [number, number];
  return h % oh === 0 && w % ow === 0 ? [h / oh, w / ow] : null;
}

function check(operation: string, x: Tensor, output: Pair): [number, number] {
  const counts = pairOf(operation, "output", output, 1);
  poolGeometry(operation, x, 1, {});
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
 * @throws {@link ShapeError} where the output is no whole number ≥ 1, or x has no images; {@link DTypeError} for integers.
 * Source: PyTorch, `torch.nn.functional.adaptive_avg_pool2d`.
 */
export function adaptiveAvgPool(x: Tensor, output: Pair): Tensor {
  const [oh, ow] = check("adaptiveAvgPool", x, output);
  requireFloats("adaptiveAvgPool", x);
  const window = plainWindows(x.shape, [oh, ow]);
  if (window) return avgPool(x, window);
  const [h, w] = x.shape.slice(-2) as [number, number];
  const lead = x.shape.slice(0, -2);
  const planes = x.reshape([sizeOf(lead), h, w]);
  const rows = contract("nhw, oh -> now", planes, averages(stretches(h, oh), h, x));
  const y = contract("now, pw -> nop", rows, averages(stretches(w, ow), w, x));
  return annotate(y.reshape([...lead, oh, ow]), {
    operation: "adaptiveAvgPool",
    equation: "y = mean x over each window",
    inputs: [x],
    options: { output },
  });
}

/** `[count, size]`: each row averages one stretch of an axis. */
function averages(windows: readonly Stretch[], size: number, { dtype }: Tensor): Tensor {
  const rows = windows.map(([start, end]) =>
    Array.from({ length: size }, (_, i) => (i >= start && i < end ? 1 / (end - start) : 0)),
  );
  return tensor(rows, { dtype });
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
 * @throws {@link ShapeError} where the output is no whole number ≥ 1, or x has no images.
 * Source: PyTorch, `torch.nn.functional.adaptive_max_pool2d`.
 */
export function adaptiveMaxPool(x: Tensor, output: Pair): Tensor {
  const counts = check("adaptiveMaxPool", x, output);
  const window = plainWindows(x.shape, counts);
  if (window) return maxPool(x, window);
  // The windows side by side, each as large as the largest: what a smaller one repeats is its last row or column, which
  // never comes first among equals.
  let cells = x;
  const kernel: [number, number] = [1, 1];
  for (const axis of [0, 1] as const) {
    const windows = stretches(x.shape.at(axis - 2)!, counts[axis]);
    kernel[axis] = Math.max(...windows.map(([start, end]) => end - start));
    const places = windows.flatMap(([start, end]) =>
      Array.from({ length: kernel[axis] }, (_, i) => Math.min(start + i, end - 1)),
    );
    cells = cells.indexSelect(axis - 2, tensor(Int32Array.from(places)));
  }
  return maxPool(cells, kernel);
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
export class AdaptiveAvgPool extends AdaptivePool {
  /** @throws {@link ShapeError} unless height and width of the result are whole numbers ≥ 1. */
  constructor(output: Pair) {
    super("AdaptiveAvgPool", output);
  }
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
export class AdaptiveMaxPool extends AdaptivePool {
  /** @throws {@link ShapeError} unless height and width of the result are whole numbers ≥ 1. */
  constructor(output: Pair) {
    super("AdaptiveMaxPool", output);
  }
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

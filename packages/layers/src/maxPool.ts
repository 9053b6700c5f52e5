import { arange, type DType, noGrad, primitives, type Shape, type Tensor } from "@convgrad/core";
import type { Pair, WindowGeometry } from "./geometry.ts";
import { type DilatedPoolOptions, Pool, poolGeometry } from "./pooling.ts";

/** How {@link maxPool} slides. */
export type MaxPoolOptions = DilatedPoolOptions;

/**
 * The maximum of each window; the cell that holds it, the "winning unit", takes the whole gradient, and of equal
 * cells the first in row-major order wins, as in PyTorch. Padding never wins. Any dtype; gradients
 * for floats.
 *
 *     y[…, u, v] = max_{i, j} x̃[…, u·s + i·d, v·s + j·d],   ∂x = scatterAdd(g) at the winners
 *
 * @param x `[…, H, W]`
 * @param kernel height and width of a window
 * @returns `[…, oh, ow]`
 * @throws {@link ShapeError} when a setting is out of range or no window fits.
 */
export function maxPool(x: Tensor, kernel: Pair, options: MaxPoolOptions = {}): Tensor {
  return maxPoolWithIndices(x, kernel, options).y;
}

/**
 * {@link maxPool} with the position of each winner in its plane of H·W cells.
 *
 * @param x `[…, H, W]`
 * @param kernel height and width of a window
 * @returns y and int32 indices, both `[…, oh, ow]`
 * @throws {@link ShapeError} as `maxPool` does.
 */
export function maxPoolWithIndices(
  x: Tensor,
  kernel: Pair,
  options: MaxPoolOptions = {},
): { y: Tensor; indices: Tensor } {
  const window = poolGeometry("maxPool", x, kernel, options);
  const lead = x.shape.slice(0, -2);
  const [h, w] = x.shape.slice(-2) as [number, number];
  const [oh, ow] = window.output;
  const indices = noGrad(() => winners(x, window));
  const y = x.reshape([...lead, h * w]).gather(-1, indices.reshape([...lead, oh * ow]));
  return { y: y.reshape([...lead, oh, ow]), indices };
}

/** What padding holds: no number of the type is less. */
const LEAST: Readonly<Record<DType, number>> = {
  float32: Number.NEGATIVE_INFINITY,
  float64: Number.NEGATIVE_INFINITY,
  int32: -(2 ** 31),
  uint8: 0,
};

/** The plane position of the first maximum of each window. */
function winners(x: Tensor, window: WindowGeometry): Tensor {
  const { kernel, padding, output } = window;
  const lead = x.shape.slice(0, -2);
  const taps = kernel[0] * kernel[1];
  const view = x.pad(padding, LEAST[x.dtype]).windows(kernel, window);
  const winner = primitives.argmax(view, { axes: [lead.length, lead.length + 1] });
  // Each window's own positions, seen through the same window; −1 marks padding.
  const [h, w] = x.shape.slice(-2) as [number, number];
  const plane = arange(0, h * w, 1, { dtype: "int32" }).reshape([h, w]);
  const places = plane
    .pad(padding, -1)
    .windows(kernel, window)
    .reshape([taps, ...output]);
  const flat: Shape = [...lead, 1, ...output];
  const index = places
    .broadcastTo([...lead, taps, ...output])
    .gather(lead.length, winner.reshape(flat));
  const indices = index.reshape([...lead, ...output]);
  // In a window of least numbers the padding may come first; the first real cell takes its place.
  return padding.flat().some((n) => n > 0) ? indices.maximum(firstReal(places, h * w)) : indices;
}

/** The lowest position of each window that is not padding. */
function firstReal(places: Tensor, beyond: number): Tensor {
  return places.where(places.greater(-1), beyond).min(0);
}

/** The layer of {@link maxPool}; it has no parameters.  `[…, H, W] → […, oh, ow]` */
export class MaxPool extends Pool<MaxPoolOptions> {
  /** @throws {@link ShapeError} when a setting is out of range. */
  constructor(kernel: Pair, options: MaxPoolOptions = {}) {
    super("MaxPool", kernel, options);
  }
  forward(x: Tensor): Tensor {
    return maxPool(x, this.kernel, this.options);
  }
}

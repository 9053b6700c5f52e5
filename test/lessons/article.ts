/**
 * The article's two products on single planes [H, W]: ⊗ is cross-correlation, ∗ true convolution. Each comes valid
 * (where the kernel fits) and full (wherever it overlaps). The article writes ∗ for both; much of its readers'
 * confusion begins there.
 */
import { manualSeed, randn, type Tensor, tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import { expect } from "vitest";
import { expectNumbers, type Tolerance } from "../oracle/closeness.ts";

export const EXACT = { rtol: 0, atol: 0 };
export const ROUNDING = { rtol: 1e-12, atol: 1e-12 };

const float64 = { dtype: "float64" } as const;

/** The two sides of an identity have one shape and, by default to the bit, the same numbers. */
export function expectSame(left: Tensor, right: Tensor, tolerance: Tolerance = EXACT): void {
  expect(left.shape).toEqual(right.shape);
  expectNumbers("the left side", left.toTypedArray(), right.toTypedArray(), tolerance);
}

/** Whether two maps are more than rounding apart. */
export const differs = (a: Tensor, b: Tensor): boolean => a.sub(b).abs().max().item() > 1e-6;

/** Normal numbers, the same for the same seed. */
export function draw(seed: number, ...shapes: (readonly number[])[]): Tensor[] {
  manualSeed(seed);
  return shapes.map((shape) => randn(shape, float64));
}

/** Whole numbers from −3 to 3, the same for the same seed: their sums and products are exact. */
export function integers(seed: number, ...shapes: (readonly number[])[]): Tensor[] {
  return draw(seed, ...shapes).map((x) => {
    const whole = Array.from(x.toTypedArray(), (v) => Math.max(-3, Math.min(3, Math.round(2 * v))));
    return tensor(whole, { shape: x.shape, ...float64 });
  });
}

/** The same numbers as a new leaf that wants a gradient. */
export function leaf(x: Tensor): Tensor {
  const copy = x.detach().clone();
  copy.requiresGrad = true;
  return copy;
}

/** [H, W] as one image of one channel, or as one filter of one channel: [1, 1, H, W]. */
export const image = (x: Tensor): Tensor => x.reshape([1, 1, ...x.shape]);

/** [1, 1, H, W] → [H, W] */
export const plane = (x: Tensor): Tensor => x.reshape(x.shape.slice(2));

/** The kernel turned by 180°. */
export const rot180 = (k: Tensor): Tensor => k.flip();

/** (x ⊗ k)[i, j] = Σ_{m, n} x[i + m, j + n] · k[m, n]                                          eq. (1), valid */
export const correlate = (x: Tensor, k: Tensor): Tensor => plane(conv2d(image(x), image(k)));

/** (x ∗ k)[i, j] = Σ_{m, n} x[i − m, j − n] · k[m, n]                                          eq. (2), valid */
export const convolve = (x: Tensor, k: Tensor): Tensor =>
  plane(conv2d(image(x), image(k), null, { flip: true }));

/** ⊗ over all positions where the kernel touches x: [H + k1 − 1, W + k2 − 1]. */
export const correlateFull = (x: Tensor, k: Tensor): Tensor => correlate(margin(x, k), k);

/** ∗ over all positions where the kernel touches x. */
export const convolveFull = (x: Tensor, k: Tensor): Tensor => convolve(margin(x, k), k);

function margin(x: Tensor, k: Tensor): Tensor {
  const [k1, k2] = k.shape as [number, number];
  return x.pad([
    [k1 - 1, k1 - 1],
    [k2 - 1, k2 - 1],
  ]);
}

import { manualSeed, randn, type Tensor, tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import type { Plane } from "../matrix/plane.ts";

/** A plane as a leaf [rows, columns] of float64 that wants a gradient. */
export function leafOf({ values, rows, columns }: Plane): Tensor {
  return tensor(Float64Array.from(values), { shape: [rows, columns], requiresGrad: true });
}

/** Whole numbers from −3 to 3, the same for the same seed: sums of their products are exact. */
export function wholeNumbers(seed: number, count: number): number[] {
  manualSeed(seed);
  const drawn = randn([count], { dtype: "float64" }).toTypedArray();
  return Array.from(drawn, (v) => Math.max(-3, Math.min(3, Math.round(2 * v))) + 0);
}

const image = (x: Tensor) => x.reshape([1, 1, ...x.shape]);
const slide = (x: Tensor, k: Tensor, flip: boolean) => {
  const y = conv2d(image(x), image(k), null, { flip });
  return y.reshape(y.shape.slice(2));
};

/** (x ⊗ k)[i, j] = Σ_{m, n} x[i + m, j + n]·k[m, n]; [H, W], [k1, k2] → [H − k1 + 1, W − k2 + 1]. Eq. (1). */
export const correlate = (x: Tensor, k: Tensor): Tensor => slide(x, k, false);

/** (x ∗ k)[i, j] = Σ_{m, n} x[i − m, j − n]·k[m, n], where the kernel fits. Eq. (2). */
export const convolve = (x: Tensor, k: Tensor): Tensor => slide(x, k, true);

/** ⊗ wherever the kernel touches x: [H + k1 − 1, W + k2 − 1]. */
export const correlateFull = (x: Tensor, k: Tensor): Tensor => correlate(widened(x, k), k);

/** ∗ wherever the kernel touches x. */
export const convolveFull = (x: Tensor, k: Tensor): Tensor => convolve(widened(x, k), k);

/** The kernel turned by 180°. */
export const rot180 = (k: Tensor): Tensor => k.flip();

/** The largest difference of two maps of one shape; NaN where a number is none. */
export function gap(a: Tensor, b: Tensor): number {
  const worst = a.sub(b).abs().toTypedArray() as Float64Array;
  return worst.reduce((most, v) => Math.max(most, v), 0);
}

/** Whether two maps are the same but for rounding. */
export function agree(a: Tensor, b: Tensor): boolean {
  const size = Math.max(1, gap(a, a.mul(0)));
  return gap(a, b) <= 1e-12 * size;
}

function widened(x: Tensor, k: Tensor): Tensor {
  const [k1, k2] = k.shape as [number, number];
  return x.pad([
    [k1 - 1, k1 - 1],
    [k2 - 1, k2 - 1],
  ]);
}

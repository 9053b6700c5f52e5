import type { Tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";

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

function widened(x: Tensor, k: Tensor): Tensor {
  const [k1, k2] = k.shape as [number, number];
  return x.pad([
    [k1 - 1, k1 - 1],
    [k2 - 1, k2 - 1],
  ]);
}

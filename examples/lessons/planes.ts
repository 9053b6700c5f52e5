import { conv2d, manualSeed, randn, type Tensor, tensor } from "convgrad";

/** Normal numbers in float64, the same for the same seed. */
export function draw(seed: number, ...shapes: (readonly number[])[]): Tensor[] {
  manualSeed(seed);
  return shapes.map((shape) => randn(shape, { dtype: "float64", requiresGrad: true }));
}

/** Whole numbers from −3 to 3: their sums and products are exact, and easy to follow. */
export function integers(seed: number, ...shapes: (readonly number[])[]): Tensor[] {
  return draw(seed, ...shapes).map((x) => {
    const whole = x.toTypedArray().map((v) => Math.max(-3, Math.min(3, Math.round(2 * v))) + 0);
    return tensor(whole, { shape: x.shape, requiresGrad: true });
  });
}

/** [H, W] as one image of one channel, or as one filter of one channel: [1, 1, H, W]. */
export const image = (x: Tensor): Tensor => x.reshape([1, 1, ...x.shape]);

/** [1, 1, H, W] → [H, W] */
export const plane = (x: Tensor): Tensor => x.reshape(x.shape.slice(2));

/** The largest difference of two tensors of one shape. */
export const error = (a: Tensor, b: Tensor): number => a.sub(b).abs().max().item();

/** x ⊗ k: cross-correlation of planes, wherever the kernel fits. */
export const correlate = (x: Tensor, k: Tensor): Tensor => plane(conv2d(image(x), image(k)));

/** x ∗ k: true convolution, the kernel turned by 180°. */
export const convolve = (x: Tensor, k: Tensor): Tensor =>
  plane(conv2d(image(x), image(k), null, { flip: true }));

/** ⊗full and ∗full are those of the widened x: wherever the kernel touches it. */
export function wide(x: Tensor, { shape: [kh, kw] }: Tensor): Tensor {
  return x.pad([
    [kh! - 1, kh! - 1],
    [kw! - 1, kw! - 1],
  ]);
}

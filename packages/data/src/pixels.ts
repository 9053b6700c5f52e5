import { requireTensor, type Tensor } from "@convgrad/core";

/**
 * Image bytes as numbers that a network can use.
 *
 * @param images any shape, 0 to 255 (uint8, or a float type that holds such values)
 * @returns float32 of the same shape, in [0, 1]
 * @throws {@link ValueError} for what is no tensor; {@link GraphError} for a released one.
 */
export function pixels(images: Tensor): Tensor {
  requireTensor("pixels", "images", images);
  return images.to("float32").div(255);
}

/**
 * A batch with its `images`, of any shape, as float32 in [0, 1] and everything else as it is; for the loader's
 * `transform`.
 *
 * @throws as `pixels` does.
 * @example
 * const loader = new DataLoader(train, { batch: 64, shuffle: true, transform: scalePixels });
 */
export function scalePixels<B extends { readonly images: Tensor }>(batch: B): B {
  requireTensor("scalePixels", "images of the batch", Object(batch).images);
  return { ...batch, images: pixels(batch.images) };
}

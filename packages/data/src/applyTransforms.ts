import {
  checkOptions,
  checkWhole,
  formatValue,
  requireTensor,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { augment } from "./augment.ts";
import { checkTransforms, type Transform } from "./transform.ts";

/** Options of {@link applyTransforms}. */
export interface ApplyTransformsOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Default 0. */
  readonly epoch?: number;
  /** The numbers of the images in their data set; default 0, 1, 2 … */
  readonly indices?: ArrayLike<number>;
}

const NAME = "applyTransforms";

/**
 * What a `DataLoader` with this list and this seed makes of images in an epoch, to the bit: to look at, or for a loop of
 * one's own. Not recorded for gradients.
 *
 * @param images [N, C, H, W], bytes 0 to 255 (uint8) or floats in [0, 1]
 * @returns float32 [N, C, h, w], before the transforms in [0, 1]
 * @throws {@link ValueError} for unknown transforms or options; {@link ShapeError} for images that do not fit;
 * {@link DTypeError} for images of another type.
 * @example
 * const eight = train.images.slice([0], [8]);
 * const turned = applyTransforms(eight, [randomRotation(15)], { seed: 1 });
 */
export function applyTransforms(
  images: Tensor,
  transforms: readonly Transform[],
  options: ApplyTransformsOptions = {},
): Tensor {
  checkOptions(NAME, options, ["seed", "epoch", "indices"]);
  const { seed = 0, epoch = 0 } = options;
  checkWhole(NAME, "seed", seed, 0);
  checkWhole(NAME, "epoch", epoch, 0);
  const list = checkTransforms(NAME, transforms);
  requireTensor(NAME, "images", images);
  const [count = 0] = images.shape;
  const { indices = Int32Array.from({ length: count }, (_, i) => i) } = options;
  if (typeof indices !== "object" || indices === null) {
    const why = `the indices are ${formatValue(indices)}; pass a number for each image: [0, 1, 2]`;
    throw new ValueError(NAME, why);
  }
  checkWhole(NAME, "the number of indices", indices.length, count, count);
  for (const index of Array.from(indices)) checkWhole(NAME, "an index", index, 0, 2 ** 31 - 1);
  const { shape, here } = augment(NAME, images, list, { seed, epoch, indices }, false);
  return tensor(here(), { shape });
}

import {
  DTypeError,
  formatShape,
  requireTensor,
  ShapeError,
  scope,
  type Tensor,
} from "@convgrad/core";
import { type DrawKeys, drawSteps, type ImageShape } from "./draws.ts";
import { type PixelJob, pixelProgram } from "./pixelProgram.ts";
import { PixelWorker } from "./pixelWorker.ts";
import type { Transform } from "./transform.ts";

export { checkTransforms } from "./transform.ts";

/** Images on their way. */
export interface Augmented {
  readonly shape: ImageShape;
  /** Made by the worker, where one is at hand. */
  readonly elsewhere: Promise<Float32Array> | null;
  /** Made here, and now. */
  here(): Float32Array;
}

const run = pixelProgram();

/**
 * Checks images and draws what becomes of them; the work begins in the worker if it may and can.
 *
 * @param images [N, C, H, W], bytes 0 to 255 or floats in [0, 1]
 * @throws {@link ShapeError}, {@link DTypeError} for images that transforms cannot take.
 */
export function augment(
  operation: string,
  images: Tensor,
  transforms: readonly Transform[],
  keys: DrawKeys,
  mayWorkElsewhere: boolean,
): Augmented {
  checkImages(operation, images);
  const before = images.shape as unknown as ImageShape;
  const { steps, shape } = drawSteps(transforms, before, keys);
  const job = (): PixelJob => ({ pixels: valuesOf(images), shape: before, steps });
  const worker = mayWorkElsewhere ? PixelWorker.shared : null;
  if (!worker?.ready) return { shape, elsewhere: null, here: () => run(job()) };
  // What the job drew is gone with it.
  const here = () => augment(operation, images, transforms, keys, false).here();
  const elsewhere = worker.run(job()).catch(here);
  elsewhere.catch(() => {}); // it is thrown where it is awaited, if anywhere
  return { shape, elsewhere, here };
}

function checkImages(operation: string, images: Tensor): void {
  requireTensor(operation, "images", images);
  if (images.rank !== 4) {
    throw new ShapeError(
      operation,
      `transforms take images [N, C, H, W], not ${formatShape(images.shape)}; reshape them`,
      { shape: images.shape },
    );
  }
  if (images.dtype === "uint8" || images.dtype === "float32" || images.dtype === "float64") return;
  throw new DTypeError(
    operation,
    `transforms take bytes 0 to 255 as uint8, or floats in [0, 1], not ${images.dtype}; convert with .to("uint8")`,
    { dtype: images.dtype },
  );
}

/** A copy of the values, as the pixel program takes them. */
function valuesOf(images: Tensor): Uint8Array | Float32Array {
  const narrow = () => images.to("float32").toTypedArray();
  const values = images.dtype === "float64" ? scope(narrow) : images.toTypedArray();
  return values as Uint8Array | Float32Array;
}

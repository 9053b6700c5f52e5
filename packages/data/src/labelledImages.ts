import { formatValue, keep, type Tensor, tensor, ValueError } from "@convgrad/core";

/** Images and what they show. */
export type LabelledImages = {
  /** uint8 `[N, C, H, W]`, 0 to 255; for MNIST `[N, 1, 28, 28]`, 0 = background. */
  readonly images: Tensor;
  /** int32 `[N]`, the class of each image, from 0; for MNIST the digit. */
  readonly labels: Tensor;
};

/** A published data set, as `mnist`, `cifar10` and their like give it; its tensors outlive every scope. */
export interface LabelledImageSets {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** What the classes are called: `classes[label]`. */
  readonly classes: readonly string[];
}

/** How many images of a published data set are taken, and from where. */
export interface ImageSetOptions {
  /** Where the files are. */
  readonly directory: string;
  /** Take only the first so many training images; default all. */
  readonly train?: number;
  /** Take only the first so many test images; default all. */
  readonly test?: number;
}

/** @throws {@link ValueError} unless what was asked for is a number of images, or left out. */
export function checkImageCounts(
  operation: string,
  counts: { readonly train?: number | undefined; readonly test?: number | undefined },
): void {
  for (const name of ["train", "test"] as const) {
    const count = counts[name];
    if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) continue;
    throw new ValueError(
      operation,
      `${name} is ${formatValue(count)}; it must be a whole number of images ≥ 1`,
      { [name]: count },
    );
  }
}

/** @throws {@link ValueError} when a file, or several, hold fewer images than were asked for. */
export function checkEnough(operation: string, path: string, found: number, wanted = 1): void {
  if (found >= wanted) return;
  throw new ValueError(
    operation,
    `${path} has ${found} images, ${wanted} are wanted; ask for fewer`,
    { path, found, wanted },
  );
}

/**
 * @throws {@link ValueError} unless the directory is a text.
 * @param remedy where the files come from
 */
export function checkDirectory(operation: string, directory: unknown, remedy: string): void {
  if (typeof directory === "string" && directory !== "") return;
  const problem =
    directory === undefined ? "no directory" : `the directory is ${formatValue(directory)}`;
  throw new ValueError(operation, `${problem}; pass { directory }: ${remedy}`);
}

/** The first images of a file as tensors that outlive every scope. */
export function keptImages(
  pixels: Uint8Array,
  labels: Uint8Array | Int32Array,
  [channels, height, width]: readonly [number, number, number],
  count: number,
): LabelledImages {
  const shape = [count, channels, height, width];
  return {
    images: keep(tensor(pixels.subarray(0, count * channels * height * width), { shape })),
    labels: keep(tensor(labels.subarray(0, count), { dtype: "int32" })),
  };
}

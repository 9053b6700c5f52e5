import { FormatError, keep, tensor } from "@convgrad/core";
import { type IdxArray, type LabelledImages, readIdx } from "@convgrad/data";
import { filesByUse } from "./filesByUse.ts";

/** Images to train on and to validate with; tensors that outlive every scope. */
export interface ImageSets {
  readonly name: string;
  /** Who made it. */
  readonly source: string;
  readonly classes: readonly string[];
  /** [C, H, W] */
  readonly imageShape: readonly [number, number, number];
  readonly train: LabelledImages;
  readonly validation: LabelledImages;
}

/** A file as it came. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What {@link readImageSets} calls the set. */
export interface SetTitle {
  readonly name: string;
  readonly source: string;
  /** Names of the classes; default: their numbers. */
  readonly classes?: readonly string[];
}

/** Pixels, height and width, of an image at most: a page has little memory. */
const LARGEST_SIDE = 256;
/** Bytes of a file at most, inflated too: five times MNIST. */
const LARGEST_FILE = 2 ** 28;
/** Classes at most: the confusion matrix has a cell for each two. */
const MOST_CLASSES = 64;
/** Where there are no files to validate with, the last part of the images is held out: one of so many. */
const HELD_OUT = 10;

interface NamedArray extends IdxArray {
  readonly name: string;
}
interface Pair {
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
  readonly shape: readonly [channels: number, height: number, width: number];
}

/**
 * Images and labels of IDX files, gzipped or not: two to train on and, if there are any, two to validate with, which are
 * known by `t10k`, `test` or `valid` in their names. Nothing is made before all has been checked.
 *
 * @throws {@link FormatError} for a file that is none, or files that do not belong together.
 */
export async function readImageSets(
  files: readonly NamedBytes[],
  title: SetTitle,
): Promise<ImageSets> {
  const arrays: NamedArray[] = [];
  for (const { name, bytes } of files) {
    checkSize(name, inflatedSize(bytes));
    arrays.push({ name, ...(await readIdx(bytes, { name })) });
  }
  for (const array of arrays) checkKind(array);
  const [first, second] = filesByUse(arrays);
  const all = pairOf(first);
  const [train, validation] = second.length > 0 ? [all, pairOf(second)] : heldOut(all);
  const imageShape = train.shape;
  if (validation.shape.join() !== imageShape.join()) {
    refuse(
      `the images to train on are [${imageShape.join(", ")}], those to validate with ` +
        `[${validation.shape.join(", ")}]; choose files of one set`,
      { train: imageShape, validation: validation.shape },
    );
  }
  const last = [train, validation].reduce(
    (most, { labels }) => Math.max(most, ...unique(labels)),
    1,
  );
  if (last >= MOST_CLASSES) {
    refuse(
      `label ${last} is beyond the ${MOST_CLASSES} classes that the page takes; are they labels?`,
      {
        last,
      },
    );
  }
  const { classes = Array.from({ length: last + 1 }, (_, k) => String(k)) } = title;
  if (last >= classes.length) {
    refuse(`label ${last} is none of the ${classes.length} classes; choose other files`, { last });
  }
  return { ...title, classes, imageShape, train: tensors(train), validation: tensors(validation) };
}

/**
 * Checks the size of a file, in bytes, before it is read.
 *
 * @throws {@link FormatError} for more than a page has memory for.
 */
export function checkSize(name: string, bytes: number): void {
  if (bytes <= LARGEST_FILE) return;
  const megabytes = (size: number) => `${Math.ceil(size / 2 ** 20).toLocaleString("en-US")} MiB`;
  refuse(
    `${name} has ${megabytes(bytes)}, the page takes ${megabytes(LARGEST_FILE)}; choose a part of it`,
    { name, bytes },
  );
}

/** What a gzip file says at its end that it inflates to, modulo 2³²; `readIdx` holds it to that. */
function inflatedSize(bytes: Uint8Array): number {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b && bytes.length >= 18;
  const { buffer, byteOffset, length } = bytes;
  return isGzip ? new DataView(buffer, byteOffset).getUint32(length - 4, true) : length;
}

const isImages = ({ shape }: IdxArray) => shape.length !== 1;
const unique = (labels: Int32Array) => new Set(labels);

function checkKind(array: NamedArray): void {
  const { name, shape, dtype } = array;
  const holds = `${name} holds ${dtype} [${shape.join(", ")}]`;
  const known = "images must be uint8 [N, H, W], labels uint8 [N]";
  if (dtype !== "uint8" || ![1, 3, 4].includes(shape.length))
    refuse(`${holds}; ${known}`, { name });
  if (shape[0]! < 1) refuse(`${holds}, which is nothing; choose another file`, { name });
  if (isImages(array) && /label/i.test(name)) {
    refuse(`${holds}, images by its shape and labels by its name; which are they?`, { name });
  }
  const [channels, height, width] = imageShapeOf(array);
  if (!isImages(array)) return;
  if (![1, 3].includes(channels)) {
    refuse(`${holds}; images have 1 channel, or 3: red, green and blue`, { name, shape });
  }
  if (!(Math.min(height, width) >= 1 && Math.max(height, width) <= LARGEST_SIDE)) {
    refuse(`${holds}; an image has 1 to ${LARGEST_SIDE} pixels on a side`, { name, shape });
  }
}

function imageShapeOf({ shape }: IdxArray): Pair["shape"] {
  const [, ...inner] = shape;
  return (inner.length === 2 ? [1, ...inner] : inner) as unknown as Pair["shape"];
}

function pairOf(arrays: readonly NamedArray[]): Pair {
  const images = only(arrays.filter(isImages), "images", arrays);
  const labels = only(
    arrays.filter((array) => !isImages(array)),
    "labels",
    arrays,
  );
  const [count] = images.shape as [number];
  if (labels.shape[0] !== count) {
    refuse(
      `${images.name} has ${count} images, ${labels.name} ${labels.shape[0]} labels; ` +
        "take both files from one download",
      { images: count, labels: labels.shape[0] },
    );
  }
  return {
    pixels: images.data as Uint8Array,
    labels: Int32Array.from(labels.data),
    shape: imageShapeOf(images),
  };
}

function only(
  found: readonly NamedArray[],
  what: "images" | "labels",
  among: readonly NamedArray[],
): NamedArray {
  const [first, ...more] = found;
  const names = (list: readonly NamedArray[]) => list.map(({ name }) => name).join(", ");
  if (first && more.length === 0) return first;
  return refuse(
    first
      ? `${names(found)} all hold ${what}; choose one file of images and one of labels to train on, and to validate ` +
          "with, files with t10k or test in their names"
      : `there is no file of ${what}${among.length ? ` beside ${names(among)}` : ""}; ` +
          "choose images and labels together: train-images-idx3-ubyte and train-labels-idx1-ubyte",
    { found: found.length },
  );
}

/** The last tenth of the images apart. */
function heldOut({ pixels, labels, shape }: Pair): readonly [Pair, Pair] {
  const count = labels.length;
  const kept = Math.min(count - 1, Math.ceil((count * (HELD_OUT - 1)) / HELD_OUT));
  if (kept < 1) refuse("one image is too few: one to train on, one to validate with", { count });
  const size = shape[0] * shape[1] * shape[2];
  return [
    { pixels: pixels.subarray(0, kept * size), labels: labels.subarray(0, kept), shape },
    { pixels: pixels.subarray(kept * size), labels: labels.subarray(kept), shape },
  ];
}

function tensors({ pixels, labels, shape }: Pair): LabelledImages {
  return {
    images: keep(tensor(pixels, { shape: [labels.length, ...shape] })),
    labels: keep(tensor(labels)),
  };
}

function refuse(message: string, details: Record<string, unknown>): never {
  throw new FormatError("images", message, details);
}

/** Gives the memory of images that nobody needs any more back at once. */
export function releaseImages({ train, validation }: ImageSets): void {
  const release = ({ images, labels }: LabelledImages) => {
    for (const { storage } of [images, labels]) {
      storage.release("released, since other images took their place");
    }
  };
  release(train);
  release(validation);
}

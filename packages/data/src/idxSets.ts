import { FormatError, ValueError } from "@convgrad/core";
import { readFile } from "./files.ts";
import { type IdxArray, readIdx } from "./idx.ts";
import {
  checkEnough,
  type ImageSetOptions,
  keptImages,
  type LabelledImageSets,
  type LabelledImages,
} from "./labelledImages.ts";
import type { NodeModules } from "./nodeModules.ts";

/** A data set of the MNIST family: four IDX files. */
export interface IdxFamily {
  /** How messages call the function. */
  readonly operation: string;
  /** How the names of the files begin: `"train"`, `"t10k"`. */
  readonly prefixes: { readonly train: string; readonly test: string };
  readonly classes: readonly string[];
  /** The label of the first class in the files. */
  readonly first: number;
  /** How messages call the classes: `"digits"`. */
  readonly labels: string;
  /** What to do when a file is missing. */
  readonly remedy: string;
  /** Whether images are stored column by column. */
  readonly transposed?: boolean;
  /** Folders within the directory where the files may be as well. */
  readonly folders?: readonly string[];
}

const SIDE = 28;

interface File extends IdxArray {
  readonly path: string;
}

/**
 * Reads the four files of a data set of 28 × 28 images; makes no tensor before all have been checked.
 *
 * @throws {@link ValueError} when one is missing or has too few images; {@link FormatError} when one is not what it
 * should be.
 */
export async function readIdxSets(
  family: IdxFamily,
  node: NodeModules,
  { directory, train, test }: ImageSetOptions,
): Promise<LabelledImageSets> {
  const { prefixes, classes } = family;
  const toTensors = [
    await readPair(family, node, directory, prefixes.train, train),
    await readPair(family, node, directory, prefixes.test, test),
  ] as const;
  return { train: toTensors[0](), test: toTensors[1](), classes };
}

/** Reads and checks images and labels, and gives what makes tensors of them. */
async function readPair(
  family: IdxFamily,
  node: NodeModules,
  directory: string,
  prefix: string,
  wanted: number | undefined,
): Promise<() => LabelledImages> {
  const images = await readArray(family, node, directory, `${prefix}-images-idx3-ubyte`);
  const labels = await readArray(family, node, directory, `${prefix}-labels-idx1-ubyte`);
  checkPair(family, images, labels);
  checkEnough(family.operation, images.path, images.shape[0]!, wanted);
  return () => {
    const count = wanted ?? images.shape[0]!;
    const pixels = images.data as Uint8Array;
    if (family.transposed) transposeImages(pixels.subarray(0, count * SIDE * SIDE));
    const classes = Int32Array.from(labels.data.subarray(0, count), (x) => x - family.first);
    return keptImages(pixels, classes, [1, SIDE, SIDE], count);
  };
}

async function readArray(
  { operation, remedy, folders = [] }: IdxFamily,
  node: NodeModules,
  directory: string,
  name: string,
): Promise<File> {
  for (const folder of ["", ...folders]) {
    for (const file of [name, `${name}.gz`, dotted(name), `${dotted(name)}.gz`]) {
      const path = node.path.join(directory, folder, file);
      const bytes = await readFile(operation, node, path, "an IDX file");
      if (bytes) return { path, ...(await readIdx(bytes, { name: path })) };
    }
  }
  throw new ValueError(
    operation,
    `${node.path.join(directory, name)} is missing, with .gz and as ${dotted(name)} too; ${remedy}`,
    { directory, name },
  );
}

function dotted(name: string): string {
  return name.replace("-idx", ".idx");
}

function checkPair(family: IdxFamily, { path, ...images }: File, labels: File): void {
  const { operation, classes, first } = family;
  const [count, height, width, ...more] = images.shape;
  if (images.dtype !== "uint8" || height !== SIDE || width !== SIDE || more.length > 0) {
    throw new FormatError(
      operation,
      `${path} holds ${images.dtype} [${images.shape.join(", ")}]; images must be uint8 [N, ${SIDE}, ${SIDE}]`,
      { path, shape: images.shape },
    );
  }
  if (labels.dtype !== "uint8" || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FormatError(
      operation,
      `${labels.path} holds ${labels.dtype} [${labels.shape.join(", ")}]; it must be uint8 [${count}], ` +
        "a label for each image; take both files from one download",
      { path: labels.path, shape: labels.shape, images: count },
    );
  }
  const last = first + classes.length - 1;
  const wrong = labels.data.findIndex((label) => label < first || label > last);
  if (wrong < 0) return;
  throw new FormatError(
    operation,
    `${labels.path}: label ${wrong} is ${labels.data[wrong]}; ${family.labels} are ${first} to ${last}`,
    { path: labels.path, at: wrong },
  );
}

/** Swaps rows and columns of each image, in place. */
function transposeImages(pixels: Uint8Array): void {
  for (let image = 0; image < pixels.length; image += SIDE * SIDE) {
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < row; column++) {
        const below = image + row * SIDE + column;
        const above = image + column * SIDE + row;
        [pixels[below], pixels[above]] = [pixels[above]!, pixels[below]!];
      }
    }
  }
}

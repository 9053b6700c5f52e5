import { checkOptions, ValueError } from "@convgrad/core";
import { cifar10Names, cifar100Groups, cifar100Names } from "./cifarNames.ts";
import { readFile } from "./files.ts";
import {
  checkDirectory,
  checkEnough,
  checkImageCounts,
  type ImageSetOptions,
  keptImages,
  type LabelledImageSets,
  type LabelledImages,
} from "./labelledImages.ts";
import { type NodeModules, nodeModules } from "./nodeModules.ts";
import { CIFAR_SHAPE, checkCifar, checkCifarLabels, copyCifar } from "./readCifar.ts";

/** What {@link cifar100} is told. */
export interface Cifar100Options extends ImageSetOptions {
  /** Which labels: of the 100 classes or of their 20 groups; default `"fine"`. */
  readonly labels?: "fine" | "coarse";
}

/** The binary version of a data set. */
interface Binary {
  readonly operation: string;
  readonly classes: 10 | 100;
  readonly labels: "fine" | "coarse";
  /** The folder in its archive. */
  readonly folder: string;
  readonly archive: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
}

const CIFAR_10: Binary = {
  operation: "cifar10",
  classes: 10,
  labels: "fine",
  folder: "cifar-10-batches-bin",
  archive: "cifar-10-binary.tar.gz",
  train: [
    "data_batch_1.bin",
    "data_batch_2.bin",
    "data_batch_3.bin",
    "data_batch_4.bin",
    "data_batch_5.bin",
  ],
  test: ["test_batch.bin"],
};
const CIFAR_100: Binary = {
  operation: "cifar100",
  classes: 100,
  labels: "fine",
  folder: "cifar-100-binary",
  archive: "cifar-100-binary.tar.gz",
  train: ["train.bin"],
  test: ["test.bin"],
};

/**
 * CIFAR-10: 50,000 training and 10,000 test photographs of 32 × 32 in ten classes, images uint8 `[N, 3, 32, 32]` (red,
 * green, blue), labels int32 `[N]`. The tensors outlive every scope. Node only; in a browser, fetch the files and use
 * {@link readCifar}.
 *
 * @param options `directory` holds the unpacked "binary version" of the CIFAR-10 page of the University of Toronto, or
 * is its folder `cifar-10-batches-bin`: `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`. With `train` given,
 * no more of them are read than it takes.
 * @throws {@link ValueError} for an unknown option, and when a file is missing: `cifar10: data/data_batch_1.bin is
 * missing, …; unpack cifar-10-binary.tar.gz there …`; {@link FormatError} when one is not what it should be.
 * Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
 *
 * @example
 * const { train, test, classes } = await cifar10({ directory: "data", train: 5000 });
 */
export async function cifar10(options: ImageSetOptions): Promise<LabelledImageSets> {
  checkOptions("cifar10", options, ["directory", "train", "test"]);
  return { ...(await readSets(CIFAR_10, options)), classes: cifar10Names() };
}

/**
 * CIFAR-100: as {@link cifar10}, with 100 classes, or with the 20 groups that they form (`labels: "coarse"`). Images are
 * uint8 `[N, 3, 32, 32]`, labels int32 `[N]`.
 *
 * @param options `directory` holds the unpacked "binary version", or is its folder `cifar-100-binary`: `train.bin` and
 * `test.bin`
 * @throws as {@link cifar10} does.
 * Source: A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
 *
 * @example
 * const { train, classes } = await cifar100({ directory: "data", labels: "coarse" });
 */
export async function cifar100(options: Cifar100Options): Promise<LabelledImageSets> {
  checkOptions("cifar100", options, ["directory", "train", "test", "labels"]);
  const { labels = "fine" } = options;
  checkCifarLabels("cifar100", labels);
  const classes = labels === "fine" ? cifar100Names() : cifar100Groups();
  return { ...(await readSets({ ...CIFAR_100, labels }, options)), classes };
}

async function readSets(
  binary: Binary,
  { directory, train, test }: ImageSetOptions,
): Promise<{ train: LabelledImages; test: LabelledImages }> {
  const { operation } = binary;
  checkImageCounts(operation, { train, test });
  checkDirectory(operation, directory, remedyOf(binary));
  const node = await nodeModules(operation, "readCifar");
  const toTensors = [
    await readFiles(binary, node, directory, binary.train, train),
    await readFiles(binary, node, directory, binary.test, test),
  ] as const;
  return { train: toTensors[0](), test: toTensors[1]() };
}

function remedyOf({ archive, classes, train, test }: Binary): string {
  const first = train.length > 1 ? `${train[0]} to ${train.at(-1)}` : train[0];
  return `unpack ${archive} there, the "binary version" on the CIFAR-${classes} page of the University of Toronto; it holds ${first} and ${test}`;
}

/** Reads and checks files until there are enough images, and gives what makes tensors of them. */
async function readFiles(
  binary: Binary,
  node: NodeModules,
  directory: string,
  names: readonly string[],
  wanted: number | undefined,
): Promise<() => LabelledImages> {
  const { operation, classes, labels: kind } = binary;
  const files: { readonly bytes: Uint8Array; readonly count: number }[] = [];
  let found = 0;
  for (const name of names) {
    if (wanted !== undefined && found >= wanted) break;
    const { path, bytes } = await readOne(binary, node, directory, name);
    const count = checkCifar(operation, bytes, classes, path);
    files.push({ bytes, count });
    found += count;
  }
  checkEnough(operation, `${node.path.join(directory, names[0]!)} and its like`, found, wanted);
  const total = wanted ?? found;
  return () => {
    const pixels = new Uint8Array(total * 3 * 32 * 32);
    const labels = new Int32Array(total);
    let at = 0;
    for (const { bytes, count } of files) {
      copyCifar(
        bytes,
        classes,
        kind,
        pixels.subarray(at * 3 * 32 * 32),
        labels.subarray(at, at + count),
      );
      at += count;
    }
    return keptImages(pixels, labels, CIFAR_SHAPE, total);
  };
}

async function readOne(
  binary: Binary,
  node: NodeModules,
  directory: string,
  name: string,
): Promise<{ path: string; bytes: Uint8Array }> {
  const { operation, folder } = binary;
  for (const place of [directory, node.path.join(directory, folder)]) {
    const path = node.path.join(place, name);
    const bytes = await readFile(operation, node, path, "a binary CIFAR file");
    if (bytes) return { path, bytes };
  }
  throw new ValueError(
    operation,
    `${node.path.join(directory, name)} is missing, in its folder ${folder} too; ${remedyOf(binary)}`,
    { directory, name },
  );
}

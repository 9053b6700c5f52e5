import { checkOptions, formatValue, ValueError } from "@convgrad/core";
import { readIdxSets } from "./idxSets.ts";
import {
  checkDirectory,
  checkImageCounts,
  type ImageSetOptions,
  type LabelledImageSets,
} from "./labelledImages.ts";
import { nodeModules } from "./nodeModules.ts";

/** What {@link emnist} is told. */
export interface EmnistOptions extends ImageSetOptions {
  /**
   * Which of its six arrangements: `balanced` (131,600 images, 47 classes), `byclass` (814,255, 62), `bymerge` (814,255,
   * 47), `digits` (280,000, 10), `letters` (145,600, 26) or `mnist` (70,000, 10).
   */
  readonly split: "balanced" | "byclass" | "bymerge" | "digits" | "letters" | "mnist";
}

const DIGITS = "0123456789";
const CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Small letters whose capitals look otherwise; in the merged splits the rest count as capitals. */
const UNLIKE_CAPITALS = "abdefghnqrt";

/** The characters of each split, by label. */
const CHARACTERS: Readonly<Record<EmnistOptions["split"], string>> = {
  balanced: `${DIGITS}${CAPITALS}${UNLIKE_CAPITALS}`,
  byclass: `${DIGITS}${CAPITALS}abcdefghijklmnopqrstuvwxyz`,
  bymerge: `${DIGITS}${CAPITALS}${UNLIKE_CAPITALS}`,
  digits: DIGITS,
  letters: CAPITALS,
  mnist: DIGITS,
};

/**
 * EMNIST: handwritten digits and letters of 28 × 28, in the form of MNIST. The tensors outlive every scope.
 *
 * Two things are put right: the files store images transposed, here they are upright; and the labels of `letters`, 1 to
 * 26 in the files, are 0 to 25, so that they count classes. Each class of `letters` holds a letter's capital and small
 * forms. Node only; in a browser, fetch the files and use {@link readIdx}.
 *
 * @param options `directory` holds the unpacked `gzip.zip` of the EMNIST project, or what is in its folder `gzip`:
 * `emnist-letters-train-images-idx3-ubyte.gz` and so on, gzipped or not
 * @throws {@link ValueError} for an unknown option or split, and when a file is missing: `emnist:
 * data/emnist-digits-train-images-idx3-ubyte is missing, …`; {@link FormatError} when one is not what it should be.
 * Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, "EMNIST: an extension of MNIST to handwritten letters", 2017,
 * arXiv:1702.05373, its table of the six data sets.
 *
 * @example
 * const { train, test, classes } = await emnist({ split: "letters", directory: "data/emnist" });
 */
export async function emnist(options: EmnistOptions): Promise<LabelledImageSets> {
  checkOptions("emnist", options, ["split", "directory", "train", "test"]);
  const { split, directory } = options;
  if (!Object.hasOwn(CHARACTERS, split)) {
    throw new ValueError(
      "emnist",
      `split is ${formatValue(split)}; it must be one of ${Object.keys(CHARACTERS).join(", ")}`,
      { split },
    );
  }
  checkImageCounts("emnist", options);
  const remedy =
    `unpack gzip.zip of the EMNIST project of NIST ("The EMNIST Dataset") there; it holds emnist-${split}-train- and ` +
    `emnist-${split}-test- images and labels`;
  checkDirectory("emnist", directory, remedy);
  return readIdxSets(
    {
      operation: "emnist",
      prefixes: { train: `emnist-${split}-train`, test: `emnist-${split}-test` },
      classes: [...CHARACTERS[split]],
      first: split === "letters" ? 1 : 0,
      labels: `labels of ${split}`,
      remedy,
      transposed: true,
      folders: ["gzip"],
    },
    await nodeModules("emnist", "readIdx"),
    options,
  );
}

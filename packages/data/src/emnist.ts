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

/**
 * The characters of each split, by label. In the merged ones small letters that look like their capitals count as these.
 * A function, so that bundlers can leave it out.
 */
const characters = (): Readonly<Record<EmnistOptions["split"], string>> => {
  const digits = "0123456789";
  const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const merged = `${digits}${capitals}abdefghnqrt`;
  const byclass = `${digits}${capitals}${capitals.toLowerCase()}`;
  return { balanced: merged, byclass, bymerge: merged, digits, letters: capitals, mnist: digits };
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
  const known = characters();
  if (!Object.hasOwn(known, split)) {
    throw new ValueError(
      "emnist",
      `split is ${formatValue(split)}; it must be one of ${Object.keys(known).join(", ")}`,
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
      classes: [...known[split]],
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

import {
  checkOptions,
  checkWhole,
  formatValue,
  randomPermutation,
  randomState,
  Tensor,
  ValueError,
} from "@convgrad/core";
import { type Columns, type Dataset, datasetOf } from "./dataset.ts";
import { type Subset, subset } from "./subset.ts";

/** Options of {@link trainValidationSplit}. */
export interface SplitOptions {
  /** How much goes to validation: a share, 0 < share < 1, or a number of samples ≥ 1; default 0.1. */
  readonly validation?: number;
  /** What the choice follows from, 0 ≤ seed < 2⁵³; default: the seed of `manualSeed`. */
  readonly seed?: number;
  /**
   * Whether validation gets of each class what the class has of the whole, to within one sample; default no. `true` takes
   * the labels of the source, else labels `[N]` are given: whole numbers, one for each sample.
   */
  readonly stratify?: boolean | ArrayLike<number> | Tensor;
}

const NAME = "trainValidationSplit";

/** The random stream of splits, far beyond those of weights, orders and augmentation. */
const SPLITTING = 2 ** 52;

/**
 * Divides a data set at random into one to train on and one to validate with. The same seed gives the same division; both
 * parts keep the order of the source.
 *
 * With `stratify`, each class's share of the validation samples is rounded down, and what is missing to the whole number
 * goes, one each, to the classes that lost the largest fraction (the method of largest remainders).
 *
 * @param source a data set, or tensors by name with equally long first axes `[N, …]`
 * @throws {@link ValueError} for an unknown option or one out of range, where a part would be empty, and for `stratify`
 * without labels: `trainValidationSplit: the data set has no labels; pass them: { stratify: labels }`;
 * {@link ShapeError} for tensors of different lengths.
 * Source: scikit-learn's `train_test_split`, whose `stratify` keeps proportions in the same way.
 *
 * @example
 * const { train, test } = await mnist();
 * const parts = trainValidationSplit(train, { validation: 5000, seed: 1, stratify: true });
 * const loader = new DataLoader(parts.train, { batch: 64, shuffle: true, transform: scalePixels });
 */
export function trainValidationSplit<B>(
  source: Dataset<B> | (B & Columns),
  options: SplitOptions = {},
): { train: Subset<B>; validation: Subset<B> } {
  checkOptions(NAME, options, ["validation", "seed", "stratify"]);
  const dataset = datasetOf(NAME, source);
  const { length } = dataset;
  const { validation = 0.1, seed = randomState().seed, stratify = false } = options;
  const wanted = validationCount(validation, length);
  checkWhole(NAME, "seed", seed, 0);
  const labels = stratify === false ? new Int32Array(length) : labelsFor(dataset, stratify);
  const left = shares(labels, wanted);
  const parts = { train: [] as number[], validation: [] as number[] };
  for (const i of randomPermutation(length, { seed, stream: SPLITTING })) {
    const label = labels[i]!;
    const open = left.get(label)!;
    left.set(label, open - 1);
    parts[open > 0 ? "validation" : "train"].push(i);
  }
  const part = (indices: number[]) => subset(dataset, Int32Array.from(indices).sort());
  return { train: part(parts.train), validation: part(parts.validation) };
}

function validationCount(validation: number, length: number): number {
  const isShare = typeof validation === "number" && validation > 0 && validation < 1;
  if (!isShare) checkCount(validation);
  const wanted = isShare ? Math.round(validation * length) : validation;
  if (wanted >= 1 && wanted < length) return wanted;
  throw new ValueError(
    NAME,
    `validation ${validation} of ${length} samples leaves ${wanted < 1 ? "validation" : "training"} none; ` +
      `choose from 1 to ${length - 1} samples`,
    { validation, length },
  );
}

function checkCount(validation: number): void {
  if (Number.isSafeInteger(validation) && validation >= 1) return;
  throw new ValueError(
    NAME,
    `validation is ${formatValue(validation)}; it must be a share between 0 and 1, or a whole number of samples ≥ 1`,
    { validation },
  );
}

function labelsFor(
  dataset: Dataset<unknown>,
  stratify: true | ArrayLike<number> | Tensor,
): ArrayLike<number> {
  const { length } = dataset;
  const given = stratify === true ? dataset.labels : stratify;
  if (given === undefined) {
    throw new ValueError(NAME, "the data set has no labels; pass them: { stratify: labels }");
  }
  const labels = given instanceof Tensor ? values(given) : given;
  if (typeof labels !== "object" || labels?.length !== length) {
    const count = typeof labels === "object" ? labels?.length : undefined;
    const what = count === undefined ? `is ${formatValue(given)}` : `has ${count} labels`;
    throw new ValueError(NAME, `stratify ${what}; it must be true, false, or ${length} labels`);
  }
  for (let i = 0; i < length; i++) checkLabel(labels[i]!, i);
  return labels;
}

/** The elements of a vector. */
function values(labels: Tensor): ArrayLike<number> | null {
  return labels.rank === 1 ? labels.toTypedArray() : null;
}

function checkLabel(label: number, i: number): void {
  if (Number.isSafeInteger(label)) return;
  throw new ValueError(NAME, `label ${i} is ${formatValue(label)}; labels are whole numbers`, {
    at: i,
    label,
  });
}

/** How many samples of each class go to validation, `wanted` in all. */
function shares(labels: ArrayLike<number>, wanted: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    counts.set(labels[i]!, (counts.get(labels[i]!) ?? 0) + 1);
  }
  const classes = [...counts].map(([label, count]) => {
    const exact = count * wanted; // divided by the number of samples, without rounding errors
    return { label, share: Math.floor(exact / labels.length), rest: exact % labels.length };
  });
  const missing = wanted - classes.reduce((sum, { share }) => sum + share, 0);
  classes.sort((a, b) => b.rest - a.rest || a.label - b.label);
  return new Map(classes.map(({ label, share }, i) => [label, share + (i < missing ? 1 : 0)]));
}

import { formatValue, ValueError } from "@convgrad/core";
import { type Columns, checkIndices, type Dataset, datasetOf } from "./dataset.ts";
import { sha256 } from "./fingerprint.ts";

/** Some samples of a data set, as a data set: see {@link subset}. */
export interface Subset<B> extends Dataset<B> {
  /** Sample i is number `indices[i]` of the source. */
  readonly indices: Int32Array;
}

/**
 * The samples with these numbers, in this order, as a data set of their own. It copies nothing: batches are read from the
 * source, whose labels and classes it keeps.
 *
 * @param source a data set, or tensors by name with equally long first axes `[N, …]`
 * @param indices whole numbers 0 ≤ index < N, one or more; one may come repeatedly
 * @throws {@link ValueError} for an index that is none: `subset: index 3 is 60000; the data set has samples 0 to 59999`;
 * {@link ShapeError} for tensors of different lengths.
 * Source: `torch.utils.data.Subset`.
 *
 * @example
 * const few = subset(train, [3, 1, 4]);
 * for await (const { images, labels } of new DataLoader(few, { batch: 2 })) console.log(images.shape, labels.shape);
 */
export function subset<B>(
  source: Dataset<B> | (B & Columns),
  indices: ArrayLike<number>,
): Subset<B> {
  const dataset = datasetOf("subset", source);
  if (typeof indices !== "object" || typeof indices?.length !== "number" || indices.length === 0) {
    const what = typeof indices === "object" && indices ? "empty" : formatValue(indices);
    throw new ValueError("subset", `the indices are ${what}; pass some in an array: [0, 1, 2]`);
  }
  checkIndices("subset", indices, dataset.length);
  const chosen = Int32Array.from(indices);
  const { labels, classes } = dataset;
  const pick = (from: Int32Array, at: Int32Array) => at.map((i) => from[i]!);
  return {
    length: chosen.length,
    indices: chosen,
    batch(wanted) {
      checkIndices("subset", wanted, chosen.length);
      return dataset.batch(pick(chosen, wanted));
    },
    ...(labels && { labels: pick(labels, chosen) }),
    ...(classes && { classes }),
    ...(dataset.fingerprint && {
      fingerprint: async () =>
        sha256(
          JSON.stringify({ of: await dataset.fingerprint?.(), indices: await sha256(chosen) }),
        ),
    }),
  };
}

import { formatValue, Tensor, ValueError } from "@convgrad/core";

/** A batch of labelled images. */
export interface LabelledBatch {
  /** What the model takes, `[N, …]`. */
  readonly images: Tensor;
  /** int32 `[N]`, the class of each. */
  readonly labels: Tensor;
}

/** Batches, one after the other: a `DataLoader`, or any list of batches. */
export type Batches<B> = AsyncIterable<B> | Iterable<B>;

/** What the model takes of a batch, and what it is to give: `(batch) => [batch.images, batch.labels]`. */
export type BatchReader<B> = (batch: B) => readonly [input: Tensor, target: Tensor];

/** @throws {@link ValueError} for what cannot be looped over. */
export function checkBatches(operation: string, what: string, batches: unknown): void {
  if (Symbol.asyncIterator in Object(batches) || Symbol.iterator in Object(batches)) return;
  throw new ValueError(
    operation,
    `${what} ${formatValue(batches)}; pass a DataLoader, or a list of { images, labels }`,
  );
}

/**
 * Input and target of a batch, by `read` or else `{ images, labels }`.
 *
 * @throws {@link ValueError} where either is no tensor.
 */
export function inputAndTarget<B>(
  operation: string,
  batch: B,
  read: BatchReader<B> | undefined,
): readonly [input: Tensor, target: Tensor] {
  if (read) {
    const pair: readonly unknown[] = Object(read(batch));
    const [input, target] = Symbol.iterator in pair ? pair : [];
    if (input instanceof Tensor && target instanceof Tensor) return [input, target];
    throw new ValueError(operation, "batch must give [input, target], both tensors");
  }
  const { images, labels }: Partial<LabelledBatch> = Object(batch);
  if (images instanceof Tensor && labels instanceof Tensor) return [images, labels];
  const keys = batch instanceof Tensor ? [] : Object.keys(Object(batch));
  throw new ValueError(
    operation,
    `a batch must be { images, labels }, both tensors; this one has ${keys.join(", ") || "neither"}`,
    { keys },
  );
}

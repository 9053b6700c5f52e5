import { formatShape, formatValue, ShapeError, Tensor, tensor, ValueError } from "@convgrad/core";
import { fingerprintOfTensors } from "./fingerprint.ts";

/**
 * Samples that can be fetched by number, in batches. Anything with these two members is one: files read on demand, a
 * database, another data set with some samples left out.
 */
export interface Dataset<B> {
  /** How many samples there are. */
  readonly length: number;
  /** The samples with these numbers, 0 ≤ index < length, in this order, as one batch. */
  batch(indices: Int32Array): B | Promise<B>;
  /** The SHA-256 of all contents in hexadecimal digits: data sets with the same give the same batches. */
  fingerprint?(): Promise<string>;
  /** The class of each sample, where samples have one. */
  readonly labels?: Int32Array;
  /** What the classes are called: `classes[label]`. */
  readonly classes?: readonly string[];
}

/** Tensors by name whose first axis counts samples. */
export type Columns = Readonly<Record<string, Tensor>>;

/**
 * The data set of tensors whose first axes are equally long: sample i is row i of each. A batch has the same names,
 * each a copy of the rows asked for: `[N, …] → [B, …]`.
 *
 * @param columns tensors that outlive the loop; see `keep`
 * @throws {@link ShapeError} when the first axes differ: `tensorDataset: images has 60000 rows, labels 10000; each
 * sample needs a row in both`
 *
 * @example
 * const { images, labels } = await tensorDataset(train).batch(Int32Array.of(3, 1, 4));
 */
export function tensorDataset<C extends Columns>(
  columns: C,
): Dataset<{ readonly [K in keyof C]: Tensor }> {
  return columnsDataset("tensorDataset", columns);
}

/** {@link tensorDataset} for an operation that messages name instead. */
export function columnsDataset<C extends Columns>(
  operation: string,
  columns: C,
): Dataset<{ readonly [K in keyof C]: Tensor }> {
  const length = commonLength(operation, columns);
  return {
    length,
    fingerprint: () => fingerprintOfTensors(columns),
    get labels() {
      return labelsIn(columns);
    },
    batch(indices) {
      const picked = tensor(indices);
      const rows = Object.entries(columns).map(([name, x]) => [name, rowsOf(x, picked)]);
      return Object.fromEntries(rows) as { readonly [K in keyof C]: Tensor };
    },
  };
}

/** A data set itself, or that of tensors by name. */
export function datasetOf<B>(operation: string, source: Dataset<B> | (B & Columns)): Dataset<B> {
  const isDataset = typeof (source as Partial<Dataset<B>> | null | undefined)?.batch === "function";
  return isDataset
    ? (source as Dataset<B>)
    : (columnsDataset(operation, source as B & Columns) as Dataset<B>);
}

/**
 * @throws {@link ValueError} unless the indices are numbers of samples: `subset: index 3 is 60000; the data set has
 * samples 0 to 59999`
 */
export function checkIndices(operation: string, indices: ArrayLike<number>, length: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    if (Number.isSafeInteger(index) && index >= 0 && index < length) continue;
    throw new ValueError(
      operation,
      `index ${i} is ${formatValue(index)}; the data set has samples 0 to ${length - 1}`,
      { at: i, index, length },
    );
  }
}

/** The labels of the samples, where a column with this name holds one for each. */
function labelsIn({ labels }: Columns): Int32Array | undefined {
  const are = labels?.rank === 1 && (labels.dtype === "int32" || labels.dtype === "uint8");
  return are ? Int32Array.from(labels.toTypedArray()) : undefined;
}

/** x[index[i], …] for each i: `[N, …] → [B, …]`. */
function rowsOf(x: Tensor, index: Tensor): Tensor {
  const inner = x.shape.slice(1);
  const shape = [index.size, ...inner];
  return x.gather(0, index.reshape([index.size, ...inner.map(() => 1)]).broadcastTo(shape));
}

function commonLength(operation: string, columns: Columns): number {
  checkByName(operation, columns);
  const entries = Object.entries(columns);
  const [first] = entries;
  if (!first) {
    throw new ValueError(operation, "there are no tensors; pass some: { images, labels }");
  }
  for (const [name, x] of entries) {
    if (!(x instanceof Tensor)) {
      throw new ValueError(operation, `${name} is no tensor; make one with tensor(values)`);
    }
    if (x.rank === 0) {
      throw new ShapeError(operation, `${name} is a scalar; its first axis counts samples`);
    }
    if (x.shape[0] !== first[1].shape[0]) {
      throw new ShapeError(
        operation,
        `${first[0]} has ${first[1].shape[0]} rows, ${name} ${x.shape[0]} ` +
          `(${formatShape(first[1].shape)}, ${formatShape(x.shape)}); each sample needs a row in both`,
        { [first[0]]: first[1].shape, [name]: x.shape },
      );
    }
  }
  return first[1].shape[0]!;
}

function checkByName(operation: string, columns: unknown): void {
  const single = columns instanceof Tensor;
  if (!single && !Array.isArray(columns) && typeof columns === "object" && columns) return;
  throw new ValueError(
    operation,
    `the source is ${single ? "one tensor" : formatValue(columns)}; pass tensors by name: { images, labels }`,
  );
}

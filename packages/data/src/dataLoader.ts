import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkWhole,
  eachInScope,
  noGrad,
  randomPermutation,
  randomState,
  ValueError,
} from "@convgrad/core";
import { type Columns, columnsDataset, type Dataset } from "./dataset.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions<B, O> {
  /** Samples in a batch, 1 or more; default 32. The last batch has what is left. */
  readonly batch?: number;
  /** Whether each epoch takes the samples in another order; default no. */
  readonly shuffle?: boolean;
  /** What the orders follow from, 0 ≤ seed < 2⁵³; default: the seed of `manualSeed`. */
  readonly seed?: number;
  /** Whether a last batch with fewer samples is left out; default no. */
  readonly dropLast?: boolean;
  /** What becomes of each batch before the loop sees it: {@link scalePixels}, say. Not recorded for gradients. */
  readonly transform?: (batch: B) => O | Promise<O>;
}

/** How messages call it. */
const NAME = "DataLoader";
const KNOWN = ["batch", "shuffle", "seed", "dropLast", "transform"] as const;

/** The first random stream of orders, far beyond those that weights are drawn from with the same seed. */
const SHUFFLING = 2 ** 32;

/** So long may training hold up timers, signals (Ctrl-C) and the page's drawing, in ms. */
const LONGEST_HOLD = 50;

/**
 * Batches of a data set. Each `for await` over it is an epoch and each pass of the loop body a scope: what the body
 * computes, and the batch, is released when the next batch is asked for, and on break and throw.
 *
 * The order of epoch k depends on `seed` and k alone, so that a resumed run sees the batches it would have seen.
 *
 * @example
 * const { train } = await mnist();
 * const loader = new DataLoader(train, { batch: 64, shuffle: true, seed: 1, transform: scalePixels });
 * for await (const { images, labels } of loader) {
 *   // images: float32 [64, 1, 28, 28] in [0, 1], labels: int32 [64]
 * }
 */
export class DataLoader<B, O = B> implements AsyncIterable<O> {
  readonly dataset: Dataset<B>;
  /** Batches in an epoch. */
  readonly length: number;
  readonly #batch: number;
  readonly #seed: number | null;
  readonly #transform: ((batch: B) => O | Promise<O>) | undefined;
  #epoch = 0;

  /**
   * @param source a data set, or tensors by name with equally long first axes: see {@link tensorDataset}
   * @throws {@link ValueError} for an unknown option, one out of range, or an empty data set: `DataLoader: batch is 0;
   * it must be a whole number ≥ 1`; {@link ShapeError} for tensors of different lengths.
   */
  constructor(source: Dataset<B> | (B & Columns), options: DataLoaderOptions<B, O> = {}) {
    checkOptions(NAME, options, KNOWN);
    const { batch = 32, shuffle = false, seed = randomState().seed, dropLast = false } = options;
    checkWhole(NAME, "batch", batch, 1);
    checkWhole(NAME, "seed", seed, 0);
    checkBoolean(NAME, "shuffle", shuffle);
    checkBoolean(NAME, "dropLast", dropLast);
    const { transform } = options;
    if (transform !== undefined) checkFunction(NAME, "transform", transform, "(batch) => …");
    this.dataset = isDataset(source) ? source : (columnsDataset(NAME, source) as Dataset<B>);
    const { length } = this.dataset;
    checkWhole(NAME, "the length of the data set", length, 1);
    if (dropLast && length < batch) {
      throw new ValueError(
        NAME,
        `dropLast leaves nothing: ${length} samples, batches of ${batch}; lower the batch`,
        { length, batch },
      );
    }
    this.length = dropLast ? Math.floor(length / batch) : Math.ceil(length / batch);
    this.#batch = batch;
    this.#seed = shuffle ? seed : null;
    this.#transform = transform;
  }

  /** The number of the epoch that the next loop will run, from 0; set it to resume a run. */
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    checkWhole(NAME, "epoch", epoch, 0);
    this.#epoch = epoch;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<O> {
    return eachInScope(this.#batches(this.#epoch++));
  }

  #batches(epoch: number): AsyncIterator<O, undefined> {
    const order = this.#order(epoch);
    let done = 0;
    let held = performance.now();
    return {
      next: async () => {
        if (done === this.length) return { done: true, value: undefined };
        if (performance.now() - held > LONGEST_HOLD) {
          await eventLoop();
          held = performance.now();
        }
        const indices = order.slice(done * this.#batch, ++done * this.#batch);
        return { done: false, value: await this.#make(indices) };
      },
    };
  }

  #order(epoch: number): Int32Array {
    if (this.#seed === null) return Int32Array.from({ length: this.dataset.length }, (_, i) => i);
    const stream = SHUFFLING + epoch;
    return randomPermutation(this.dataset.length, { seed: this.#seed, stream });
  }

  async #make(indices: Int32Array): Promise<O> {
    // In an object, because noGrad takes no promise; what is done after an await has nothing to record.
    const { batch } = noGrad(() => ({ batch: this.dataset.batch(indices) }));
    const samples = await batch;
    const transform = this.#transform;
    if (!transform) return samples as unknown as O; // O is B then
    const { transformed } = noGrad(() => ({ transformed: transform(samples) }));
    return transformed;
  }
}

/** Lets the timers, signals and events that wait have their turn. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

function isDataset<B>(source: Dataset<B> | Columns): source is Dataset<B> {
  return typeof (source as Partial<Dataset<B>> | null | undefined)?.batch === "function";
}

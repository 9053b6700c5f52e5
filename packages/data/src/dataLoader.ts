import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkWhole,
  eachInScope,
  formatValue,
  randomPermutation,
  randomState,
  ValueError,
} from "@convgrad/core";
import { type Columns, type Dataset, datasetOf } from "./dataset.ts";
import { ReadAhead } from "./readAhead.ts";
import type { Transform } from "./transform.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions<B, O> {
  /** Samples in a batch, 1 or more; default 32. The last batch has what is left. */
  readonly batch?: number;
  /** Whether each epoch takes the samples in another order; default no. */
  readonly shuffle?: boolean;
  /** What orders and random transforms follow from, 0 ≤ seed < 2⁵³; default: the seed of `manualSeed`. */
  readonly seed?: number;
  /** Whether a last batch with fewer samples is left out; default no. */
  readonly dropLast?: boolean;
  /**
   * So many batches are read ahead while the loop is busy; a list of transforms works on them in a worker. Default: 2 with
   * a list of transforms or a data set whose batches are promises, else 0. It changes no bit.
   */
  readonly prefetch?: number;
  /**
   * What becomes of each batch before the loop sees it. A function of the batch: {@link scalePixels}, say. Or a list of
   * transforms, one after the other, of its `images`: [N, C, H, W], bytes 0 to 255 or floats in [0, 1], which come out as
   * float32, in [0, 1] before the first transform. What is random follows from seed, epoch, the sample's number and the
   * place in the list alone. Not recorded for gradients.
   */
  readonly transform?: ((batch: B) => O | Promise<O>) | readonly Transform[];
}

/** Where a loader stands: the batch that comes next. */
export interface DataLoaderState {
  readonly epoch: number;
  /** From 0. */
  readonly batch: number;
}

/** What decides the batches of a loader besides its data set. */
export interface DataLoaderSettings {
  readonly batch: number;
  readonly shuffle: boolean;
  readonly seed: number;
  /** A list of transforms as JSON, or the name of a function; `null` where there is none. */
  readonly transform: string | null;
}

/** How messages call it. */
const NAME = "DataLoader";
const KNOWN = ["batch", "shuffle", "seed", "dropLast", "transform", "prefetch"] as const;

/** The first random stream of orders, far beyond those that weights are drawn from with the same seed. */
const SHUFFLING = 2 ** 32;

/** Their numbers are int32. */
const MOST_SAMPLES = 2 ** 31 - 1;

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
 * const transform = [randomAffine({ degrees: 10 }), normalize({ mean: 0.1307, std: 0.3081 })];
 * const loader = new DataLoader(train, { batch: 64, shuffle: true, seed: 1, transform });
 * for await (const { images, labels } of loader) {
 *   // images: float32 [64, 1, 28, 28], labels: int32 [64]
 * }
 */
export class DataLoader<B, O = B> implements AsyncIterable<O> {
  readonly dataset: Dataset<B>;
  /** Batches in an epoch. */
  readonly length: number;
  readonly #batch: number;
  readonly #seed: number;
  readonly #shuffle: boolean;
  readonly #prefetch: number | undefined;
  readonly #transform: DataLoaderOptions<B, O>["transform"];
  /** Of the next loop. */
  #epoch = 0;
  /** Where the next loop begins. */
  #first = 0;
  #state: DataLoaderState = { epoch: 0, batch: 0 };
  /** The loop that moves the state: the last one that began. */
  #loop: object | null = null;

  /**
   * @param source a data set, or tensors by name with equally long first axes: see {@link tensorDataset}
   * @throws {@link ValueError} for an unknown option, one out of range, or an empty data set: `DataLoader: batch is 0;
   * it must be a whole number ≥ 1`; {@link ShapeError} for tensors of different lengths.
   */
  constructor(
    source: Dataset<B> | (B & Columns),
    // Apart, or a generic function such as scalePixels would lose what else is in a batch.
    options?: Omit<DataLoaderOptions<B, O>, "transform"> & {
      readonly transform?: (batch: B) => O | Promise<O>;
    },
  );
  /** As above. @throws as above. */
  constructor(source: Dataset<B> | (B & Columns), options: DataLoaderOptions<B, O>);
  constructor(source: Dataset<B> | (B & Columns), options: DataLoaderOptions<B, O> = {}) {
    checkOptions(NAME, options, KNOWN);
    const { batch = 32, shuffle = false, seed = randomState().seed, dropLast = false } = options;
    const { transform, prefetch } = options;
    checkWhole(NAME, "batch", batch, 1);
    checkWhole(NAME, "seed", seed, 0);
    checkBoolean(NAME, "shuffle", shuffle);
    checkBoolean(NAME, "dropLast", dropLast);
    checkTransform(transform);
    if (prefetch !== undefined) checkWhole(NAME, "prefetch", prefetch, 0);
    this.dataset = datasetOf(NAME, source);
    const { length } = this.dataset;
    checkWhole(NAME, "the length of the data set", length, 1, MOST_SAMPLES);
    if (dropLast && length < batch) {
      throw new ValueError(
        NAME,
        `dropLast leaves nothing: ${length} samples, batches of ${batch}; lower the batch`,
        { length, batch },
      );
    }
    this.length = dropLast ? Math.floor(length / batch) : Math.ceil(length / batch);
    this.#batch = batch;
    this.#seed = seed;
    this.#shuffle = shuffle;
    this.#prefetch = prefetch;
    this.#transform = transform;
  }

  /** What decides its batches, for the records of a run. */
  get settings(): DataLoaderSettings {
    const own = this.#transform;
    const transform = typeof own === "function" ? own.name : own ? JSON.stringify(own) : null;
    return { batch: this.#batch, shuffle: this.#shuffle, seed: this.#seed, transform };
  }

  /** The number of the epoch that the next loop will run, from 0; set it to resume a run at its beginning. */
  get epoch(): number {
    return this.#epoch;
  }
  set epoch(epoch: number) {
    checkWhole(NAME, "epoch", epoch, 0);
    this.#moveTo({ epoch, batch: 0 });
  }

  /**
   * Which batch comes next, for checkpoints: in the body of a loop the one after the present, in its last pass and after
   * it the first of the next epoch. A loop that is left by `break` or a throw ends its epoch: a state to go on from there
   * is taken inside the body. A batch that cannot be read or transformed is still the next one. Of several loops at a time
   * it is the last one's that began.
   */
  stateDict(): DataLoaderState {
    return { ...this.#state };
  }

  /**
   * The next loop begins with this batch and runs the rest of its epoch, with the same batches as if it had never stopped.
   *
   * @throws {@link ValueError} unless epoch and batch are whole numbers and there is such a batch.
   */
  loadStateDict(state: DataLoaderState): void {
    if (typeof state !== "object" || state === null) {
      throw new ValueError(
        NAME,
        `the state is ${formatValue(state)}; pass what stateDict() gave: { epoch, batch }`,
      );
    }
    const { epoch, batch } = state;
    checkWhole(NAME, "epoch of the state", epoch, 0);
    checkWhole(NAME, "batch of the state", batch, 0, this.length - 1);
    this.#moveTo({ epoch, batch });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<O> {
    const state = { epoch: this.#epoch, batch: this.#first };
    this.#moveTo({ epoch: state.epoch + 1, batch: 0 });
    this.#state = state;
    return eachInScope(this.#batches(state));
  }

  /** Where the next loop begins; loops that run have no more say. */
  #moveTo(state: DataLoaderState): void {
    this.#state = state;
    this.#epoch = state.epoch;
    this.#first = state.batch;
    this.#loop = null;
  }

  #batches({ epoch, batch: first }: DataLoaderState): AsyncIterator<O, undefined> {
    const recipe = {
      dataset: this.dataset,
      transform: this.#transform,
      seed: this.#seed,
      prefetch: this.#prefetch,
    };
    const ahead = new ReadAhead(recipe, epoch, this.#indices(epoch, first));
    let next = first;
    let isLeft = false;
    let held = performance.now();
    const moved = (batch: number) => {
      const isOver = batch === this.length;
      if (this.#loop !== ahead) return;
      this.#state = isOver ? { epoch: epoch + 1, batch: 0 } : { epoch, batch };
    };
    this.#loop = ahead;
    return {
      next: async () => {
        if (next === this.length) return { done: true, value: undefined };
        const batch = next++;
        if (performance.now() - held > LONGEST_HOLD) {
          await eventLoop();
          held = performance.now();
        }
        try {
          const value = await ahead.next();
          if (!isLeft) {
            moved(batch + 1);
            return { done: false, value };
          }
        } catch (error) {
          next = this.length;
          if (this.#loop === ahead) this.#moveTo({ epoch, batch });
          throw error;
        }
        ahead.discard(); // what was begun while the loop was being left
        return { done: true, value: undefined };
      },
      return: async () => {
        isLeft = true;
        ahead.discard();
        next = this.length;
        moved(next);
        return { done: true, value: undefined };
      },
    };
  }

  /** The numbers of the samples of each batch, from one batch of the epoch on. */
  *#indices(epoch: number, first: number): Generator<Int32Array, void> {
    const order = this.#order(epoch);
    for (let k = first; k < this.length; k++) {
      yield order.slice(k * this.#batch, (k + 1) * this.#batch);
    }
  }

  #order(epoch: number): Int32Array {
    if (!this.#shuffle) return Int32Array.from({ length: this.dataset.length }, (_, i) => i);
    const stream = SHUFFLING + epoch;
    return randomPermutation(this.dataset.length, { seed: this.#seed, stream });
  }
}

/** Entries of a list are checked where they are made, and when the first batch needs them. */
function checkTransform(transform: unknown): void {
  if (transform === undefined || Array.isArray(transform)) return;
  checkFunction(NAME, "transform", transform, "(batch) => …");
}

/** Lets the timers, signals and events that wait have their turn. */
function eventLoop(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

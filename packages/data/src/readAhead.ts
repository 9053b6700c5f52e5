import { asyncContext, currentScope, noGrad, Scope, type Tensor, tensor } from "@convgrad/core";
import type { Augmented } from "./augment.ts";
import type { Dataset } from "./dataset.ts";
import type { Transform } from "./transform.ts";

/** What makes batches, as the loader was told. */
export interface Recipe<B, O> {
  readonly dataset: Dataset<B>;
  readonly transform: ((batch: B) => O | Promise<O>) | readonly Transform[] | undefined;
  /** What is random about transforms follows from this. */
  readonly seed: number;
  /** Batches that are begun before they are asked for; `undefined`: as many as help. */
  readonly prefetch: number | undefined;
}

/** A batch on its way. */
interface Begun<B> {
  /** Owns the tensors of the batch until the loop does. */
  readonly scope: Scope;
  readonly read: Promise<{ readonly samples: B; readonly augmented: Augmented | null }>;
}

type Augment = (images: Tensor, indices: Int32Array, mayWorkElsewhere: boolean) => Augmented;

const NAME = "DataLoader";
/** Enough for a reader and the worker to be busy while the loop is. */
const AHEAD = 2;

/** Browsers cannot tell which task makes a tensor: there, a data set that awaits is not read while the loop computes. */
const FOLLOWS_TASKS = globalThis.process?.getBuiltinModule?.("node:async_hooks") !== undefined;

/** The batches of an epoch in their order, the next ones begun while the loop is busy with one. */
export class ReadAhead<B, O> {
  readonly #recipe: Recipe<B, O>;
  readonly #epoch: number;
  /** The numbers of the samples of each batch to come. */
  readonly #indices: Iterator<Int32Array>;
  readonly #begun: Begun<B>[] = [];
  #augment: Augment | null = null;
  #isAsync = false;

  constructor(recipe: Recipe<B, O>, epoch: number, indices: Iterator<Int32Array>) {
    this.#recipe = recipe;
    this.#epoch = epoch;
    this.#indices = indices;
  }

  /**
   * The next batch, its tensors owned by the current scope.
   *
   * @throws what the data set or a transform throws.
   */
  async next(): Promise<O> {
    try {
      this.#augment ??= await this.#loadAugment();
      if (this.#begun.length === 0) this.#begin(); // after the first one it is known whether it takes time
      while (this.#begun.length <= this.#prefetch && this.#begin());
      return await this.#finish(this.#begun.shift()!);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Releases what was begun, when nobody will ask for it. */
  discard(): void {
    for (const { scope, read } of this.#begun.splice(0)) {
      const close = () => scope.close();
      if (this.#isAsync) read.then(close, close);
      else close();
    }
  }

  get #prefetch(): number {
    if (this.#isAsync && !FOLLOWS_TASKS) return 0;
    return this.#recipe.prefetch ?? (this.#isAsync || this.#augment ? AHEAD : 0);
  }

  /** Only a program that has transforms in a list needs what they are made of. */
  async #loadAugment(): Promise<Augment | null> {
    const { transform, seed } = this.#recipe;
    if (!Array.isArray(transform)) return null;
    const { augment, checkTransforms } = await import("./augment.ts");
    const list = checkTransforms(NAME, transform);
    return (images, indices, mayWorkElsewhere) =>
      augment(NAME, images, list, { seed, epoch: this.#epoch, indices }, mayWorkElsewhere);
  }

  /** @returns whether there was one more. */
  #begin(): boolean {
    const { value: indices, done } = this.#indices.next();
    if (done) return false;
    const scope = new Scope("a batch read ahead", null);
    const read = this.#read(indices, scope);
    read.catch(() => {}); // it is thrown when the batch is asked for
    this.#begun.push({ scope, read });
    return true;
  }

  async #read(indices: Int32Array, scope: Scope) {
    // In an object, because neither a scope nor noGrad is to wait for it; after an await there is nothing to record.
    const { batch } = asyncContext.run(scope, () =>
      noGrad(() => ({ batch: this.#recipe.dataset.batch(indices) })),
    );
    if (batch instanceof Promise) this.#isAsync = true;
    const samples = await batch;
    if (!this.#augment) return { samples, augmented: null };
    const { images } = Object(samples) as { readonly images: Tensor };
    return { samples, augmented: this.#augment(images, indices, this.#prefetch > 0) };
  }

  async #finish({ scope, read }: Begun<B>): Promise<O> {
    const { transform } = this.#recipe;
    try {
      const { samples, augmented } = await read;
      if (augmented) {
        const pixels = await (augmented.elsewhere ?? augmented.here());
        const images = tensor(pixels, { shape: augmented.shape });
        return { ...samples, images } as unknown as O;
      }
      if (typeof transform !== "function") return samples as unknown as O; // O is B then
      const { transformed } = noGrad(() => ({ transformed: transform(samples) }));
      return await transformed;
    } finally {
      currentScope()?.absorb(scope);
      scope.close();
    }
  }
}

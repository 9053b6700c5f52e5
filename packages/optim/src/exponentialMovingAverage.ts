import {
  axpby,
  checkBoolean,
  checkOptions,
  checkWhole,
  DTypeError,
  formatShape,
  formatValue,
  GraphError,
  keep,
  noGrad,
  requireTensor,
  ShapeError,
  sameShape,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { BELOW_ONE, checkNumber } from "./settings.ts";

/** How {@link ExponentialMovingAverage} forgets. */
export interface AverageOptions {
  /** d, from 0 to 1, less than 1: how much of the past the average keeps; default 0.999. */
  readonly decay?: number;
  /** Forget faster at first, min(d, (1 + k) / (10 + k)) at update k, so that the start counts little; default false. */
  readonly warmUp?: boolean;
}

/** What `stateDict()` of {@link ExponentialMovingAverage} holds. */
export interface AverageState {
  /** Updates so far. */
  readonly updates: number;
  /** In the order of the tensors. */
  readonly averages: readonly Tensor[];
}

/**
 * A running average of weights, which often generalises better than the last of them:  a ← d·a + (1 − d)·w
 *
 * It starts from the present weights. Integers (counts in a module's state) are not averaged but copied.
 * Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992; the warm-up is that of
 * TensorFlow, `tf.train.ExponentialMovingAverage`.
 *
 * @example
 * const average = new ExponentialMovingAverage(model.stateDict(), { decay: 0.99 });
 * optimizer.step();
 * average.update(); // after each step
 * const { accuracy } = await average.withAverages(() => evaluate(model, test));
 */
export class ExponentialMovingAverage {
  readonly #sources: readonly Tensor[];
  readonly #averages: readonly Tensor[];
  readonly #decay: number;
  readonly #warmUp: boolean;
  #updates = 0;
  /** Whether the averages stand in the place of the weights. */
  #isSwapped = false;

  /**
   * @param tensors parameters, or a module's `stateDict()`, whose buffers follow along
   * @throws {@link ValueError} for no tensors, or settings out of range.
   */
  constructor(
    tensors: Iterable<Tensor> | Readonly<Record<string, Tensor>>,
    options: AverageOptions = {},
  ) {
    checkOptions(NAME, options, ["decay", "warmUp"]);
    const { decay = 0.999, warmUp = false } = options;
    checkNumber(NAME, "decay", decay, BELOW_ONE);
    checkBoolean(NAME, "warmUp", warmUp);
    const list = Object(tensors);
    this.#sources = [...(Symbol.iterator in list ? list : Object.values(list))];
    for (const x of this.#sources) requireTensor(NAME, "parameter", x);
    if (this.#sources.length === 0) {
      throw new ValueError(NAME, "there is nothing to average; pass model.parameters()");
    }
    this.#averages = keep(copiesOf(this.#sources));
    this.#decay = decay;
    this.#warmUp = warmUp;
  }

  /** Updates so far. */
  get updates(): number {
    return this.#updates;
  }

  /** Takes the present weights into the averages; no memory is taken. */
  update(): void {
    this.#refuseSwapped("update");
    const k = this.#updates;
    const decay = this.#warmUp ? Math.min(this.#decay, (1 + k) / (10 + k)) : this.#decay;
    this.#averages.forEach((average, i) => {
      const source = this.#sources[i]!.detach();
      if (average.dtype.startsWith("float")) axpby(1 - decay, source, decay, average);
      else average.assign(source);
    });
    this.#updates++;
  }

  /** Overwrites the weights with the averages. */
  copyTo(): void {
    this.#refuseSwapped("copyTo");
    assignAll(this.#sources, this.#averages);
  }

  /**
   * Runs `fn` with the averages in the place of the weights, and puts the weights back: on a throw too, and after the
   * promise of an async `fn` has settled. What `fn` computes is released, save what it returns.
   *
   * @returns what `fn` returns
   * @throws {@link ValueError} unless `fn` is a function; {@link GraphError} while another such run is under way; {@link MemoryError} before anything has changed.
   */
  withAverages<T>(fn: () => T): T {
    if (typeof fn !== "function") {
      throw new ValueError(
        `${NAME}.withAverages`,
        `${formatValue(fn)} is no function; pass what to run, as () => evaluate(model, test)`,
      );
    }
    this.#refuseSwapped("withAverages");
    return scope(() => {
      const weights = copiesOf(this.#sources);
      const restore = () => {
        assignAll(this.#sources, weights);
        this.#isSwapped = false;
      };
      assignAll(this.#sources, this.#averages);
      this.#isSwapped = true;
      let result: T;
      try {
        result = fn();
      } catch (error) {
        restore();
        throw error;
      }
      if (result instanceof Promise) return result.finally(restore) as T;
      restore();
      return result;
    });
  }

  #refuseSwapped(operation: string): void {
    if (!this.#isSwapped) return;
    throw new GraphError(
      `${NAME}.${operation}`,
      "the averages stand in the place of the weights; wait until withAverages has returned or its promise has settled",
    );
  }

  /** The averages and the count; tensors are copies that go with the scope they are made in, unless `keep()` holds them. */
  stateDict(): AverageState {
    return { updates: this.#updates, averages: copiesOf(this.#averages) };
  }

  /**
   * Continues from a saved state.
   *
   * @throws {@link ValueError}, {@link ShapeError} or {@link DTypeError} where it is of other tensors, {@link GraphError}
   * for a released one;
   * nothing has changed then.
   */
  loadStateDict(state: AverageState): void {
    const operation = `${NAME}.loadStateDict`;
    const { updates, averages }: AverageState = Object(state);
    checkWhole(operation, "updates", updates, 0);
    if (!Array.isArray(averages) || averages.length !== this.#averages.length) {
      throw new ValueError(
        operation,
        `the state has ${formatValue(averages?.length)} averages for ${this.#averages.length} tensors`,
      );
    }
    averages.forEach((average: Tensor, i) => {
      requireTensor(operation, `average ${i}`, average);
      const [expected, actual] = [this.#averages[i]!.shape, average.shape];
      if (average.storage.released) {
        throw new GraphError(operation, `average ${i} was released with its scope; keep() it`);
      }
      if (!sameShape(expected, actual)) {
        throw new ShapeError(
          operation,
          `average ${i} is ${formatShape(actual)}, the tensor ${formatShape(expected)}`,
          { expected, actual },
        );
      }
      const { dtype } = this.#averages[i]!;
      if (average.dtype !== dtype) {
        throw new DTypeError(
          operation,
          `average ${i} is ${average.dtype}, the tensor ${dtype}; convert it with .to("${dtype}")`,
          { expected: dtype, actual: average.dtype },
        );
      }
    });
    assignAll(this.#averages, averages);
    this.#updates = updates;
  }
}

const NAME = "ExponentialMovingAverage";

/** Copies; where one fails, none is left behind. */
function copiesOf(tensors: readonly Tensor[]): Tensor[] {
  return scope(() => tensors.map((x) => x.detach().clone()));
}

function assignAll(to: readonly Tensor[], from: readonly Tensor[]): void {
  noGrad(() => {
    to.forEach((x, i) => {
      x.assign(from[i]!.detach());
    });
  });
}

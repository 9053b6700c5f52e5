import { type CreateOptions, create } from "./create.ts";
import { isFloat } from "./dtype.ts";
import { checkWhole, DTypeError } from "./errors.ts";
import type { RandomState } from "./kernels.ts";
import { randomBlock } from "./philox.ts";
import { reference } from "./reference/index.ts";
import type { Known } from "./shape.rule.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

let state: RandomState = { seed: 0, stream: 0 };

function nextStream(): RandomState {
  const now = state;
  state = { seed: now.seed, stream: now.stream + 1 };
  return now;
}

/**
 * Restarts the random sequence that `rand`, `randn` and the initialisers draw from. The seed is 0 when a program starts.
 *
 * @param seed a whole number, 0 ≤ seed < 2⁵³
 * @throws {@link ValueError} for any other number.
 */
export function manualSeed(seed: number): void {
  checkWhole("manualSeed", "seed", seed, 0);
  state = { seed, stream: 0 };
}

/** Where the random sequence stands, for checkpoints. */
export function randomState(): RandomState {
  return state;
}

/**
 * Puts the random sequence back to where `randomState` found it.
 *
 * @throws {@link ValueError} unless seed and stream are whole numbers ≥ 0; the sequence stays where it is then.
 */
export function setRandomState(to: RandomState): void {
  checkWhole("setRandomState", "stream", to.stream, 0);
  checkWhole("setRandomState", "seed", to.seed, 0);
  state = { seed: to.seed, stream: to.stream };
}

function draw(distribution: "uniform" | "normal", shape: Shape, options: CreateOptions): Tensor {
  const name = distribution === "uniform" ? "rand" : "randn";
  if (!isFloat(options?.dtype ?? "float32")) {
    throw new DTypeError(name, `draws float32 or float64, not ${String(options.dtype)}`);
  }
  return create(name, shape, options, (kernels, out) => {
    kernels.random(distribution, nextStream(), out);
  });
}

/**
 * Independent draws, uniform in [0, 1), from the Philox sequence of `manualSeed`.
 *
 * @param shape any; `[]` makes a scalar
 * @throws {@link ShapeError} for a shape that is none; {@link DTypeError} for integers.
 */
export function rand<const S extends Shape>(
  shape: S,
  options: CreateOptions = {},
): Tensor<Known<S>> {
  return draw("uniform", shape, options);
}

/**
 * Independent draws from the standard normal distribution. The reference backend uses the engine's logarithm and cosine,
 * whose last bits may differ between JavaScript engines; uniform draws never do.
 *
 * @param shape any; `[]` makes a scalar
 * @throws {@link ShapeError} for a shape that is none; {@link DTypeError} for integers.
 */
export function randn<const S extends Shape>(
  shape: S,
  options: CreateOptions = {},
): Tensor<Known<S>> {
  return draw("normal", shape, options);
}

/** What a tensor of int32 can have in 4 GiB. */
const MOST_PERMUTED = 2 ** 30;

/**
 * The numbers 0 … n − 1 in a random order that depends on the state alone (Fisher–Yates on the Philox sequence).
 * Without a state it takes the next part of the global sequence.
 *
 * @throws {@link ValueError} unless n is a whole number from 0 to 2³⁰; {@link MemoryError} when there is no room.
 */
export function randomPermutation(n: number, at: RandomState = nextStream()): Int32Array {
  checkWhole("randomPermutation", "n", n, 0, MOST_PERMUTED);
  const order = reference.allocate("int32", n) as Int32Array;
  for (let i = 0; i < n; i++) order[i] = i;
  const words = new Uint32Array(4);
  for (let i = n - 1, drawn = 0; i > 0; i--, drawn++) {
    if (drawn % 4 === 0) randomBlock(at.seed, at.stream, drawn / 4, words);
    // A 32-bit word times (i + 1), high part: uniform up to a bias of (i + 1)/2³².
    const j = Math.floor((words[drawn % 4]! * (i + 1)) / 2 ** 32);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

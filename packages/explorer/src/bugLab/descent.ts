import { gradients, manualSeed, randn, scope, type Tensor, tensor } from "@convgrad/core";
import { conv2d, mse } from "@convgrad/layers";
import { equation2, type ForwardName, forwards, type Slide } from "./forwards.ts";

/** How the error is reduced. */
export type Reduction = "halfSum" | "mean" | "sum";

/** What is learned: a filter that makes the target of an image. */
export interface Problem extends Slide {
  /** The side of the image. */
  readonly side: number;
  /** The side of the filter. */
  readonly k: number;
  readonly image: readonly number[];
  /** The filter to begin with. */
  readonly filter: readonly number[];
  readonly target: readonly number[];
  readonly lr: number;
  readonly reduction: Reduction;
}

/** The settings of a problem; without numbers of their own they are drawn by the seed. */
export interface Settings extends Slide {
  readonly side: number;
  readonly k: number;
  readonly seed: number;
  readonly lr: number;
  readonly reduction: Reduction;
  readonly image: readonly number[] | null;
  readonly filter: readonly number[] | null;
  readonly target: readonly number[] | null;
}

/** Numbers as a tensor [1, 1, n, n] in float64. */
export function square(values: readonly number[]): Tensor {
  const n = Math.sqrt(values.length);
  return tensor([...values], { shape: [1, 1, n, n], dtype: "float64" });
}

/** n·n normal numbers with one decimal. */
function draw(n: number): number[] {
  const values = randn([n * n], { dtype: "float64" }).toTypedArray();
  return Array.from(values, (v) => Math.round(10 * Number(v)) / 10 + 0);
}

/**
 * The image, the filter to begin with, and the target, which is what another filter makes of the image.
 *
 * @throws ShapeError of `conv2d` for a filter that does not fit the padded image.
 */
export function problemOf(settings: Settings): Problem {
  const { side, k, stride, padding, seed, lr, reduction } = settings;
  return scope(() => {
    manualSeed(seed);
    const drawn = { image: draw(side), filter: draw(k), wish: draw(k) };
    const own = (values: readonly number[] | null, n: number) =>
      values?.length === n * n ? values : null;
    const image = own(settings.image, side) ?? drawn.image;
    const made = conv2d(square(image), square(drawn.wish), null, { stride, padding });
    const target = own(settings.target, made.shape[2]!) ?? Array.from(made.toTypedArray(), Number);
    const filter = own(settings.filter, k) ?? drawn.filter;
    return { side, k, stride, padding, image, filter, target, lr, reduction };
  });
}

/** One step of a descent, in numbers: y and δ [n, n], the gradient by eq. (2) and the filter after it [k, k]. */
export interface Step {
  readonly error: number;
  readonly output: readonly number[];
  readonly delta: readonly number[];
  readonly gradient: readonly number[];
  readonly after: readonly number[];
}

/** y, E, δ = ∂E/∂y, ∂E/∂w by eq. (2) and w − lr·∂E/∂w, for a filter. */
export function stepAt(problem: Problem, name: ForwardName, filter: readonly number[]): Step {
  return scope(() => {
    const [x, w, t] = [square(problem.image), square(filter), square(problem.target)];
    const slide: Slide = { stride: problem.stride, padding: problem.padding };
    const y = forwards[name](x, w, slide).detach();
    y.requiresGrad = true;
    const error = mse(y, t, { reduction: problem.reduction });
    const delta = gradients(error, [y])[0]!;
    const gradient = equation2(x, w, delta, slide);
    const list = (numbers: Tensor) => Array.from(numbers.toTypedArray(), Number);
    return {
      error: error.item(),
      output: list(y),
      delta: list(delta),
      gradient: list(gradient),
      after: list(w.sub(gradient.mul(problem.lr))),
    };
  });
}

/** Gradient descent w ← w − lr·∂E/∂w through a forward pass, with the gradient of eq. (2). */
export class Descent {
  /** E before each step. */
  readonly errors: number[] = [];
  /** The filter before each step. */
  readonly filters: (readonly number[])[];
  readonly problem: Problem;
  readonly forward: ForwardName;

  constructor(problem: Problem, forward: ForwardName) {
    this.problem = problem;
    this.forward = forward;
    this.filters = [problem.filter];
  }

  /** Goes on until the error of that step is known, for at most so many milliseconds; whether it is. */
  reach(step: number, milliseconds: number = Number.POSITIVE_INFINITY): boolean {
    const end = performance.now() + milliseconds;
    while (this.errors.length <= step && performance.now() < end) {
      const { error, after } = stepAt(this.problem, this.forward, this.filters.at(-1)!);
      this.errors.push(error);
      this.filters.push(after);
    }
    return this.errors.length > step;
  }
}

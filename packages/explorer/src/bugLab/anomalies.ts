import { detectAnomaly, scope, type Tensor } from "@convgrad/core";
import type { Place } from "../matrix/plane.ts";
import { type Problem, square, stepAt } from "./descent.ts";
import { type ForwardName, forwards, outputSide, unchecked, windowSums } from "./forwards.ts";

/** What `run` throws, by its class and sentence, without the places in the program; `null` when it does not. */
function refusal(run: () => unknown): string | null {
  try {
    scope(() => void run());
    return null;
  } catch (error) {
    const { name, message } = error as Error;
    return `${name}: ${message.replace(/; (at |in the backward pass)[\s\S]*/, "")}`;
  }
}

/** The class and sentence with which a forward pass refuses a problem; `null` when it does not. */
export function refusalOf(problem: Problem, name: ForwardName): string | null {
  return refusal(() => forwards[name](square(problem.image), square(problem.filter), problem));
}

/** What `detectAnomaly` says of a step from a filter: the first operation that makes infinities or NaN. */
export function anomalyOf(
  problem: Problem,
  name: ForwardName,
  filter: readonly number[],
): string | null {
  return refusal(() => detectAnomaly(() => stepAt(problem, name, filter)));
}

/** What plain arrays of JavaScript do where the mistaken index leaves the filter. */
export interface PastFilter {
  /** The side of the output. */
  readonly n: number;
  /** y [n, n], as far as the program comes, and NaN beyond. */
  readonly output: readonly number[];
  /** The first cell that becomes NaN, as its column of the filter is undefined. */
  readonly firstNaN: Place | null;
  /** The cell at which the program ends, as its row of the filter is undefined. */
  readonly ends: Place | null;
  /** What `detectAnomaly` says of NaN in the filter's place. */
  readonly anomaly: string | null;
}

/**
 * The mistaken forward without any check. The question's program looks at the filter only for pixels that are inside the
 * image and truthy, so a window of padding and zeros adds nothing, wherever its index leads.
 */
export function pastFilter(problem: Problem): PastFilter {
  const n = outputSide(problem.side, problem.k, problem);
  const run = (image: readonly number[]) =>
    unchecked(square(image), square(problem.filter), problem);
  const listed = (y: Tensor) => Array.from(y.toTypedArray(), Number);
  const [sums, read] = scope(() => {
    const seen = problem.image.map((pixel) => (pixel ? 1 : 0));
    return [
      listed(run(problem.image.map((pixel) => pixel || 0))),
      listed(windowSums(square(seen), square(problem.filter), problem)),
    ];
  });
  const places = sums.map((_, at): Place => [Math.floor(at / n), at % n]);
  const first = (is: (place: Place) => boolean) =>
    places.find((place, at) => read[at]! > 0 && is(place)) ?? null;
  const ends = first(([u]) => u >= problem.k);
  const end = ends ? ends[0] * n + ends[1] : n * n;
  return {
    n,
    output: sums.map((sum, at) => (at >= end ? Number.NaN : read[at]! > 0 ? sum : 0)),
    firstNaN: first(([u, v]) => u < problem.k && v >= problem.k),
    ends,
    anomaly: refusal(() => detectAnomaly(() => run(problem.image))),
  };
}

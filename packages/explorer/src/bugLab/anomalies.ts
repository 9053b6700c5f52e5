import { detectAnomaly, scope } from "@convgrad/core";
import { type Problem, square, stepAt } from "./descent.ts";
import { type ForwardName, forwards, outputSide, unchecked } from "./forwards.ts";

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
  /** y [n, n]: NaN right of the filter's last column. Rows below its last row are never reached. */
  readonly output: readonly number[];
  /** What `detectAnomaly` says of those sums. */
  readonly anomaly: string | null;
}

/** The mistaken forward without any check, as far as it comes. */
export function pastFilter(problem: Problem): PastFilter {
  const run = () => unchecked(square(problem.image), square(problem.filter), problem);
  return {
    n: outputSide(problem.side, problem.k, problem),
    output: scope(() => Array.from(run().toTypedArray(), Number)),
    anomaly: refusal(() => detectAnomaly(run)),
  };
}

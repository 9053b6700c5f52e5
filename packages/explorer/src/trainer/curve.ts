import type { StepNumbers } from "./protocol.ts";

/** Numbers of a training over its steps, thinned as it grows: never more than {@link MOST} points. */
export interface Curve {
  /** Steps in one point. */
  readonly every: number;
  /** The last step of each point, and the means over its steps. */
  readonly steps: readonly number[];
  readonly loss: readonly number[];
  readonly accuracy: readonly number[];
  /** Exponential means over the last ~20 steps. */
  readonly smoothLoss: readonly number[];
  readonly smoothAccuracy: readonly number[];
  /** Steps in the last point so far. */
  readonly filled: number;
}

/** Points of a curve; beyond it two become one. */
export const MOST = 1_000;
const MEMORY = 0.95;

/** A curve of no steps. */
export const EMPTY_CURVE: Curve = {
  every: 1,
  steps: [],
  loss: [],
  accuracy: [],
  smoothLoss: [],
  smoothAccuracy: [],
  filled: 0,
};

/** The curve with more steps. Where the steps begin anew, so does the curve. */
export function extendCurve(curve: Curve, more: readonly StepNumbers[]): Curve {
  const grown = {
    every: curve.every,
    steps: [...curve.steps],
    loss: [...curve.loss],
    accuracy: [...curve.accuracy],
    smoothLoss: [...curve.smoothLoss],
    smoothAccuracy: [...curve.smoothAccuracy],
    filled: curve.filled,
  };
  for (const numbers of more) {
    if (numbers.step <= (grown.steps.at(-1) ?? 0)) return extendCurve(EMPTY_CURVE, more);
    put(grown, numbers);
    if (grown.steps.length > MOST) halve(grown);
  }
  return grown;
}

type Growing = { -readonly [K in keyof Curve]: Curve[K] extends number ? number : number[] };

function put(curve: Growing, { step, loss, accuracy }: StepNumbers): void {
  const full = curve.filled === 0 || curve.filled === curve.every;
  const at = full ? curve.steps.length : curve.steps.length - 1;
  const n = full ? 1 : curve.filled + 1;
  const share = 1 / n;
  curve.filled = n;
  curve.smoothLoss[at] = smooth(curve.smoothLoss.at(-1), loss);
  curve.smoothAccuracy[at] = smooth(curve.smoothAccuracy.at(-1), accuracy);
  curve.steps[at] = step;
  curve.loss[at] = n === 1 ? loss : curve.loss[at]! * (1 - share) + loss * share;
  curve.accuracy[at] = n === 1 ? accuracy : curve.accuracy[at]! * (1 - share) + accuracy * share;
}

const smooth = (before: number | undefined, now: number) =>
  before === undefined ? now : before * MEMORY + now * (1 - MEMORY);

/** Two points become one; an odd last one is a point half filled. */
function halve(curve: Growing): void {
  const last = curve.steps.length;
  const alone = last % 2 === 1;
  const mean = (values: number[]) => pairs(values, (a, b) => (b === undefined ? a : (a + b) / 2));
  const later = (values: number[]) => pairs(values, (a, b) => b ?? a);
  curve.steps = later(curve.steps);
  curve.loss = mean(curve.loss);
  curve.accuracy = mean(curve.accuracy);
  curve.smoothLoss = later(curve.smoothLoss);
  curve.smoothAccuracy = later(curve.smoothAccuracy);
  curve.filled = alone ? curve.filled : curve.every + curve.filled;
  curve.every *= 2;
}

function pairs(values: number[], join: (a: number, b: number | undefined) => number): number[] {
  const count = Math.ceil(values.length / 2);
  return Array.from({ length: count }, (_, i) => join(values[2 * i]!, values[2 * i + 1]));
}

import { both, choice, flag, numbers, type StateOf, whole } from "../address/fields.ts";
import { wholeNumbers } from "../matrix/leaf.ts";
import type { Plane } from "../matrix/plane.ts";
import { pinned } from "../matrix/usePointed.ts";
import { KINDS, type PoolInput } from "./pool.ts";

/** The parts of the view and what they are called. */
export const PARTS = [
  ["pool", "Where δ goes"],
  ["swap", "Pool and ReLU swapped"],
  ["shift", "Shift the input"],
] as const;

/** The activations of the swap. */
export const SLOPES = ["relu", "tanh", "sigmoid"] as const;

/** How far the picture can be shifted. */
export const FARTHEST = 3;

/** The view's state. */
export const FIELDS = {
  part: choice(
    "pool",
    PARTS.map(([id]) => id),
  ),
  kind: choice("max", KINDS),
  rows: whole(6, 1, 10),
  columns: whole(6, 1, 10),
  kernel: both([3, 3], 1, 10),
  stride: both([2, 2], 1, 10),
  padding: both([1, 1], 0, 5),
  dilation: both([1, 1], 1, 5),
  ceil: flag(false),
  countPadding: flag(true),
  /** Edited numbers; `null`: drawn from the seed. */
  x: numbers(100),
  delta: numbers(400),
  seed: whole(1, 0, 9999),
  pin: pinned(["x", "y"]),
  f: choice("relu", SLOPES),
  right: whole(0, 0, FARTHEST),
  down: whole(0, 0, FARTHEST),
  filter: numbers(9),
};

/** The view's state. */
export type State = StateOf<typeof FIELDS>;

/** A change of it. */
export type Change = (part: Partial<State>) => void;

/** The pooling that a state describes; numbers that do not fit its sizes are drawn anew. */
export function poolOf(state: State): PoolInput {
  const { kind, rows, columns, kernel, stride, padding, dilation, ceil, countPadding } = state;
  const { x, delta, seed } = state;
  return {
    kind,
    x: plane(x, rows, columns, seed * 2),
    options: { kernel, stride, padding, dilation, ceil, countPadding },
    delta: (r, c) => plane(delta, r, c, seed * 2 + 1),
  };
}

/** The filter of the shift: given, or one that finds vertical edges. */
export function filterOf({ filter }: State): Plane {
  const values = filter?.length === 9 ? filter : [1, 0, -1, 2, 0, -2, 1, 0, -1];
  return { rows: 3, columns: 3, values };
}

function plane(
  given: readonly number[] | null,
  rows: number,
  columns: number,
  seed: number,
): Plane {
  const values = given?.length === rows * columns ? given : wholeNumbers(seed, rows * columns);
  return { rows, columns, values };
}

import { choice, numbers, real, type StateOf, whole } from "../address/fields.ts";
import { ACTIVATIONS, type LayerInput } from "../article/layer.ts";
import { wholeNumbers } from "../matrix/leaf.ts";
import type { Plane } from "../matrix/plane.ts";
import { pinned } from "../matrix/usePointed.ts";

/** The parts of the view and what they are called. */
export const PARTS = [
  ["products", "⊗ and ∗"],
  ["weights", "∂E/∂w"],
  ["input", "∂E/∂x"],
  ["cases", "Four cases"],
  ["erratum", "Erratum"],
  ["chain", "Three layers"],
  ["twins", "Twin training"],
] as const;

/** A part of the view. */
export type Part = (typeof PARTS)[number][0];

/** Steps of the twin training. */
export const STEPS = 200;

/** The view's state. */
export const FIELDS = {
  part: choice<Part>(
    "products",
    PARTS.map(([id]) => id),
  ),
  rows: whole(5, 1, 8),
  columns: whole(5, 1, 8),
  k1: whole(3, 1, 5),
  k2: whole(3, 1, 5),
  f: choice("relu", ACTIVATIONS),
  bias: real(0, -1e6, 1e6),
  /** Edited numbers; `null`: drawn from the seed. */
  x: numbers(64),
  w: numbers(25),
  target: numbers(64),
  seed: whole(1, 0, 9999),
  pin: pinned(["y", "w", "x", "m0", "m1", "m2", "m3"]),
  lr: real(0.05, 0, 10),
  /** How far the twins are trained. */
  steps: whole(0, 0, STEPS),
};

/** The view's state. */
export type State = StateOf<typeof FIELDS>;

/** A change of it. */
export type Change = (part: Partial<State>) => void;

/** The layer that a state describes; numbers that do not fit its sizes are drawn anew. */
export function layerOf(state: State): LayerInput {
  const { rows, columns, k1, k2, f, bias, seed } = state;
  const fill = (given: readonly number[] | null, r: number, c: number, salt: number): Plane => {
    const size = Math.max(r, 0) * Math.max(c, 0);
    const values = given?.length === size ? given : wholeNumbers(seed * 3 + salt, size);
    return { rows: r, columns: c, values };
  };
  return {
    x: fill(state.x, rows, columns, 0),
    f,
    w: fill(state.w, k1, k2, 1),
    bias,
    target: fill(state.target, rows - k1 + 1, columns - k2 + 1, 2),
  };
}

/** The state that a layer is. */
export function stateOf({ x, f, w, bias, target }: LayerInput): Partial<State> {
  return {
    rows: x.rows,
    columns: x.columns,
    k1: w.rows,
    k2: w.columns,
    f,
    bias,
    x: Array.from(x.values),
    w: Array.from(w.values),
    target: Array.from(target.values),
  };
}

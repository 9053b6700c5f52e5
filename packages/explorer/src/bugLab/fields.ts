import { both, choice, numbers, real, type StateOf, whole } from "../address/fields.ts";
import { pinned } from "../matrix/usePointed.ts";

/** What can be unfolded below the forward passes, and what it is called. */
export const MORE = [
  ["surface", "The loss surface"],
  ["loss", "The error and its gradient"],
  ["update", "From gradient to new weight"],
  ["erratum", "The article's erratum"],
] as const;

/** What the bug lab's address holds. */
export const FIELDS = {
  lab: choice("asked", ["asked", "answered", "mended"]),
  side: whole(5, 3, 8),
  k: whole(3, 1, 5),
  stride: whole(1, 1, 3),
  padding: whole(0, 0, 2),
  lr: real(0.01, 0, 10),
  seed: whole(367, 0, 999_999),
  /** Where the training ends, and where it stands. */
  steps: whole(300, 1, 3000),
  step: whole(60, 0, 3000),
  /** Steps in a second. */
  speed: choice("30", ["5", "30", "300"]),
  reduction: choice("halfSum", ["halfSum", "mean", "sum"]),
  image: numbers(64),
  filter: numbers(25),
  target: numbers(144),
  /** The output cell that is pinned. */
  pin: pinned(["y"]),
  /** The two weights of the loss surface, by their places in the filter, row by row. */
  axes: both([0, 1], 0, 24),
  more: choice(
    "surface",
    MORE.map(([id]) => id),
  ),
} as const;

/** The state of the bug lab. */
export type BugLabState = StateOf<typeof FIELDS>;

/** The three labs. */
export type LabName = BugLabState["lab"];

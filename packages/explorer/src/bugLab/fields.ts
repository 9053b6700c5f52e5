import { choice, type Field, numbers, real, type StateOf, whole } from "../address/fields.ts";
import type { Place } from "../matrix/plane.ts";

/** Two whole numbers from 0, as "1,2"; empty for none. */
function pair(initial: Place | null): Field<Place | null> {
  return {
    initial,
    write: (place) => (place ? `${place}` : ""),
    read: (text) => {
      const found = /^(\d{1,3}),(\d{1,3})$/.exec(text);
      if (found) return [Number(found[1]), Number(found[2])];
      return text === "" ? null : undefined;
    },
  };
}

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
  pin: pair(null),
  /** The two weights of the loss surface, by their places in the filter, row by row. */
  axes: pair([0, 1]),
} as const;

/** The state of the bug lab. */
export type BugLabState = StateOf<typeof FIELDS>;

/** The three labs. */
export type LabName = BugLabState["lab"];

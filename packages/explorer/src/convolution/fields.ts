import {
  both,
  choice,
  type Field,
  flag,
  numbers,
  real,
  type StateOf,
  whole,
  wholes,
  words,
} from "../address/fields.ts";

/** Cells around an image: top, bottom, left, right; or a rule. */
export type Around =
  | readonly [top: number, bottom: number, left: number, right: number]
  | "same"
  | "valid";
/** What the view walks through. */
export type Mode = "forward" | "weights" | "input";

/** The most cells along a side that are drawn with their numbers; larger images become pictures. */
export const MOST_CELLS = 12;
/** The most cells along a side. */
export const MOST_SIDE = 32;
/** The most cells of padding on a side. */
export const MOST_PADDING = 5;

/** `"1"` on all sides, `"1,2"` on both sides of an axis, `"1,0,2,1"` top, bottom, left, right, `"same"`, `"valid"`. */
const around: Field<Around> = {
  initial: [1, 1, 1, 1],
  write: (sides) => {
    if (typeof sides === "string") return sides;
    const [top, bottom, left, right] = sides;
    if (top !== bottom || left !== right) return sides.join(",");
    return top === left ? `${top}` : `${top},${left}`;
  },
  read: (text) => {
    if (text === "same" || text === "valid") return text;
    const sides = wholes(text, 0, MOST_PADDING) ?? [];
    const [a, b, c, d] = sides as [number, number, number, number];
    if (sides.length === 1) return [a, a, a, a];
    if (sides.length === 2) return [a, a, b, b];
    return sides.length === 4 ? [a, b, c, d] : undefined;
  },
};

const MOST_NUMBERS = 4 * MOST_SIDE * MOST_SIDE;

/** The state of the view, as its address holds it. */
export const FIELDS = {
  mode: choice<Mode>("forward", ["forward", "weights", "input"]),
  size: both([5, 5], 1, MOST_SIDE),
  channels: whole(1, 1, 4),
  filters: whole(1, 1, 8),
  kernel: both([3, 3], 1, 5),
  stride: both([2, 2], 1, 4),
  padding: around,
  dilation: both([1, 1], 1, 3),
  groups: whole(1, 1, 8),
  flip: flag(false),
  kind: choice<"whole" | "decimal">("whole", ["whole", "decimal"]),
  seed: whole(1, 0, 9999),
  /** Numbers that were edited; those of the seed where there are none. */
  x: numbers(MOST_NUMBERS),
  w: numbers(MOST_NUMBERS),
  b: numbers(MOST_NUMBERS),
  t: numbers(MOST_NUMBERS),
  delta: numbers(8 * MOST_NUMBERS),
  /** The element that is pinned: `"w,0,0,1,2"`. */
  at: words("", 40),
  lr: real(0.01, 0, 1000),
  /** How many lines of the derivation are shown. */
  line: whole(4, 1, 4),
  loops: flag(false),
} satisfies Record<string, Field<unknown>>;

export type State = StateOf<typeof FIELDS>;

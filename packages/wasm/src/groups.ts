import type { Letters, View, Window } from "@convgrad/core";
import {
  type Convolution,
  filterConvolution,
  forwardConvolution,
  imageConvolution,
} from "./convolution.ts";
import type { Engine } from "./engine.ts";
import { without } from "./letters.ts";

/** A convolution in groups: that of the first, how many there are, and the strides from group to group. */
export interface GroupedConvolution {
  readonly conv: Convolution;
  readonly groups: number;
  readonly steps: Readonly<Record<"x" | "filters" | "y", number>>;
}

/** Which operand, or the output, is which tensor. */
export type Place = "a" | "b" | "out";

/** A convolution found in a contraction, and which tensor is where. */
export interface Found extends GroupedConvolution {
  readonly x: Place;
  readonly filters: Place;
  readonly y: Place;
}

type Views = Readonly<Record<Place, View>>;

/** The letters that both operands and the output share: groups. */
const sharedLetters = ({ a, b, out }: Letters) =>
  Array.from(out).filter((letter) => a.includes(letter) && b.includes(letter));

/**
 * The convolution behind a contraction whose operands share at most one letter with the output, or `null`. `recognise`
 * sees the contraction without that letter.
 */
function found(
  views: Views,
  letters: Letters,
  places: readonly [x: Place, filters: Place, y: Place],
  recognise: (views: Views, letters: Letters) => Convolution | null,
): Found | null {
  const group = sharedLetters(letters);
  if (group.length > 1) return null;
  const letter = group[0] ?? "";
  const reduced = (place: Place) =>
    letter === "" ? views[place] : without(views[place], letters[place], letter);
  const names = (place: Place) => letters[place].replace(letter, "");
  const conv = recognise(
    { a: reduced("a"), b: reduced("b"), out: reduced("out") },
    { a: names("a"), b: names("b"), out: names("out") },
  );
  if (!conv || Object.values(conv.sizes).some((size) => size === 0)) return null;
  const [x, filters, y] = places;
  const step = (place: Place) =>
    letter === "" ? 0 : views[place].strides[letters[place].indexOf(letter)]!;
  const groups = letter === "" ? 1 : views.a.shape[letters.a.indexOf(letter)]!;
  return {
    ...{ conv, groups, x, filters, y },
    steps: { x: step(x), filters: step(filters), y: step(y) },
  };
}

/** The forward pass, in groups or not. */
export function findForward(engine: Engine, views: Views, letters: Letters): Found | null {
  const xFirst = letters.a.length > letters.b.length;
  return found(
    views,
    letters,
    xFirst ? ["a", "b", "out"] : ["b", "a", "out"],
    ({ a, b, out }, names) => forwardConvolution(engine, a, b, names, out),
  );
}

/** The gradient of the filters. */
export function findFilters(engine: Engine, views: Views, letters: Letters): Found | null {
  const xFirst = letters.a.length > letters.b.length;
  return found(
    views,
    letters,
    xFirst ? ["a", "out", "b"] : ["b", "out", "a"],
    ({ a, b, out }, names) => filterConvolution(engine, a, b, names, out),
  );
}

/** The gradient of the image; `letters.out` names the columns, and `views.out` is the image. */
export function findImage(
  engine: Engine,
  views: Views,
  letters: Letters,
  window: Window,
): Found | null {
  const n = Array.from(letters.out).find((letter) => !sharedLetters(letters).includes(letter))!;
  // The columns' last four letters are not axes of the image.
  const axes = letters.out.slice(0, -4);
  const inImage = sharedLetters(letters).every((letter) => axes.includes(letter));
  if (window.kernel.length !== 2 || !inImage) return null;
  return found(
    views,
    letters,
    letters.a.includes(n) ? ["out", "b", "a"] : ["out", "a", "b"],
    ({ a, b, out }, names) => imageConvolution(engine, a, b, names, window, out),
  );
}

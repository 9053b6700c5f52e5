import type { Mark } from "../matrix/Matrix.tsx";
import type { Place, Plane } from "../matrix/plane.ts";
import { type Pointed, placeOn, samePlace } from "../matrix/usePointed.ts";
import type { Arrow } from "./Arrows.tsx";
import { type PoolInput, type PoolNumbers, type Receipt, receiptsOf, sharesOf } from "./pool.ts";

const MANY = 30; // arrows

/** What is pointed at, and what belongs to it. */
export interface Sight {
  /** A cell of y or δ, */
  readonly output: Place | null;
  /** and what each input cell gets through it; */
  readonly shares: Plane | null;
  /** or a cell of x or ∂E/∂x, */
  readonly input: Place | null;
  /** the outputs whose windows show it, */
  readonly showing: readonly Place[];
  /** and those that give it something. */
  readonly receipts: readonly Receipt[];
}

/** What is pointed at in a pooling. */
export function sightOf(input: PoolInput, numbers: PoolNumbers, now: Pointed | null): Sight {
  const output = placeOn(now, "y", numbers.y);
  const cell = placeOn(now, "x", input.x);
  return {
    output,
    shares: output && sharesOf(input, output),
    input: cell,
    showing: cell ? outputsWith(numbers, cell) : [],
    receipts: cell ? receiptsOf(input, cell) : [],
  };
}

/** Marks of a cell of x or ∂E/∂x: the window of an output, its winner and ties; at rest, all winners. */
export function inputMarks({ y, windows }: PoolNumbers, sight: Sight, at: Place): Mark[] {
  const { output, input } = sight;
  if (input) return samePlace(input, at) ? ["lit"] : [];
  if (!output) return windows.some(({ winner }) => isAt(winner, at)) ? ["winner"] : [];
  const { cells, winner, ties } = windows[output[0] * y.columns + output[1]]!;
  return [
    ...(includes(cells, at) ? (["lit"] as const) : []),
    ...(isAt(winner, at) ? (["winner"] as const) : []),
    ...(includes(ties, at) ? (["tie"] as const) : []),
  ];
}

/** Marks of a cell of y or δ: itself, the outputs that show an input cell, and those that it wins. */
export function outputMarks({ windows }: PoolNumbers, sight: Sight, at: Place): Mark[] {
  const shown = isAt(sight.output, at) || includes(sight.showing, at);
  const wins = windows[0]?.winner && sight.receipts.some(({ from }) => samePlace(from, at));
  return [...(shown ? (["lit"] as const) : []), ...(wins ? (["winner"] as const) : [])];
}

/** Arrows from δ: of what is pointed at, else to every winner, unless they would be too many. */
export function arrowsOf({ y, windows, dx }: PoolNumbers, sight: Sight): readonly Arrow[] {
  const { output, input, shares, receipts } = sight;
  if (input) return receipts.map(({ from }) => ({ from, to: input, strong: true }));
  if (output && shares) {
    return Array.from(shares.values).flatMap((share, at) =>
      share === 0 ? [] : [{ from: output, to: placeAt(at, dx), strong: true }],
    );
  }
  if (windows.length > MANY) return [];
  return windows.flatMap(({ winner }, at) =>
    winner ? [{ from: placeAt(at, y), to: winner, strong: false }] : [],
  );
}

function outputsWith({ y, windows }: PoolNumbers, at: Place): readonly Place[] {
  return windows.flatMap(({ cells }, i) => (includes(cells, at) ? [placeAt(i, y)] : []));
}

function placeAt(at: number, { columns }: Plane): Place {
  return [Math.floor(at / columns), at % columns];
}

function isAt(place: Place | null, at: Place): boolean {
  return place !== null && samePlace(place, at);
}

function includes(places: readonly Place[], at: Place): boolean {
  return places.some((place) => samePlace(place, at));
}

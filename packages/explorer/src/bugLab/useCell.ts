import { useState } from "preact/hooks";
import type { Mark } from "../matrix/Matrix.tsx";
import type { Place, Plane } from "../matrix/plane.ts";
import { samePlace } from "../matrix/usePointed.ts";

/** A cell of several square matrices at once. */
export interface Cell {
  /** [0, 0] until another is pointed at. */
  readonly at: Place;
  /** Its number of a matrix. */
  of(values: readonly number[]): number;
  /** Numbers as one of the matrices. */
  plane(values: readonly number[]): Plane;
  /** What each of them needs for the others to follow. */
  readonly shared: {
    readonly onPoint: (place: Place | null) => void;
    readonly marks: (place: Place) => readonly Mark[];
  };
}

/** Points at the same cell of square matrices of `side` rows. */
export function useCell(side: number): Cell {
  const [pointed, setPointed] = useState<Place | null>(null);
  const at: Place = pointed && Math.max(...pointed) < side ? pointed : [0, 0];
  return {
    at,
    of: (values) => values[at[0] * side + at[1]]!,
    plane: (values) => ({ rows: side, columns: side, values }),
    shared: {
      onPoint: setPointed,
      marks: (place) => (samePlace(place, at) ? ["lit"] : []),
    },
  };
}

import { useState } from "preact/hooks";
import type { Field } from "../address/fields.ts";
import type { Place, Plane } from "./plane.ts";

/** A cell of one of a view's matrices. */
export interface Pointed {
  /** Which matrix, by a short name of the view's. */
  readonly on: string;
  readonly at: Place;
}

/** A pinned cell in an address: `y:1,2`. */
export function pinned(names: readonly string[]): Field<Pointed | null> {
  return {
    initial: null,
    write: (pin) => (pin ? `${pin.on}:${pin.at.join(",")}` : ""),
    read: (text) => {
      const [, on, i, j] = text.match(/^(\w+):(-?\d{1,3}),(-?\d{1,3})$/) ?? [];
      return on && names.includes(on) ? { on, at: [Number(i), Number(j)] } : undefined;
    },
  };
}

/**
 * What is pointed at: the cell under the pointer or the keyboard's focus, else the pinned one. `on(name)` gives the
 * handlers of a matrix; a click or Enter pins its cell, the next one lets it go.
 */
export function usePointed(pin: Pointed | null, setPin: (pin: Pointed | null) => void) {
  const [over, setOver] = useState<Pointed | null>(null);
  const on = (name: string) => ({
    onPoint: (at: Place | null) => setOver(at && { on: name, at }),
    onChoose: (at: Place) =>
      setPin(pin?.on === name && samePlace(pin.at, at) ? null : { on: name, at }),
  });
  return { now: over ?? pin, on };
}

/** Whether two places are one. */
export function samePlace(a: Place, b: Place): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** The place on a matrix that is pointed at, if it is one of its cells; an address may name any. */
export function placeOn(
  now: Pointed | null,
  name: string,
  plane: Pick<Plane, "rows" | "columns">,
): Place | null {
  if (now?.on !== name) return null;
  const [i, j] = now.at;
  return i >= 0 && j >= 0 && i < plane.rows && j < plane.columns ? now.at : null;
}

import { FormatError } from "@convgrad/core";
import type { Module, PaddingOption, Pair } from "@convgrad/layers";
import { type Json, shown } from "../json.ts";

/** Where in a description something stands. */
export interface Place {
  /** As one would write it in JavaScript: `model.layers[3].kernel` */
  readonly path: string;
  /** Throws a FormatError about this place: `model.layers[3].kernel is "five"; …` */
  refuse(message: string): never;
  /** The place of a part of what stands here. */
  inner(key: string | number): Place;
}

/** @param file how messages call what is read; nothing for a value of the program */
export function placeOf(operation: string, path: string, file?: string): Place {
  return {
    path,
    refuse: (message) => {
      throw new FormatError(
        operation,
        `${file === undefined ? "" : `${file}: `}${path} ${message}`,
        {
          path,
          ...(file === undefined ? {} : { name: file }),
        },
      );
    },
    inner: (key) =>
      placeOf(operation, typeof key === "number" ? `${path}[${key}]` : `${path}.${key}`, file),
  };
}

/** A layer that was read, but is not made yet. */
export type Make = () => Module;

/** How a field of a layer's description is read; those below are functions, so that bundlers can leave them out. */
export interface Field<T> {
  readonly optional: boolean;
  /**
   * @param layer reads the description of a layer
   * @throws {@link FormatError} for anything else.
   */
  read(value: Json, place: Place, layer: (value: Json, place: Place) => Make): T;
}

/** The largest whole number of a field: of what an int32 can count. */
const MOST = 2 ** 31 - 1;

function field<T>(wanted: string, accept: (value: Json) => T | undefined): Field<T> {
  return {
    optional: false,
    read: (value, place) => {
      const accepted = accept(value);
      if (accepted !== undefined) return accepted;
      return place.refuse(`is ${shown(value)}; it must be ${wanted}`);
    },
  };
}

/** The same, but it may be absent. */
export function optional<T>(given: Field<T>): Field<T> & { readonly optional: true } {
  return { ...given, optional: true };
}

const isWhole = (value: Json, least: number): value is number =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= MOST;

const isPair = (value: Json, least: number): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((n) => isWhole(n, least));

/** A whole number. */
export function whole(least = 1): Field<number> {
  return field(`a whole number from ${least} to ${MOST}`, (value) =>
    isWhole(value, least) ? value : undefined,
  );
}

/** A whole number of either sign. */
export function integer(): Field<number> {
  return field("a whole number", (value) => (isWhole(value, -MOST) ? value : undefined));
}

/** A finite number. */
export function number(): Field<number> {
  return field("a finite number", (value) =>
    Number.isFinite(value) ? (value as number) : undefined,
  );
}

/** A finite number, or null. */
export function numberOrNull(): Field<number | null> {
  return field("a finite number or null", (value) =>
    value === null || Number.isFinite(value) ? (value as number | null) : undefined,
  );
}

/** True or false. */
export function flag(): Field<boolean> {
  return field("true or false", (value) => (typeof value === "boolean" ? value : undefined));
}

/** One number for both axes, or [height, width]. */
export function pair(least = 1): Field<Pair> {
  return field(`a whole number from ${least} to ${MOST}, or a pair [h, w] of them`, (value) =>
    isWhole(value, least) || isPair(value, least) ? value : undefined,
  );
}

/** A positive factor for both axes, or [height, width]. */
export function scale(): Field<number | readonly [h: number, w: number]> {
  return field("a finite number, or a pair [h, w] of them", (value) => {
    if (Number.isFinite(value)) return value as number;
    const isScales = Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
    return isScales ? (value as unknown as readonly [number, number]) : undefined;
  });
}

const isSides = (
  value: Json,
): value is readonly [readonly [number, number], readonly [number, number]] =>
  Array.isArray(value) && value.length === 2 && value.every((side) => isPair(side, 0));

/** The padding of a pooling or of a transposed convolution. */
export function padding(): Field<Exclude<PaddingOption, string>> {
  return field("n, [h, w] or [[t, b], [l, r]] in whole numbers ≥ 0", (value) =>
    isWhole(value, 0) || isPair(value, 0) || isSides(value) ? value : undefined,
  );
}

/** The padding of a convolution. */
export function namedPadding(): Field<PaddingOption> {
  return field('"same", "valid", n, [h, w] or [[t, b], [l, r]] in whole numbers ≥ 0', (value) => {
    if (value === "same" || value === "valid") return value;
    return isWhole(value, 0) || isPair(value, 0) || isSides(value) ? value : undefined;
  });
}

/** A shape without the batch axis. */
export function shape(): Field<readonly number[]> {
  return field("up to 16 whole numbers ≥ −1", (value) => {
    const isShape =
      Array.isArray(value) && value.length <= 16 && value.every((n) => isWhole(n, -1));
    return isShape ? (value as readonly number[]) : undefined;
  });
}

/** One of some words. */
export function choice<const T extends string>(...words: readonly T[]): Field<T> {
  return field(words.map((word) => `"${word}"`).join(" or "), (value) =>
    words.find((word) => word === value),
  );
}

/** A layer in a layer. */
export const layer: Field<Make> = {
  optional: false,
  read: (value, place, read) => read(value, place),
};

/** Layers in a layer. */
export const layers: Field<readonly Make[]> = {
  optional: false,
  read: (value, place, read) => {
    if (!Array.isArray(value)) return place.refuse("is no list of layers");
    return value.map((each: Json, i) => read(each, place.inner(i)));
  },
};

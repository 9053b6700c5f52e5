import type { Tensor } from "@convgrad/core";
import fc from "fast-check";

/** A call of a layer on inputs of these shapes. */
export interface Call {
  readonly shapes: readonly (readonly number[])[];
  readonly apply: (...inputs: Tensor[]) => Tensor;
}

/** A whole number from `least` to `most`. */
export const upTo = (most: number, least = 1): fc.Arbitrary<number> =>
  fc.integer({ min: least, max: most });

/** Two of them. */
export const pair = (most: number, least = 1): fc.Arbitrary<[number, number]> =>
  fc.tuple(upTo(most, least), upTo(most, least));

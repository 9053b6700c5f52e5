import type { Tensor } from "@convgrad/core";
import { type Plane, planeOf } from "./plane.ts";

/** A map, and how far it is from the one that it should be. */
export interface Identity {
  readonly plane: Plane;
  /** The largest difference; NaN where a number is none. */
  readonly error: number;
  /** Whether the maps are the same but for rounding. */
  readonly same: boolean;
}

/** A map [H, W] beside the right one. */
export function compared(map: Tensor, right: Tensor): Identity {
  const error = gap(map, right);
  const size = Math.max(1, gap(right, right.mul(0)));
  return { plane: planeOf(map), error, same: error <= 1e-12 * size };
}

/** The largest difference of two maps of one shape; NaN where a number is none. */
export function gap(a: Tensor, b: Tensor): number {
  const worst = a.sub(b).abs().toTypedArray() as Float64Array;
  return worst.reduce((most, v) => Math.max(most, v), 0);
}

import { manualSeed, randn, scope, type Tensor, tensor } from "@convgrad/core";
import type { Plane } from "./plane.ts";

/** A plane as a leaf [rows, columns] of float64 that wants a gradient. */
export function leafOf({ values, rows, columns }: Plane): Tensor {
  return tensor(Float64Array.from(values), { shape: [rows, columns], requiresGrad: true });
}

/** Whole numbers from −3 to 3, the same for the same seed: sums of their products are exact. */
export function wholeNumbers(seed: number, count: number): number[] {
  return scope(() => {
    manualSeed(seed);
    const drawn = randn([count], { dtype: "float64" }).toTypedArray();
    return Array.from(drawn, (v) => Math.max(-3, Math.min(3, Math.round(2 * v))) + 0);
  });
}

/** A plane with one value changed, as an address keeps it. */
export function edited(
  plane: Plane,
  [i, j]: readonly [number, number],
  value: number,
): readonly number[] {
  return Array.from(plane.values).with(i * plane.columns + j, value);
}

import type { View } from "../kernels.ts";
import { elements } from "./elementwise.ts";
import { along, offsetsOf } from "./offsets.ts";

/** The base of each row of x that a reduction reads, one per output cell, and the steps within a row. */
function rows(x: View, reduced: readonly number[]): { bases: Int32Array; steps: Int32Array } {
  const kept = x.shape.map((n, axis) => (reduced.includes(axis) ? 1 : n));
  return { bases: offsetsOf({ ...x, shape: kept }), steps: offsetsOf(along(x, reduced)) };
}

/** Sums are carried in float64 and rounded once. */
export function sum(x: View, out: View): void {
  const { bases, steps } = rows(
    x,
    x.shape.flatMap((n, axis) => (n === out.shape[axis] ? [] : [axis])),
  );
  const [X, Y] = [elements(x), elements(out)];
  const ys = offsetsOf(out);
  for (let i = 0; i < ys.length; i++) {
    const base = bases[i]!;
    let total = 0;
    for (let k = 0; k < steps.length; k++) total += X[base + steps[k]!]!;
    Y[ys[i]!] = total;
  }
}

export function argmax(x: View, axes: readonly number[], out: View): void {
  const { bases, steps } = rows(x, axes);
  const [X, Y] = [elements(x), elements(out)];
  const ys = offsetsOf(out);
  for (let i = 0; i < ys.length; i++) {
    const base = bases[i]!;
    let best = 0;
    for (let k = 1; k < steps.length; k++) {
      const value = X[base + steps[k]!]!;
      const max = X[base + steps[best]!]!;
      // Strictly greater, so the first maximum wins; NaN beats all but an earlier NaN.
      if (value > max || (Number.isNaN(value) && !Number.isNaN(max))) best = k;
    }
    Y[ys[i]!] = best;
  }
}

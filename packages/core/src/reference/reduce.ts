import type { TypedArray } from "../dtype.ts";
import type { Letters, View } from "../kernels.ts";
import type { Layout } from "../layout.ts";
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

/** An operand's strides along the given letters, 0 where it lacks the letter. */
function byLetters(view: View, names: string, letters: string, sizes: Map<string, number>): Layout {
  return {
    shape: [...letters].map((letter) => sizes.get(letter)!),
    strides: [...letters].map((letter) =>
      names.includes(letter) ? view.strides[names.indexOf(letter)]! : 0,
    ),
    offset: 0,
  };
}

/** Σ_k A[p + aStep[k]]·B[q + bStep[k]]; four products at a time, which V8 runs twice as fast as one. */
function dot(
  A: TypedArray,
  p: number,
  aStep: Int32Array,
  B: TypedArray,
  q: number,
  bStep: Int32Array,
): number {
  const n = aStep.length;
  let total = 0;
  let k = 0;
  for (; k + 3 < n; k += 4) {
    total +=
      A[p + aStep[k]!]! * B[q + bStep[k]!]! +
      A[p + aStep[k + 1]!]! * B[q + bStep[k + 1]!]! +
      A[p + aStep[k + 2]!]! * B[q + bStep[k + 2]!]! +
      A[p + aStep[k + 3]!]! * B[q + bStep[k + 3]!]!;
  }
  for (; k < n; k++) total += A[p + aStep[k]!]! * B[q + bStep[k]!]!;
  return total;
}

/** Two loops: over the cells of the output, and over the letters that are summed. */
export function contract(a: View, b: View, letters: Letters, out: View): void {
  const sizes = new Map<string, number>();
  for (const [view, names] of [
    [a, letters.a],
    [b, letters.b],
  ] as const) {
    view.shape.forEach((n, axis) => {
      sizes.set(names[axis]!, n);
    });
  }
  const summed = [...sizes.keys()].filter((letter) => !letters.out.includes(letter)).join("");
  const table = (view: View, names: string, over: string) =>
    offsetsOf(byLetters(view, names, over, sizes));

  const [A, B, Y] = [elements(a), elements(b), elements(out)];
  const [aBase, aStep] = [table(a, letters.a, letters.out), table(a, letters.a, summed)];
  const [bBase, bStep] = [table(b, letters.b, letters.out), table(b, letters.b, summed)];
  const ys = offsetsOf(out);
  for (let i = 0; i < ys.length; i++) {
    Y[ys[i]!] = dot(A, a.offset + aBase[i]!, aStep, B, b.offset + bBase[i]!, bStep);
  }
}

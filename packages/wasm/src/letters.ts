import type { Letters, View } from "@convgrad/core";

/** The letters of a contraction by what they do in it. */
export interface Roles {
  /** In both operands and the output. */
  readonly batch: readonly string[];
  /** In a and the output. */
  readonly rows: readonly string[];
  /** In b and the output. */
  readonly columns: readonly string[];
  /** In both operands only, in the order of a. */
  readonly summed: readonly string[];
}

/** The roles of letters; those of the output come in the order of its memory, the closest last. */
export function rolesOf({ a, b, out }: Letters, y: View): Roles {
  const stride = (letter: string) => Math.abs(y.strides[out.indexOf(letter)]!);
  const ofOut = Array.from(out).sort((p, q) => stride(q) - stride(p));
  return {
    batch: ofOut.filter((letter) => a.includes(letter) && b.includes(letter)),
    rows: ofOut.filter((letter) => !b.includes(letter)),
    columns: ofOut.filter((letter) => !a.includes(letter)),
    summed: Array.from(a).filter((letter) => !out.includes(letter)),
  };
}

/** The byte offsets of a grid of elements, row-major: `sizes` and `strides` (in elements) by axis. */
export function gridOffsets(sizes: readonly number[], strides: readonly number[]): Int32Array {
  let offsets = Int32Array.of(0);
  for (let axis = 0; axis < sizes.length; axis++) {
    const [n, step] = [sizes[axis]!, strides[axis]! * 4];
    const longer = new Int32Array(offsets.length * n);
    for (let i = 0, at = 0; i < offsets.length; i++) {
      for (let k = 0; k < n; k++) longer[at++] = offsets[i]! + k * step;
    }
    offsets = longer;
  }
  return offsets;
}

/** The byte offsets of a view's elements along some of its letters, counted from its first element. */
export function offsetsAlong(view: View, names: string, letters: readonly string[]): Int32Array {
  const axes = letters.map((letter) => names.indexOf(letter));
  return gridOffsets(
    axes.map((axis) => view.shape[axis]!),
    axes.map((axis) => view.strides[axis]!),
  );
}

/** A view without the axis of a letter, at its first position. */
export function without(view: View, names: string, letter: string): View {
  const axis = names.indexOf(letter);
  if (axis < 0) return view;
  const drop = (list: readonly number[]) => list.filter((_, i) => i !== axis);
  return { ...view, shape: drop(view.shape), strides: drop(view.strides) };
}

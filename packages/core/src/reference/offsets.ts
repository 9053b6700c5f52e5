import { isContiguous, type Layout } from "../layout.ts";
import { sizeOf } from "../shape.ts";

/** As long as the shared table may become; it lives as long as the program. */
const LONGEST_SHARED = 2 ** 20;

let counting = new Int32Array(0);

/** 0, 1, 2, …, shared by all contiguous views but the very large. */
function countTo(length: number): Int32Array {
  if (counting.length >= length) return counting.subarray(0, length);
  const table = Int32Array.from({ length }, (_, i) => i);
  if (length <= LONGEST_SHARED) counting = table;
  return table;
}

/**
 * The position in the buffer of each element of a view, in row-major order. Every kernel of this backend is then
 * a loop over such tables, whatever the strides.
 */
export function offsetsOf(layout: Layout): Int32Array {
  if (layout.offset === 0 && isContiguous(layout)) return countTo(sizeOf(layout.shape));
  const { shape, strides, offset } = layout;
  let table = Int32Array.of(offset);
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis]!;
    const stride = strides[axis]!;
    const finer = new Int32Array(table.length * n);
    for (let i = 0, k = 0; i < table.length; i++) {
      for (let j = 0, at = table[i]!; j < n; j++, at += stride) finer[k++] = at;
    }
    table = finer;
  }
  return table;
}

/** The part of a layout along some axes only, at offset 0. */
export function along({ shape, strides }: Layout, axes: readonly number[]): Layout {
  return {
    shape: axes.map((axis) => shape[axis]!),
    strides: axes.map((axis) => strides[axis]!),
    offset: 0,
  };
}

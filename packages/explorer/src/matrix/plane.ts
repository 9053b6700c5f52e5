import type { Tensor } from "@convgrad/core";

/** Numbers in rows and columns. */
export interface Plane {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly values: ArrayLike<number>;
}

/** A place in a plane. Padding cells have rows or columns below 0, or beyond the last. */
export type Place = readonly [row: number, column: number];

/** The last two axes of a tensor, at a place along those before: `planeOf(y, [0, 2])` of [N, C, H, W]. */
export function planeOf(x: Tensor, lead: readonly number[] = []): Plane {
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  const before = x.shape.slice(0, -2);
  const at = before.reduce((place, size, axis) => place * size + (lead[axis] ?? 0), 0);
  const values = x.toTypedArray().slice(at * rows * columns, (at + 1) * rows * columns);
  return { rows, columns, values: values as ArrayLike<number> };
}

/** The largest absolute value among finite ones; 1 where there is none. */
export function reachOf(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most || 1;
}

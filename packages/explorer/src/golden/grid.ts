import type { Plane } from "../matrix/plane.ts";

/** A plane whose numbers are a list. */
export interface Grid extends Plane {
  readonly values: readonly number[];
}

/** Numbers in rows and columns, row by row. */
export function grid(rows: number, columns: number, values: readonly number[]): Grid {
  return { rows, columns, values };
}

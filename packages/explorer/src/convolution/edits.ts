import type { Place } from "../matrix/plane.ts";
import type { State } from "./fields.ts";
import type { Net } from "./net.ts";
import type { Sheet } from "./sheets.ts";

/** The state after a cell of x, w, b, t or δ was edited: all numbers of its tensor, with the new one. */
export function edited(net: Net, sheet: Sheet, [i, j]: Place, value: number): Partial<State> {
  const { kind, lead, plane } = sheet;
  const within = i * plane.columns + j;
  const size = plane.rows * plane.columns;
  const change = (values: readonly number[], before: number) =>
    values.with(before * size + within, value);
  const [o = 0, c = 0] = lead;
  switch (kind) {
    case "x":
      return { x: change(net.values.x, o) };
    case "w":
      return { w: change(net.values.w, o * net.shapes.w[1]! + c) };
    case "b":
      return { b: change(net.values.b, 0) };
    case "t":
      return { t: change(net.values.t, o) };
    case "delta": {
      const own = net.delta.flatMap(({ values }) => Array.from(values));
      return { delta: change(own, o) };
    }
    default:
      return {};
  }
}

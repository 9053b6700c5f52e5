import { type Shape, sizeOf, unravelIndex } from "@convgrad/core";
import type { Place } from "../matrix/plane.ts";
import type { Mode } from "./fields.ts";
import { each, type Net, type Shapes } from "./net.ts";

/** An element of y [o, u, v], w [o, c, i, j], b [o] or x [c, h, w]. */
export interface Spot {
  readonly of: "y" | "w" | "b" | "x";
  readonly index: readonly number[];
}

/** What a mode walks through: the outputs, the weights and then the biases, the pixels. */
export function walkOf(mode: Mode, { x, w, b, y }: Shapes): Spot[] {
  if (mode === "forward") return all("y", y);
  return mode === "input" ? all("x", x) : [...all("w", w), ...all("b", b)];
}

function all(of: Spot["of"], shape: Shape): Spot[] {
  return each(sizeOf(shape), (at) => ({ of, index: unravelIndex(at, shape) }));
}

/** `"w,0,0,1,2"` */
export function formatSpot({ of, index }: Spot): string {
  return [of, ...index].join(",");
}

/** The element that an address names, if there is such a one. */
export function readSpot(text: string, shapes: Shapes): Spot | null {
  const [of, ...list] = text.split(",");
  if (of !== "y" && of !== "w" && of !== "b" && of !== "x") return null;
  const index = list.map((part) => (/^\d+$/.test(part) ? Number(part) : Number.NaN));
  const shape = shapes[of];
  const fits = index.length === shape.length && index.every((i, axis) => inside(i, shape[axis]!));
  return fits ? { of, index } : null;
}

function inside(i: number, size: number): boolean {
  return Number.isInteger(i) && i >= 0 && i < size;
}

/** Whether two are the same element. */
export function sameSpot(a: Spot | null, b: Spot | null): boolean {
  if (a === null || b === null) return a === b;
  return a.of === b.of && a.index.every((i, axis) => i === b.index[axis]);
}

/** Where the window of output (u, v) holds the weight (i, j): a place of x, in its padding perhaps. */
export function cellUnder(net: Net, [u, v]: Place, [i, j]: Place): Place {
  const { kernel, stride, dilation, padding } = net.shapes.geometry;
  const [a, b] = net.state.flip ? [kernel[0] - 1 - i, kernel[1] - 1 - j] : [i, j];
  return [
    u * stride[0] + a * dilation[0] - padding[0][0],
    v * stride[1] + b * dilation[1] - padding[1][0],
  ];
}

/** The first channel of x that a filter sees. */
export function firstChannel(net: Net, o: number): number {
  const { groups, filters } = net.state;
  return Math.floor(o / (filters / groups)) * net.shapes.w[1]!;
}

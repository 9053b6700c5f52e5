import { formatShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Entries shown at either end of a long axis. */
const EDGE = 3;
const DIGITS = 5;

/** The tensor as text: its numbers to 5 digits, long axes shortened, and what is not the default. */
export function formatTensor(x: Tensor): string {
  const { shape, dtype } = x;
  if (x.storage.released) return `tensor(released, shape ${formatShape(shape)})`;
  const values = x.toTypedArray();
  const print = (axis: number, from: number): string => {
    if (axis === shape.length) return String(Number(values[from]!.toPrecision(DIGITS)));
    const n = shape[axis]!;
    const step = sizeOf(shape.slice(axis + 1));
    const entries = Array.from({ length: Math.min(n, 2 * EDGE) }, (_, i) =>
      print(axis + 1, from + step * (n > 2 * EDGE && i >= EDGE ? n - 2 * EDGE + i : i)),
    );
    if (n > 2 * EDGE) entries.splice(EDGE, 0, "…");
    // Rows stand below each other, behind "tensor(" and the brackets so far.
    return `[${entries.join(axis + 1 === shape.length ? ", " : `,\n${" ".repeat(8 + axis)}`)}]`;
  };
  const notes = [
    dtype === "float32" ? "" : `, ${dtype}`,
    sizeOf(shape) > (2 * EDGE) ** 2 ? `, shape ${formatShape(shape)}` : "",
    x.requiresGrad ? ", requiresGrad" : "",
  ];
  return `tensor(${print(0, 0)}${notes.join("")})`;
}

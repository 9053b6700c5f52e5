import { ShapeError } from "./errors.ts";

/** Sizes along each axis, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** The number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** `[2, 3]`, as it stands in messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The index of an element that stands at a position in row-major order: 5 in [2, 3] is [1, 2]. */
export function unravelIndex(position: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = position;
  for (const n of shape.toReversed()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return index;
}

/** Whether two shapes have equal sizes on all axes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** @throws {@link ShapeError} unless the shape is a list of whole numbers ≥ 0. */
export function checkShape(operation: string, shape: Shape): void {
  requireList(operation, "shape", shape);
  const wrong = shape.findIndex((n) => !Number.isSafeInteger(n) || n < 0);
  if (wrong >= 0) {
    throw new ShapeError(
      operation,
      `${formatShape(shape)} is no shape: axis ${wrong} has size ${shape[wrong]}; sizes are whole numbers ≥ 0`,
      { shape, axis: wrong },
    );
  }
}

/** @throws {@link ShapeError} unless the value is an array. */
export function requireList(operation: string, what: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new ShapeError(operation, `the ${what} must be a list like [2, 3], not ${String(value)}`);
  }
}

/** The axis counted from the front; negative axes count from the end, as in NumPy. */
export function resolveAxis(operation: string, axis: number, rank: number): number {
  const resolved = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new ShapeError(
      operation,
      `axis ${axis} does not exist in a tensor of rank ${rank}; ` +
        (rank === 0 ? "a scalar has no axes" : `use ${-rank} to ${rank - 1}`),
      { axis, rank },
    );
  }
  return resolved;
}

/** One axis, a list or none (= all), as distinct axes in ascending order. */
export function resolveAxes(
  operation: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, axis) => axis);
  const list = typeof axes === "number" ? [axes] : axes;
  requireList(operation, "axes", list);
  const resolved = list.map((axis) => resolveAxis(operation, axis, rank)).sort((p, q) => p - q);
  if (new Set(resolved).size !== resolved.length) {
    throw new ShapeError(operation, `axes ${formatShape(list)} name an axis twice`, { axes: list });
  }
  return resolved;
}

/** NumPy's broadcasting: aligned at the right, each pair of sizes equal or one of them 1. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const p = a[axis - rank + a.length] ?? 1;
    const q = b[axis - rank + b.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1) {
      throw new ShapeError(
        operation,
        `shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast (${p} ≠ ${q} at axis ${axis - rank}); ` +
          "reshape or unsqueeze one of them",
        { a, b, axis: axis - rank },
      );
    }
    return p === 1 ? q : p;
  });
}

/** A shape in which one size may be −1 = "whatever is left". */
export function resolveReshape(from: Shape, to: Shape): Shape {
  requireList("reshape", "shape", to);
  const wild = to.indexOf(-1);
  const known = sizeOf(to.filter((_, axis) => axis !== wild));
  const resolved = to.map((n, axis) => (axis === wild ? sizeOf(from) / known : n));
  const fits = resolved.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!fits || sizeOf(resolved) !== sizeOf(from)) {
    throw new ShapeError(
      "reshape",
      `${formatShape(from)} has ${sizeOf(from)} elements, ${formatShape(to)} wants ` +
        (wild < 0 ? `${known}` : known < 0 ? "one −1 at most" : `a multiple of ${known}`),
      { from, to },
    );
  }
  return resolved;
}

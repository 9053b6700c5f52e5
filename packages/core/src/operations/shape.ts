import { requireTensor } from "../construct.ts";
import { ShapeError } from "../errors.ts";
import { isContiguous, type Window, windowsShape } from "../layout.ts";
import * as movement from "../primitives/movement.ts";
import * as sliding from "../primitives/windows.ts";
import {
  formatShape,
  resolveAxes,
  resolveAxis,
  resolveReshape,
  type Shape,
  sameShape,
} from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** x itself when its elements already lie in row-major order, else a copy in which they do. */
export function contiguous(x: Tensor): Tensor {
  return isContiguous(x.layout) ? x : movement.contiguous(x);
}

/** The same elements under another shape; one size may be −1. A view where the layout allows, else a copy. */
export function reshapeTo(x: Tensor, to: Shape): Tensor {
  const shape = resolveReshape(x.shape, to);
  if (sameShape(shape, x.shape)) return x;
  return movement.reshape(movement.isViewable(x.layout, shape) ? x : movement.contiguous(x), {
    shape,
  });
}

/** The axes in another order, a view. */
export function permute(x: Tensor, order: readonly number[]): Tensor {
  const resolved = order.map((axis) => resolveAxis("permute", axis, x.rank));
  if (new Set(resolved).size !== x.rank || order.length !== x.rank) {
    throw new ShapeError(
      "permute",
      `${formatShape(order)} is no order of the ${x.rank} axes of ${formatShape(x.shape)}; name each axis once`,
      { order, shape: x.shape },
    );
  }
  return movement.permute(x, { order: resolved });
}

/** Two axes exchanged, a view; by default the last two. */
export function transpose(x: Tensor, axis0 = -2, axis1 = -1): Tensor {
  const p = resolveAxis("transpose", axis0, x.rank);
  const q = resolveAxis("transpose", axis1, x.rank);
  return movement.permute(x, {
    order: x.shape.map((_, axis) => (axis === p ? q : axis === q ? p : axis)),
  });
}

/** Axes reversed, a view; by default all. */
export function flip(x: Tensor, axes?: number | readonly number[]): Tensor {
  return movement.flip(x, { axes: resolveAxes("flip", axes, x.rank) });
}

/** Axes of size 1 dropped: the ones named, or all. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  const named = resolveAxes("squeeze", axes, x.rank);
  const wrong = axes === undefined ? undefined : named.find((axis) => x.shape[axis] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError(
      "squeeze",
      `axis ${wrong} of ${formatShape(x.shape)} has size ${x.shape[wrong]}, not 1`,
      {
        shape: x.shape,
        axis: wrong,
      },
    );
  }
  return reshapeTo(
    x,
    x.shape.filter((n, axis) => n !== 1 || !named.includes(axis)),
  );
}

/** A new axis of size 1 at `axis`, counted in the result. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  const at = resolveAxis("unsqueeze", axis, x.rank + 1);
  return reshapeTo(x, x.shape.toSpliced(at, 0, 1));
}

/** A bound of a slice: negative counts from the end, `null` or absent = the whole axis. */
export type Bound = number | null;

/**
 * A part of each axis, a view: NumPy's `x[start:stop:step, …]` with steps ≥ 1. Missing entries take the whole axis;
 * bounds beyond the axis are clipped, as in NumPy.
 */
export function slice(
  x: Tensor,
  start: readonly Bound[],
  stop: readonly Bound[] = [],
  step: readonly number[] = [],
): Tensor {
  if (Math.max(start.length, stop.length, step.length) > x.rank) {
    throw new ShapeError(
      "slice",
      `more bounds than the ${x.rank} axes of ${formatShape(x.shape)}`,
      { shape: x.shape },
    );
  }
  const wrong = [...start, ...stop, ...step.map((s) => (s >= 1 ? s : Number.NaN))].find(
    (n) => n !== null && !Number.isInteger(n),
  );
  if (wrong !== undefined) {
    throw new ShapeError(
      "slice",
      "bounds are whole numbers or null, steps whole numbers ≥ 1; flip() reverses an axis",
      {
        start,
        stop,
        step,
      },
    );
  }
  const clip = (bound: Bound | undefined, n: number, whole: number) =>
    Math.min(Math.max((bound ?? whole) + ((bound ?? 0) < 0 ? n : 0), 0), n);
  const from = x.shape.map((n, axis) => clip(start[axis], n, 0));
  const by = x.shape.map((_, axis) => step[axis] ?? 1);
  const size = x.shape.map((n, axis) =>
    Math.max(Math.ceil((clip(stop[axis], n, n) - from[axis]!) / by[axis]!), 0),
  );
  return movement.slice(x, { start: from, size, step: by });
}

/**
 * Constant cells around each axis: `[[before, after], …]`, one pair per axis, or pairs for the last axes only.
 *
 * @throws {@link ShapeError} for negative or fractional counts.
 */
export function pad(
  x: Tensor,
  pairs: readonly (readonly [before: number, after: number])[],
  value = 0,
): Tensor {
  const whole = pairs.every(([before, after]) =>
    [before, after].every((n) => Number.isSafeInteger(n) && n >= 0),
  );
  if (pairs.length > x.rank || !whole) {
    throw new ShapeError(
      "pad",
      `${JSON.stringify(pairs)} must be at most ${x.rank} pairs of whole numbers ≥ 0; slice() takes cells away`,
      { pairs, shape: x.shape },
    );
  }
  if (pairs.every(([before, after]) => before === 0 && after === 0)) return x;
  const all = [...new Array<[number, number]>(x.rank - pairs.length).fill([0, 0]), ...pairs];
  return movement.pad(x, {
    before: all.map(([before]) => before),
    after: all.map(([, after]) => after),
    interior: all.map(() => 0),
    value,
  });
}

/** `n` zeros between neighbours along each axis (one number per axis): what a stride does to a gradient. */
export function dilate(x: Tensor, interior: readonly number[]): Tensor {
  if (interior.length !== x.rank || !interior.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ShapeError(
      "dilate",
      `${formatShape(interior)} must be a whole number ≥ 0 per axis of ${formatShape(x.shape)}`,
    );
  }
  const zeros = interior.map(() => 0);
  return movement.pad(x, { before: zeros, after: zeros, interior, value: 0 });
}

/** The tensors side by side along an axis; equal sizes elsewhere. */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  for (const x of tensors) requireTensor("concat", "part", x);
  const first = tensors[0];
  if (first === undefined) throw new ShapeError("concat", "needs at least one tensor");
  const at = resolveAxis("concat", axis, first.rank);
  const odd = tensors.find(
    (x) => x.rank !== first.rank || x.shape.some((n, i) => i !== at && n !== first.shape[i]),
  );
  if (odd) {
    throw new ShapeError(
      "concat",
      `${formatShape(first.shape)} and ${formatShape(odd.shape)} differ on an axis other than ${at}`,
      { shapes: tensors.map((x) => x.shape), axis: at },
    );
  }
  return movement.concat(...tensors, { axis: at });
}

/** The tensors, of equal shapes, along a new axis. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  for (const x of tensors) requireTensor("stack", "part", x);
  const odd = tensors.find((x) => !sameShape(x.shape, tensors[0]!.shape));
  if (odd) {
    throw new ShapeError(
      "stack",
      `shapes ${formatShape(tensors[0]!.shape)} and ${formatShape(odd.shape)} differ`,
    );
  }
  return concat(
    tensors.map((x) => unsqueeze(x, axis)),
    axis,
  );
}

/** How windows slide; each a number for all axes, or one per axis. */
export interface WindowOptions {
  /** Cells from one window to the next; default 1. */
  readonly stride?: number | readonly number[];
  /** Cells from one tap to the next; default 1. */
  readonly dilation?: number | readonly number[];
}

/**
 * The sliding-window view over the last axes: `[…, H, W] → […, kh, kw, oh, ow]` for a kernel `[kh, kw]`.
 * No data is moved: `y[…, i, j, u, v] = x[…, u·s + i·d, v·s + j·d]`.
 *
 * @throws {@link ShapeError} when a window does not fit.
 */
export function windows(x: Tensor, kernel: readonly number[], options: WindowOptions = {}): Tensor {
  const perAxis = (n: number | readonly number[] = 1) =>
    typeof n === "number" ? kernel.map(() => n) : n;
  const window: Window = {
    kernel,
    stride: perAxis(options.stride),
    dilation: perAxis(options.dilation),
  };
  windowsShape("windows", x.shape, window);
  return sliding.windows(x, window);
}

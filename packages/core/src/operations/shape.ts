import { requireTensor, requireTensors } from "../construct.ts";
import { checkOptions, checkWhole, formatValue, ShapeError, ValueError } from "../errors.ts";
import { isContiguous, type Window, windowsShape } from "../layout.ts";
import { broadcast } from "../primitives/broadcast.ts";
import * as movement from "../primitives/movement.ts";
import * as sliding from "../primitives/windows.ts";
import type { Refusing, Result, ShapesOf } from "../shape.rule.ts";
import {
  formatShape,
  requireList,
  resolveAxes,
  resolveAxis,
  resolveReshape,
  type Shape,
  sameShape,
} from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { Concatenated, Stacked } from "./shape.rule.ts";

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
 * `n` zeros between neighbours along each axis: what a stride does to a gradient.  `[H, W] → [H + n·(H − 1), …]`
 *
 * @param interior one whole number ≥ 0 per axis
 * @throws {@link ShapeError} for anything else.
 */
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

/** The cells from `start` to before `stop` along one axis, which is not negative; a view. */
export function part(x: Tensor, axis: number, start: number, stop: number): Tensor {
  return movement.slice(x, {
    start: x.shape.map((_, i) => (i === axis ? start : 0)),
    size: x.shape.with(axis, stop - start),
    step: x.shape.map(() => 1),
  });
}

/**
 * The tensor cut into views along an axis, whose `concat` is the tensor again. As PyTorch's `split`.
 * `[5, a] → [2, a], [2, a], [1, a]` for size 2
 *
 * @param sizes of the parts, or of each; then the last may be smaller
 * @throws {@link ShapeError} for sizes that do not add up to the axis; {@link ValueError} for a size below 1.
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  requireTensor("split", "operand", x);
  const at = resolveAxis("split", axis, x.rank);
  const n = x.shape[at]!;
  const list = Array.isArray(sizes) ? (sizes as readonly number[]) : evenly(n, sizes as number);
  const isWhole = list.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!isWhole || list.reduce((sum, size) => sum + size, 0) !== n) {
    throw new ShapeError(
      "split",
      `sizes ${formatShape(list)} must be whole numbers ≥ 0 that add up to ${n}, axis ${at} of ${formatShape(x.shape)}`,
      { sizes: list, axis: at, shape: x.shape },
    );
  }
  let stop = 0;
  return list.map((size) => {
    stop += size;
    return part(x, at, stop - size, stop);
  });
}

function evenly(n: number, size: number): number[] {
  checkWhole("split", "size", size, 1);
  const count = Math.max(Math.ceil(n / size), 1);
  return Array.from({ length: count }, (_, i) => Math.min(size, n - i * size));
}

/**
 * The cells moved on by `shift` along an axis; what leaves at the end comes in at the start. As PyTorch's `roll`.
 *
 * @throws {@link ValueError} for a shift that is no whole number.
 */
export function roll(x: Tensor, shift: number, axis: number): Tensor {
  const at = resolveAxis("roll", axis, x.rank);
  if (!Number.isSafeInteger(shift)) {
    throw new ValueError("roll", `shift is ${formatValue(shift)}; it must be a whole number`, {
      shift,
    });
  }
  const n = x.shape[at]!;
  const cut = n === 0 ? 0 : (((n - shift) % n) + n) % n;
  return cut === 0 ? x : concat([part(x, at, cut, n), part(x, at, 0, cut)], at);
}

/**
 * The tensor repeated along its last axes, so many times along each; axes are added in front where there are more counts
 * than axes. As PyTorch's `tile`.
 *
 * @throws {@link ShapeError} for counts that are not whole numbers ≥ 0.
 */
export function tile(x: Tensor, counts: readonly number[]): Tensor {
  if (!Array.isArray(counts) || !counts.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new ShapeError(
      "tile",
      `${formatValue(counts)} must be a list of whole numbers ≥ 0, how often each of the last axes is repeated`,
      { counts },
    );
  }
  const rank = Math.max(x.rank, counts.length);
  const filled = (list: Shape) => [...new Array<number>(rank - list.length).fill(1), ...list];
  const [shape, times] = [filled(x.shape), filled(counts)];
  const apart = reshapeTo(
    x,
    shape.flatMap((n) => [1, n]),
  );
  const repeated = broadcast(apart, { shape: shape.flatMap((n, axis) => [times[axis]!, n]) });
  return reshapeTo(
    repeated,
    shape.map((n, axis) => n * times[axis]!),
  );
}

/**
 * The tensors side by side along an axis.  `[2, a], [2, b] → [2, a + b]` for axis 1
 *
 * @param tensors one or more, of equal sizes on all other axes
 * @throws {@link ShapeError} where they differ elsewhere, or there is none; {@link DTypeError} where types differ.
 */
export function concat<const T extends readonly Tensor[], const Axis extends number = 0>(
  tensors: Refusing<Concatenated<ShapesOf<T>, Axis>, T>,
  axis?: Axis,
): Tensor<Result<Concatenated<ShapesOf<T>, Axis>>>;
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  requireTensors("concat", "tensors", tensors);
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

/**
 * The tensors along a new axis.  k of `[a, b] → [k, a, b]` for axis 0
 *
 * @param tensors one or more of equal shapes
 * @throws {@link ShapeError} where they differ, or there is none; {@link DTypeError} where types differ.
 */
export function stack<const T extends readonly Tensor[], const Axis extends number = 0>(
  tensors: T,
  axis?: Axis,
): Tensor<Result<Stacked<ShapesOf<T>, Axis>>>;
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  requireTensors("stack", "tensors", tensors);
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
  requireList("windows", "kernel", kernel);
  checkOptions("windows", options, ["stride", "dilation"]);
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

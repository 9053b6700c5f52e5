import { ShapeError } from "./errors.ts";
import { formatShape, type Shape, sizeOf } from "./shape.ts";

/**
 * Where the elements of a view lie in its storage: element `[i, j, …]` at `offset + i·strides[0] + j·strides[1] + …`.
 * Every movement primitive is a function from layout to layout; it moves no data.
 */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Row-major, without gaps. */
export function contiguousLayout(shape: Shape): Layout {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return { shape, strides, offset: 0 };
}

/** Whether the elements lie in row-major order without gaps (from any offset). */
export function isContiguous({ shape, strides }: Layout): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= shape[axis]!;
  }
  return true;
}

/** Whether two elements may share a cell, so that writing to the view is ambiguous. */
export function mayOverlap({ shape, strides }: Layout): boolean {
  const axes = strides
    .map((stride, axis) => ({ stride: Math.abs(stride), n: shape[axis]! }))
    .filter(({ n }) => n > 1)
    .sort((p, q) => p.stride - q.stride);
  let reach = 0;
  return axes.some(({ stride, n }) => {
    const overlaps = stride <= reach;
    reach += stride * (n - 1);
    return overlaps;
  });
}

export function permuteLayout(
  { shape, strides, offset }: Layout,
  order: readonly number[],
): Layout {
  return {
    shape: order.map((axis) => shape[axis]!),
    strides: order.map((axis) => strides[axis]!),
    offset,
  };
}

export function flipLayout({ shape, strides, offset }: Layout, axes: readonly number[]): Layout {
  const flipped = [...strides];
  let first = offset;
  for (const axis of axes) {
    first += Math.max(shape[axis]! - 1, 0) * strides[axis]!;
    flipped[axis] = -strides[axis]!;
  }
  return { shape, strides: flipped, offset: first };
}

/** Axes of size 1 repeated with stride 0; the rank stays. */
export function broadcastLayout({ shape, strides, offset }: Layout, to: Shape): Layout {
  return {
    shape: to,
    strides: strides.map((s, axis) => (shape[axis] === to[axis] ? s : 0)),
    offset,
  };
}

/** A part of each axis: `size` elements from `start`, `step` apart. */
export interface Slice {
  readonly start: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

export function sliceLayout({ strides, offset }: Layout, { start, size, step }: Slice): Layout {
  return {
    shape: size,
    strides: strides.map((s, axis) => s * step[axis]!),
    offset:
      sizeOf(size) === 0 ? offset : strides.reduce((at, s, axis) => at + s * start[axis]!, offset),
  };
}

/** The same elements under another shape without moving them, or `null` where only a copy can do it. */
export function reshapeLayout(layout: Layout, to: Shape): Layout | null {
  if (isContiguous(layout)) return { ...contiguousLayout(to), offset: layout.offset };
  if (sizeOf(to) === 0) return contiguousLayout(to);
  const strides = new Array<number>(to.length).fill(0);
  const from = layout.shape.flatMap((n, axis) =>
    n === 1 ? [] : [{ n, s: layout.strides[axis]! }],
  );
  let axis = 0;
  for (let i = 0; i < from.length; ) {
    // A run of old axes that one run of new axes covers exactly.
    let old = from[i]!.n;
    let fresh = 1;
    let j = i + 1;
    const first = axis;
    while (fresh !== old || (axis < to.length && to[axis] === 1)) {
      if (fresh < old) fresh *= to[axis++]!;
      else if (fresh > old) old *= from[j++]!.n;
      else axis++;
    }
    for (let k = i; k + 1 < j; k++) {
      if (from[k]!.s !== from[k + 1]!.s * from[k + 1]!.n) return null;
    }
    let stride = from[j - 1]!.s;
    for (let k = axis - 1; k >= first; k--) {
      strides[k] = stride;
      stride *= to[k]!;
    }
    i = j;
  }
  return { shape: to, strides, offset: layout.offset };
}

/**
 * A sliding window over the last `kernel.length` axes. `kernel`, `stride` and `dilation` count cells;
 * `dilation` is the distance of neighbouring taps (1 = dense).
 */
export interface Window {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
}

/** A window over the last two axes of an image, for pooling: taps beyond the image's edge do not take part. */
export interface Pooling extends Window {
  readonly kernel: readonly [h: number, w: number];
  readonly stride: readonly [h: number, w: number];
  readonly dilation: readonly [h: number, w: number];
  /** Cells that the first window begins above and left of the image. */
  readonly before: readonly [top: number, left: number];
  /** How many windows there are; every one shows a cell of the image. */
  readonly output: readonly [h: number, w: number];
}

/** Cells from the first tap of a window to its last: `d·(k − 1) + 1`. */
export function windowExtent(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * How many windows fit: `floor((size − d·(k − 1) − 1) / s) + 1`, where `size` is the padded size.
 * This is the one output-size formula of the project; 0 or less means that the window does not fit.
 * Source: PyTorch, `torch.nn.Conv2d`, section Shape.
 */
export function windowCount(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
): number {
  return Math.floor((size - windowExtent(kernel, dilation)) / stride) + 1;
}

/** @throws {@link ShapeError} unless the window has whole positive sizes and fits. */
export function windowsShape(operation: string, shape: Shape, window: Window): Shape {
  const { kernel, stride, dilation } = window;
  const lead = shape.length - kernel.length;
  const whole = [...kernel, ...stride, ...dilation].every((n) => Number.isSafeInteger(n) && n >= 1);
  if (lead < 0 || stride.length !== kernel.length || dilation.length !== kernel.length || !whole) {
    throw new ShapeError(
      operation,
      `kernel ${formatShape(kernel)}, stride ${formatShape(stride)} and dilation ${formatShape(dilation)} ` +
        `must be equally many whole numbers ≥ 1, at most one per axis of ${formatShape(shape)}`,
      { shape, ...window },
    );
  }
  const counts = kernel.map((k, i) => windowCount(shape[lead + i]!, k, stride[i]!, dilation[i]!));
  const wrong = counts.findIndex((count) => count < 1);
  if (wrong >= 0) {
    const extent = windowExtent(kernel[wrong]!, dilation[wrong]!);
    throw new ShapeError(
      operation,
      `a window of ${extent} cells does not fit axis ${lead + wrong} of ${formatShape(shape)} ` +
        `(${shape[lead + wrong]} − ${extent} < 0); pad the axis or use a smaller kernel`,
      { shape, ...window },
    );
  }
  return [...shape.slice(0, lead), ...kernel, ...counts];
}

/** `[…, H, W] → […, kh, kw, oh, ow]`: taps move by the dilation, windows by the stride; cells are shared. */
export function windowsLayout(layout: Layout, window: Window): Layout {
  const shape = windowsShape("windows", layout.shape, window);
  const lead = layout.shape.length - window.kernel.length;
  const spatial = layout.strides.slice(lead);
  return {
    shape,
    strides: [
      ...layout.strides.slice(0, lead),
      ...spatial.map((s, i) => s * window.dilation[i]!),
      ...spatial.map((s, i) => s * window.stride[i]!),
    ],
    offset: layout.offset,
  };
}

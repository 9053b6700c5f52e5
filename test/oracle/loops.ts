/**
 * Convolution and pooling as plain loops over plain arrays: slow, obvious, and written without a look at the library.
 * All arrays are row-major; images are [N, C, H, W], filters [O, C / groups, kh, kw].
 */

type Pair = readonly [h: number, w: number];
type Sides = readonly [vertical: Pair, horizontal: Pair];

/** What slides over what. */
export interface Sliding {
  /** [N, C, H, W] */
  readonly image: readonly [n: number, c: number, h: number, w: number];
  readonly kernel: Pair;
  readonly stride: Pair;
  /** [[top, bottom], [left, right]] */
  readonly padding: Sides;
  readonly dilation: Pair;
}

/** A convolution of `filters` filters. */
export interface Convolution extends Sliding {
  readonly filters: number;
  readonly groups: number;
  readonly flip: boolean;
}

/** How many windows lie on an axis: counted by placing one after another until the next would not fit. */
export function placesOf(s: Sliding, axis: 0 | 1, ceilMode = false): number {
  const size = s.image[axis === 0 ? 2 : 3];
  const [before, after] = s.padding[axis];
  const extent = (s.kernel[axis] - 1) * s.dilation[axis] + 1;
  let places = 0;
  let start = -before;
  for (; start + extent <= size + after; start += s.stride[axis]) places++;
  // Ceil mode adds one window that overhangs, if cells are left over and it begins before the trailing padding.
  const lastEnd = start - s.stride[axis] + extent;
  return ceilMode && lastEnd < size + after && start < size ? places + 1 : places;
}

/** The padding that makes ⌈size / stride⌉ windows fit, the odd cell at the end. */
export function samePadding(s: Omit<Sliding, "padding">, axis: 0 | 1): Pair {
  const size = s.image[axis === 0 ? 2 : 3];
  const extent = (s.kernel[axis] - 1) * s.dilation[axis] + 1;
  const lastStart = (Math.ceil(size / s.stride[axis]) - 1) * s.stride[axis];
  const missing = Math.max(lastStart + extent - size, 0);
  return [Math.floor(missing / 2), Math.ceil(missing / 2)];
}

/** Calls `visit` for every product x·w that enters a y: six loops, and one for the batch. */
function eachProduct(
  s: Convolution,
  visit: (x: number, w: number, y: number) => void,
): readonly [n: number, o: number, oh: number, ow: number] {
  const [N, C, H, W] = s.image;
  const [kh, kw] = s.kernel;
  const [oh, ow] = [placesOf(s, 0), placesOf(s, 1)];
  const channels = C / s.groups;
  const perGroup = s.filters / s.groups;
  for (let n = 0; n < N; n++)
    for (let o = 0; o < s.filters; o++)
      for (let u = 0; u < oh; u++)
        for (let v = 0; v < ow; v++)
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const row = u * s.stride[0] + i * s.dilation[0] - s.padding[0][0];
                const column = v * s.stride[1] + j * s.dilation[1] - s.padding[1][0];
                if (row < 0 || row >= H || column < 0 || column >= W) continue;
                const channel = Math.floor(o / perGroup) * channels + c;
                const [m, l] = s.flip ? [kh - 1 - i, kw - 1 - j] : [i, j];
                visit(
                  ((n * C + channel) * H + row) * W + column,
                  ((o * channels + c) * kh + m) * kw + l,
                  ((n * s.filters + o) * oh + u) * ow + v,
                );
              }
  return [N, s.filters, oh, ow];
}

/** y = x ⊗ w + b  `[N, O, oh, ow]` */
export function convolve(
  s: Convolution,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b?: ArrayLike<number>,
): Float64Array {
  const [oh, ow] = [placesOf(s, 0), placesOf(s, 1)];
  const y = new Float64Array(s.image[0] * s.filters * oh * ow);
  eachProduct(s, (xi, wi, yi) => {
    y[yi] = y[yi]! + x[xi]! * w[wi]!;
  });
  return b ? y.map((value, i) => value + b[Math.floor(i / (oh * ow)) % s.filters]!) : y;
}

/** ∂L/∂x, ∂L/∂w and ∂L/∂b for g = ∂L/∂y: each product x·w in a y gives g·w to its x and g·x to its w. */
export function convolveBackward(
  s: Convolution,
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  g: ArrayLike<number>,
): { dx: Float64Array; dw: Float64Array; db: Float64Array } {
  const dx = new Float64Array(x.length);
  const dw = new Float64Array(w.length);
  const db = new Float64Array(s.filters);
  const [, O, oh, ow] = eachProduct(s, (xi, wi, yi) => {
    dx[xi] = dx[xi]! + g[yi]! * w[wi]!;
    dw[wi] = dw[wi]! + g[yi]! * x[xi]!;
  });
  for (let yi = 0; yi < g.length; yi++) {
    const o = Math.floor(yi / (oh * ow)) % O;
    db[o] = db[o]! + g[yi]!;
  }
  return { dx, dw, db };
}

/** One pooling window: the cells of the image in it, in row-major order, and how many cells it counts with padding. */
export interface PoolWindow {
  readonly cells: readonly number[];
  readonly withPadding: number;
}

/** The windows of a pooling, in the order of its outputs. */
export function poolWindows(s: Sliding, ceilMode: boolean): PoolWindow[] {
  const [N, C, H, W] = s.image;
  const [oh, ow] = [placesOf(s, 0, ceilMode), placesOf(s, 1, ceilMode)];
  const windows: PoolWindow[] = [];
  for (let plane = 0; plane < N * C; plane++)
    for (let u = 0; u < oh; u++)
      for (let v = 0; v < ow; v++) {
        const cells: number[] = [];
        let withPadding = 0;
        for (let i = 0; i < s.kernel[0]; i++)
          for (let j = 0; j < s.kernel[1]; j++) {
            const row = u * s.stride[0] + i * s.dilation[0] - s.padding[0][0];
            const column = v * s.stride[1] + j * s.dilation[1] - s.padding[1][0];
            if (row < H + s.padding[0][1] && column < W + s.padding[1][1]) withPadding++;
            if (row < 0 || row >= H || column < 0 || column >= W) continue;
            cells.push((plane * H + row) * W + column);
          }
        windows.push({ cells, withPadding });
      }
  return windows;
}

/** A pooling rule: the output of a window, and the gradient of each of its cells. */
export type PoolRule = (
  values: readonly number[],
  window: PoolWindow,
) => { readonly y: number; readonly slopes: readonly number[] };

/** The first maximum takes all. */
export const maxRule: PoolRule = (values) => {
  const y = Math.max(...values);
  const winner = values.indexOf(y);
  return { y, slopes: values.map((_, i) => (i === winner ? 1 : 0)) };
};

/** Everyone gets the same. */
export const avgRule =
  (countIncludePad: boolean): PoolRule =>
  (values, { withPadding }) => {
    const divisor = countIncludePad ? withPadding : values.length;
    return {
      y: values.reduce((a, b) => a + b, 0) / divisor,
      slopes: values.map(() => 1 / divisor),
    };
  };

/** (Σ |x|ᵖ)^(1/p): everyone gets according to size, and nothing where all are 0. */
export const lpRule =
  (p: number): PoolRule =>
  (values) => {
    const y = values.reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p);
    const slope = (x: number) => (y === 0 ? 0 : Math.sign(x) * (Math.abs(x) / y) ** (p - 1));
    return { y, slopes: values.map(slope) };
  };

/** A pooling and its gradient for g = ∂L/∂y. */
export function pool(
  s: Sliding,
  ceilMode: boolean,
  rule: PoolRule,
  x: ArrayLike<number>,
  g: (size: number) => ArrayLike<number>,
): { y: Float64Array; dx: Float64Array } {
  const windows = poolWindows(s, ceilMode);
  const results = windows.map((window) => ({
    window,
    ...rule(
      window.cells.map((cell) => x[cell]!),
      window,
    ),
  }));
  const upstream = g(windows.length);
  const dx = new Float64Array(x.length);
  results.forEach(({ window, slopes }, i) => {
    window.cells.forEach((cell, k) => {
      dx[cell] = dx[cell]! + upstream[i]! * slopes[k]!;
    });
  });
  return { y: Float64Array.from(results, ({ y }) => y), dx };
}

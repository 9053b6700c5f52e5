/** One transform of a batch, everything random about it drawn: `draws` has so many numbers for each image. */
export type PixelStep =
  | {
      readonly kind: "normalize";
      readonly mean: ArrayLike<number>;
      readonly std: ArrayLike<number>;
    }
  /** 1 where an image is mirrored. */
  | { readonly kind: "flip"; readonly vertical: boolean; readonly draws: Float64Array }
  /** The first row and column of each image. `rows[i]`: which row of the image is row i of the padded one, −1: none. */
  | {
      readonly kind: "crop";
      readonly size: readonly [height: number, width: number];
      readonly rows: Int32Array;
      readonly columns: Int32Array;
      readonly fill: number;
      readonly draws: Float64Array;
    }
  /** Where pixel [y, x] comes from: row d·x + e·y + f and column a·x + b·y + c; a … f of each image. */
  | { readonly kind: "affine"; readonly fill: number; readonly draws: Float64Array }
  /** Top, left, height and width of the rectangle in each image. */
  | { readonly kind: "erase"; readonly value: ArrayLike<number>; readonly draws: Float64Array };

/** What is to be done with a batch. */
export interface PixelJob {
  /** [N, C, H, W]; bytes from 0 to 255, or floats that are taken as they are. */
  readonly pixels: Uint8Array | Float32Array;
  readonly shape: readonly [number, number, number, number];
  readonly steps: readonly PixelStep[];
}

/**
 * Makes the function that does what a {@link PixelJob} says and gives the pixels as float32. The text of this function
 * is also the program of the worker: so nothing in it may refer to anything outside, and only operators and functions
 * are used whose results IEEE 754 fixes to the bit.
 */
export function pixelProgram(): (job: PixelJob) => Float32Array {
  const fround = Math.fround;

  function floats(pixels: Uint8Array | Float32Array): Float32Array {
    if (pixels instanceof Float32Array) return pixels;
    const x = new Float32Array(pixels.length);
    for (let i = 0; i < pixels.length; i++) x[i] = pixels[i]! / 255;
    return x;
  }

  function normalize(
    x: Float32Array,
    channels: number,
    area: number,
    mean: ArrayLike<number>,
    std: ArrayLike<number>,
  ): void {
    for (let from = 0, plane = 0; from < x.length; from += area, plane++) {
      const c = plane % channels;
      const m = fround(mean[c % mean.length]!);
      const s = fround(std[c % std.length]!);
      for (let i = from; i < from + area; i++) x[i] = fround(fround(x[i]! - m) / s);
    }
  }

  /** Reverses `lines` lines of `length` places each: neighbours stand `step` apart, lines `next`. */
  function mirror(
    x: Float32Array,
    from: number,
    lines: number,
    next: number,
    length: number,
    step: number,
  ): void {
    for (let line = 0; line < lines; line++) {
      let left = from + line * next;
      let right = left + (length - 1) * step;
      for (; left < right; left += step, right -= step) {
        const pixel = x[left]!;
        x[left] = x[right]!;
        x[right] = pixel;
      }
    }
  }

  function flip(
    x: Float32Array,
    channels: number,
    height: number,
    width: number,
    vertical: boolean,
    draws: Float64Array,
  ): void {
    const area = height * width;
    for (let n = 0; n < draws.length; n++) {
      if (draws[n] === 0) continue;
      const from = n * channels * area;
      if (!vertical) mirror(x, from, channels * height, width, width, 1);
      else for (let c = 0; c < channels; c++) mirror(x, from + c * area, width, 1, height, width);
    }
  }

  function crop(
    x: Float32Array,
    channels: number,
    height: number,
    width: number,
    step: Extract<PixelStep, { kind: "crop" }>,
  ): Float32Array {
    const h = step.size[0];
    const w = step.size[1];
    const { rows, columns, fill, draws } = step;
    const planes = x.length / (height * width);
    const y = new Float32Array(planes * h * w);
    if (fill !== 0) y.fill(fill);
    for (let plane = 0, to = 0; plane < planes; plane++) {
      const n = (plane / channels) | 0;
      const top = draws[2 * n]!;
      const left = draws[2 * n + 1]!;
      for (let i = 0; i < h; i++, to += w) {
        const row = rows[top + i]!;
        if (row < 0) continue;
        const from = (plane * height + row) * width;
        for (let j = 0; j < w; j++) {
          const column = columns[left + j]!;
          if (column >= 0) y[to + j] = x[from + column]!;
        }
      }
    }
    return y;
  }

  /** Copies an image into the middle of one that has a border of one pixel. Float32, though the cells are wider. */
  function framed(
    frame: Float64Array,
    x: Uint8Array | Float32Array,
    unit: number,
    from: number,
    height: number,
    width: number,
  ): void {
    for (let i = 0; i < height; i++) {
      const to = (i + 1) * (width + 2) + 1;
      const row = from + i * width;
      for (let j = 0; j < width; j++) frame[to + j] = fround(x[row + j]! / unit);
    }
  }

  /** Bytes are taken as they are, and the result normalised: passes of their own would take as long again. */
  function affine(
    x: Uint8Array | Float32Array,
    channels: number,
    height: number,
    width: number,
    fill: number,
    draws: Float64Array,
    mean: ArrayLike<number>,
    std: ArrayLike<number>,
  ): Float32Array {
    const area = height * width;
    const unit = x instanceof Float32Array ? 1 : 255;
    const y = new Float32Array(x.length);
    const frame = new Float64Array((height + 2) * (width + 2)).fill(fill);
    for (let plane = 0; plane * area < x.length; plane++) {
      framed(frame, x, unit, plane * area, height, width);
      const at = 6 * ((plane / channels) | 0);
      const c = plane % channels;
      const m = fround(mean[c % mean.length]!);
      const s = fround(std[c % std.length]!);
      const a = draws[at]!;
      const d = draws[at + 3]!;
      for (let i = 0; i < height; i++) {
        // The place of the row's first pixel in the frame, whose pixels begin at 1.
        const column = draws[at + 1]! * i + draws[at + 2]! + 1;
        const row = draws[at + 4]! * i + draws[at + 5]! + 1;
        const start = plane * area + i * width;
        resample(y, start, frame, height, width, fill, a, column, d, row, m, s);
      }
    }
    return y;
  }

  /**
   * A row of an image: pixel j is what the frame has at row d·j + row and column a·j + column, between its pixels. Those
   * that come from inside the frame are neighbours, since both coordinates go one way.
   */
  function resample(
    y: Float32Array,
    start: number,
    frame: Float64Array,
    height: number,
    width: number,
    fill: number,
    a: number,
    column: number,
    d: number,
    row: number,
    m: number,
    s: number,
  ): void {
    const bottom = height + 1;
    const right = width + 1;
    const stride = width + 2;
    const outside = fround(fround(fround(fill) - m) / s);
    let first = 0;
    let last = width - 1;
    for (; first <= last; first++) {
      const u = a * first + column;
      const v = d * first + row;
      if (u >= 0 && u < right && v >= 0 && v < bottom) break;
      y[start + first] = outside;
    }
    for (; last > first; last--) {
      const u = a * last + column;
      const v = d * last + row;
      if (u >= 0 && u < right && v >= 0 && v < bottom) break;
      y[start + last] = outside;
    }
    for (let j = first; j <= last; j++) {
      const u = a * j + column;
      const v = d * j + row;
      const k = u | 0;
      const i = v | 0;
      const at = i * stride + k;
      const across = u - k;
      const above = frame[at]! + across * (frame[at + 1]! - frame[at]!);
      const under = frame[at + stride]! + across * (frame[at + stride + 1]! - frame[at + stride]!);
      y[start + j] = fround(fround(fround(above + (v - i) * (under - above)) - m) / s);
    }
  }

  function erase(
    x: Float32Array,
    channels: number,
    height: number,
    width: number,
    value: ArrayLike<number>,
    draws: Float64Array,
  ): void {
    for (let n = 0; 4 * n < draws.length; n++) {
      const top = draws[4 * n]!;
      const left = draws[4 * n + 1]!;
      const h = draws[4 * n + 2]!;
      const w = draws[4 * n + 3]!;
      for (let c = 0; c < channels; c++) {
        for (let i = top; i < top + h; i++) {
          const from = ((n * channels + c) * height + i) * width + left;
          x.fill(value[c % value.length]!, from, from + w);
        }
      }
    }
  }

  return function run(job) {
    const channels = job.shape[1];
    let height = job.shape[2];
    let width = job.shape[3];
    const ones = [1];
    const zeros = [0];
    let pixels = job.pixels;
    for (let k = 0; k < job.steps.length; k++) {
      const step = job.steps[k]!;
      if (step.kind === "affine") {
        const next = job.steps[k + 1];
        const isNormalized = next !== undefined && next.kind === "normalize";
        const mean = isNormalized ? next.mean : zeros;
        const std = isNormalized ? next.std : ones;
        pixels = affine(pixels, channels, height, width, step.fill, step.draws, mean, std);
        if (isNormalized) k++;
        continue;
      }
      const x = floats(pixels);
      pixels = x;
      if (step.kind === "normalize") normalize(x, channels, height * width, step.mean, step.std);
      else if (step.kind === "flip") flip(x, channels, height, width, step.vertical, step.draws);
      else if (step.kind === "erase") erase(x, channels, height, width, step.value, step.draws);
      else {
        pixels = crop(x, channels, height, width, step);
        height = step.size[0];
        width = step.size[1];
      }
    }
    return floats(pixels);
  };
}

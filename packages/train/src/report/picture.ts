import type { Shape, Tensor, TypedArray } from "@convgrad/core";

/** Numbers as bytes that a page can show: plain data. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 = one number per cell, 3 = red, green and blue. */
  readonly channels: 1 | 3;
  /** Base64 of `height·width·channels` bytes, row by row, the channels of a cell together. */
  readonly pixels: string;
  /** What byte 0 and byte 255 stand for. */
  readonly low: number;
  readonly high: number;
}

/** Values `[C, H, W]`. */
export interface Planes {
  readonly shape: Shape;
  readonly values: Readonly<ArrayLike<number>>;
}

/** Planes as a tensor gave them. */
export interface ImagePlanes extends Planes {
  readonly values: TypedArray;
}

/** Larger pictures are made smaller, so that a report stays a page: cells of a side. */
const LARGEST_SIDE = 64;

/** One sample of a batch as planes; `null` unless it is an image, `[C, H, W]` with at least a cell. */
export function planesOf(batch: Tensor, sample: number): ImagePlanes | null {
  if (batch.rank !== 4 || batch.size === 0) return null;
  const one = batch.detach().slice([sample], [sample + 1]);
  return { shape: one.shape.slice(1), values: one.toTypedArray() };
}

/** The planes as one picture: three are colours, of any other number the mean is shown. */
export function pictureOf(
  planes: Planes,
  [low, high]: readonly [number, number] = rangeOf(planes),
): Picture {
  const { shape, values } = shown(planes);
  const [channels, rows, columns] = shape as [number, number, number];
  const factor = Math.max(1, Math.ceil(Math.max(rows, columns) / LARGEST_SIDE));
  const [height, width] = [Math.ceil(rows / factor), Math.ceil(columns / factor)];
  const bytes = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const value = blockMean(values, c * rows * columns, rows, columns, y, x, factor);
        const share = high > low ? (value - low) / (high - low) : 0;
        bytes[(y * width + x) * channels + c] = Math.round(255 * Math.min(Math.max(share, 0), 1));
      }
    }
  }
  return { width, height, channels: channels as 1 | 3, pixels: base64(bytes), low, high };
}

/** The planes of one picture, each by itself. */
export function eachPlane({ shape, values }: Planes): Planes[] {
  const [channels, height, width] = shape as [number, number, number];
  const cells = height * width;
  return Array.from({ length: channels }, (_, c) => ({
    shape: [1, height, width],
    values: Array.from({ length: cells }, (_, i) => values[c * cells + i]!),
  }));
}

/** −m … m, where m is the largest size of a value: zero lies in the middle. */
export function symmetricRange(planes: readonly Planes[]): readonly [number, number] {
  let most = 0;
  for (const { values } of planes) {
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i]!);
      if (size > most && size < Number.POSITIVE_INFINITY) most = size;
    }
  }
  return [-most, most];
}

/** Bytes are 0 to 255 and numbers in [0, 1] what they are; others are stretched from the least to the greatest. */
function rangeOf({ values }: Planes): readonly [number, number] {
  if (values instanceof Uint8Array) return [0, 255];
  let [low, high] = [0, 1];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

/** Planes of which a picture can be made: one, or three. */
export function shown(planes: Planes): Planes {
  const [channels, height, width] = planes.shape as [number, number, number];
  if (channels === 1 || channels === 3) return planes;
  const cells = height * width;
  const mean = new Float32Array(cells);
  for (let i = 0; i < cells * channels; i++) mean[i % cells]! += planes.values[i]! / channels;
  return { shape: [1, height, width], values: mean };
}

/** The mean of a block of factor × factor cells, smaller at the edges. */
function blockMean(
  values: Readonly<ArrayLike<number>>,
  offset: number,
  rows: number,
  columns: number,
  y: number,
  x: number,
  factor: number,
): number {
  let [sum, count] = [0, 0];
  for (let i = y * factor; i < Math.min((y + 1) * factor, rows); i++) {
    for (let j = x * factor; j < Math.min((x + 1) * factor, columns); j++) {
      sum += values[offset + i * columns + j]!;
      count++;
    }
  }
  return sum / count;
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

import type { TypedArray } from "@convgrad/core";
import type { Pixels } from "./protocol.ts";

/** [C, H, W] */
type ImageShape = readonly [number, number, number];

/** Colours of the least and the greatest number; zero is white. */
const MINUS = [27, 93, 173] as const;
const PLUS = [201, 96, 8] as const;

/** An image of numbers from 0 to `most`: grey for one channel, in its colours for three. */
export function imagePixels(
  values: TypedArray,
  [channels, height, width]: ImageShape,
  most: number,
): Pixels {
  const cells = height * width;
  const data = new Uint8ClampedArray(4 * cells);
  for (let i = 0; i < cells; i++) {
    for (let k = 0; k < 3; k++) {
      data[4 * i + k] = (255 * values[channels === 3 ? k * cells + i : i]!) / most;
    }
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}

/** A plane of numbers from −most to most: blue below zero, white, orange above. */
function planePixels(values: TypedArray, height: number, width: number, most: number): Pixels {
  const data = new Uint8ClampedArray(4 * height * width);
  for (let i = 0; i < height * width; i++) {
    const share = most > 0 ? Math.max(-1, Math.min(1, values[i]! / most)) : 0;
    const colour = share < 0 ? MINUS : PLUS;
    for (let k = 0; k < 3; k++) data[4 * i + k] = 255 + (colour[k]! - 255) * Math.abs(share);
    data[4 * i + 3] = 255;
  }
  return { width, height, data };
}

/** The planes [K, H, W], at most so many, in colours of one range. */
export function planesPixels(
  values: TypedArray,
  [count, height, width]: ImageShape,
  most: number,
): { readonly pictures: readonly Pixels[]; readonly range: readonly [number, number] } {
  const cells = height * width;
  const shown = Math.min(count, most);
  let size = 0;
  for (let i = 0; i < shown * cells; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > size && magnitude < Number.POSITIVE_INFINITY) size = magnitude;
  }
  const pictures = Array.from({ length: shown }, (_, k) =>
    planePixels(values.subarray(k * cells, (k + 1) * cells), height, width, size),
  );
  return { pictures, range: [-size, size] };
}

import type { Grey } from "./inkToImage.ts";
import type { Pixels, Sample } from "./protocol.ts";

/** An image as a network sees it: numbers in [0, 1] of [C, H, W], and how it looks. */
export interface Seen {
  readonly values: Float32Array;
  readonly picture: Pixels;
  /** Its class, where it is known. */
  readonly label: number | null;
}

/** What a network sees of a grey picture. */
export function seenGrey({ width, height, values }: Grey): Seen {
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  values.forEach((v, at) => {
    data.fill(Math.round(255 * v), 4 * at, 4 * at + 3);
  });
  return { values, picture: { width, height, data }, label: null };
}

/** What a network of images with so many channels sees of a sample. */
export function seenSample({ picture, label }: Sample, channels: number): Seen {
  const { data } = picture;
  const cells = data.length / 4;
  const values = Float32Array.from({ length: channels * cells }, (_, i) => {
    return data[4 * (i % cells) + Math.floor(i / cells)]! / 255;
  });
  return { values, picture, label };
}

import {
  checkOptions,
  checkWhole,
  FormatError,
  formatValue,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { bytesOf, checkName } from "./bytes.ts";

/** How pictures become tensors. */
export interface ImageOptions {
  /** Height and width that each picture is brought to, or one number for both. */
  readonly size?: number | readonly [height: number, width: number];
  /** 3 for red, green and blue, 1 for grey; default 3. */
  readonly channels?: 1 | 3;
  /**
   * How a picture of another form comes to that size: `"cover"` cuts the middle out, `"contain"` leaves borders, `"fill"`
   * distorts; default `"cover"`.
   */
  readonly fit?: "cover" | "contain" | "fill";
  /** The grey, 0 to 255, behind transparent pixels and of borders; default 0, black. */
  readonly background?: number;
  /** Bytes that a file may have at most; default 2²⁶, 64 MiB. */
  readonly maxBytes?: number;
  /** Pixels that a picture may have at most, before it is resized; default 2²⁶. An interlaced one takes 3 bytes or more for each. */
  readonly maxPixels?: number;
}

/** Options of {@link decodeImage}; without a size, the picture keeps its own. */
export interface DecodeImageOptions extends ImageOptions {
  /** How messages call the picture; default `"the image"`. */
  readonly name?: string;
}

/** {@link ImageOptions} that were checked. */
export interface ImageSettings {
  readonly size: readonly [height: number, width: number] | null;
  readonly channels: 1 | 3;
  readonly fit: "cover" | "contain" | "fill";
  readonly background: number;
  readonly maxBytes: number;
  readonly maxPixels: number;
}

/** The bytes of a picture, channel by channel. */
interface Decoded {
  readonly height: number;
  readonly width: number;
  readonly planes: Uint8Array;
}

type Sharp = typeof import("sharp")["default"];

export const IMAGE_OPTIONS = [
  "size",
  "channels",
  "fit",
  "background",
  "maxBytes",
  "maxPixels",
] as const;

/** More pixels along an axis no network takes. */
const LARGEST_SIDE = 2 ** 14;

/**
 * A PNG, JPEG or WebP picture as a tensor, upright as its EXIF data say, of an animation the first picture. It is made
 * for uploads: what has more bytes or pixels than allowed is refused before it is decoded, what is no such picture, or
 * is damaged, in any case. Needs Node and the package `sharp`; in a browser, draw the picture on a canvas and take
 * its `getImageData`.
 *
 * The same file gives the same bytes with the same version of `sharp`.
 *
 * @returns uint8 `[C, H, W]`, 0 to 255 in sRGB; grey is (19595 R + 38470 G + 7471 B)/2¹⁶
 * @throws {@link FormatError} for what is no picture within the limits: `decodeImage: upload.png: Input buffer has corrupt
 * header …`; {@link ValueError} for a bad option, and where `sharp` is not installed.
 * Source: ITU-R BT.601 (grey, in the rounding of PIL's `convert("L")`, as torchvision has it).
 *
 * @example
 * const picture = await decodeImage(upload, { size: 28, channels: 1, fit: "contain", maxBytes: 2 ** 20 });
 * const x = pixels(picture).reshape([1, 1, 28, 28]);
 */
export async function decodeImage(
  bytes: Uint8Array | ArrayBuffer,
  options: DecodeImageOptions = {},
): Promise<Tensor> {
  checkOptions("decodeImage", options, [...IMAGE_OPTIONS, "name"]);
  const settings = imageSettings("decodeImage", options);
  const { name = "the image" } = options;
  checkName("decodeImage", name);
  const file = bytesOf("decodeImage", bytes);
  const sharp = await loadSharp("decodeImage");
  const { height, width, planes } = await decodePlanes("decodeImage", sharp, file, settings, name);
  return tensor(planes, { shape: [settings.channels, height, width] });
}

/** @throws {@link ValueError} for an option out of range. */
export function imageSettings(operation: string, options: ImageOptions): ImageSettings {
  const { channels = 3, fit = "cover", background = 0 } = options;
  const { maxBytes = 2 ** 26, maxPixels = 2 ** 26 } = options;
  if (channels !== 1 && channels !== 3) {
    throw new ValueError(
      operation,
      `channels is ${formatValue(channels)}; it must be 1 (grey) or 3 (red, green, blue)`,
    );
  }
  if (!["cover", "contain", "fill"].includes(fit)) {
    throw new ValueError(
      operation,
      `fit is ${formatValue(fit)}; it must be "cover", "contain" or "fill"`,
    );
  }
  checkWhole(operation, "background", background, 0, 255);
  checkWhole(operation, "maxBytes", maxBytes, 1);
  checkWhole(operation, "maxPixels", maxPixels, 1);
  const size = sizeOf(operation, options.size);
  return { size, channels, fit, background, maxBytes, maxPixels };
}

function sizeOf(operation: string, size: ImageOptions["size"]): ImageSettings["size"] {
  if (size === undefined) return null;
  const [height, width, ...more] = Array.isArray(size) ? size : [size, size];
  if (more.length > 0) {
    throw new ValueError(
      operation,
      `size is ${formatValue(size)}; pass one number or [height, width]`,
    );
  }
  checkWhole(operation, "the height in size", height, 1, LARGEST_SIDE);
  checkWhole(operation, "the width in size", width, 1, LARGEST_SIDE);
  return [height, width];
}

/**
 * The package sharp, loaded when first needed and by a name that bundlers do not follow.
 *
 * @throws {@link ValueError} where there is none.
 */
export async function loadSharp(operation: string): Promise<Sharp> {
  const specifier = "sharp";
  try {
    const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
    return module.default ?? module;
  } catch (error) {
    const cause = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new ValueError(
      operation,
      `pictures are decoded by the package sharp, which cannot be loaded here (${cause}); run npm install sharp, ` +
        "or in a browser draw them on a canvas",
    );
  }
}

/**
 * The pixels of a picture, `[C, H, W]`.
 *
 * @throws {@link FormatError} for what is none, or beyond the limits.
 */
export async function decodePlanes(
  operation: string,
  sharp: Sharp,
  bytes: Uint8Array,
  { size, channels, fit, background, maxBytes, maxPixels }: ImageSettings,
  name: string,
): Promise<Decoded> {
  if (bytes.length > maxBytes) {
    const message = `${name}: has ${bytes.length} bytes, more than ${maxBytes}; make it smaller, or raise maxBytes`;
    throw new FormatError(operation, message, { name, found: bytes.length, maxBytes });
  }
  checkKind(operation, bytes, name);
  const grey = { r: background, g: background, b: background };
  const picture = sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" })
    .rotate() // as its EXIF data say
    .flatten({ background: grey })
    .toColourspace("srgb");
  if (size) picture.resize(size[1], size[0], { fit, background: grey });
  try {
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    const planes = toPlanes(data, channels);
    return { height: info.height, width: info.width, planes };
  } catch (error) {
    const cause = (error instanceof Error ? error.message : String(error))
      .replaceAll(/\s+/g, " ")
      .trim();
    throw new FormatError(
      operation,
      `${name}: ${cause}; it must be a whole PNG, JPEG or WebP picture of at most ${maxPixels} pixels`,
      { name, cause, maxPixels },
    );
  }
}

/** Only these three reach the decoders, which know many more formats (and their faults). */
function checkKind(operation: string, bytes: Uint8Array, name: string): void {
  const start = String.fromCharCode(...bytes.subarray(0, 12));
  const isPng = start.startsWith("\x89PNG\r\n\x1a\n");
  const isJpeg = start.startsWith("\xff\xd8\xff");
  const isWebp = start.startsWith("RIFF") && start.slice(8) === "WEBP";
  if (isPng || isJpeg || isWebp) return;
  const shown = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  throw new FormatError(
    operation,
    `${name}: ${shown.length > 0 ? `begins with the bytes ${shown.join(" ")}` : "has no bytes"}; ` +
      "it must be a PNG, JPEG or WebP picture",
    { name },
  );
}

/** Red, green and blue of each pixel to channel by channel, and colours to grey where one channel is wanted. */
function toPlanes(data: Uint8Array, channels: 1 | 3): Uint8Array {
  const pixels = data.length / 3;
  const planes = new Uint8Array(channels * pixels);
  for (let i = 0, at = 0; i < pixels; i++, at += 3) {
    const red = data[at]!;
    const green = data[at + 1]!;
    const blue = data[at + 2]!;
    if (channels === 1) {
      planes[i] = (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
    } else {
      planes[i] = red;
      planes[pixels + i] = green;
      planes[2 * pixels + i] = blue;
    }
  }
  return planes;
}

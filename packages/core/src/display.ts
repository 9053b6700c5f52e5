import type { TypedArray } from "./dtype.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

// Nothing is imported but types: a bundler would move what two files share to a third, and every program would load it.

/** Numbers as text, as `formatNumbers` writes them. */
type Write = (values: TypedArray) => string[];

/** Rows and columns of the largest table; images and pixels of the largest picture. */
const MOST_ENTRIES = 32;
const MOST_IMAGES = 64;
const MOST_PIXELS = 2 ** 22;

/**
 * What a notebook shows, by type of content: text, and HTML where that shows more. Vectors and small matrices are a table;
 * `[H, W]` above 16 × 16, `[C, H, W]` and `[N, C, H, W]` with 1 or 3 channels a picture, from the least value to the
 * greatest or, of uint8, from 0 to 255. The HTML holds no text but numbers and names of types.
 */
export function display(x: Tensor, write: Write): Record<string, string> {
  const plain = { "text/plain": String(x) };
  const html = x.storage.released || x.size === 0 ? null : (pictureOf(x) ?? tableOf(x, write));
  if (html === null) return plain;
  return { ...plain, "text/html": `${html}<small>${x.dtype} [${x.shape.join(", ")}]</small>` };
}

function tableOf(x: Tensor, write: Write): string | null {
  const columns = x.shape.at(-1);
  if (columns === undefined || x.rank > 2 || Math.max(...x.shape) > MOST_ENTRIES) return null;
  const cells = write(x.toTypedArray()).map(
    (text, i) => `${i % columns === 0 ? "<tr>" : ""}<td>${text.trim()}</td>`,
  );
  return `<table style="text-align: right">${cells.join("")}</table>`;
}

function imagesOf(shape: Shape): Shape | null {
  if (shape.length === 2) return Math.min(...shape) > 16 ? [1, 1, ...shape] : null;
  if (shape.length === 3) return imagesOf([1, ...shape]);
  return shape.length === 4 && (shape[1] === 1 || shape[1] === 3) ? shape : null;
}

/** A Windows bitmap of the images, in as many rows as columns where there are several. */
function pictureOf(x: Tensor): string | null {
  const images = imagesOf(x.shape);
  if (images === null) return null;
  const n = Math.min(images[0]!, MOST_IMAGES);
  const columns = Math.ceil(Math.sqrt(n));
  const rows = Math.ceil(n / columns);
  const gap = n > 1 ? 2 : 0;
  const [h, w] = [images[2]! + gap, images[3]! + gap];
  const [height, width] = [rows * h, columns * w];
  if (height * width > MOST_PIXELS) return null;
  const pixels = lightness(x.detach().reshape(images).slice([0], [n]))
      .pad([[0, rows * columns - n], [0, 0], [0, gap], [0, gap]], 255) // biome-ignore format: one per axis
    .broadcastTo([rows * columns, 3, h, w])
    .reshape([rows, columns, 3, h, w])
    .permute([0, 3, 1, 4, 2]) // [rows, h, columns, w, 3]
    .flip(-1) // blue stands first
    .reshape([height, 3 * width])
    .pad([[0, width % 4]]) // to whole words
    .to("uint8")
    .toTypedArray();
  // The size of the file, where its pixels begin, the size of the header, rows from above, 24 bits per pixel.
  const header = [54 + pixels.length, 0, 54, 40, width, -height, 1 | (24 << 16), 0, 0, 0, 0, 0, 0];
  const file = new Uint8Array(54 + pixels.length);
  file.set([0x42, 0x4d]); // "BM"
  for (let at = 2; at < 54; at++) file[at] = header[(at - 2) >> 2]! >> (8 * ((at - 2) & 3));
  file.set(pixels, 54);
  const zoom = Math.max(Math.min(Math.floor(320 / Math.max(width, height)), 8), 1);
  const size = `width="${zoom * width}" height="${zoom * height}" style="image-rendering: pixelated"`;
  return `<img ${size} src="data:image/bmp;base64,${base64(file)}"><br>`;
}

/** From 0 at the least finite value to 255 at the greatest; uint8 as it is. */
function lightness(x: Tensor): Tensor {
  if (x.dtype === "uint8") return x.to("float32");
  const values = x.to("float32");
  const finite = values.abs().less(Number.POSITIVE_INFINITY);
  const low = values.where(finite, Number.POSITIVE_INFINITY).min().item();
  const high = values.where(finite, Number.NEGATIVE_INFINITY).max().item();
  return values
    .clamp(low, Math.max(low, high))
    .sub(low)
    .mul(255 / (high - low || 1));
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(bytes: Uint8Array): string {
  const texts = Array.from({ length: Math.ceil(bytes.length / 3) }, (_, i) => {
    const [a, b = 0, c = 0] = bytes.subarray(3 * i, 3 * i + 3);
    const word = (a! << 16) | (b << 8) | c;
    return [18, 12, 6, 0].map((shift) => DIGITS[(word >> shift) & 63]).join("");
  });
  const missing = (3 - (bytes.length % 3)) % 3;
  return texts.join("").slice(0, missing === 0 ? undefined : -missing) + "=".repeat(missing);
}

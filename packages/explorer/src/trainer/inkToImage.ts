/** A picture of numbers in [0, 1], row by row. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** The part of a digit's image that the digit fills: 20 of 28, as in MNIST. */
const FILLED = 20 / 28;

/**
 * A drawing as MNIST's authors made their images: the ink's box, scaled to 20 × 20 with its proportions kept and its
 * edges soft, then moved so that its centre of mass is the middle of the 28 × 28; `null` where there is no ink.
 *
 * @param ink Opaque where it is 1.
 */
export function inkToImage(ink: Grey, height = 28, width = 28): Grey | null {
  const box = boxOf(ink);
  if (!box) return null;
  const largest = Math.max(box.right - box.left, box.bottom - box.top);
  const scale = (FILLED * Math.min(height, width)) / largest;
  const mass = massOf(ink);
  // The place in the drawing of the image's corner: the centre of mass comes to the middle.
  const left = mass.x - width / 2 / scale;
  const top = mass.y - height / 2 / scale;
  const values = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      values[y * width + x] = meanOf(ink, left + x / scale, top + y / scale, 1 / scale);
    }
  }
  return { width, height, values };
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function boxOf({ width, height, values }: Grey): Box | null {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (values[y * width + x]! < 0.1) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return right > left ? { left, top, right, bottom } : null;
}

function massOf({ width, height, values }: Grey): { readonly x: number; readonly y: number } {
  let [mass, x, y] = [0, 0, 0];
  for (let at = 0; at < width * height; at++) {
    const value = values[at]!;
    mass += value;
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
  }
  return { x: x / mass, y: y / mass };
}

/** The mean over a square of the drawing, which is empty outside: edges become soft. */
function meanOf({ width, height, values }: Grey, left: number, top: number, side: number): number {
  let sum = 0;
  const last = (start: number, size: number) => Math.min(Math.ceil(start + side), size);
  for (let y = Math.max(Math.floor(top), 0); y < last(top, height); y++) {
    const rows = Math.min(y + 1, top + side) - Math.max(y, top);
    for (let x = Math.max(Math.floor(left), 0); x < last(left, width); x++) {
      const columns = Math.min(x + 1, left + side) - Math.max(x, left);
      sum += rows * columns * values[y * width + x]!;
    }
  }
  return Math.min(sum / (side * side), 1);
}

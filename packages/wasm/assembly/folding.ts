// Columns back into images: each cell gets the sum over the windows that show it.

import { firstUnit, word } from "./vectors";

/** Zeros in a plane of an image. */
export function clearPlane(image: usize, height: i32, width: i32, rowStep: usize, step: usize): void {
  for (let y = 0; y < height; y++) {
    if (step == 4) memory.fill(image, 0, <usize>width << 2);
    else {
      let at = image;
      for (let x = 0; x < width; x++, at += step) store<f32>(at, 0);
    }
    image += rowStep;
  }
}

/** Adds `height` × `width` floats that lie without gaps to cells some bytes apart, down and across. */
function addPlane(to: usize, down: usize, across: usize, from: usize, height: i32, width: i32): void {
  const pitch = <usize>width << 2;
  let w = 0;
  // Columns of vectors: rows are often so short that a loop over each would cost more than the sums.
  for (; across == 4 && w + 4 <= width; w += 4) {
    let cell = to + (<usize>w << 2);
    let at = from + (<usize>w << 2);
    for (let h = 0; h < height; h++) {
      v128.store(cell, f32x4.add(v128.load(cell), v128.load(at)));
      cell += down;
      at += pitch;
    }
  }
  for (; w < width; w++) {
    let cell = to + <usize>w * across;
    let at = from + (<usize>w << 2);
    for (let h = 0; h < height; h++) {
      store<f32>(cell, load<f32>(cell) + load<f32>(at));
      cell += down;
      at += pitch;
    }
  }
}

/**
 * Adds the columns `[taps][pitch bytes]` of a plane. `shape` are words: taps down and across, windows down and across,
 * then the steps in bytes from tap to tap and from window to window, down and across each.
 */
export function addColumns(columns: usize, pitch: usize, image: usize, shape: usize): void {
  const height = <i32>word(shape, 2);
  const width = <i32>word(shape, 3);
  const windowDown = <usize>word(shape, 6);
  const windowAcross = <usize>word(shape, 7);
  for (let i = 0; i < <i32>word(shape, 0); i++) {
    for (let j = 0; j < <i32>word(shape, 1); j++) {
      const to = image + <usize>i * <usize>word(shape, 4) + <usize>j * <usize>word(shape, 5);
      addPlane(to, windowDown, windowAcross, columns, height, width);
      columns += pitch;
    }
  }
}

/**
 * Arguments: 0 … 7 the shape of `addColumns`, 8 parts, 9 images, 10 columns, 11 bytes of columns per image and 12 per
 * tap, 13 image, 14 table of images, 15 planes, 16 their table, 17 height, 18 width, 19 and 20 the steps of a plane,
 * 21 entries of a table, 22 that table: where in the columns and where in the image a plane's columns begin.
 */
export function fold(args: usize, part: i32): void {
  const images = word(args, 9);
  const end = firstUnit(images, word(args, 8), part + 1);
  for (let unit = firstUnit(images, word(args, 8), part); unit < end; unit++) {
    const columns = <usize>word(args, 10) + <usize>unit * <usize>word(args, 11);
    const image = <usize>word(args, 13) + <usize>load<u32>(<usize>word(args, 14) + (<usize>unit << 2));
    const planes = <usize>word(args, 16);
    for (let p = 0; p < <i32>word(args, 15); p++) {
      const plane = image + <usize>load<u32>(planes + (<usize>p << 2));
      clearPlane(plane, word(args, 17), word(args, 18), <usize>word(args, 19), <usize>word(args, 20));
    }
    const entries = <usize>word(args, 22);
    for (let e = 0; e < <i32>word(args, 21); e++) {
      const entry = entries + (<usize>e << 3);
      const from = columns + <usize>load<u32>(entry);
      addColumns(from, <usize>word(args, 12), image + <usize>load<u32>(entry, 4), args);
    }
  }
}

// Kernel `winners`: where the first maximum of each pooling window lies in its plane; the first NaN wins.
//
// Argument words (32 bits each; strides in bytes):
//   0  x, first cell             1  out (int32, contiguous)
//   2  planes                    3  planes per part
//   4  planes in the inner leading axis, 5 its stride, 6 the stride of the outer one
//   7  H    8  W                 9  stride of rows      10  stride of columns
//  11  oh  12  ow               13  kh   14  kw
//  15, 16  strides of windows   17, 18  dilations
//  19  cells that the first window begins above the image, 20  left of it
//  21  element type: 0 float32, 1 int32, 2 uint8

import { word } from "./nest";

export function winners(args: usize, part: i32): void {
  const perPart = word(args, 3);
  const first = part * perPart;
  const end = min(first + perPart, word(args, 2));
  const inner = word(args, 4);
  const size = word(args, 11) * word(args, 12);
  for (let plane = first; plane < end; plane++) {
    const from = (plane % inner) * word(args, 5) + (plane / inner) * word(args, 6);
    const x = <usize>(word(args, 0) + from);
    const out = <usize>(word(args, 1) + ((plane * size) << 2));
    const type = word(args, 21);
    if (type == 1) anyWindows<i32>(args, x, out);
    else if (type == 2) anyWindows<u8>(args, x, out);
    else if (isPairwise(args)) pairs(args, x, out);
    else anyWindows<f32>(args, x, out);
  }
}

/** Whether windows are the 2 × 2 blocks of a plane with unit steps, at least four in a row. */
function isPairwise(args: usize): bool {
  const isBlock = word(args, 13) == 2 && word(args, 14) == 2 && word(args, 15) == 2 && word(args, 16) == 2;
  const isDense = word(args, 17) == 1 && word(args, 18) == 1 && word(args, 10) == 4;
  const isInside =
    (word(args, 19) | word(args, 20)) == 0 &&
    2 * word(args, 11) <= word(args, 7) &&
    2 * word(args, 12) <= word(args, 8);
  return isBlock && isDense && isInside && word(args, 12) >= 4;
}

/** Four windows at a time; the last four of a row may overlap those before. */
function pairs(args: usize, x: usize, out: usize): void {
  const width = word(args, 8);
  const down = word(args, 9);
  const oh = word(args, 11);
  const ow = word(args, 12);
  const steps = i32x4(0, 2, 4, 6);
  for (let u = 0; u < oh; u++) {
    const row = x + <usize>(2 * u * down);
    for (let v = 0; v < ow; v += 4) {
      const at = min(v, ow - 4);
      const top = row + ((<usize>at) << 3);
      const bottom = top + <usize>down;
      const a = v128.load(top);
      const b = v128.load(top, 16);
      const c = v128.load(bottom);
      const d = v128.load(bottom, 16);
      const place = i32x4.add(i32x4.splat(2 * u * width + 2 * at), steps);
      let max = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
      let best = place;
      let other = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
      let loses = v128.or(f32x4.le(other, max), f32x4.ne(max, max));
      max = v128.bitselect(max, other, loses);
      best = v128.bitselect(best, i32x4.add(place, i32x4.splat(1)), loses);
      other = v128.shuffle<f32>(c, d, 0, 2, 4, 6);
      loses = v128.or(f32x4.le(other, max), f32x4.ne(max, max));
      max = v128.bitselect(max, other, loses);
      best = v128.bitselect(best, i32x4.add(place, i32x4.splat(width)), loses);
      other = v128.shuffle<f32>(c, d, 1, 3, 5, 7);
      loses = v128.or(f32x4.le(other, max), f32x4.ne(max, max));
      best = v128.bitselect(best, i32x4.add(place, i32x4.splat(width + 1)), loses);
      v128.store(out + ((<usize>(u * ow + at)) << 2), best);
    }
  }
}

/** Any windows, one by one. */
function anyWindows<T>(args: usize, x: usize, out: usize): void {
  const oh = word(args, 11);
  const ow = word(args, 12);
  let to = out;
  for (let u = 0; u < oh; u++) {
    const top = u * word(args, 15) - word(args, 19);
    for (let v = 0; v < ow; v++) {
      store<i32>(to, winner<T>(args, x, top, v * word(args, 16) - word(args, 20)));
      to += 4;
    }
  }
}

function winner<T>(args: usize, x: usize, top: i32, left: i32): i32 {
  const height = word(args, 7);
  const width = word(args, 8);
  const down = word(args, 9);
  const right = word(args, 10);
  const kh = word(args, 13);
  const kw = word(args, 14);
  let best = -1;
  let max: T = 0;
  for (let i = 0; i < kh; i++) {
    const row = top + i * word(args, 17);
    if (<u32>row >= <u32>height) continue;
    for (let j = 0; j < kw; j++) {
      const column = left + j * word(args, 18);
      if (<u32>column >= <u32>width) continue;
      const value = load<T>(x + <usize>(row * down + column * right));
      if (best >= 0 && (value <= max || max != max)) continue;
      best = row * width + column;
      max = value;
    }
  }
  return best;
}

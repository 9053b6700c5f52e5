// Made by build/microKernels.mjs; not for editing.
// One filter on one channel, and the sums of products for the gradient of its taps.

import { cut, multiplyAdd } from "./vectors";

export function planeTile(taps: i32, a: usize, x: usize, table: usize, y: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0);
  let s5 = f32x4.splat(0);
  let s6 = f32x4.splat(0);
  let s7 = f32x4.splat(0);
  const end = table + (<usize>taps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const w = v128.load_splat<f32>(a);
    s0 = multiplyAdd(w, v128.load(from), s0);
    s1 = multiplyAdd(w, v128.load(from, 16), s1);
    s2 = multiplyAdd(w, v128.load(from, 32), s2);
    s3 = multiplyAdd(w, v128.load(from, 48), s3);
    s4 = multiplyAdd(w, v128.load(from, 64), s4);
    s5 = multiplyAdd(w, v128.load(from, 80), s5);
    s6 = multiplyAdd(w, v128.load(from, 96), s6);
    s7 = multiplyAdd(w, v128.load(from, 112), s7);
    a += 4;
  }
  v128.store(y, s0);
  v128.store(y, s1, 16);
  v128.store(y, s2, 32);
  v128.store(y, s3, 48);
  v128.store(y, s4, 64);
  v128.store(y, s5, 80);
  v128.store(y, s6, 96);
  v128.store(y, s7, 112);
}

export function planeStrip(a: usize, x: usize, xStep: usize, y: usize, yStep: usize, height: i32): void {
  const w0 = v128.load_splat<f32>(a);
  const w1 = v128.load_splat<f32>(a, 4);
  const w2 = v128.load_splat<f32>(a, 8);
  const w3 = v128.load_splat<f32>(a, 12);
  const w4 = v128.load_splat<f32>(a, 16);
  const w5 = v128.load_splat<f32>(a, 20);
  const w6 = v128.load_splat<f32>(a, 24);
  const w7 = v128.load_splat<f32>(a, 28);
  const w8 = v128.load_splat<f32>(a, 32);
  let below: v128;
  let here: v128;
  {
    let v = v128.load(x);
    here = f32x4.mul(w0, v);
    v = v128.load(x, 4);
    here = multiplyAdd(w1, v, here);
    v = v128.load(x, 8);
    here = multiplyAdd(w2, v, here);
    x += xStep;
  }
  {
    let v = v128.load(x);
    here = multiplyAdd(w3, v, here);
    below = f32x4.mul(w0, v);
    v = v128.load(x, 4);
    here = multiplyAdd(w4, v, here);
    below = multiplyAdd(w1, v, below);
    v = v128.load(x, 8);
    here = multiplyAdd(w5, v, here);
    below = multiplyAdd(w2, v, below);
    x += xStep;
  }
  const end = y + <usize>height * yStep;
  for (; y != end; y += yStep) {
    let v = v128.load(x);
    here = multiplyAdd(w6, v, here);
    below = multiplyAdd(w3, v, below);
    let next = f32x4.mul(w0, v);
    v = v128.load(x, 4);
    here = multiplyAdd(w7, v, here);
    below = multiplyAdd(w4, v, below);
    next = multiplyAdd(w1, v, next);
    v = v128.load(x, 8);
    here = multiplyAdd(w8, v, here);
    below = multiplyAdd(w5, v, below);
    next = multiplyAdd(w2, v, next);
    const sum = f32x4.add(here, v128.load_splat<f32>(a, 36));
    v128.store(y, cut(sum, v128.load_splat<f32>(a, 40)));
    here = below;
    below = next;
    x += xStep;
  }
}

export function planeStridedStrip(a: usize, x: usize, xStep: usize, y: usize, yStep: usize, height: i32): void {
  const w0 = v128.load_splat<f32>(a);
  const w1 = v128.load_splat<f32>(a, 4);
  const w2 = v128.load_splat<f32>(a, 8);
  const w3 = v128.load_splat<f32>(a, 12);
  const w4 = v128.load_splat<f32>(a, 16);
  const w5 = v128.load_splat<f32>(a, 20);
  const w6 = v128.load_splat<f32>(a, 24);
  const w7 = v128.load_splat<f32>(a, 28);
  const w8 = v128.load_splat<f32>(a, 32);
  let here: v128;
  {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    let v = v128.shuffle<i32>(p, q, 0, 2, 4, 6);
    here = f32x4.mul(w0, v);
    v = v128.shuffle<i32>(p, q, 1, 3, 5, 7);
    here = multiplyAdd(w1, v, here);
    v = v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(x, 32), 1, 2, 3, 4);
    here = multiplyAdd(w2, v, here);
  }
  const end = y + <usize>height * yStep;
  for (; y != end; y += yStep) {
    x += xStep;
    {
    const p = v128.load(x);
    const q = v128.load(x, 16);
    let v = v128.shuffle<i32>(p, q, 0, 2, 4, 6);
    here = multiplyAdd(w3, v, here);
    v = v128.shuffle<i32>(p, q, 1, 3, 5, 7);
    here = multiplyAdd(w4, v, here);
    v = v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(x, 32), 1, 2, 3, 4);
    here = multiplyAdd(w5, v, here);
    }
    x += xStep;
    const p = v128.load(x);
    const q = v128.load(x, 16);
    let v = v128.shuffle<i32>(p, q, 0, 2, 4, 6);
    here = multiplyAdd(w6, v, here);
    let next = f32x4.mul(w0, v);
    v = v128.shuffle<i32>(p, q, 1, 3, 5, 7);
    here = multiplyAdd(w7, v, here);
    next = multiplyAdd(w1, v, next);
    v = v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(x, 32), 1, 2, 3, 4);
    here = multiplyAdd(w8, v, here);
    next = multiplyAdd(w2, v, next);
    const sum = f32x4.add(here, v128.load_splat<f32>(a, 36));
    v128.store(y, cut(sum, v128.load_splat<f32>(a, 40)));
    here = next;
  }
}

export function planeStridedImage(a: usize, y: usize, yStep: usize, to: usize, step: usize, pairs: i32): void {
  const w0 = v128.load_splat<f32>(a);
  const w1 = v128.load_splat<f32>(a, 4);
  const w2 = v128.load_splat<f32>(a, 8);
  const w3 = v128.load_splat<f32>(a, 12);
  const w4 = v128.load_splat<f32>(a, 16);
  const w5 = v128.load_splat<f32>(a, 20);
  const w6 = v128.load_splat<f32>(a, 24);
  const w7 = v128.load_splat<f32>(a, 28);
  const w8 = v128.load_splat<f32>(a, 32);
  let above = v128.load(y);
  let aboveRight = v128.load(y, 4);
  const end = to + <usize>pairs * (step << 1);
  while (to != end) {
    y += yStep;
    let even = multiplyAdd(w1, aboveRight, f32x4.mul(w0, above));
    let odd = f32x4.mul(w4, aboveRight);
    above = v128.load(y);
    aboveRight = v128.load(y, 4);
    even = multiplyAdd(w3, aboveRight, multiplyAdd(w2, above, even));
    odd = multiplyAdd(w5, aboveRight, odd);
    v128.store(to, v128.shuffle<i32>(even, odd, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<i32>(even, odd, 2, 6, 3, 7), 16);
    to += step;
    even = multiplyAdd(w7, aboveRight, f32x4.mul(w6, above));
    odd = f32x4.mul(w8, aboveRight);
    v128.store(to, v128.shuffle<i32>(even, odd, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<i32>(even, odd, 2, 6, 3, 7), 16);
    to += step;
  }
}

export function planeDotStrip(x: usize, xStep: usize, y: usize, yStep: usize, height: i32, sums: usize): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 128);
  let s2 = v128.load(sums, 256);
  let s3 = v128.load(sums, 384);
  let s4 = v128.load(sums, 512);
  let s5 = v128.load(sums, 640);
  let s6 = v128.load(sums, 768);
  let s7 = v128.load(sums, 896);
  let s8 = v128.load(sums, 1024);
  const end = y + <usize>height * yStep;
  for (; y != end; y += yStep) {
    const v = v128.load(y);
    let from = x;
    {
    s0 = multiplyAdd(v, v128.load(from), s0);
    s1 = multiplyAdd(v, v128.load(from, 4), s1);
    s2 = multiplyAdd(v, v128.load(from, 8), s2);
    }
    from += xStep;
    {
    s3 = multiplyAdd(v, v128.load(from), s3);
    s4 = multiplyAdd(v, v128.load(from, 4), s4);
    s5 = multiplyAdd(v, v128.load(from, 8), s5);
    }
    from += xStep;
    {
    s6 = multiplyAdd(v, v128.load(from), s6);
    s7 = multiplyAdd(v, v128.load(from, 4), s7);
    s8 = multiplyAdd(v, v128.load(from, 8), s8);
    }
    x += xStep;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 128);
  v128.store(sums, s2, 256);
  v128.store(sums, s3, 384);
  v128.store(sums, s4, 512);
  v128.store(sums, s5, 640);
  v128.store(sums, s6, 768);
  v128.store(sums, s7, 896);
  v128.store(sums, s8, 1024);
}

export function planeStridedDotStrip(x: usize, xStep: usize, y: usize, yStep: usize, height: i32, sums: usize): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 128);
  let s2 = v128.load(sums, 256);
  let s3 = v128.load(sums, 384);
  let s4 = v128.load(sums, 512);
  let s5 = v128.load(sums, 640);
  let s6 = v128.load(sums, 768);
  let s7 = v128.load(sums, 896);
  let s8 = v128.load(sums, 1024);
  const end = y + <usize>height * yStep;
  for (; y != end; y += yStep) {
    const v = v128.load(y);
    let from = x;
    {
    const p = v128.load(from);
    const q = v128.load(from, 16);
    s0 = multiplyAdd(v, v128.shuffle<i32>(p, q, 0, 2, 4, 6), s0);
    s1 = multiplyAdd(v, v128.shuffle<i32>(p, q, 1, 3, 5, 7), s1);
    s2 = multiplyAdd(v, v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(from, 32), 1, 2, 3, 4), s2);
    }
    from += xStep;
    {
    const p = v128.load(from);
    const q = v128.load(from, 16);
    s3 = multiplyAdd(v, v128.shuffle<i32>(p, q, 0, 2, 4, 6), s3);
    s4 = multiplyAdd(v, v128.shuffle<i32>(p, q, 1, 3, 5, 7), s4);
    s5 = multiplyAdd(v, v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(from, 32), 1, 2, 3, 4), s5);
    }
    from += xStep;
    {
    const p = v128.load(from);
    const q = v128.load(from, 16);
    s6 = multiplyAdd(v, v128.shuffle<i32>(p, q, 0, 2, 4, 6), s6);
    s7 = multiplyAdd(v, v128.shuffle<i32>(p, q, 1, 3, 5, 7), s7);
    s8 = multiplyAdd(v, v128.shuffle<i32>(v128.shuffle<i32>(p, q, 0, 2, 4, 6), v128.load_splat<f32>(from, 32), 1, 2, 3, 4), s8);
    }
    x = from;
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 128);
  v128.store(sums, s2, 256);
  v128.store(sums, s3, 384);
  v128.store(sums, s4, 512);
  v128.store(sums, s5, 640);
  v128.store(sums, s6, 768);
  v128.store(sums, s7, 896);
  v128.store(sums, s8, 1024);
}

export function planeDots(pairs: i32, table: usize, taps: usize, x: usize, y: usize, sums: usize): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 128);
  let s2 = v128.load(sums, 256);
  let s3 = v128.load(sums, 384);
  let s4 = v128.load(sums, 512);
  let s5 = v128.load(sums, 640);
  let s6 = v128.load(sums, 768);
  let s7 = v128.load(sums, 896);
  let s8 = v128.load(sums, 1024);
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const from = x + <usize>load<u32>(table);
    const v = v128.load(y + <usize>load<u32>(table, 4));
    s0 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps)), s0);
    s1 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 4)), s1);
    s2 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 8)), s2);
    s3 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 12)), s3);
    s4 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 16)), s4);
    s5 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 20)), s5);
    s6 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 24)), s6);
    s7 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 28)), s7);
    s8 = multiplyAdd(v, v128.load(from + <usize>load<u32>(taps, 32)), s8);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 128);
  v128.store(sums, s2, 256);
  v128.store(sums, s3, 384);
  v128.store(sums, s4, 512);
  v128.store(sums, s5, 640);
  v128.store(sums, s6, 768);
  v128.store(sums, s7, 896);
  v128.store(sums, s8, 1024);
}

export function planeDotsTail(pairs: i32, table: usize, taps: usize, x: usize, y: usize, sums: usize, lanes: i32): void {
  let s0 = v128.load(sums);
  let s1 = v128.load(sums, 128);
  let s2 = v128.load(sums, 256);
  let s3 = v128.load(sums, 384);
  let s4 = v128.load(sums, 512);
  let s5 = v128.load(sums, 640);
  let s6 = v128.load(sums, 768);
  let s7 = v128.load(sums, 896);
  let s8 = v128.load(sums, 1024);
  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const from = x + <usize>load<u32>(table);
    const v = v128.and(v128.load(y + <usize>load<u32>(table, 4)), mask);
    s0 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps)), mask), s0);
    s1 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 4)), mask), s1);
    s2 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 8)), mask), s2);
    s3 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 12)), mask), s3);
    s4 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 16)), mask), s4);
    s5 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 20)), mask), s5);
    s6 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 24)), mask), s6);
    s7 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 28)), mask), s7);
    s8 = multiplyAdd(v, v128.and(v128.load(from + <usize>load<u32>(taps, 32)), mask), s8);
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 128);
  v128.store(sums, s2, 256);
  v128.store(sums, s3, 384);
  v128.store(sums, s4, 512);
  v128.store(sums, s5, 640);
  v128.store(sums, s6, 768);
  v128.store(sums, s7, 896);
  v128.store(sums, s8, 1024);
}

// Made by build/microKernels.mjs; not for editing.
// The tile of one filter on one channel, and the sums of products for the gradient of its nine taps.

import { cut, multiplyAdd } from "./vectors";

export function planeTile(taps: i32, a: usize, x: usize, table: usize, xStep: usize, y: usize, yStep: usize, limit: f32): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  let s3a = f32x4.splat(0);
  let s3b = f32x4.splat(0);
  const end = table + (<usize>taps << 2);
  for (; table != end; table += 4) {
    let from = x + <usize>load<u32>(table);
    const w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, v128.load(from), s0a);
    s0b = multiplyAdd(w, v128.load(from, 16), s0b);
    from += xStep;
    s1a = multiplyAdd(w, v128.load(from), s1a);
    s1b = multiplyAdd(w, v128.load(from, 16), s1b);
    from += xStep;
    s2a = multiplyAdd(w, v128.load(from), s2a);
    s2b = multiplyAdd(w, v128.load(from, 16), s2b);
    from += xStep;
    s3a = multiplyAdd(w, v128.load(from), s3a);
    s3b = multiplyAdd(w, v128.load(from, 16), s3b);
    a += 4;
  }
  const bias = v128.load_splat<f32>(a);
  const most = f32x4.splat(limit);
  v128.store(y, cut(f32x4.add(s0a, bias), most));
  v128.store(y, cut(f32x4.add(s0b, bias), most), 16);
  y += yStep;
  v128.store(y, cut(f32x4.add(s1a, bias), most));
  v128.store(y, cut(f32x4.add(s1b, bias), most), 16);
  y += yStep;
  v128.store(y, cut(f32x4.add(s2a, bias), most));
  v128.store(y, cut(f32x4.add(s2b, bias), most), 16);
  y += yStep;
  v128.store(y, cut(f32x4.add(s3a, bias), most));
  v128.store(y, cut(f32x4.add(s3b, bias), most), 16);
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

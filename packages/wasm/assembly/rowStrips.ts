// Made by build/microKernels.mjs; not for editing.
// Strips of tiles of rows × 8; `a` is packed [step][row] with the rows' biases behind.

import { cut, multiplyAdd } from "./vectors";

export function rowStrip1(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, width: i32, limit: f32): void {
  const end = table + (<usize>steps << 2);
  const last = y + (<usize>(width - 8) << 2);
  const shift = x - y;
  while (true) {
    let s0a = f32x4.splat(0);
    let s0b = f32x4.splat(0);
    let v = a;
    const start = y + shift;
    for (let t = table; t != end; t += 4) {
      const from = start + <usize>load<u32>(t);
      const xa = v128.load(from);
      const xb = v128.load(from, 16);
      let w = v128.load_splat<f32>(v);
      s0a = multiplyAdd(w, xa, s0a);
      s0b = multiplyAdd(w, xb, s0b);
      v += 4;
    }
    const most = f32x4.splat(limit);
    let to = y;
    let w = v128.load_splat<f32>(v);
    v128.store(to, cut(f32x4.add(s0a, w), most));
    v128.store(to, cut(f32x4.add(s0b, w), most), 16);
    if (y == last) return;
    y = last - y < 32 ? last : y + 32;
  }
}

export function rowStrip2(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, width: i32, limit: f32): void {
  const end = table + (<usize>steps << 2);
  const last = y + (<usize>(width - 8) << 2);
  const shift = x - y;
  while (true) {
    let s0a = f32x4.splat(0);
    let s0b = f32x4.splat(0);
    let s1a = f32x4.splat(0);
    let s1b = f32x4.splat(0);
    let v = a;
    const start = y + shift;
    for (let t = table; t != end; t += 4) {
      const from = start + <usize>load<u32>(t);
      const xa = v128.load(from);
      const xb = v128.load(from, 16);
      let w = v128.load_splat<f32>(v);
      s0a = multiplyAdd(w, xa, s0a);
      s0b = multiplyAdd(w, xb, s0b);
      w = v128.load_splat<f32>(v, 4);
      s1a = multiplyAdd(w, xa, s1a);
      s1b = multiplyAdd(w, xb, s1b);
      v += 8;
    }
    const most = f32x4.splat(limit);
    let to = y;
    let w = v128.load_splat<f32>(v);
    v128.store(to, cut(f32x4.add(s0a, w), most));
    v128.store(to, cut(f32x4.add(s0b, w), most), 16);
    to += yStep;
    w = v128.load_splat<f32>(v, 4);
    v128.store(to, cut(f32x4.add(s1a, w), most));
    v128.store(to, cut(f32x4.add(s1b, w), most), 16);
    if (y == last) return;
    y = last - y < 32 ? last : y + 32;
  }
}

export function rowStrip3(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, width: i32, limit: f32): void {
  const end = table + (<usize>steps << 2);
  const last = y + (<usize>(width - 8) << 2);
  const shift = x - y;
  while (true) {
    let s0a = f32x4.splat(0);
    let s0b = f32x4.splat(0);
    let s1a = f32x4.splat(0);
    let s1b = f32x4.splat(0);
    let s2a = f32x4.splat(0);
    let s2b = f32x4.splat(0);
    let v = a;
    const start = y + shift;
    for (let t = table; t != end; t += 4) {
      const from = start + <usize>load<u32>(t);
      const xa = v128.load(from);
      const xb = v128.load(from, 16);
      let w = v128.load_splat<f32>(v);
      s0a = multiplyAdd(w, xa, s0a);
      s0b = multiplyAdd(w, xb, s0b);
      w = v128.load_splat<f32>(v, 4);
      s1a = multiplyAdd(w, xa, s1a);
      s1b = multiplyAdd(w, xb, s1b);
      w = v128.load_splat<f32>(v, 8);
      s2a = multiplyAdd(w, xa, s2a);
      s2b = multiplyAdd(w, xb, s2b);
      v += 12;
    }
    const most = f32x4.splat(limit);
    let to = y;
    let w = v128.load_splat<f32>(v);
    v128.store(to, cut(f32x4.add(s0a, w), most));
    v128.store(to, cut(f32x4.add(s0b, w), most), 16);
    to += yStep;
    w = v128.load_splat<f32>(v, 4);
    v128.store(to, cut(f32x4.add(s1a, w), most));
    v128.store(to, cut(f32x4.add(s1b, w), most), 16);
    to += yStep;
    w = v128.load_splat<f32>(v, 8);
    v128.store(to, cut(f32x4.add(s2a, w), most));
    v128.store(to, cut(f32x4.add(s2b, w), most), 16);
    if (y == last) return;
    y = last - y < 32 ? last : y + 32;
  }
}

export function rowStrip4(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, width: i32, limit: f32): void {
  const end = table + (<usize>steps << 2);
  const last = y + (<usize>(width - 8) << 2);
  const shift = x - y;
  while (true) {
    let s0a = f32x4.splat(0);
    let s0b = f32x4.splat(0);
    let s1a = f32x4.splat(0);
    let s1b = f32x4.splat(0);
    let s2a = f32x4.splat(0);
    let s2b = f32x4.splat(0);
    let s3a = f32x4.splat(0);
    let s3b = f32x4.splat(0);
    let v = a;
    const start = y + shift;
    for (let t = table; t != end; t += 4) {
      const from = start + <usize>load<u32>(t);
      const xa = v128.load(from);
      const xb = v128.load(from, 16);
      let w = v128.load_splat<f32>(v);
      s0a = multiplyAdd(w, xa, s0a);
      s0b = multiplyAdd(w, xb, s0b);
      w = v128.load_splat<f32>(v, 4);
      s1a = multiplyAdd(w, xa, s1a);
      s1b = multiplyAdd(w, xb, s1b);
      w = v128.load_splat<f32>(v, 8);
      s2a = multiplyAdd(w, xa, s2a);
      s2b = multiplyAdd(w, xb, s2b);
      w = v128.load_splat<f32>(v, 12);
      s3a = multiplyAdd(w, xa, s3a);
      s3b = multiplyAdd(w, xb, s3b);
      v += 16;
    }
    const most = f32x4.splat(limit);
    let to = y;
    let w = v128.load_splat<f32>(v);
    v128.store(to, cut(f32x4.add(s0a, w), most));
    v128.store(to, cut(f32x4.add(s0b, w), most), 16);
    to += yStep;
    w = v128.load_splat<f32>(v, 4);
    v128.store(to, cut(f32x4.add(s1a, w), most));
    v128.store(to, cut(f32x4.add(s1b, w), most), 16);
    to += yStep;
    w = v128.load_splat<f32>(v, 8);
    v128.store(to, cut(f32x4.add(s2a, w), most));
    v128.store(to, cut(f32x4.add(s2b, w), most), 16);
    to += yStep;
    w = v128.load_splat<f32>(v, 12);
    v128.store(to, cut(f32x4.add(s3a, w), most));
    v128.store(to, cut(f32x4.add(s3b, w), most), 16);
    if (y == last) return;
    y = last - y < 32 ? last : y + 32;
  }
}

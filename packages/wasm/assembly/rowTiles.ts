// Made by build/microKernels.mjs; not for editing.
// Tiles of rows × 8 neighbours; `a` is packed [step][row].

import { multiplyAdd } from "./vectors";

export function rowTile1(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  const end = table + (<usize>steps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const xa = v128.load(from);
    const xb = v128.load(from, 16);
    let w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, xa, s0a);
    s0b = multiplyAdd(w, xb, s0b);
    a += 4;
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
}

export function rowTile2(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  const end = table + (<usize>steps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const xa = v128.load(from);
    const xb = v128.load(from, 16);
    let w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, xa, s0a);
    s0b = multiplyAdd(w, xb, s0b);
    w = v128.load_splat<f32>(a, 4);
    s1a = multiplyAdd(w, xa, s1a);
    s1b = multiplyAdd(w, xb, s1b);
    a += 8;
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
  y += yStep;
  v128.store(y, s1a);
  v128.store(y, s1b, 16);
}

export function rowTile3(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  const end = table + (<usize>steps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const xa = v128.load(from);
    const xb = v128.load(from, 16);
    let w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, xa, s0a);
    s0b = multiplyAdd(w, xb, s0b);
    w = v128.load_splat<f32>(a, 4);
    s1a = multiplyAdd(w, xa, s1a);
    s1b = multiplyAdd(w, xb, s1b);
    w = v128.load_splat<f32>(a, 8);
    s2a = multiplyAdd(w, xa, s2a);
    s2b = multiplyAdd(w, xb, s2b);
    a += 12;
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
  y += yStep;
  v128.store(y, s1a);
  v128.store(y, s1b, 16);
  y += yStep;
  v128.store(y, s2a);
  v128.store(y, s2b, 16);
}

export function rowTile4(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  let s3a = f32x4.splat(0);
  let s3b = f32x4.splat(0);
  const end = table + (<usize>steps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const xa = v128.load(from);
    const xb = v128.load(from, 16);
    let w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, xa, s0a);
    s0b = multiplyAdd(w, xb, s0b);
    w = v128.load_splat<f32>(a, 4);
    s1a = multiplyAdd(w, xa, s1a);
    s1b = multiplyAdd(w, xb, s1b);
    w = v128.load_splat<f32>(a, 8);
    s2a = multiplyAdd(w, xa, s2a);
    s2b = multiplyAdd(w, xb, s2b);
    w = v128.load_splat<f32>(a, 12);
    s3a = multiplyAdd(w, xa, s3a);
    s3b = multiplyAdd(w, xb, s3b);
    a += 16;
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
  y += yStep;
  v128.store(y, s1a);
  v128.store(y, s1b, 16);
  y += yStep;
  v128.store(y, s2a);
  v128.store(y, s2b, 16);
  y += yStep;
  v128.store(y, s3a);
  v128.store(y, s3b, 16);
}

export function rowTile5(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  let s3a = f32x4.splat(0);
  let s3b = f32x4.splat(0);
  let s4a = f32x4.splat(0);
  let s4b = f32x4.splat(0);
  const end = table + (<usize>steps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const xa = v128.load(from);
    const xb = v128.load(from, 16);
    let w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, xa, s0a);
    s0b = multiplyAdd(w, xb, s0b);
    w = v128.load_splat<f32>(a, 4);
    s1a = multiplyAdd(w, xa, s1a);
    s1b = multiplyAdd(w, xb, s1b);
    w = v128.load_splat<f32>(a, 8);
    s2a = multiplyAdd(w, xa, s2a);
    s2b = multiplyAdd(w, xb, s2b);
    w = v128.load_splat<f32>(a, 12);
    s3a = multiplyAdd(w, xa, s3a);
    s3b = multiplyAdd(w, xb, s3b);
    w = v128.load_splat<f32>(a, 16);
    s4a = multiplyAdd(w, xa, s4a);
    s4b = multiplyAdd(w, xb, s4b);
    a += 20;
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
  y += yStep;
  v128.store(y, s1a);
  v128.store(y, s1b, 16);
  y += yStep;
  v128.store(y, s2a);
  v128.store(y, s2b, 16);
  y += yStep;
  v128.store(y, s3a);
  v128.store(y, s3b, 16);
  y += yStep;
  v128.store(y, s4a);
  v128.store(y, s4b, 16);
}

export function rowTile6(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize): void {
  let s0a = f32x4.splat(0);
  let s0b = f32x4.splat(0);
  let s1a = f32x4.splat(0);
  let s1b = f32x4.splat(0);
  let s2a = f32x4.splat(0);
  let s2b = f32x4.splat(0);
  let s3a = f32x4.splat(0);
  let s3b = f32x4.splat(0);
  let s4a = f32x4.splat(0);
  let s4b = f32x4.splat(0);
  let s5a = f32x4.splat(0);
  let s5b = f32x4.splat(0);
  const end = table + (<usize>steps << 2);
  for (; table != end; table += 4) {
    const from = x + <usize>load<u32>(table);
    const xa = v128.load(from);
    const xb = v128.load(from, 16);
    let w = v128.load_splat<f32>(a);
    s0a = multiplyAdd(w, xa, s0a);
    s0b = multiplyAdd(w, xb, s0b);
    w = v128.load_splat<f32>(a, 4);
    s1a = multiplyAdd(w, xa, s1a);
    s1b = multiplyAdd(w, xb, s1b);
    w = v128.load_splat<f32>(a, 8);
    s2a = multiplyAdd(w, xa, s2a);
    s2b = multiplyAdd(w, xb, s2b);
    w = v128.load_splat<f32>(a, 12);
    s3a = multiplyAdd(w, xa, s3a);
    s3b = multiplyAdd(w, xb, s3b);
    w = v128.load_splat<f32>(a, 16);
    s4a = multiplyAdd(w, xa, s4a);
    s4b = multiplyAdd(w, xb, s4b);
    w = v128.load_splat<f32>(a, 20);
    s5a = multiplyAdd(w, xa, s5a);
    s5b = multiplyAdd(w, xb, s5b);
    a += 24;
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
  y += yStep;
  v128.store(y, s1a);
  v128.store(y, s1b, 16);
  y += yStep;
  v128.store(y, s2a);
  v128.store(y, s2b, 16);
  y += yStep;
  v128.store(y, s3a);
  v128.store(y, s3b, 16);
  y += yStep;
  v128.store(y, s4a);
  v128.store(y, s4b, 16);
  y += yStep;
  v128.store(y, s5a);
  v128.store(y, s5b, 16);
}

// Made by build/microKernels.mjs; not for editing.
// The tile of 4 windows × 8; `a` is packed [step][8] with eight biases behind.

import { ADD, BIAS, RELU } from "./contractionNumbers";
import { multiplyAdd, relu } from "./vectors";

export function pixelTile(steps: i32, a: usize, table: usize, x0: usize, x1: usize, x2: usize, x3: usize, y: usize, yStep: usize, mode: i32): void {
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
    const offset = <usize>load<u32>(table);
    const wa = v128.load(a);
    const wb = v128.load(a, 16);
    let x = v128.load_splat<f32>(x0 + offset);
    s0a = multiplyAdd(x, wa, s0a);
    s0b = multiplyAdd(x, wb, s0b);
    x = v128.load_splat<f32>(x1 + offset);
    s1a = multiplyAdd(x, wa, s1a);
    s1b = multiplyAdd(x, wb, s1b);
    x = v128.load_splat<f32>(x2 + offset);
    s2a = multiplyAdd(x, wa, s2a);
    s2b = multiplyAdd(x, wb, s2b);
    x = v128.load_splat<f32>(x3 + offset);
    s3a = multiplyAdd(x, wa, s3a);
    s3b = multiplyAdd(x, wb, s3b);
    a += 32;
  }
  if (mode & BIAS) {
    const wa = v128.load(a);
    const wb = v128.load(a, 16);
    s0a = f32x4.add(s0a, wa);
    s0b = f32x4.add(s0b, wb);
    s1a = f32x4.add(s1a, wa);
    s1b = f32x4.add(s1b, wb);
    s2a = f32x4.add(s2a, wa);
    s2b = f32x4.add(s2b, wb);
    s3a = f32x4.add(s3a, wa);
    s3b = f32x4.add(s3b, wb);
  }
  if (mode & RELU) {
    s0a = relu(s0a);
    s0b = relu(s0b);
    s1a = relu(s1a);
    s1b = relu(s1b);
    s2a = relu(s2a);
    s2b = relu(s2b);
    s3a = relu(s3a);
    s3b = relu(s3b);
  }
  const t0a = v128.shuffle<i32>(s0a, s1a, 0, 4, 1, 5);
  const t1a = v128.shuffle<i32>(s2a, s3a, 0, 4, 1, 5);
  const t2a = v128.shuffle<i32>(s0a, s1a, 2, 6, 3, 7);
  const t3a = v128.shuffle<i32>(s2a, s3a, 2, 6, 3, 7);
  let r0a = v128.shuffle<i64>(t0a, t1a, 0, 2);
  let r1a = v128.shuffle<i64>(t0a, t1a, 1, 3);
  let r2a = v128.shuffle<i64>(t2a, t3a, 0, 2);
  let r3a = v128.shuffle<i64>(t2a, t3a, 1, 3);
  if (mode & ADD) {
    let row = y;
    r0a = f32x4.add(v128.load(row), r0a);
    row += yStep;
    r1a = f32x4.add(v128.load(row), r1a);
    row += yStep;
    r2a = f32x4.add(v128.load(row), r2a);
    row += yStep;
    r3a = f32x4.add(v128.load(row), r3a);
  }
  v128.store(y, r0a);
  y += yStep;
  v128.store(y, r1a);
  y += yStep;
  v128.store(y, r2a);
  y += yStep;
  v128.store(y, r3a);
  y += yStep;
  const t0b = v128.shuffle<i32>(s0b, s1b, 0, 4, 1, 5);
  const t1b = v128.shuffle<i32>(s2b, s3b, 0, 4, 1, 5);
  const t2b = v128.shuffle<i32>(s0b, s1b, 2, 6, 3, 7);
  const t3b = v128.shuffle<i32>(s2b, s3b, 2, 6, 3, 7);
  let r0b = v128.shuffle<i64>(t0b, t1b, 0, 2);
  let r1b = v128.shuffle<i64>(t0b, t1b, 1, 3);
  let r2b = v128.shuffle<i64>(t2b, t3b, 0, 2);
  let r3b = v128.shuffle<i64>(t2b, t3b, 1, 3);
  if (mode & ADD) {
    let row = y;
    r0b = f32x4.add(v128.load(row), r0b);
    row += yStep;
    r1b = f32x4.add(v128.load(row), r1b);
    row += yStep;
    r2b = f32x4.add(v128.load(row), r2b);
    row += yStep;
    r3b = f32x4.add(v128.load(row), r3b);
  }
  v128.store(y, r0b);
  y += yStep;
  v128.store(y, r1b);
  y += yStep;
  v128.store(y, r2b);
  y += yStep;
  v128.store(y, r3b);
}

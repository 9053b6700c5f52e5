// Made by build/microKernels.mjs; not for editing.
// Tiles of taps × 2 sums of products along rows, four lanes each; `Tail` takes the last lanes only.

import { multiplyAdd } from "./vectors";

export function dotTile3(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, ya: usize, yb: usize, sums: usize, pitch: usize): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums + 1 * pitch);
  let s1b = v128.load(sums + 1 * pitch, 16);
  let s2a = v128.load(sums + 2 * pitch);
  let s2b = v128.load(sums + 2 * pitch, 16);
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.load(ya + q);
    const vb = v128.load(yb + q);
    let x = v128.load(x0 + p);
    s0a = multiplyAdd(x, va, s0a);
    s0b = multiplyAdd(x, vb, s0b);
    x = v128.load(x1 + p);
    s1a = multiplyAdd(x, va, s1a);
    s1b = multiplyAdd(x, vb, s1b);
    x = v128.load(x2 + p);
    s2a = multiplyAdd(x, va, s2a);
    s2b = multiplyAdd(x, vb, s2b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums + 1 * pitch, s1a);
  v128.store(sums + 1 * pitch, s1b, 16);
  v128.store(sums + 2 * pitch, s2a);
  v128.store(sums + 2 * pitch, s2b, 16);
}

export function dotTile3Tail(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, ya: usize, yb: usize, sums: usize, pitch: usize, lanes: i32): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums + 1 * pitch);
  let s1b = v128.load(sums + 1 * pitch, 16);
  let s2a = v128.load(sums + 2 * pitch);
  let s2b = v128.load(sums + 2 * pitch, 16);
  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.and(v128.load(ya + q), mask);
    const vb = v128.and(v128.load(yb + q), mask);
    let x = v128.and(v128.load(x0 + p), mask);
    s0a = multiplyAdd(x, va, s0a);
    s0b = multiplyAdd(x, vb, s0b);
    x = v128.and(v128.load(x1 + p), mask);
    s1a = multiplyAdd(x, va, s1a);
    s1b = multiplyAdd(x, vb, s1b);
    x = v128.and(v128.load(x2 + p), mask);
    s2a = multiplyAdd(x, va, s2a);
    s2b = multiplyAdd(x, vb, s2b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums + 1 * pitch, s1a);
  v128.store(sums + 1 * pitch, s1b, 16);
  v128.store(sums + 2 * pitch, s2a);
  v128.store(sums + 2 * pitch, s2b, 16);
}

export function dotTile4(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, x3: usize, ya: usize, yb: usize, sums: usize, pitch: usize): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums + 1 * pitch);
  let s1b = v128.load(sums + 1 * pitch, 16);
  let s2a = v128.load(sums + 2 * pitch);
  let s2b = v128.load(sums + 2 * pitch, 16);
  let s3a = v128.load(sums + 3 * pitch);
  let s3b = v128.load(sums + 3 * pitch, 16);
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.load(ya + q);
    const vb = v128.load(yb + q);
    let x = v128.load(x0 + p);
    s0a = multiplyAdd(x, va, s0a);
    s0b = multiplyAdd(x, vb, s0b);
    x = v128.load(x1 + p);
    s1a = multiplyAdd(x, va, s1a);
    s1b = multiplyAdd(x, vb, s1b);
    x = v128.load(x2 + p);
    s2a = multiplyAdd(x, va, s2a);
    s2b = multiplyAdd(x, vb, s2b);
    x = v128.load(x3 + p);
    s3a = multiplyAdd(x, va, s3a);
    s3b = multiplyAdd(x, vb, s3b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums + 1 * pitch, s1a);
  v128.store(sums + 1 * pitch, s1b, 16);
  v128.store(sums + 2 * pitch, s2a);
  v128.store(sums + 2 * pitch, s2b, 16);
  v128.store(sums + 3 * pitch, s3a);
  v128.store(sums + 3 * pitch, s3b, 16);
}

export function dotTile4Tail(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, x3: usize, ya: usize, yb: usize, sums: usize, pitch: usize, lanes: i32): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums + 1 * pitch);
  let s1b = v128.load(sums + 1 * pitch, 16);
  let s2a = v128.load(sums + 2 * pitch);
  let s2b = v128.load(sums + 2 * pitch, 16);
  let s3a = v128.load(sums + 3 * pitch);
  let s3b = v128.load(sums + 3 * pitch, 16);
  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.and(v128.load(ya + q), mask);
    const vb = v128.and(v128.load(yb + q), mask);
    let x = v128.and(v128.load(x0 + p), mask);
    s0a = multiplyAdd(x, va, s0a);
    s0b = multiplyAdd(x, vb, s0b);
    x = v128.and(v128.load(x1 + p), mask);
    s1a = multiplyAdd(x, va, s1a);
    s1b = multiplyAdd(x, vb, s1b);
    x = v128.and(v128.load(x2 + p), mask);
    s2a = multiplyAdd(x, va, s2a);
    s2b = multiplyAdd(x, vb, s2b);
    x = v128.and(v128.load(x3 + p), mask);
    s3a = multiplyAdd(x, va, s3a);
    s3b = multiplyAdd(x, vb, s3b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums + 1 * pitch, s1a);
  v128.store(sums + 1 * pitch, s1b, 16);
  v128.store(sums + 2 * pitch, s2a);
  v128.store(sums + 2 * pitch, s2b, 16);
  v128.store(sums + 3 * pitch, s3a);
  v128.store(sums + 3 * pitch, s3b, 16);
}

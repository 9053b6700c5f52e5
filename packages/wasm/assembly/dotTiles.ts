// Made by build/microKernels.mjs; not for editing.
// Tiles of taps × 2 sums of products along rows, four lanes each; `Tail` takes the last lanes only.

import { multiplyAdd } from "./vectors";

export function dotTile3(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, ya: usize, yb: usize, sums: usize): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums, 128);
  let s1b = v128.load(sums, 144);
  let s2a = v128.load(sums, 256);
  let s2b = v128.load(sums, 272);
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.load(ya + q);
    const vb = v128.load(yb + q);
    let v = v128.load(x0 + p);
    s0a = multiplyAdd(v, va, s0a);
    s0b = multiplyAdd(v, vb, s0b);
    v = v128.load(x1 + p);
    s1a = multiplyAdd(v, va, s1a);
    s1b = multiplyAdd(v, vb, s1b);
    v = v128.load(x2 + p);
    s2a = multiplyAdd(v, va, s2a);
    s2b = multiplyAdd(v, vb, s2b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums, s1a, 128);
  v128.store(sums, s1b, 144);
  v128.store(sums, s2a, 256);
  v128.store(sums, s2b, 272);
}

export function dotTile3Tail(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, ya: usize, yb: usize, sums: usize, lanes: i32): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums, 128);
  let s1b = v128.load(sums, 144);
  let s2a = v128.load(sums, 256);
  let s2b = v128.load(sums, 272);
  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.and(v128.load(ya + q), mask);
    const vb = v128.and(v128.load(yb + q), mask);
    let v = v128.and(v128.load(x0 + p), mask);
    s0a = multiplyAdd(v, va, s0a);
    s0b = multiplyAdd(v, vb, s0b);
    v = v128.and(v128.load(x1 + p), mask);
    s1a = multiplyAdd(v, va, s1a);
    s1b = multiplyAdd(v, vb, s1b);
    v = v128.and(v128.load(x2 + p), mask);
    s2a = multiplyAdd(v, va, s2a);
    s2b = multiplyAdd(v, vb, s2b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums, s1a, 128);
  v128.store(sums, s1b, 144);
  v128.store(sums, s2a, 256);
  v128.store(sums, s2b, 272);
}

export function dotTile4(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, x3: usize, ya: usize, yb: usize, sums: usize): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums, 128);
  let s1b = v128.load(sums, 144);
  let s2a = v128.load(sums, 256);
  let s2b = v128.load(sums, 272);
  let s3a = v128.load(sums, 384);
  let s3b = v128.load(sums, 400);
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.load(ya + q);
    const vb = v128.load(yb + q);
    let v = v128.load(x0 + p);
    s0a = multiplyAdd(v, va, s0a);
    s0b = multiplyAdd(v, vb, s0b);
    v = v128.load(x1 + p);
    s1a = multiplyAdd(v, va, s1a);
    s1b = multiplyAdd(v, vb, s1b);
    v = v128.load(x2 + p);
    s2a = multiplyAdd(v, va, s2a);
    s2b = multiplyAdd(v, vb, s2b);
    v = v128.load(x3 + p);
    s3a = multiplyAdd(v, va, s3a);
    s3b = multiplyAdd(v, vb, s3b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums, s1a, 128);
  v128.store(sums, s1b, 144);
  v128.store(sums, s2a, 256);
  v128.store(sums, s2b, 272);
  v128.store(sums, s3a, 384);
  v128.store(sums, s3b, 400);
}

export function dotTile4Tail(pairs: i32, table: usize, x0: usize, x1: usize, x2: usize, x3: usize, ya: usize, yb: usize, sums: usize, lanes: i32): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums, 128);
  let s1b = v128.load(sums, 144);
  let s2a = v128.load(sums, 256);
  let s2b = v128.load(sums, 272);
  let s3a = v128.load(sums, 384);
  let s3b = v128.load(sums, 400);
  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const p = <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.and(v128.load(ya + q), mask);
    const vb = v128.and(v128.load(yb + q), mask);
    let v = v128.and(v128.load(x0 + p), mask);
    s0a = multiplyAdd(v, va, s0a);
    s0b = multiplyAdd(v, vb, s0b);
    v = v128.and(v128.load(x1 + p), mask);
    s1a = multiplyAdd(v, va, s1a);
    s1b = multiplyAdd(v, vb, s1b);
    v = v128.and(v128.load(x2 + p), mask);
    s2a = multiplyAdd(v, va, s2a);
    s2b = multiplyAdd(v, vb, s2b);
    v = v128.and(v128.load(x3 + p), mask);
    s3a = multiplyAdd(v, va, s3a);
    s3b = multiplyAdd(v, vb, s3b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums, s1a, 128);
  v128.store(sums, s1b, 144);
  v128.store(sums, s2a, 256);
  v128.store(sums, s2b, 272);
  v128.store(sums, s3a, 384);
  v128.store(sums, s3b, 400);
}

export function dotRun5(pairs: i32, table: usize, x: usize, ya: usize, yb: usize, sums: usize): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums, 128);
  let s1b = v128.load(sums, 144);
  let s2a = v128.load(sums, 256);
  let s2b = v128.load(sums, 272);
  let s3a = v128.load(sums, 384);
  let s3b = v128.load(sums, 400);
  let s4a = v128.load(sums, 512);
  let s4b = v128.load(sums, 528);
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const from = x + <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.load(ya + q);
    const vb = v128.load(yb + q);
    let v = v128.load(from);
    s0a = multiplyAdd(v, va, s0a);
    s0b = multiplyAdd(v, vb, s0b);
    v = v128.load(from, 4);
    s1a = multiplyAdd(v, va, s1a);
    s1b = multiplyAdd(v, vb, s1b);
    v = v128.load(from, 8);
    s2a = multiplyAdd(v, va, s2a);
    s2b = multiplyAdd(v, vb, s2b);
    v = v128.load(from, 12);
    s3a = multiplyAdd(v, va, s3a);
    s3b = multiplyAdd(v, vb, s3b);
    v = v128.load(from, 16);
    s4a = multiplyAdd(v, va, s4a);
    s4b = multiplyAdd(v, vb, s4b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums, s1a, 128);
  v128.store(sums, s1b, 144);
  v128.store(sums, s2a, 256);
  v128.store(sums, s2b, 272);
  v128.store(sums, s3a, 384);
  v128.store(sums, s3b, 400);
  v128.store(sums, s4a, 512);
  v128.store(sums, s4b, 528);
}

export function dotRun5Tail(pairs: i32, table: usize, x: usize, ya: usize, yb: usize, sums: usize, lanes: i32): void {
  let s0a = v128.load(sums);
  let s0b = v128.load(sums, 16);
  let s1a = v128.load(sums, 128);
  let s1b = v128.load(sums, 144);
  let s2a = v128.load(sums, 256);
  let s2b = v128.load(sums, 272);
  let s3a = v128.load(sums, 384);
  let s3b = v128.load(sums, 400);
  let s4a = v128.load(sums, 512);
  let s4b = v128.load(sums, 528);
  const mask = i32x4.gt_s(i32x4(1, 2, 3, 4), i32x4.splat(4 - lanes));
  const end = table + (<usize>pairs << 3);
  for (; table != end; table += 8) {
    const from = x + <usize>load<u32>(table);
    const q = <usize>load<u32>(table, 4);
    const va = v128.and(v128.load(ya + q), mask);
    const vb = v128.and(v128.load(yb + q), mask);
    let v = v128.and(v128.load(from), mask);
    s0a = multiplyAdd(v, va, s0a);
    s0b = multiplyAdd(v, vb, s0b);
    v = v128.and(v128.load(from, 4), mask);
    s1a = multiplyAdd(v, va, s1a);
    s1b = multiplyAdd(v, vb, s1b);
    v = v128.and(v128.load(from, 8), mask);
    s2a = multiplyAdd(v, va, s2a);
    s2b = multiplyAdd(v, vb, s2b);
    v = v128.and(v128.load(from, 12), mask);
    s3a = multiplyAdd(v, va, s3a);
    s3b = multiplyAdd(v, vb, s3b);
    v = v128.and(v128.load(from, 16), mask);
    s4a = multiplyAdd(v, va, s4a);
    s4b = multiplyAdd(v, vb, s4b);
  }
  v128.store(sums, s0a);
  v128.store(sums, s0b, 16);
  v128.store(sums, s1a, 128);
  v128.store(sums, s1b, 144);
  v128.store(sums, s2a, 256);
  v128.store(sums, s2b, 272);
  v128.store(sums, s3a, 384);
  v128.store(sums, s3b, 400);
  v128.store(sums, s4a, 512);
  v128.store(sums, s4b, 528);
}

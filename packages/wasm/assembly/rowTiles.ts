// Made by build/microKernels.mjs; not for editing.
// Tiles of rows × 8 neighbours; `a` is packed [step][row] with the rows' biases behind.

import { ADD, BIAS, RELU } from "./contractionNumbers";
import { multiplyAdd, relu } from "./vectors";

export function rowTile1(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, mode: i32): void {
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
  if (mode != 0) {
    if (mode & ADD) {
      let row = y;
      s0a = f32x4.add(v128.load(row), s0a);
      s0b = f32x4.add(v128.load(row, 16), s0b);
    }
    if (mode & BIAS) {
      let w = v128.load_splat<f32>(a);
      s0a = f32x4.add(s0a, w);
      s0b = f32x4.add(s0b, w);
    }
    if (mode & RELU) {
      s0a = relu(s0a);
      s0b = relu(s0b);
    }
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
}

export function rowTile2(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, mode: i32): void {
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
  if (mode != 0) {
    if (mode & ADD) {
      let row = y;
      s0a = f32x4.add(v128.load(row), s0a);
      s0b = f32x4.add(v128.load(row, 16), s0b);
      row += yStep;
      s1a = f32x4.add(v128.load(row), s1a);
      s1b = f32x4.add(v128.load(row, 16), s1b);
    }
    if (mode & BIAS) {
      let w = v128.load_splat<f32>(a);
      s0a = f32x4.add(s0a, w);
      s0b = f32x4.add(s0b, w);
      w = v128.load_splat<f32>(a, 4);
      s1a = f32x4.add(s1a, w);
      s1b = f32x4.add(s1b, w);
    }
    if (mode & RELU) {
      s0a = relu(s0a);
      s0b = relu(s0b);
      s1a = relu(s1a);
      s1b = relu(s1b);
    }
  }
  v128.store(y, s0a);
  v128.store(y, s0b, 16);
  y += yStep;
  v128.store(y, s1a);
  v128.store(y, s1b, 16);
}

export function rowTile3(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, mode: i32): void {
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
  if (mode != 0) {
    if (mode & ADD) {
      let row = y;
      s0a = f32x4.add(v128.load(row), s0a);
      s0b = f32x4.add(v128.load(row, 16), s0b);
      row += yStep;
      s1a = f32x4.add(v128.load(row), s1a);
      s1b = f32x4.add(v128.load(row, 16), s1b);
      row += yStep;
      s2a = f32x4.add(v128.load(row), s2a);
      s2b = f32x4.add(v128.load(row, 16), s2b);
    }
    if (mode & BIAS) {
      let w = v128.load_splat<f32>(a);
      s0a = f32x4.add(s0a, w);
      s0b = f32x4.add(s0b, w);
      w = v128.load_splat<f32>(a, 4);
      s1a = f32x4.add(s1a, w);
      s1b = f32x4.add(s1b, w);
      w = v128.load_splat<f32>(a, 8);
      s2a = f32x4.add(s2a, w);
      s2b = f32x4.add(s2b, w);
    }
    if (mode & RELU) {
      s0a = relu(s0a);
      s0b = relu(s0b);
      s1a = relu(s1a);
      s1b = relu(s1b);
      s2a = relu(s2a);
      s2b = relu(s2b);
    }
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

export function rowTile4(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, mode: i32): void {
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
  if (mode != 0) {
    if (mode & ADD) {
      let row = y;
      s0a = f32x4.add(v128.load(row), s0a);
      s0b = f32x4.add(v128.load(row, 16), s0b);
      row += yStep;
      s1a = f32x4.add(v128.load(row), s1a);
      s1b = f32x4.add(v128.load(row, 16), s1b);
      row += yStep;
      s2a = f32x4.add(v128.load(row), s2a);
      s2b = f32x4.add(v128.load(row, 16), s2b);
      row += yStep;
      s3a = f32x4.add(v128.load(row), s3a);
      s3b = f32x4.add(v128.load(row, 16), s3b);
    }
    if (mode & BIAS) {
      let w = v128.load_splat<f32>(a);
      s0a = f32x4.add(s0a, w);
      s0b = f32x4.add(s0b, w);
      w = v128.load_splat<f32>(a, 4);
      s1a = f32x4.add(s1a, w);
      s1b = f32x4.add(s1b, w);
      w = v128.load_splat<f32>(a, 8);
      s2a = f32x4.add(s2a, w);
      s2b = f32x4.add(s2b, w);
      w = v128.load_splat<f32>(a, 12);
      s3a = f32x4.add(s3a, w);
      s3b = f32x4.add(s3b, w);
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

export function rowTile5(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, mode: i32): void {
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
  if (mode != 0) {
    if (mode & ADD) {
      let row = y;
      s0a = f32x4.add(v128.load(row), s0a);
      s0b = f32x4.add(v128.load(row, 16), s0b);
      row += yStep;
      s1a = f32x4.add(v128.load(row), s1a);
      s1b = f32x4.add(v128.load(row, 16), s1b);
      row += yStep;
      s2a = f32x4.add(v128.load(row), s2a);
      s2b = f32x4.add(v128.load(row, 16), s2b);
      row += yStep;
      s3a = f32x4.add(v128.load(row), s3a);
      s3b = f32x4.add(v128.load(row, 16), s3b);
      row += yStep;
      s4a = f32x4.add(v128.load(row), s4a);
      s4b = f32x4.add(v128.load(row, 16), s4b);
    }
    if (mode & BIAS) {
      let w = v128.load_splat<f32>(a);
      s0a = f32x4.add(s0a, w);
      s0b = f32x4.add(s0b, w);
      w = v128.load_splat<f32>(a, 4);
      s1a = f32x4.add(s1a, w);
      s1b = f32x4.add(s1b, w);
      w = v128.load_splat<f32>(a, 8);
      s2a = f32x4.add(s2a, w);
      s2b = f32x4.add(s2b, w);
      w = v128.load_splat<f32>(a, 12);
      s3a = f32x4.add(s3a, w);
      s3b = f32x4.add(s3b, w);
      w = v128.load_splat<f32>(a, 16);
      s4a = f32x4.add(s4a, w);
      s4b = f32x4.add(s4b, w);
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
      s4a = relu(s4a);
      s4b = relu(s4b);
    }
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

export function rowTile6(steps: i32, a: usize, x: usize, table: usize, y: usize, yStep: usize, mode: i32): void {
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
  if (mode != 0) {
    if (mode & ADD) {
      let row = y;
      s0a = f32x4.add(v128.load(row), s0a);
      s0b = f32x4.add(v128.load(row, 16), s0b);
      row += yStep;
      s1a = f32x4.add(v128.load(row), s1a);
      s1b = f32x4.add(v128.load(row, 16), s1b);
      row += yStep;
      s2a = f32x4.add(v128.load(row), s2a);
      s2b = f32x4.add(v128.load(row, 16), s2b);
      row += yStep;
      s3a = f32x4.add(v128.load(row), s3a);
      s3b = f32x4.add(v128.load(row, 16), s3b);
      row += yStep;
      s4a = f32x4.add(v128.load(row), s4a);
      s4b = f32x4.add(v128.load(row, 16), s4b);
      row += yStep;
      s5a = f32x4.add(v128.load(row), s5a);
      s5b = f32x4.add(v128.load(row, 16), s5b);
    }
    if (mode & BIAS) {
      let w = v128.load_splat<f32>(a);
      s0a = f32x4.add(s0a, w);
      s0b = f32x4.add(s0b, w);
      w = v128.load_splat<f32>(a, 4);
      s1a = f32x4.add(s1a, w);
      s1b = f32x4.add(s1b, w);
      w = v128.load_splat<f32>(a, 8);
      s2a = f32x4.add(s2a, w);
      s2b = f32x4.add(s2b, w);
      w = v128.load_splat<f32>(a, 12);
      s3a = f32x4.add(s3a, w);
      s3b = f32x4.add(s3b, w);
      w = v128.load_splat<f32>(a, 16);
      s4a = f32x4.add(s4a, w);
      s4b = f32x4.add(s4b, w);
      w = v128.load_splat<f32>(a, 20);
      s5a = f32x4.add(s5a, w);
      s5b = f32x4.add(s5b, w);
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
      s4a = relu(s4a);
      s4b = relu(s4b);
      s5a = relu(s5a);
      s5b = relu(s5b);
    }
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

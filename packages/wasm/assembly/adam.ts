// Adam's update of one parameter: each operation rounded as the composition rounds it, so that both have the same bits.

import { firstUnit, word } from "./vectors";

const PARTS = 0;
const SIZE = 1;
const W = 2;
const G = 3;
const M = 4;
const V = 5;
/** Seven floats. */
const BETA_1 = 6;
const REST_1 = 7;
const BETA_2 = 8;
const REST_2 = 9;
const ALPHA = 10;
const BETA = 11;
const EPSILON = 12;

// @ts-ignore: decorator
@inline
function load4(from: usize, single: bool): v128 {
  return single ? v128.load_splat<f32>(from) : v128.load(from);
}

// @ts-ignore: decorator
@inline
function store4(to: usize, x: v128, single: bool): void {
  if (single) v128.store_lane<f32>(to, x, 0);
  else v128.store(to, x);
}

// @ts-ignore: decorator
@inline
function factor(args: usize, index: i32): v128 {
  return v128.load_splat<f32>(args + (<usize>index << 2));
}

/** m ← β₁·m + (1 − β₁)·g,  v ← β₂·v + (1 − β₂)·g²,  w ← α·m / (√v + ε) + β·w */
export function adam(args: usize, part: i32): void {
  const b1 = factor(args, BETA_1);
  const r1 = factor(args, REST_1);
  const b2 = factor(args, BETA_2);
  const r2 = factor(args, REST_2);
  const alpha = factor(args, ALPHA);
  const beta = factor(args, BETA);
  const epsilon = factor(args, EPSILON);
  const size = word(args, SIZE);
  const whole = <usize>(size >> 2) << 4;
  const vectors = (size + 3) >> 2;
  const end = <usize>firstUnit(vectors, word(args, PARTS), part + 1) << 4;
  for (let at = <usize>firstUnit(vectors, word(args, PARTS), part) << 4; at < end; ) {
    // The last elements one by one: what lies behind them is not theirs.
    const single = at >= whole;
    const g = load4(word(args, G) + at, single);
    let m = load4(word(args, M) + at, single);
    let v = load4(word(args, V) + at, single);
    let w = load4(word(args, W) + at, single);
    m = f32x4.add(f32x4.mul(b1, m), f32x4.mul(g, r1));
    v = f32x4.add(f32x4.mul(b2, v), f32x4.mul(r2, f32x4.mul(g, g)));
    const step = f32x4.div(m, f32x4.add(f32x4.sqrt(v), epsilon));
    w = f32x4.add(f32x4.mul(alpha, step), f32x4.mul(beta, w));
    store4(word(args, M) + at, m, single);
    store4(word(args, V) + at, v, single);
    store4(word(args, W) + at, w, single);
    at += single ? 4 : 16;
    if (single && at >= <usize>size << 2) return;
  }
}

// Winograd's F(4, 3) in one dimension, on four lines at once: y = Aᵀ((G w) ⊙ (Bᵀ d)) computes four outputs of a filter
// of three taps from six inputs. By Cook and Toom: interpolation at the points α = 0, ±a, ±b, ∞ with a = 3/4, b = 3/2.
// With M(x) = x (x² − a²)(x² − b²), row α of Bᵀ holds the coefficients of M(x)/(x − α), that of ∞ those of M itself;
// column α of Aᵀ is (1, α, α², α³), that of ∞ (0, 0, 0, 1); row α of G is (1, α, α²) / Π (α − other points), that of ∞
// (0, 0, 1). Bᵀ and Aᵀ are exact in binary. F(2, 5), two outputs of five taps, differs in that Aᵀ ends with α and G goes on
// to α⁴.

import { multiplyAdd } from "./vectors";

export const a: f32 = 0.75;
export const b: f32 = 1.5;
export const a2: f32 = 0.5625;
export const b2: f32 = 2.25;
export const a3: f32 = 0.421875;
export const b3: f32 = 3.375;
/** a²b² and a² + b². */
export const a2b2: f32 = 1.265625;
export const sum2: f32 = 2.8125;

/** z − x·y */
// @ts-ignore: decorator
@inline
export function mulSub(x: v128, y: v128, z: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_nmadd(x, y, z);
  return f32x4.sub(z, f32x4.mul(x, y));
}

/** Stores Bᵀ d at `to` and every `step` bytes after it. */
// @ts-ignore: decorator
@inline
export function storeInputLine(
  d0: v128,
  d1: v128,
  d2: v128,
  d3: v128,
  d4: v128,
  d5: v128,
  to: usize,
  step: usize,
): void {
  const A2 = f32x4.splat(a2);
  const B2 = f32x4.splat(b2);
  let even = mulSub(A2, d2, d4); // d4 − a² d2
  v128.store(to, mulSub(B2, mulSub(A2, d0, d2), even));
  const odd = mulSub(A2, d1, d3);
  v128.store(to + 5 * step, mulSub(B2, odd, mulSub(A2, d3, d5)));
  const oddB = f32x4.mul(f32x4.splat(b), odd);
  v128.store(to + 3 * step, f32x4.add(even, oddB));
  v128.store(to + 4 * step, f32x4.sub(even, oddB));
  even = mulSub(B2, d2, d4);
  const oddA = f32x4.mul(f32x4.splat(a), mulSub(B2, d1, d3));
  v128.store(to + step, f32x4.add(even, oddA));
  v128.store(to + 2 * step, f32x4.sub(even, oddA));
}

/** Stores A y. */
// @ts-ignore: decorator
@inline
export function storeGradientLine(
  y0: v128,
  y1: v128,
  y2: v128,
  y3: v128,
  to: usize,
  step: usize,
): void {
  v128.store(to, y0);
  v128.store(to + 5 * step, y3);
  let even = multiplyAdd(f32x4.splat(a2), y2, y0);
  let odd = multiplyAdd(f32x4.splat(a3), y3, f32x4.mul(f32x4.splat(a), y1));
  v128.store(to + step, f32x4.add(even, odd));
  v128.store(to + 2 * step, f32x4.sub(even, odd));
  even = multiplyAdd(f32x4.splat(b2), y2, y0);
  odd = multiplyAdd(f32x4.splat(b3), y3, f32x4.mul(f32x4.splat(b), y1));
  v128.store(to + 3 * step, f32x4.add(even, odd));
  v128.store(to + 4 * step, f32x4.sub(even, odd));
}

// Halves of a 4 × 4 transpose: pairs of lanes of two vectors interleaved, then pairs of pairs put together.

// @ts-ignore: decorator
@inline
export function low(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(x, y, 0, 4, 1, 5);
}
// @ts-ignore: decorator
@inline
export function high(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(x, y, 2, 6, 3, 7);
}
// @ts-ignore: decorator
@inline
export function lowPairs(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(x, y, 0, 1, 4, 5);
}
// @ts-ignore: decorator
@inline
export function highPairs(x: v128, y: v128): v128 {
  return v128.shuffle<f32>(x, y, 2, 3, 6, 7);
}

/** Stores the first `count` lanes, at most four. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, x: v128, count: i32): void {
  if (count == 4) v128.store(to, x);
  else storeFewLanes(to, x, count);
}

function storeFewLanes(to: usize, x: v128, count: i32): void {
  if (count & 2) {
    v128.store_lane<u64>(to, x, 0);
    if (count & 1) v128.store_lane<u32>(to, x, 2, 8);
  } else if (count & 1) v128.store_lane<u32>(to, x, 0);
}

/** Loads the first `count` lanes, at most four; the others are 0. */
export function loadLanes(from: usize, count: i32): v128 {
  if (count == 4) return v128.load(from);
  if (count == 1) return v128.load_zero<u32>(from);
  const pair = v128.load_zero<u64>(from);
  return count & 1 ? v128.load_lane<u32>(from, pair, 2, 8) : pair;
}

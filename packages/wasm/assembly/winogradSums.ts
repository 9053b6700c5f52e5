// The second step of the filters' gradient: 36 matrices S += D·Vᵀ, sums over tiles, on panels of 4 tiles. The leaf
// function adds up lane by lane, four outputs by two channels, and the lanes at its end: 12 vectors alive at most.

import { CHANNELS, D_STEP, SUMS_STEP, V_STEP } from "./winogradAbi";
import { highPairs, low, high, lowPairs, mulAdd } from "./winogradLines";
import { word } from "./winogradPack";

/** Channels whose panels stay in the first-level cache while all outputs pass. */
const STRIP = 32;

/** [Σ w, Σ x, Σ y, Σ z] over the lanes. */
// @ts-ignore: decorator
@inline
function laneSums(w: v128, x: v128, y: v128, z: v128): v128 {
  const wx = f32x4.add(low(w, x), high(w, x));
  const yz = f32x4.add(low(y, z), high(y, z));
  return f32x4.add(lowPairs(wx, yz), highPairs(wx, yz));
}

/** Adds to the sums of two channels, four outputs each. */
function addProducts(
  d: usize,
  dPanel: usize,
  v: usize,
  vPanel: usize,
  panels: i32,
  sums: usize,
): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = v + <usize>panels * vPanel;
  do {
    const v0 = v128.load(v);
    const v1 = v128.load(v, 16);
    let s = v128.load(d);
    c00 = mulAdd(s, v0, c00);
    c01 = mulAdd(s, v1, c01);
    s = v128.load(d, 16);
    c10 = mulAdd(s, v0, c10);
    c11 = mulAdd(s, v1, c11);
    s = v128.load(d, 32);
    c20 = mulAdd(s, v0, c20);
    c21 = mulAdd(s, v1, c21);
    s = v128.load(d, 48);
    c30 = mulAdd(s, v0, c30);
    c31 = mulAdd(s, v1, c31);
    d += dPanel;
    v += vPanel;
  } while (v != end);
  v128.store(sums, f32x4.add(v128.load(sums), laneSums(c00, c10, c20, c30)));
  v128.store(sums, f32x4.add(v128.load(sums, 16), laneSums(c01, c11, c21, c31)), 16);
}

/**
 * sums[36][output / 4][channel][4] += D·Vᵀ for `quads` · 4 outputs, over `panels` panels of 4 tiles, a number that is a
 * multiple of 2.
 */
export function addSums(
  args: usize,
  d: usize,
  quads: i32,
  v: usize,
  panels: i32,
  sums: usize,
): void {
  const channels = (word(args, CHANNELS) + 1) & ~1;
  const vPanel = <usize>channels << 4;
  const dPanel = <usize>quads << 6;
  for (let place = 0; place < 36; place++) {
    for (let strip = 0; strip < channels; strip += STRIP) {
      const end = min(channels, strip + STRIP);
      for (let q = 0; q < quads; q++) {
        const row = sums + (<usize>(q * channels) << 4);
        for (let c = strip; c < end; c += 2) {
          const at = <usize>c << 4;
          addProducts(d + (<usize>q << 6), dPanel, v + at, vPanel, panels, row + at);
        }
      }
    }
    d += word(args, D_STEP);
    v += word(args, V_STEP);
    sums += word(args, SUMS_STEP);
  }
}

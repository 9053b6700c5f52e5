// The second step of the filters' gradient: 36 matrices S += D·Vᵀ, sums over tiles. The leaf
// function adds up lane by lane, four outputs by two channels, and the lanes at its end: 12 vectors alive at most.

import { word } from "./nest";
import { multiplyAdd } from "./vectors";
import { CHANNEL_BYTES, CHANNELS, D_STEP, SEGMENT_TILES, SUMS_STEP, V_STEP } from "./winogradAbi";
import { high, highPairs, low, lowPairs } from "./winogradLines";

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

/** Adds to the sums of two channels, four outputs each, over four tiles so many times. */
export function addProducts(d: usize, v: usize, fours: i32, sums: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  const end = d + (<usize>fours << 4);
  while (d < end) {
    const v0 = v128.load(v);
    const v1 = v128.load(v, CHANNEL_BYTES);
    let s = v128.load(d);
    c00 = multiplyAdd(s, v0, c00);
    c01 = multiplyAdd(s, v1, c01);
    s = v128.load(d, CHANNEL_BYTES);
    c10 = multiplyAdd(s, v0, c10);
    c11 = multiplyAdd(s, v1, c11);
    s = v128.load(d, 2 * CHANNEL_BYTES);
    c20 = multiplyAdd(s, v0, c20);
    c21 = multiplyAdd(s, v1, c21);
    s = v128.load(d, 3 * CHANNEL_BYTES);
    c30 = multiplyAdd(s, v0, c30);
    c31 = multiplyAdd(s, v1, c31);
    d += 16;
    v += 16;
  }
  v128.store(sums, f32x4.add(v128.load(sums), laneSums(c00, c10, c20, c30)));
  v128.store(sums, f32x4.add(v128.load(sums, 16), laneSums(c01, c11, c21, c31)), 16);
}

/**
 * sums[36][output / 4][channel][4] += D·Vᵀ for `quads` · 4 outputs, over `tiles` tiles, a multiple of 4; D has room for
 * `quads` · 4 outputs, V for an even number of channels.
 */
export function addSums(
  args: usize,
  d: usize,
  quads: i32,
  v: usize,
  tiles: i32,
  sums: usize,
): void {
  const channels = evenChannels(args);
  for (let place = 0; place < 36; place++) {
    let dSegment = d;
    let vSegment = v;
    for (let tile = 0; tile < tiles; tile += SEGMENT_TILES) {
      addSegment(dSegment, quads, vSegment, channels, min(SEGMENT_TILES, tiles - tile) >> 2, sums);
      dSegment += quads * 4 * CHANNEL_BYTES;
      vSegment += channels * CHANNEL_BYTES;
    }
    d += word(args, D_STEP);
    v += word(args, V_STEP);
    sums += word(args, SUMS_STEP);
  }
}

// @ts-ignore: decorator
@inline
export function evenChannels(args: usize): i32 {
  return (word(args, CHANNELS) + 1) & ~1;
}

function addSegment(
  d: usize,
  quads: i32,
  v: usize,
  channels: i32,
  fours: i32,
  sums: usize,
): void {
  for (let strip = 0; strip < channels; strip += STRIP) {
    const end = min(channels, strip + STRIP);
    for (let q = 0; q < quads; q++) {
      const row = sums + (<usize>(q * channels) << 4);
      const outputs = d + <usize>q * 4 * CHANNEL_BYTES;
      for (let c = strip; c < end; c += 2) {
        addProducts(outputs, v + <usize>c * CHANNEL_BYTES, fours, row + (<usize>c << 4));
      }
    }
  }
}

// Batch normalisation and its gradients: the sums of each channel, then the cells. The samples of a channel are dealt out
// to blocks of a size that the shape determines; each has sums of its own, in float64, which are added in order.

import { CHANNEL_GRADIENTS, CHANNEL_MOMENTS, GRADIENT_SUMS, IMAGE_GRADIENT, MOMENTS, NORMALIZE } from "./normalizationNumbers";
import { firstUnit, word } from "./vectors";

// Units are blocks, those of the first channel first.
const PARTS = 0;
const UNITS = 1;
const BLOCKS = 2;
/** Samples, those of a block, and the cells of a plane. */
const SAMPLES = 3;
const PER_BLOCK = 4;
const CELLS = 5;
/** The sums `[channel][block]`, two each. */
const SUMS = 6;
/** Numbers by channel: where they are, or 0 for weights and biases of 1 and 0, and the bytes from one to the next. */
const MEAN = 7;
const VARIANCE = 9;
const WEIGHT = 11;
const BIAS = 13;
const EPSILON = 15;
/** Images: where they are, and the bytes from sample to sample and from channel to channel. */
const X = 16;
const Y = 19;
const G = 22;
/** For gradients of weight and bias, where they are wanted. */
const WEIGHT_GRADIENT = 25;
const BIAS_GRADIENT = 26;

/** Cells whose sums are taken in float32 before they are added in float64. */
const CHUNK = 1024;

// @ts-ignore: decorator
@inline
function lanes(v: v128): f64 {
  const low = f64x2.promote_low_f32x4(v);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 0));
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Σ x of at most `CHUNK` cells. */
function chunkSum(n: usize, x: usize): f64 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 8 <= n; k += 8, x += 32) {
    a = f32x4.add(a, v128.load(x));
    b = f32x4.add(b, v128.load(x, 16));
  }
  let sum = lanes(a) + lanes(b);
  for (; k < n; k++, x += 4) sum += <f64>load<f32>(x);
  return sum;
}

/** Σ (x − shift)² of at most `CHUNK` cells. */
function chunkSquares(n: usize, x: usize, shift: f32): f64 {
  const s = f32x4.splat(shift);
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 8 <= n; k += 8, x += 32) {
    const p = f32x4.sub(v128.load(x), s);
    const q = f32x4.sub(v128.load(x, 16), s);
    a = f32x4.add(a, f32x4.mul(p, p));
    b = f32x4.add(b, f32x4.mul(q, q));
  }
  let sum = lanes(a) + lanes(b);
  for (; k < n; k++, x += 4) {
    const d = load<f32>(x) - shift;
    sum += <f64>(d * d);
  }
  return sum;
}

/** Adds Σ g and Σ g·(x − shift) of at most `CHUNK` cells to the two sums at `to`. */
function addChunkGradients(n: usize, g: usize, x: usize, shift: f32, to: usize): void {
  const s = f32x4.splat(shift);
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  let c = f32x4.splat(0);
  let d = f32x4.splat(0);
  let k: usize = 0;
  for (; k + 8 <= n; k += 8, x += 32, g += 32) {
    const p = v128.load(g);
    const q = v128.load(g, 16);
    a = f32x4.add(a, p);
    b = f32x4.add(b, q);
    c = f32x4.add(c, f32x4.mul(p, f32x4.sub(v128.load(x), s)));
    d = f32x4.add(d, f32x4.mul(q, f32x4.sub(v128.load(x, 16), s)));
  }
  let sum = lanes(a) + lanes(b);
  let products = lanes(c) + lanes(d);
  for (; k < n; k++, x += 4, g += 4) {
    sum += <f64>load<f32>(g);
    products += <f64>(load<f32>(g) * (load<f32>(x) - shift));
  }
  store<f64>(to, load<f64>(to) + sum);
  store<f64>(to, load<f64>(to, 8) + products, 8);
}

// @ts-ignore: decorator
@inline
function planeAt(args: usize, image: i32, sample: usize, channel: usize): usize {
  return <usize>word(args, image) + sample * <usize>word(args, image + 1) + channel * <usize>word(args, image + 2);
}

// @ts-ignore: decorator
@inline
function valueAt(args: usize, list: i32, channel: usize): usize {
  return <usize>word(args, list) + channel * <usize>word(args, list + 1);
}

// @ts-ignore: decorator
@inline
function sumsAt(args: usize, channel: usize, block: i32): usize {
  return <usize>word(args, SUMS) + ((channel * <usize>word(args, BLOCKS) + <usize>block) << 4);
}

/** Cells of a channel in a block. */
// @ts-ignore: decorator
@inline
function cellsOf(args: usize, block: i32): f64 {
  const perBlock = word(args, PER_BLOCK);
  return <f64>min(perBlock, word(args, SAMPLES) - <u32>block * perBlock) * <f64>word(args, CELLS);
}

/** Mean and Σ (x − mean)² of a block, which the second pass finds in the cache. */
function blockMoments(args: usize, channel: usize, block: i32, first: usize, end: usize): void {
  const cells = <usize>word(args, CELLS);
  let sum: f64 = 0;
  for (let n = first; n < end; n++) {
    const x = planeAt(args, X, n, channel);
    for (let k: usize = 0; k < cells; k += CHUNK) sum += chunkSum(min(CHUNK, cells - k), x + (k << 2));
  }
  const count = cellsOf(args, block);
  const mean = sum / count;
  const shift = <f32>mean;
  let squares: f64 = 0;
  for (let n = first; n < end; n++) {
    const x = planeAt(args, X, n, channel);
    for (let k: usize = 0; k < cells; k += CHUNK) squares += chunkSquares(min(CHUNK, cells - k), x + (k << 2), shift);
  }
  const slip = mean - <f64>shift;
  const sums = sumsAt(args, channel, block);
  store<f64>(sums, mean);
  store<f64>(sums, squares - slip * slip * count, 8);
}

/** Mean and variance of a channel from its blocks' (Chan, Golub and LeVeque 1979). */
function channelMoments(args: usize, channel: usize): void {
  let n: f64 = 0;
  let mean: f64 = 0;
  let squares: f64 = 0;
  for (let block = 0; block < <i32>word(args, BLOCKS); block++) {
    const more = cellsOf(args, block);
    const sums = sumsAt(args, channel, block);
    const apart = load<f64>(sums) - mean;
    mean += (apart * more) / (n + more);
    squares += load<f64>(sums, 8) + (apart * apart * n * more) / (n + more);
    n += more;
  }
  store<f32>(valueAt(args, MEAN, channel), <f32>mean);
  store<f32>(valueAt(args, VARIANCE, channel), <f32>(squares / n));
}

// @ts-ignore: decorator
@inline
function spreadOf(args: usize, channel: usize): f64 {
  return <f64>load<f32>(valueAt(args, VARIANCE, channel)) + <f64>load<f32>(args + (EPSILON << 2));
}

/** w / √(σ² + ε) */
function scaleOf(args: usize, channel: usize): f32 {
  const weight: f64 = word(args, WEIGHT) ? <f64>load<f32>(valueAt(args, WEIGHT, channel)) : 1;
  return <f32>(weight / Math.sqrt(spreadOf(args, channel)));
}

/** y = (x − μ)·w/√(σ² + ε) + b */
function normalizeBlock(args: usize, channel: usize, first: usize, end: usize): void {
  const cells = <usize>word(args, CELLS);
  const mean = load<f32>(valueAt(args, MEAN, channel));
  const scale = scaleOf(args, channel);
  const bias: f32 = word(args, BIAS) ? load<f32>(valueAt(args, BIAS, channel)) : 0;
  const m = f32x4.splat(mean);
  const w = f32x4.splat(scale);
  const b = f32x4.splat(bias);
  for (let n = first; n < end; n++) {
    let x = planeAt(args, X, n, channel);
    let y = planeAt(args, Y, n, channel);
    let k: usize = 0;
    for (; k + 8 <= cells; k += 8, x += 32, y += 32) {
      v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x), m), w), b));
      v128.store(y, f32x4.add(f32x4.mul(f32x4.sub(v128.load(x, 16), m), w), b), 16);
    }
    for (; k < cells; k++, x += 4, y += 4) store<f32>(y, (load<f32>(x) - mean) * scale + bias);
  }
}

/** Σ g and Σ g·(x − μ) of a block. */
function blockGradients(args: usize, channel: usize, block: i32, first: usize, end: usize): void {
  const cells = <usize>word(args, CELLS);
  const mean = load<f32>(valueAt(args, MEAN, channel));
  const sums = sumsAt(args, channel, block);
  store<f64>(sums, 0);
  store<f64>(sums, 0, 8);
  for (let n = first; n < end; n++) {
    const g = planeAt(args, G, n, channel);
    const x = planeAt(args, X, n, channel);
    for (let k: usize = 0; k < cells; k += CHUNK) {
      addChunkGradients(min(CHUNK, cells - k), g + (k << 2), x + (k << 2), mean, sums);
    }
  }
}

/** Both sums of a channel, left as those of its first block, and the gradients of weight and bias where wanted. */
function channelGradients(args: usize, channel: usize): void {
  const to = sumsAt(args, channel, 0);
  let sum = load<f64>(to);
  let products = load<f64>(to, 8);
  for (let block = 1; block < <i32>word(args, BLOCKS); block++) {
    const sums = sumsAt(args, channel, block);
    sum += load<f64>(sums);
    products += load<f64>(sums, 8);
  }
  store<f64>(to, sum);
  store<f64>(to, products, 8);
  const at = channel << 2;
  const ofWeight = <usize>word(args, WEIGHT_GRADIENT);
  if (ofWeight) store<f32>(ofWeight + at, <f32>(products / Math.sqrt(spreadOf(args, channel))));
  const ofBias = <usize>word(args, BIAS_GRADIENT);
  if (ofBias) store<f32>(ofBias + at, <f32>sum);
}

/** ∂x = w/√(σ² + ε)·(g − mean g − (x − μ)·mean(g·(x − μ))/(σ² + ε)) */
function imageBlock(args: usize, channel: usize, first: usize, end: usize): void {
  const cells = <usize>word(args, CELLS);
  const count = <f64>word(args, SAMPLES) * <f64>cells;
  const sums = sumsAt(args, channel, 0);
  const average = <f32>(load<f64>(sums) / count);
  const slope = <f32>(load<f64>(sums, 8) / count / spreadOf(args, channel));
  const mean = load<f32>(valueAt(args, MEAN, channel));
  const scale = scaleOf(args, channel);
  const a = f32x4.splat(average);
  const q = f32x4.splat(slope);
  const m = f32x4.splat(mean);
  const w = f32x4.splat(scale);
  for (let n = first; n < end; n++) {
    let x = planeAt(args, X, n, channel);
    let g = planeAt(args, G, n, channel);
    let to = planeAt(args, Y, n, channel);
    let k: usize = 0;
    for (; k + 4 <= cells; k += 4, x += 16, g += 16, to += 16) {
      const d = f32x4.mul(f32x4.sub(v128.load(x), m), q);
      v128.store(to, f32x4.mul(w, f32x4.sub(f32x4.sub(v128.load(g), a), d)));
    }
    for (; k < cells; k++, x += 4, g += 4, to += 4) {
      store<f32>(to, scale * (load<f32>(g) - average - (load<f32>(x) - mean) * slope));
    }
  }
}

/** All kernels of this family; those of channels have a single block. */
export function normalization(kernel: i32, args: usize, part: i32): void {
  const end = firstUnit(word(args, UNITS), word(args, PARTS), part + 1);
  const ofChannels = kernel == CHANNEL_MOMENTS || kernel == CHANNEL_GRADIENTS;
  const blocks = ofChannels ? 1 : <i32>word(args, BLOCKS);
  const perBlock = <usize>word(args, PER_BLOCK);
  for (let unit = firstUnit(word(args, UNITS), word(args, PARTS), part); unit < end; unit++) {
    const channel = <usize>(unit / blocks);
    const block = unit % blocks;
    const first = <usize>block * perBlock;
    const last = min(first + perBlock, <usize>word(args, SAMPLES));
    switch (kernel) {
      case MOMENTS: blockMoments(args, channel, block, first, last); break;
      case CHANNEL_MOMENTS: channelMoments(args, channel); break;
      case NORMALIZE: normalizeBlock(args, channel, first, last); break;
      case GRADIENT_SUMS: blockGradients(args, channel, block, first, last); break;
      case CHANNEL_GRADIENTS: channelGradients(args, channel); break;
      case IMAGE_GRADIENT: imageBlock(args, channel, first, last); break;
      default: unreachable();
    }
  }
}

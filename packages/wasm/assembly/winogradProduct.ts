// The second step of the forward pass and of the image's gradient: 36 products of matrices, P = U·V, on panels of 8 tiles.
// The leaf functions hold their accumulators in registers: one loop, not unrolled, 14 vectors alive at most.

import { word } from "./nest";
import { multiplyAdd } from "./vectors";
import { CHANNEL_BYTES, PRODUCTS, SEGMENT_TILES, U, U_FIVES, U_STEP, U_TERMS } from "./winogradAbi";

/** Bytes of the 36 products of one row and 8 tiles. */
export const PRODUCT_BYTES: usize = 1152;

/** Five rows of U by 8 tiles. */
export function fiveRows(u: usize, v: usize, terms: i32, to: usize): void {
  let c00 = f32x4.splat(0);
  let c01 = c00;
  let c10 = c00;
  let c11 = c00;
  let c20 = c00;
  let c21 = c00;
  let c30 = c00;
  let c31 = c00;
  let c40 = c00;
  let c41 = c00;
  for (let k = 0; k < terms; k++) {
    const v0 = v128.load(v);
    const v1 = v128.load(v, 16);
    let s = v128.load_splat<f32>(u);
    c00 = multiplyAdd(s, v0, c00);
    c01 = multiplyAdd(s, v1, c01);
    s = v128.load_splat<f32>(u, 4);
    c10 = multiplyAdd(s, v0, c10);
    c11 = multiplyAdd(s, v1, c11);
    s = v128.load_splat<f32>(u, 8);
    c20 = multiplyAdd(s, v0, c20);
    c21 = multiplyAdd(s, v1, c21);
    s = v128.load_splat<f32>(u, 12);
    c30 = multiplyAdd(s, v0, c30);
    c31 = multiplyAdd(s, v1, c31);
    s = v128.load_splat<f32>(u, 16);
    c40 = multiplyAdd(s, v0, c40);
    c41 = multiplyAdd(s, v1, c41);
    u += 20;
    v += CHANNEL_BYTES;
  }
  v128.store(to, c00);
  v128.store(to, c01, 16);
  v128.store(to, c10, PRODUCT_BYTES);
  v128.store(to, c11, PRODUCT_BYTES + 16);
  v128.store(to, c20, 2 * PRODUCT_BYTES);
  v128.store(to, c21, 2 * PRODUCT_BYTES + 16);
  v128.store(to, c30, 3 * PRODUCT_BYTES);
  v128.store(to, c31, 3 * PRODUCT_BYTES + 16);
  v128.store(to, c40, 4 * PRODUCT_BYTES);
  v128.store(to, c41, 4 * PRODUCT_BYTES + 16);
}

/**
 * `blocks` times four rows of U by the same 8 tiles. V8 11 compiles this form of loop better for four rows, the other one
 * for five, and spoils a loop over blocks of five.
 */
export function fourRows(u: usize, panel: usize, terms: i32, to: usize, blocks: i32): void {
  do {
    let c00 = f32x4.splat(0);
    let c01 = c00;
    let c10 = c00;
    let c11 = c00;
    let c20 = c00;
    let c21 = c00;
    let c30 = c00;
    let c31 = c00;
    let v = panel;
    const end = v + <usize>terms * CHANNEL_BYTES;
    do {
      const v0 = v128.load(v);
      const v1 = v128.load(v, 16);
      let s = v128.load_splat<f32>(u);
      c00 = multiplyAdd(s, v0, c00);
      c01 = multiplyAdd(s, v1, c01);
      s = v128.load_splat<f32>(u, 4);
      c10 = multiplyAdd(s, v0, c10);
      c11 = multiplyAdd(s, v1, c11);
      s = v128.load_splat<f32>(u, 8);
      c20 = multiplyAdd(s, v0, c20);
      c21 = multiplyAdd(s, v1, c21);
      s = v128.load_splat<f32>(u, 12);
      c30 = multiplyAdd(s, v0, c30);
      c31 = multiplyAdd(s, v1, c31);
      u += 16;
      v += CHANNEL_BYTES;
    } while (v != end);
    v128.store(to, c00);
    v128.store(to, c01, 16);
    v128.store(to, c10, PRODUCT_BYTES);
    v128.store(to, c11, PRODUCT_BYTES + 16);
    v128.store(to, c20, 2 * PRODUCT_BYTES);
    v128.store(to, c21, 2 * PRODUCT_BYTES + 16);
    v128.store(to, c30, 3 * PRODUCT_BYTES);
    v128.store(to, c31, 3 * PRODUCT_BYTES + 16);
    to += 4 * PRODUCT_BYTES;
  } while (--blocks > 0);
}

/** Where in V a panel lies. */
// @ts-ignore: decorator
@inline
function panelAt(panel: i32, channels: i32): usize {
  const segment = panel / (SEGMENT_TILES / 8);
  const inSegment = panel - segment * (SEGMENT_TILES / 8);
  return <usize>(segment * channels * CHANNEL_BYTES + (inSegment << 5));
}

/** The row at which a block of U begins. */
export function blockRow(args: usize, block: i32): i32 {
  return block * 4 + min(block, word(args, U_FIVES));
}

/** Products [panel][row][36][8] of the rows of U in some blocks with all panels of V. */
export function multiply(
  args: usize,
  scratch: usize,
  firstBlock: i32,
  endBlock: i32,
  panels: i32,
  v: usize,
  vStep: usize,
): void {
  const terms = word(args, U_TERMS);
  const firstRow = blockRow(args, firstBlock);
  const rows = blockRow(args, endBlock) - firstRow;
  const fives = max(min(word(args, U_FIVES), endBlock) - firstBlock, 0);
  const fours = endBlock - firstBlock - fives;
  let to = scratch + word(args, PRODUCTS);
  const nextPanel = <usize>rows * PRODUCT_BYTES;
  let uFirst = <usize>word(args, U) + <usize>firstRow * <usize>terms * 4;
  for (let place = 0; place < 36; place++) {
    let out = to;
    for (let p = 0; p < panels; p++) {
      const panel = v + panelAt(p, terms);
      let u = uFirst;
      let at = out;
      for (let block = 0; block < fives; block++) {
        fiveRows(u, panel, terms, at);
        u += <usize>terms * 20;
        at += 5 * PRODUCT_BYTES;
      }
      if (fours > 0) fourRows(u, panel, terms, at, fours);
      out += nextPanel;
    }
    uFirst += word(args, U_STEP);
    v += vStep;
    to += 32;
  }
}

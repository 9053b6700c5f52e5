// The tiles alone, on data in the nearest cache, for the benchmark that compares them with the machine's peak.

import { dotRun5, dotTile3, dotTile4 } from "./dotTiles";
import { pixelTile } from "./pixelTile";
import { planeDotStrip, planeDots, planeStrip, planeTile } from "./planeTiles";
import { rowStrip1, rowStrip2, rowStrip3, rowStrip4 } from "./rowStrips";
import { rowTile1, rowTile2, rowTile3, rowTile4, rowTile5, rowTile6 } from "./rowTiles";
import { multiplyAdd, word } from "./vectors";

/** Nothing but 8 products and sums per step. */
function peak(steps: i32, from: usize, to: usize): void {
  const w0 = v128.load(from, 32);
  const w1 = v128.load(from, 48);
  const w2 = v128.load(from, 64);
  const w3 = v128.load(from, 80);
  let s00 = f32x4.splat(0);
  let s01 = f32x4.splat(0);
  let s02 = f32x4.splat(0);
  let s03 = f32x4.splat(0);
  let s10 = f32x4.splat(0);
  let s11 = f32x4.splat(0);
  let s12 = f32x4.splat(0);
  let s13 = f32x4.splat(0);
  for (let i = 0; i < steps; i++) {
    const x = v128.load(from);
    s00 = multiplyAdd(x, w0, s00);
    s01 = multiplyAdd(x, w1, s01);
    s02 = multiplyAdd(x, w2, s02);
    s03 = multiplyAdd(x, w3, s03);
    const z = v128.load(from, 16);
    s10 = multiplyAdd(z, w0, s10);
    s11 = multiplyAdd(z, w1, s11);
    s12 = multiplyAdd(z, w2, s12);
    s13 = multiplyAdd(z, w3, s13);
  }
  s00 = f32x4.add(f32x4.add(s00, s01), f32x4.add(s02, s03));
  s10 = f32x4.add(f32x4.add(s10, s11), f32x4.add(s12, s13));
  v128.store(to, f32x4.add(s00, s10));
}

/** Arguments: 0 which (0 the peak, 1 … 6 rows, 7 pixels, 8 and 9 dots of 3 and 4 taps, 11 … 14 strips,
 * 15 planes, 16 dots of 9 taps, 17 and 18 strips of planes and of their gradients, 25 dots of 5 taps in a run), 1 times, 2 steps. */
export function micro(args: usize, scratch: usize): void {
  const steps = <i32>word(args, 2);
  const table = scratch + 1280;
  const a = table + (<usize>steps << 3);
  const b = a + (<usize>steps << 5);
  for (let k = 0; k < steps; k++) store<i32>(table + (<usize>k << 2), k << 5);
  for (let times = <i32>word(args, 1); times > 0; times--) {
    switch (word(args, 0)) {
      case 0: peak(steps, a, scratch); break;
      case 1: rowTile1(steps, a, b, table, scratch, 32); break;
      case 2: rowTile2(steps, a, b, table, scratch, 32); break;
      case 3: rowTile3(steps, a, b, table, scratch, 32); break;
      case 4: rowTile4(steps, a, b, table, scratch, 32); break;
      case 5: rowTile5(steps, a, b, table, scratch, 32); break;
      case 6: rowTile6(steps, a, b, table, scratch, 32); break;
      case 7: pixelTile(steps, a, table, b, b + 4, b + 8, b + 12, scratch, 16, 0); break;
      case 11: rowStrip1(steps, a, b, table, scratch, 32, 8, 0); break;
      case 12: rowStrip2(steps, a, b, table, scratch, 32, 8, 0); break;
      case 13: rowStrip3(steps, a, b, table, scratch, 32, 8, 0); break;
      case 14: rowStrip4(steps, a, b, table, scratch, 32, 8, 0); break;
      case 8: dotTile3(steps >> 1, table, a, a + 4, a + 8, b, b + 4, scratch); break;
      case 15: planeTile(steps, a, b, table, scratch); break;
      case 16: planeDots(steps >> 1, table, table, a, b, scratch); break;
      case 17: planeStrip(a, b, 32, a, 32, steps >> 1); break;
      case 18: planeDotStrip(a, 32, b, 32, steps >> 1, scratch); break;
      case 25: dotRun5(steps >> 1, table, a + 4, b, b + 4, scratch); break;
      default: dotTile4(steps >> 1, table, a, a + 4, a + 8, a + 12, b, b + 4, scratch);
    }
  }
}

// The innermost functions by themselves: how fast they are decides everything, and a compiler may spoil them at any time.
// This second call of each also keeps binaryen from inlining them into the loops around them, where V8 runs out of
// registers and halves their speed.

import { word } from "./nest";
import { CHANNEL_BYTES, MEASURED, TERMS, TIMES } from "./winogradAbi";
import { fiveRows, fourRows } from "./winogradProduct";
import { addProducts } from "./winogradSums";

/** Runs 0: five rows by 8 tiles, 1: four rows by 8 tiles, 2: four outputs by two channels, on `TERMS` terms or fours of tiles. */
export function measure(args: usize, scratch: usize): void {
  const which = word(args, MEASURED);
  const terms = word(args, TERMS);
  const v = scratch + <usize>terms * 64;
  const to = v + <usize>terms * CHANNEL_BYTES;
  for (let i = word(args, TIMES); i > 0; i--) {
    if (which == 0) fiveRows(scratch, v, terms, to);
    else if (which == 1) fourRows(scratch, v, terms, to, 1);
    else addProducts(scratch, v, terms, to);
  }
}

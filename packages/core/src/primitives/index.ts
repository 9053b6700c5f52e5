import { broadcast, sum } from "./broadcast.ts";
import { contraction } from "./contract.ts";
import * as elementwise from "./elementwise.ts";
import { cast, concat, contiguous, flip, pad, permute, reshape, slice } from "./movement.ts";
import { argmax, gather, scatterAdd, winners } from "./select.ts";
import { fold, windows } from "./windows.ts";

/**
 * Every primitive, by name. The laws in `test/` hold a sample for each key by type, so that a primitive without a test
 * does not compile.
 */
export const primitives = {
  ...elementwise,
  contiguous,
  cast,
  reshape,
  permute,
  flip,
  slice,
  pad,
  concat,
  broadcast,
  sum,
  windows,
  fold,
  contraction,
  argmax,
  gather,
  scatterAdd,
  winners,
} as const;

/** The names of all primitives. */
export type PrimitiveName = keyof typeof primitives;

import { peak } from "@convgrad/wasm/bench";

/**
 * GFLOP/s of the best pure multiply-and-add loop that one core can run in 128-bit SIMD, measured now: the 100 % of the
 * "share of peak".
 */
export async function peakGflops(): Promise<number> {
  return peak();
}

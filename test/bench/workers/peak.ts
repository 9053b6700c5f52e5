/**
 * GFLOP/s of the best pure multiply-and-add loop that one core can run in 128-bit SIMD, measured now: the 100 % of the
 * "share of peak". `undefined` until the wasm package offers such a loop; the column is empty then.
 */
export async function peakGflops(): Promise<number | undefined> {
  return undefined;
}

const ROUNDS = 10;
const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit numbers. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = (middle & 0xffff) + aLow * bHigh;
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000)) >>> 0;
}

/**
 * Philox4x32-10: four independent uniform 32-bit words from a counter and a key, without state. The same counter and
 * key give the same words on every machine, in any order and on any number of threads.
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * @param counter four words; overwritten with the result
 * @param key0 the low 32 bits of the key
 * @param key1 the high 32 bits of the key
 */
export function philox(counter: Uint32Array, key0: number, key1: number): void {
  let [c0, c1, c2, c3] = counter as unknown as [number, number, number, number];
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = mulHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  counter[0] = c0;
  counter[1] = c1;
  counter[2] = c2;
  counter[3] = c3;
}

/**
 * The words of block `block` of one stream of one seed; see `RandomState`.
 *
 * @internal for the other packages
 */
export function randomBlock(seed: number, stream: number, block: number, words: Uint32Array): void {
  words[0] = block >>> 0;
  words[1] = Math.floor(block / 2 ** 32);
  words[2] = stream >>> 0;
  words[3] = Math.floor(stream / 2 ** 32);
  philox(words, seed >>> 0, Math.floor(seed / 2 ** 32));
}

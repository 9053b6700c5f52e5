import type { RandomState, View } from "../kernels.ts";
import { randomBlock } from "../philox.ts";
import { elements } from "./elementwise.ts";
import { offsetsOf } from "./offsets.ts";

const WORDS = 4;

/**
 * Element i comes from word i mod 4 of block ⌊i/4⌋. Uniform: the word's upper 24 bits, so every value is exact in
 * float32 and below 1. Normal: Box–Muller on two neighbouring words.
 */
export function random(
  distribution: "uniform" | "normal",
  { seed, stream }: RandomState,
  out: View,
): void {
  const Y = elements(out);
  const ys = offsetsOf(out);
  const words = new Uint32Array(WORDS);
  for (let i = 0; i < ys.length; i++) {
    const word = i % WORDS;
    if (word === 0) randomBlock(seed, stream, i / WORDS, words);
    Y[ys[i]!] = distribution === "uniform" ? uniform(words[word]!) : normal(words, word);
  }
}

/** [0, 1) in steps of 2⁻²⁴ */
function uniform(word: number): number {
  return (word >>> 8) / 2 ** 24;
}

/** √(−2 ln u)·cos 2πv for the first of a pair, sin for the second, with u in (0, 1]. */
function normal(words: Uint32Array, word: number): number {
  const pair = word & ~1;
  const radius = Math.sqrt(-2 * Math.log(1 - uniform(words[pair]!)));
  const angle = 2 * Math.PI * uniform(words[pair + 1]!);
  return radius * (word === pair ? Math.cos(angle) : Math.sin(angle));
}

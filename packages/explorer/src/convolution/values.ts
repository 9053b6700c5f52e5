import { randomBlock, type Shape, sizeOf, unravelIndex } from "@convgrad/core";

/** Numbers that are edited or drawn: input, weights, biases, targets. */
export type Drawn = "x" | "w" | "b" | "t";

const STREAMS: Readonly<Record<Drawn, number>> = { x: 0, w: 1, b: 2, t: 3 };
/** Whole numbers reach from least to most. */
const RANGES: Readonly<Record<Drawn, readonly [least: number, most: number]>> = {
  x: [-3, 5],
  w: [-2, 3],
  b: [-2, 2],
  t: [-6, 6],
};

/**
 * Numbers of a seed. Each depends on its own place only, so that those of an image stay when it grows.
 *
 * @param shape at most four axes, each shorter than 64
 */
export function drawn(
  what: Drawn,
  shape: Shape,
  seed: number,
  kind: "whole" | "decimal",
): number[] {
  const words = new Uint32Array(4);
  const [least, most] = RANGES[what];
  return Array.from({ length: sizeOf(shape) }, (_, at) => {
    const block = unravelIndex(at, shape).reduce((sum, i) => sum * 64 + i, 0);
    randomBlock(seed, STREAMS[what], block, words);
    const part = words[0]! / 2 ** 32;
    if (kind === "whole") return least + Math.floor(part * (most - least + 1));
    return Math.round((part * 4 - 2) * 100) / 100;
  });
}

/** Numbers of one shape cut or continued to another of as many axes; what is new comes from `fill`. */
export function carried(
  values: readonly number[],
  from: Shape,
  to: Shape,
  fill: readonly number[],
): readonly number[] {
  return fill.map((other, at) => {
    const index = unravelIndex(at, to);
    if (index.some((i, axis) => i >= from[axis]!)) return other;
    return values[index.reduce((place, i, axis) => place * from[axis]! + i, 0)]!;
  });
}

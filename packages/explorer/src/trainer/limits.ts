/** The least and the most of each number in a recipe, for the editor and for addresses alike. */
export const LIMITS = {
  filters: [1, 256],
  kernel: [1, 28],
  size: [1, 28],
  stride: [1, 28],
  padding: [0, 27],
  units: [1, 4_096],
  p: [0, 0.95],
  layers: [1, 24],
  seed: [0, 2 ** 31 - 1],
  batch: [1, 1_024],
  lr: [0, 100],
  momentum: [0, 0.999],
  epochs: [1, 1_000],
} as const satisfies Readonly<Record<string, readonly [least: number, most: number]>>;

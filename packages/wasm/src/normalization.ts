import { contiguousLayout, isContiguous, sizeOf, type View } from "@convgrad/core";
import {
  CHANNEL_GRADIENTS,
  CHANNEL_MOMENTS,
  GRADIENT_SUMS,
  IMAGE_GRADIENT,
  MOMENTS,
  NORMALIZE,
} from "../assembly/normalizationNumbers.ts";
import { copy } from "./elementwise.ts";
import type { Engine } from "./engine.ts";
import type { Block } from "./heap.ts";
import { withBlock } from "./product.ts";

/** Cells of a block, about: its second pass has to find them in the cache. */
const BLOCK_CELLS = 16384;
/** Cells worth a part of their own. */
const LEAST = 30_000;
/** Words of the arguments. */
const WORDS = 27;
const EPSILON = 15;

/** Numbers by channel that may be missing. */
type PerChannel = View | null;

/** Runs `use` with images whose planes are rows without gaps; copies of those that are not. */
function withPlanes(engine: Engine, views: readonly View[], use: (views: View[]) => void): void {
  const blocks: Block[] = [];
  try {
    const planes = views.map((view) => {
      const plane = { ...view, shape: view.shape.slice(2), strides: view.strides.slice(2) };
      if (isContiguous(plane)) return view;
      const block = engine.allocate("float32", sizeOf(view.shape));
      blocks.push(block);
      const dense = { ...view, buffer: block, ...contiguousLayout(view.shape) };
      copy(engine, view, dense);
      return dense;
    });
    use(planes);
  } finally {
    for (const block of blocks) engine.release(block);
  }
}

/** Writes the arguments that all kernels share, and says how to run one on all blocks or on all channels. */
function prepare(
  engine: Engine,
  shape: readonly number[],
  sums: number,
  lists: readonly [mean: View, variance: View, weight: PerChannel, bias: PerChannel],
  images: readonly [x: View, y: View | null, g: View | null],
  gradients: readonly [weight: PerChannel, bias: PerChannel],
  epsilon: number,
): { blocks: (kernel: number) => void; channels: (kernel: number) => void } {
  const [n, c, h, w] = shape as [number, number, number, number];
  const perBlock = Math.max(Math.floor(BLOCK_CELLS / (h * w)), 1);
  const blocks = Math.ceil(n / perBlock);
  const { words, floats } = engine;
  const at = (view: View | null) => (view ? engine.address(view) : 0);
  words.set([1, 1, blocks, n, perBlock, h * w, sums]);
  words.set(
    lists.flatMap((list) => [at(list), list ? list.strides[0]! * 4 : 0]),
    7,
  );
  words.set(
    images.flatMap((image) => [
      at(image),
      ...(image?.strides.slice(0, 2) ?? [0, 0]).map((s) => s * 4),
    ]),
    16,
  );
  words.set(gradients.map(at), 25);
  floats[EPSILON] = epsilon;
  const run = (kernel: number, units: number, cells: number) => {
    const parts = engine.partsOf(units, Math.ceil(LEAST / cells));
    words[0] = parts;
    words[1] = units;
    engine.run(kernel, parts, WORDS);
  };
  return {
    blocks: (kernel) => run(kernel, c * blocks, Math.min(perBlock, n) * h * w),
    channels: (kernel) => run(kernel, c, blocks),
  };
}

/** Two float64 for each block. */
function withSums(engine: Engine, [n, c]: readonly number[], use: (address: number) => void): void {
  withBlock(engine, n! * c! * 4, use);
}

/** See `FusedKernels.moments`. */
export function moments(engine: Engine, x: View, mean: View, variance: View): void {
  withPlanes(engine, [x], ([planes]) => {
    withSums(engine, x.shape, (sums) => {
      const run = prepare(
        engine,
        x.shape,
        sums,
        [mean, variance, null, null],
        [planes!, null, null],
        [null, null],
        0,
      );
      run.blocks(MOMENTS);
      run.channels(CHANNEL_MOMENTS);
    });
  });
}

/** See `FusedKernels.normalize`. */
export function normalize(
  engine: Engine,
  x: View,
  mean: View,
  variance: View,
  weight: PerChannel,
  bias: PerChannel,
  epsilon: number,
  out: View,
): void {
  withPlanes(engine, [x], ([planes]) => {
    const run = prepare(
      engine,
      x.shape,
      0,
      [mean, variance, weight, bias],
      [planes!, out, null],
      [null, null],
      epsilon,
    );
    run.blocks(NORMALIZE);
  });
}

/** See `FusedKernels.normalizeGradients`. */
export function normalizeGradients(
  engine: Engine,
  g: View,
  x: View,
  mean: View,
  variance: View,
  weight: PerChannel,
  epsilon: number,
  gradients: readonly [x: View | null, weight: View | null, bias: View | null],
): void {
  const [ofX, ...ofChannels] = gradients;
  withPlanes(engine, [g, x], ([gPlanes, planes]) => {
    withSums(engine, x.shape, (sums) => {
      const run = prepare(
        engine,
        x.shape,
        sums,
        [mean, variance, weight, null],
        [planes!, ofX, gPlanes!],
        ofChannels,
        epsilon,
      );
      run.blocks(GRADIENT_SUMS);
      run.channels(CHANNEL_GRADIENTS);
      if (ofX) run.blocks(IMAGE_GRADIENT);
    });
  });
}

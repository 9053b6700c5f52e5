import type { Workload } from "./workloads.ts";

/** What the streams of numbers are for; parameters take streams from `parameters` on, one each. */
export const streams = { images: 0, labels: 1, parameters: 2 } as const;

/**
 * Number `index` of a stream: in [0, 1), a multiple of 2⁻²⁴, so exact in float32. A hash of a counter in 32-bit
 * integers, so that JavaScript and Python (`workers/pytorch.py`) agree to the bit.
 *
 * Source: C. Wellons, "Prospecting for hash functions" (2018), `lowbias32`.
 */
export function uniform(stream: number, index: number): number {
  let x = (index + Math.imul(stream, 0x9e3779b9)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 8) / 2 ** 24;
}

/** `length` numbers of a stream, uniform in ±bound. */
export function uniformArray(stream: number, length: number, bound = 1): Float32Array {
  const values = new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = (2 * uniform(stream, i) - 1) * bound;
  return values;
}

/** A batch of images in ±1, in NCHW, and labels from 0 to 9. */
export function batchOf(
  { image }: Workload,
  batch: number,
): { images: Float32Array; labels: Int32Array } {
  const images = uniformArray(streams.images, batch * image[0] * image[1] * image[2]);
  const labels = Int32Array.from({ length: batch }, (_, i) =>
    Math.floor(10 * uniform(streams.labels, i)),
  );
  return { images, labels };
}

/** Weight and bias of a layer. */
export interface LayerValues {
  /** `[O, C, kh, kw]` or, as in PyTorch, `[outputs, inputs]` */
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

/** The first weights, uniform in ±1/√fanIn; `undefined` for layers without any. */
export function parametersOf({ layers }: Workload): (LayerValues | undefined)[] {
  let stream: number = streams.parameters;
  return layers.map((layer) => {
    if (layer.kind !== "conv" && layer.kind !== "dense") return undefined;
    const isConv = layer.kind === "conv";
    const fanIn = isConv ? layer.channels * layer.kernel ** 2 : layer.inputs;
    const outputs = isConv ? layer.filters : layer.outputs;
    const bound = 1 / Math.sqrt(fanIn);
    return {
      weight: uniformArray(stream++, outputs * fanIn, bound),
      bias: uniformArray(stream++, outputs, bound),
    };
  });
}

/** The transpose of a matrix of `rows` rows. */
export function transposed(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  const turned = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) turned[j * rows + i] = matrix[i * columns + j]!;
  }
  return turned;
}

/** Images or filters `[N, C, H, W]` with the channels last, `[N, H, W, C]`. */
export function channelsLast(values: Float32Array, channels: number, cells: number): Float32Array {
  const moved = new Float32Array(values.length);
  const size = channels * cells;
  for (let start = 0; start < values.length; start += size) {
    moved.set(transposed(values.subarray(start, start + size), channels), start);
  }
  return moved;
}

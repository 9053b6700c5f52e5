/** A convolution with a square kernel and stride 1. */
export interface ConvSpec {
  readonly kind: "conv";
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly padding: number;
}

/** A fully connected layer. */
export interface DenseSpec {
  readonly kind: "dense";
  readonly inputs: number;
  readonly outputs: number;
}

/** A layer, in words that every peer is built from; `maxPool` is 2×2 with stride 2. */
export type LayerSpec = ConvSpec | DenseSpec | { readonly kind: "relu" | "maxPool" | "flatten" };

/** A network and the size of its images. */
export interface Workload {
  readonly name: string;
  /** `[C, H, W]` */
  readonly image: readonly [number, number, number];
  readonly layers: readonly LayerSpec[];
}

/** One of a workload's convolutions with the image it sees. */
export interface ConvCase {
  readonly name: string;
  readonly conv: ConvSpec;
  /** Height and width of the input. */
  readonly size: number;
}

/** A layer on images `[N, C, H, W]` that memory limits; depthwise: padded by half the kernel. */
export type ImageLayer =
  | { readonly kind: "batchNorm" }
  | { readonly kind: "depthwise"; readonly kernel: number; readonly stride: number };

/** Those layers by name. */
export const imageLayers: Readonly<Record<string, ImageLayer>> = {
  "batch norm": { kind: "batchNorm" },
  "depthwise 3×3": { kind: "depthwise", kernel: 3, stride: 1 },
  "depthwise 3×3 stride 2": { kind: "depthwise", kernel: 3, stride: 2 },
  "depthwise 5×5": { kind: "depthwise", kernel: 5, stride: 1 },
};

/** The images that they are timed on: what W3's convolutions give. */
export const imageShapes: readonly (readonly number[])[] = [
  [64, 32, 32, 32],
  [64, 64, 16, 16],
];

const relu: LayerSpec = { kind: "relu" };
const pool: LayerSpec = { kind: "maxPool" };
const flatten: LayerSpec = { kind: "flatten" };
const dense = (inputs: number, outputs: number): DenseSpec => ({ kind: "dense", inputs, outputs });

function conv(channels: number, filters: number, kernel: number, padding = 0): ConvSpec {
  return { kind: "conv", channels, filters, kernel, padding };
}

/** The three networks: W1 is LeNet-5, W2 and W3 are two small networks of 3×3 filters. */
export const workloads: readonly Workload[] = [
  {
    name: "W1",
    image: [1, 28, 28],
    layers: [
      ...[conv(1, 6, 5, 2), relu, pool, conv(6, 16, 5), relu, pool, flatten],
      ...[dense(400, 120), relu, dense(120, 84), relu, dense(84, 10)],
    ],
  },
  {
    name: "W2",
    image: [1, 28, 28],
    layers: [
      ...[conv(1, 32, 3), relu, conv(32, 64, 3), relu, pool, flatten],
      ...[dense(9216, 128), relu, dense(128, 10)],
    ],
  },
  {
    name: "W3",
    image: [3, 32, 32],
    layers: [
      ...[conv(3, 32, 3, 1), relu, conv(32, 32, 3, 1), relu, pool],
      ...[conv(32, 64, 3, 1), relu, conv(64, 64, 3, 1), relu, pool, flatten],
      ...[dense(4096, 256), relu, dense(256, 10)],
    ],
  },
];

/** The shape `[C, H, W]` that each layer sees; a dense layer sees `[inputs, 1, 1]`. */
export function inputShapes(workload: Workload): [number, number, number][] {
  let [c, h, w] = workload.image;
  return workload.layers.map((layer) => {
    const seen: [number, number, number] = [c, h, w];
    if (layer.kind === "conv") {
      const shrink = 2 * layer.padding - layer.kernel + 1;
      [c, h, w] = [layer.filters, h + shrink, w + shrink];
    } else if (layer.kind === "maxPool") {
      [h, w] = [h >> 1, w >> 1];
    } else if (layer.kind === "flatten") {
      [c, h, w] = [c * h * w, 1, 1];
    } else if (layer.kind === "dense") {
      c = layer.outputs;
    }
    return seen;
  });
}

/** Every convolution of a workload, named like `"W1 1→6 5×5 on 28²"`. */
export function convCases(workload: Workload): ConvCase[] {
  const shapes = inputShapes(workload);
  return workload.layers.flatMap((layer, i) => {
    if (layer.kind !== "conv") return [];
    const { channels, filters, kernel } = layer;
    const size = shapes[i]![1];
    const name = `${workload.name} ${channels}→${filters} ${kernel}×${kernel} on ${size}²`;
    return [{ name, conv: layer, size }];
  });
}

/** Useful floating-point operations of a direct convolution, 2·N·O·oh·ow·C·kh·kw; dW and dX take as many. */
export function convFlops({ conv, size }: ConvCase, batch: number): number {
  const out = size + 2 * conv.padding - conv.kernel + 1;
  return 2 * batch * conv.filters * out ** 2 * conv.channels * conv.kernel ** 2;
}

/** Whether Winograd's algorithm applies: 3×3, at least 8 channels on both sides; 5×5, at least 4 and 32 filters. */
export function suitsWinograd({ conv }: ConvCase): boolean {
  const { kernel, channels, filters } = conv;
  const fewer = Math.min(channels, filters);
  return (kernel === 3 && fewer >= 8) || (kernel === 5 && fewer >= 4 && channels * filters >= 32);
}

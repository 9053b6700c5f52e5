import {
  concat,
  gradcheck,
  gradients,
  manualSeed,
  reference,
  type Shape,
  ShapeError,
  type Tensor,
  tensor,
  withBackend,
} from "@convgrad/core";
import * as layers from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";
import { distinct } from "../laws/layerCalls.ts";
import { expectNumbers } from "../oracle/closeness.ts";

const wasm = createKernels({ threads: 2 });

type Exports = typeof layers;
/** Every class of layers that the package exports. */
type LayerName = {
  [K in keyof Exports]: Exports[K] extends new (...args: never[]) => layers.Module ? K : never;
}[keyof Exports];

/** Layers for two channels, with what they say where an image is too small for them; a forgotten one does not compile. */
const LAYERS = {
  AdaptiveAvgPool: { make: () => new layers.AdaptiveAvgPool([2, 3]) },
  AdaptiveMaxPool: { make: () => new layers.AdaptiveMaxPool([2, 3]) },
  AvgPool: {
    make: () => new layers.AvgPool(2, { padding: 1, ceilMode: true, countIncludePad: false }),
  },
  BatchNorm2D: {
    make: () => new layers.BatchNorm2D(2),
    refuses: /more than 1 value per channel.* model\.eval\(\)/,
    whole: ([n, , h, w]) => n! * h! * w! > 1,
  },
  Conv2D: {
    make: () => new layers.Conv2D(2, 4, 3, { groups: 2 }),
    refuses: /kernel 3×3 does not fit .* raise the padding/,
    whole: ([, , h, w]) => h! >= 3 && w! >= 3,
  },
  ConvTranspose2D: {
    make: () => new layers.ConvTranspose2D(2, 3, 2, { stride: 2, outputPadding: 1 }),
  },
  Dense: {
    make: () => new layers.Sequential(new layers.GlobalAvgPool(), new layers.Flatten(), dense()),
  },
  Dropout: { make: () => new layers.Dropout(0.3) },
  Dropout2D: { make: () => new layers.Dropout2D(0.3) },
  ELU: { make: () => new layers.ELU(0.7) },
  Flatten: { make: () => new layers.Flatten() },
  GELU: { make: () => new layers.GELU() },
  GlobalAvgPool: { make: () => new layers.GlobalAvgPool() },
  GlobalMaxPool: { make: () => new layers.GlobalMaxPool() },
  GroupNorm: { make: () => new layers.GroupNorm(1, 2, { epsilon: 0.1 }) },
  Identity: { make: () => new layers.Identity() },
  LeakyReLU: { make: () => new layers.LeakyReLU() },
  LogSoftmax: { make: () => new layers.LogSoftmax(1) },
  LpPool: { make: () => new layers.LpPool(2, 2, { padding: 1 }) },
  MaxPool: {
    make: () => new layers.MaxPool(2),
    refuses: /kernel 2×2 does not fit .* lower the kernel/,
    whole: ([, , h, w]) => h! >= 2 && w! >= 2,
  },
  PReLU: { make: () => new layers.PReLU(2) },
  ReLU: { make: () => new layers.ReLU() },
  Reshape: { make: () => new layers.Reshape(-1, 1) },
  Residual: { make: () => new layers.Residual(same()) },
  SeparableConv2D: { make: () => new layers.SeparableConv2D(2, 3, 3, { padding: 1 }) },
  Sequential: { make: () => new layers.Sequential(same(), new layers.Tanh(), same()) },
  SiLU: { make: () => new layers.SiLU() },
  Sigmoid: { make: () => new layers.Sigmoid() },
  Softmax: { make: () => new layers.Softmax(1) },
  Subsample: { make: () => new layers.Subsample(2, 5) },
  Tanh: { make: () => new layers.Tanh() },
  Upsample: { make: () => new layers.Upsample({ scale: [2, 1.5], mode: "bilinear" }) },
} satisfies Record<LayerName, Smallest>;

interface Smallest {
  readonly make: () => layers.Module;
  /** What its error says, for shapes that are not `whole`. */
  readonly refuses?: RegExp;
  readonly whole?: (shape: Shape) => boolean;
}

function dense(): layers.Module {
  return new layers.Dense(2, 1);
}

function same(): layers.Module {
  return new layers.Conv2D(2, 2, 3, { padding: "same", paddingMode: "replicate" });
}

const SHAPES: readonly Shape[] = [
  [1, 2, 1, 1],
  [3, 2, 1, 1],
  [1, 2, 5, 1],
  [1, 2, 3, 5],
];

/** The same layer each time, and the same draws in it. */
function built({ make }: Smallest, dtype: "float32" | "float64") {
  manualSeed(4);
  const layer = make().to(dtype);
  const apply = (x: Tensor) => {
    manualSeed(5);
    return layer.forward(x);
  };
  return { layer, apply };
}

/** The value and the gradients of the input and of the parameters. */
function results(one: Smallest, shape: Shape, dtype: "float32" | "float64"): Tensor[] {
  const { layer, apply } = built(one, dtype);
  const x = tensor(distinct(shape, 3), { shape, dtype, requiresGrad: true });
  const y = apply(x);
  const g = tensor(distinct(y.shape, 5), { shape: y.shape, dtype });
  return [y, ...gradients(y, [x, ...layer.parameters()], { gradient: g })];
}

describe.each(SHAPES.map((shape) => ({ shape })))("on an image $shape", ({ shape }) => {
  it.each(Object.entries<Smallest>(LAYERS))("%s", (_, one) => {
    if (one.whole && !one.whole(shape)) {
      expect(() => results(one, shape, "float64")).toThrow(ShapeError);
      expect(() => results(one, shape, "float64")).toThrow(one.refuses);
      return;
    }
    const { apply } = built(one, "float64");
    expect(gradcheck(apply, [tensor(distinct(shape, 3), { shape })], { order: 2 }).ok).toBe(true);

    const expected = withBackend(reference, () => results(one, shape, "float64"));
    const found = withBackend(wasm, () => results(one, shape, "float32"));
    expected.forEach((x, i) => {
      const tolerance = { rtol: 1e-4, atol: 1e-5 };
      expectNumbers(`tensor ${i}`, found[i]!.toTypedArray(), x.toTypedArray(), tolerance);
    });
  });
});

const label = (...shape: number[]) => tensor(new Int32Array(1), { shape });

/** Every loss, of a prediction and a target that are one number each. */
const LOSSES: Readonly<Record<string, (y: Tensor, t: Tensor) => Tensor>> = {
  "crossEntropy of one class": (y) => layers.crossEntropy(y, label(1)),
  "crossEntropy of one pixel": (y, t) =>
    layers.crossEntropy(concat([y, t], 1).reshape([1, 2, 1, 1]), label(1, 1, 1)),
  nll: (y) => layers.nll(y, label(1)),
  mse: layers.mse,
  l1: layers.l1,
  huber: layers.huber,
  smoothL1: layers.smoothL1,
  bce: layers.bce,
  bceWithLogits: layers.bceWithLogits,
};

describe("of a single prediction, to second order", () => {
  it.each(Object.entries(LOSSES))("%s", (_, loss) => {
    const [y, t] = [tensor([[0.3]]), tensor([[0.8]])];
    expect(gradcheck((p, q) => loss(p!, q!), [y, t], { order: 2 }).ok).toBe(true);
    const expected = loss(y.to("float64"), t.to("float64")).item();
    expect(withBackend(wasm, () => loss(y, t)).item()).toBeCloseTo(expected, 6);
  });
});

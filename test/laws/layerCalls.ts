import { type Tensor, tensor } from "@convgrad/core";
import * as layers from "@convgrad/layers";
import fc from "fast-check";
import { type Call, pair, upTo } from "./call.ts";
import { imageCalls } from "./imageCalls.ts";

const convolutions: fc.Arbitrary<Call> = fc
  .record({
    n: upTo(2),
    groups: upTo(2),
    kernel: pair(2),
    extra: pair(2, 0),
    stride: pair(3),
    dilation: pair(2),
    padding: fc.oneof(pair(1, 0), fc.constantFrom("same" as const, "valid" as const)),
    flip: fc.boolean(),
  })
  .map(({ n, groups, kernel: [kh, kw], extra: [h, w], ...sliding }) => ({
    shapes: [
      [n, groups, (kh - 1) * sliding.dilation[0] + 1 + h, (kw - 1) * sliding.dilation[1] + 1 + w],
      [groups, 1, kh, kw],
      [groups],
    ],
    apply: (x, weight, b) => layers.conv2d(x!, weight!, b, { ...sliding, groups }),
  }));

/** Shapes of images with at least `least` values per channel. */
const images = (least: number) =>
  fc.tuple(upTo(3), upTo(3), upTo(3), upTo(3)).filter(([n, , h, w]) => n * h * w >= least);

const batchNorms: fc.Arbitrary<Call> = fc
  .record({ image: images(3), weighted: fc.boolean(), shifted: fc.boolean() })
  .map(({ image, weighted, shifted }) => ({
    shapes: [image, ...(weighted ? [[image[1]]] : []), ...(shifted ? [[image[1]]] : [])],
    apply: (x, p, q) => layers.batchNorm2d(x!, weighted ? p : null, weighted ? q : p),
  }));

const givenNorms: fc.Arbitrary<Call> = images(1).map((image) => ({
  shapes: [image, [image[1]], [image[1]], [image[1]], [image[1]]],
  apply: (x, weight, bias, mean, root) =>
    layers.batchNorm2d(x!, weight, bias, { mean, variance: root!.mul(root!), epsilon: 0.01 }),
}));

const groupNorms: fc.Arbitrary<Call> = fc
  .record({ image: images(1), groups: upTo(2), size: upTo(2, 1) })
  .filter(({ image: [, , h, w], size }) => h * w * size > 2)
  .map(({ image: [n, , h, w], groups, size }) => ({
    shapes: [[n, groups * size, h, w], [groups * size], [groups * size]],
    apply: (x, weight, bias) => layers.groupNorm(x!, groups, weight, bias),
  }));

type Pool = (x: Tensor, kernel: [number, number], options: layers.PoolOptions) => Tensor;

const pools = (pool: Pool): fc.Arbitrary<Call> =>
  fc
    .record({
      kernel: pair(3),
      extra: pair(2, 0),
      stride: pair(2),
      pad: fc.boolean(),
      ceilMode: fc.boolean(),
    })
    .map(({ kernel, extra, stride, pad, ceilMode }) => {
      const half = kernel.map((k) => (pad ? Math.floor(k / 2) : 0));
      const padding: [number, number] = [half[0]!, half[1]!];
      return {
        shapes: [[1, 2, kernel[0] + extra[0], kernel[1] + extra[1]]],
        apply: (x) => pool(x!, kernel, { stride, padding, ceilMode }),
      };
    });

const labels = (count: number, classes: number) =>
  tensor(Int32Array.from({ length: count }, (_, i) => (3 * i + 1) % classes));

const classifications: fc.Arbitrary<Call> = fc
  .record({
    n: upTo(3),
    k: upTo(4, 2),
    reduction: fc.constantFrom("mean" as const, "sum" as const, "none" as const),
    labelSmoothing: fc.constantFrom(0, 0.1, 1),
    weighted: fc.boolean(),
  })
  .map(({ n, k, weighted, ...options }) => {
    const weights = Array.from({ length: k }, (_, i) => 0.5 + i);
    return {
      shapes: [[n, k]],
      apply: (x) => {
        const weight = weighted ? tensor(weights, { dtype: x!.dtype }) : undefined;
        return layers.crossEntropy(x!, labels(n, k), { ...options, weight });
      },
    };
  });

const reductions = fc.constantFrom("mean" as const, "sum" as const, "none" as const);

/** A loss of predictions and targets, both differentiable. */
const pairs = (
  loss: (y: Tensor, t: Tensor, options: { reduction: layers.Reduction }) => Tensor,
): fc.Arbitrary<Call> =>
  reductions.map((reduction) => ({
    shapes: [
      [2, 3],
      [2, 3],
    ],
    apply: (y, t) => loss(y!, t!, { reduction }),
  }));

const weightsOf = (x: Tensor, ...values: number[]) => tensor(values, { dtype: x.dtype });

/** Every layer and loss. */
export const calls: Readonly<Record<string, fc.Arbitrary<Call>>> = {
  ...imageCalls,
  conv2d: convolutions,
  maxPool: pools(layers.maxPool),
  avgPool: pools((x, kernel, options) =>
    layers.avgPool(x, kernel, { ...options, countIncludePad: false }),
  ),
  "lpPool, p = 2": pools((x, kernel, options) => layers.lpPool(x, 2, kernel, options)),
  "lpPool, p = 3": pools((x, kernel, options) => layers.lpPool(x, 3, kernel, options)),
  globalAvgPool: pools((x) => layers.globalAvgPool(x)),
  batchNorm2d: batchNorms,
  "batchNorm2d, statistics given": givenNorms,
  groupNorm: groupNorms,
  relu: pools((x) => layers.relu(x)),
  leakyRelu: pools((x) => layers.leakyRelu(x)),
  elu: pools((x) => layers.elu(x, 0.7)),
  gelu: pools((x) => layers.gelu(x)),
  "gelu by tanh": pools((x) => layers.gelu(x, { approximate: "tanh" })),
  silu: pools((x) => layers.silu(x)),
  sigmoid: pools((x) => layers.sigmoid(x)),
  tanh: pools((x) => layers.tanh(x)),
  softmax: pools((x) => layers.softmax(x, 1)),
  logSoftmax: pools((x) => layers.logSoftmax(x, 1)),
  prelu: fc.tuple(images(1), fc.boolean()).map(([image, single]) => ({
    shapes: [image, [single ? 1 : image[1]]],
    apply: (x, slope) => layers.prelu(x!, slope!),
  })),
  dense: fc.tuple(upTo(3), upTo(3), upTo(3)).map(([n, k, o]) => ({
    shapes: [[n, k], [k, o], [o]],
    apply: (x, w, b) => layers.dense(x!, w!, b),
  })),
  crossEntropy: classifications,
  "crossEntropy of probabilities": pairs((x, t, options) =>
    layers.crossEntropy(x, t.softmax(1), { ...options, weight: weightsOf(x, 1, 2, 0.5) }),
  ),
  nll: pairs((x, t, options) =>
    layers.nll(x.mul(t).logSoftmax(1), tensor(Int32Array.of(2, 1)), { ...options, ignoreIndex: 1 }),
  ),
  l1: pairs(layers.l1),
  huber: pairs((y, t, options) => layers.huber(y, t.mul(0.1), { ...options, delta: 0.77 })),
  smoothL1: pairs((y, t, options) => layers.smoothL1(y, t.mul(0.1), { ...options, beta: 0.77 })),
  bce: pairs((y, t, options) =>
    layers.bce(y.sigmoid(), t.sigmoid(), { ...options, weight: weightsOf(y, 1, 2, 0.5) }),
  ),
  bceWithLogits: pairs((y, t, options) =>
    layers.bceWithLogits(y, t.sigmoid(), { ...options, posWeight: weightsOf(y, 1, 2, 0.5) }),
  ),
  mse: fc
    .constantFrom("mean" as const, "sum" as const, "halfSum" as const, "none" as const)
    .map((reduction) => ({
      shapes: [
        [2, 3],
        [2, 3],
      ],
      apply: (y, t) => layers.mse(y!, t!, { reduction }),
    })),
};

/** Distinct numbers away from 0 and from each other, in an order that the seed decides: no kink within a step. */
export function distinct(shape: readonly number[], seed: number): Float64Array {
  const size = shape.reduce((product, n) => product * n, 1);
  const order = Array.from(
    { length: size },
    (_, i) => ((i * 7919 + seed) % 10007) / 10007 + i / 1e6,
  );
  const ranks = [...order.keys()].sort((p, q) => order[p]! - order[q]!);
  const values = new Float64Array(size);
  ranks.forEach((place, rank) => {
    values[place] = (rank % 2 === 0 ? 1 : -1) * (0.3 + (2 * rank) / Math.max(size, 8));
  });
  return values;
}

import { manualSeed, noGrad, randn, type Shape } from "@convgrad/core";
import * as layers from "@convgrad/layers";

type Exports = typeof layers;
/** Every class of layers that the package exports. */
export type LayerName = {
  [K in keyof Exports]: Exports[K] extends new (...args: never[]) => layers.Module ? K : never;
}[keyof Exports];

/** A layer, and a sample that it takes (without the batch axis). */
export interface LayerCase {
  readonly make: () => layers.Module;
  readonly sample: Shape;
}

const of = (sample: Shape, ...makes: (() => layers.Module)[]): LayerCase[] =>
  makes.map((make) => ({ make, sample }));

const image: Shape = [4, 7, 9];
const vector: Shape = [6];
const everywhere = (make: () => layers.Module): LayerCase[] => [
  ...of(image, make),
  ...of(vector, make),
];
const body = () =>
  new layers.Sequential(new layers.Conv2D(4, 4, 3, { padding: 1 }), new layers.BatchNorm2D(4));
const ones = (make: () => layers.PReLU) => () => {
  const layer = make();
  noGrad(() => layer.weight.assign(randn(layer.weight.shape)));
  return layer;
};

/** Every class in several settings; a forgotten one does not compile. */
export const LAYER_CASES = {
  AdaptiveAvgPool: of(
    image,
    () => new layers.AdaptiveAvgPool([7, 3]),
    () => new layers.AdaptiveAvgPool([3, 4]),
    () => new layers.AdaptiveAvgPool(10),
  ),
  AdaptiveMaxPool: of(
    image,
    () => new layers.AdaptiveMaxPool([7, 3]),
    () => new layers.AdaptiveMaxPool([3, 4]),
    () => new layers.AdaptiveMaxPool(10),
  ),
  AvgPool: [
    ...of(
      image,
      () => new layers.AvgPool(2),
      () => new layers.AvgPool([3, 2], { stride: 2, padding: 1, ceilMode: true }),
      () => new layers.AvgPool(3, { padding: 1, countIncludePad: false }),
      () =>
        new layers.AvgPool(4, {
          stride: 3,
          padding: [
            [2, 1],
            [0, 2],
          ],
          ceilMode: true,
          countIncludePad: false,
        }),
      () => new layers.AvgPool(3, { stride: [2, 1], divisorOverride: -2.5, ceilMode: true }),
    ),
    ...of([7, 9], () => new layers.AvgPool(2)),
  ],
  BatchNorm2D: of(
    image,
    () => new layers.BatchNorm2D(4),
    () => new layers.BatchNorm2D(4, { affine: false, epsilon: 0.01 }),
    () => new layers.BatchNorm2D(4, { momentum: null }),
    () => new layers.BatchNorm2D(4, { trackRunningStatistics: false }),
    () => new layers.BatchNorm2D(4, { trackRunningStatistics: false, affine: false }),
  ),
  Conv2D: of(
    image,
    () => new layers.Conv2D(4, 6, 3),
    () => new layers.Conv2D(4, 6, [3, 2], { stride: [2, 1], padding: [1, 2], bias: false }),
    () => new layers.Conv2D(4, 6, [2, 3], { padding: "same", stride: 2, groups: 2 }),
    () =>
      new layers.Conv2D(4, 4, 3, {
        groups: 4,
        dilation: [1, 2],
        padding: [
          [0, 3],
          [2, 1],
        ],
      }),
    () => new layers.Conv2D(4, 2, [2, 3], { flip: true, padding: "valid" }),
    () => new layers.Conv2D(4, 2, 3, { padding: [1, 2], paddingMode: "circular" }),
    () =>
      new layers.Conv2D(4, 2, 3, {
        padding: [
          [2, 0],
          [1, 3],
        ],
        paddingMode: "reflect",
      }),
    () => new layers.Conv2D(4, 2, 4, { padding: "same", paddingMode: "replicate", flip: true }),
  ),
  ConvTranspose2D: of(
    image,
    () => new layers.ConvTranspose2D(4, 3, 2, { stride: 2 }),
    () =>
      new layers.ConvTranspose2D(4, 6, [3, 2], {
        stride: [2, 3],
        padding: 1,
        outputPadding: [1, 2],
        groups: 2,
      }),
    () =>
      new layers.ConvTranspose2D(4, 2, 3, {
        dilation: 2,
        padding: [
          [0, 1],
          [2, 0],
        ],
        bias: false,
      }),
    () => new layers.ConvTranspose2D(4, 2, 2, { stride: 3, outputPadding: 2 }),
    () => new layers.ConvTranspose2D(4, 2, 3, { dilation: 3, padding: 1, outputPadding: [2, 0] }),
  ),
  Dense: [
    ...of(
      vector,
      () => new layers.Dense(6, 4),
      () => new layers.Dense(6, 4, { bias: false }),
    ),
    ...of([3, 6], () => new layers.Dense(6, 4)),
    ...of([2, 3, 6], () => new layers.Dense(6, 1)),
  ],
  Dropout: everywhere(() => new layers.Dropout(0.3)),
  Dropout2D: of(image, () => new layers.Dropout2D(0.4)),
  ELU: everywhere(() => new layers.ELU(0.7)),
  Flatten: [
    ...of(
      image,
      () => new layers.Flatten(),
      () => new layers.Flatten({ start: 2 }),
      () => new layers.Flatten({ start: 3 }),
    ),
    ...of(vector, () => new layers.Flatten()),
  ],
  GELU: [
    ...everywhere(() => new layers.GELU()),
    ...of(image, () => new layers.GELU({ approximate: "tanh" })),
  ],
  GlobalAvgPool: [
    ...of(image, () => new layers.GlobalAvgPool()),
    ...of([5, 3], () => new layers.GlobalAvgPool()),
  ],
  GlobalMaxPool: [
    ...of(image, () => new layers.GlobalMaxPool()),
    ...of([5, 3], () => new layers.GlobalMaxPool()),
  ],
  GroupNorm: [
    ...of(
      image,
      () => new layers.GroupNorm(2, 4),
      () => new layers.GroupNorm(4, 4, { epsilon: 0.1 }),
      () => new layers.GroupNorm(1, 4, { affine: false }),
    ),
    ...of(vector, () => new layers.GroupNorm(2, 6)),
  ],
  Identity: everywhere(() => new layers.Identity()),
  LeakyReLU: [
    ...everywhere(() => new layers.LeakyReLU()),
    ...of(image, () => new layers.LeakyReLU(-0.2)),
  ],
  LogSoftmax: [
    ...of(vector, () => new layers.LogSoftmax()),
    ...of(image, () => new layers.LogSoftmax(1)),
  ],
  LpPool: of(
    image,
    () => new layers.LpPool(2, 2),
    () => new layers.LpPool(1, [3, 2], { stride: 2, padding: 1 }),
    () => new layers.LpPool(1.5, 3, { stride: 2 }),
    () => new layers.LpPool(3, [2, 3], { stride: 2, ceilMode: true }),
    () =>
      new layers.LpPool(2, 3, {
        dilation: 2,
        padding: [
          [2, 0],
          [1, 2],
        ],
      }),
  ),
  MaxPool: [
    ...of(
      image,
      () => new layers.MaxPool(2),
      () => new layers.MaxPool([3, 2], { stride: 2, padding: 1, ceilMode: true }),
      () => new layers.MaxPool(2, { dilation: [3, 4], stride: 1, padding: 2 }),
      () =>
        new layers.MaxPool(3, {
          stride: 3,
          padding: [
            [1, 0],
            [0, 1],
          ],
          ceilMode: true,
        }),
    ),
    ...of([7, 9], () => new layers.MaxPool(2)),
    ...of([2, 3, 7, 9], () => new layers.MaxPool(2, { ceilMode: true })),
  ],
  PReLU: [
    ...everywhere(ones(() => new layers.PReLU())),
    ...of(
      image,
      ones(() => new layers.PReLU(4)),
    ),
    ...of(
      vector,
      ones(() => new layers.PReLU(6)),
    ),
  ],
  ReLU: everywhere(() => new layers.ReLU()),
  Reshape: of(
    [4, 6],
    () => new layers.Reshape(2, -1, 2),
    () => new layers.Reshape(24),
    () => new layers.Reshape(2, 3, 4),
  ),
  Residual: of(
    image,
    () => new layers.Residual(body()),
    () => new layers.Residual(body(), { activation: new layers.ReLU() }),
    () =>
      new layers.Residual(new layers.Conv2D(4, 6, 3, { stride: 2, padding: 1 }), {
        shortcut: new layers.Subsample(4, 6),
        activation: new layers.Tanh(),
      }),
    () => new layers.Residual(new layers.Identity()),
  ),
  SeparableConv2D: of(
    image,
    () => new layers.SeparableConv2D(4, 6, 3, { padding: "same" }),
    () => new layers.SeparableConv2D(4, 3, [2, 3], { stride: 2, bias: false, flip: true }),
  ),
  Sequential: of(
    image,
    () => new layers.Sequential(),
    () => new layers.Sequential(body(), new layers.Sequential(new layers.ReLU(), body())),
  ),
  SiLU: everywhere(() => new layers.SiLU()),
  Sigmoid: everywhere(() => new layers.Sigmoid()),
  Softmax: [...of(vector, () => new layers.Softmax()), ...of(image, () => new layers.Softmax(-2))],
  Subsample: of(
    image,
    () => new layers.Subsample(4, 7),
    () => new layers.Subsample(4, 4),
  ),
  Tanh: everywhere(() => new layers.Tanh()),
  Upsample: of(
    image,
    () => new layers.Upsample({ scale: 2 }),
    () => new layers.Upsample({ scale: [1.5, 0.6] }),
    () => new layers.Upsample({ size: [10, 4] }),
    () => new layers.Upsample({ scale: 2, mode: "bilinear" }),
    () => new layers.Upsample({ size: [10, 31], mode: "bilinear" }),
    () => new layers.Upsample({ size: [13, 1], mode: "bilinear", alignCorners: true }),
    () => new layers.Upsample({ scale: [0.5, 1.7], mode: "bilinear" }),
    () => new layers.Upsample({ scale: [1.3, 3], mode: "bilinear", alignCorners: true }),
  ),
} satisfies Record<LayerName, readonly LayerCase[]>;

/** The cases one by one, with a name. */
export const allCases: readonly (LayerCase & { readonly name: string })[] = Object.entries<
  readonly LayerCase[]
>(LAYER_CASES).flatMap(([name, cases]) =>
  cases.map((each) => {
    manualSeed(1);
    return { ...each, name: `${name}: ${each.make()} of [${each.sample.join(", ")}]` };
  }),
);

/** The layer of a case as it is after some use: weights, slopes and running statistics are no round numbers. */
export function used({ make, sample }: LayerCase): layers.Module {
  manualSeed(3);
  const layer = make();
  noGrad(() => {
    for (const p of layer.parameters()) p.assign(randn(p.shape));
    for (let i = 0; i < 3; i++)
      layer.forward(
        randn([4, ...sample])
          .mul(2)
          .add(0.5),
      );
  });
  return layer.eval();
}

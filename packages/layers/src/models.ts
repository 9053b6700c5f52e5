import { checkOptions, formatValue, ShapeError, ValueError } from "@convgrad/core";
import { ReLU } from "./activations.ts";
import { GlobalAvgPool } from "./avgPool.ts";
import { BatchNorm2D } from "./batchNorm2d.ts";
import { Conv2D } from "./conv2d.ts";
import { Dense } from "./dense.ts";
import { Dropout, Dropout2D } from "./dropout.ts";
import { Flatten } from "./flatten.ts";
import { checkSize } from "./geometry.ts";
import { kaimingNormal } from "./initializers.ts";
import { MaxPool } from "./maxPool.ts";
import type { Module } from "./module.ts";
import { Residual } from "./residual.ts";
import { Sequential } from "./sequential.ts";
import type { Exactly, Option } from "./shape.rule.ts";
import { Subsample } from "./subsample.ts";

/** What a model sees and tells apart. */
export interface ModelOptions {
  /** Kinds to tell apart; default 10. */
  readonly classes?: number;
  /** Channels of an image; default 1, for `resNet` 3. */
  readonly channels?: number;
}

/** A size that an option gives, for the compiler. */
type SizeOf<Options, Key extends PropertyKey, Default extends number> = Extract<
  Option<Options, Key, Default>,
  number
>;

function checkModel(operation: string, classes: number, channels: number): void {
  checkSize(operation, "classes", classes, 1);
  checkSize(operation, "channels", channels, 1);
}

/**
 * LeNet-5 with today's ReLU and max pooling, for images of 28×28.  `[N, channels, 28, 28] → [N, classes]` logits
 *
 * @throws {@link ShapeError} unless the numbers are whole and ≥ 1.
 * Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", figure 2.
 */
export function leNet5(): Sequential<[1, 28, 28], [10]>;
export function leNet5<const Options extends ModelOptions | undefined>(
  options: Exactly<Options, ModelOptions>,
): Sequential<[SizeOf<Options, "channels", 1>, 28, 28], [SizeOf<Options, "classes", 10>]>;
export function leNet5(options?: ModelOptions): Sequential;
export function leNet5(options: ModelOptions = {}): Sequential {
  checkOptions("leNet5", options, ["classes", "channels"]);
  const { classes = 10, channels = 1 } = options;
  checkModel("leNet5", classes, channels);
  return new Sequential(
    new Conv2D(channels, 6, 5, { padding: 2 }), // [N, 6, 28, 28]
    new ReLU(),
    new MaxPool(2), // [N, 6, 14, 14]
    new Conv2D(6, 16, 5), // [N, 16, 10, 10]
    new ReLU(),
    new MaxPool(2), // [N, 16, 5, 5]
    new Flatten(), // [N, 400]
    new Dense(400, 120),
    new ReLU(),
    new Dense(120, 84),
    new ReLU(),
    new Dense(84, classes),
  );
}

/** With each halving of the image the filters double: from there on a layer would have a billion weights. */
const MOST_SIZE = 2_048;
/** Layers that fit into memory and into a person's time; the paper went to 1,202. */
const MOST_DEPTH = 10_000;

/** What {@link simpleCnn} sees and tells apart. */
export interface SimpleCnnOptions extends ModelOptions {
  /** Height and width of an image, 4 to 2,048; default 28. */
  readonly size?: number;
}

/**
 * A small network of today's parts: stages of two 3×3 convolutions with batch normalisation and ReLU, each followed by
 * pooling and dropout until an image is 8×8 or less, then one convolution more, the mean of each channel, and a dense
 * layer. For 28×28: 79,426 parameters and 12.4 million
 * multiply-adds.  `[N, channels, size, size] → [N, classes]` logits
 *
 * @throws {@link ShapeError} unless the numbers are whole, and size 4 to 2,048.
 */
export function simpleCnn(): Sequential<[1, 28, 28], [10]>;
export function simpleCnn<const Options extends SimpleCnnOptions | undefined>(
  options: Exactly<Options, SimpleCnnOptions>,
): Sequential<
  [SizeOf<Options, "channels", 1>, SizeOf<Options, "size", 28>, SizeOf<Options, "size", 28>],
  [SizeOf<Options, "classes", 10>]
>;
export function simpleCnn(options?: SimpleCnnOptions): Sequential;
export function simpleCnn(options: SimpleCnnOptions = {}): Sequential {
  checkOptions("simpleCnn", options, ["classes", "channels", "size"]);
  const { classes = 10, channels = 1, size = 28 } = options;
  checkModel("simpleCnn", classes, channels);
  checkSize("simpleCnn", "size", size, 4);
  if (size > MOST_SIZE) {
    throw new ShapeError(
      "simpleCnn",
      `size ${size} must be at most ${MOST_SIZE}, as filters double with each halving; ` +
        "resize the images, or build a Sequential",
      { size },
    );
  }
  const layers: Module[] = [];
  let inner = channels;
  let width = 24;
  for (let side = size; side > 8; side = Math.floor(side / 2)) {
    layers.push(...convNormRelu(inner, width), ...convNormRelu(width, width));
    layers.push(new MaxPool(2), new Dropout2D(0.1));
    inner = width;
    width *= 2;
  }
  return new Sequential(
    ...layers,
    ...convNormRelu(inner, width),
    new GlobalAvgPool(),
    new Flatten(),
    new Dropout(0.2),
    new Dense(width, classes),
  );
}

/** The bias is left to the normalisation, which would take any other away. */
function convNormRelu(channels: number, filters: number, stride = 1): Module[] {
  return [...convNorm(channels, filters, stride), new ReLU()];
}

function convNorm(channels: number, filters: number, stride = 1): [Conv2D, BatchNorm2D] {
  return [
    new Conv2D(channels, filters, 3, { padding: 1, stride, bias: false }),
    new BatchNorm2D(filters),
  ];
}

/**
 * A residual network for images of 32×32, such as CIFAR-10: three stages of n blocks with 16, 32 and 64 channels.
 * Where a stage halves the image, the shortcut takes every second cell and adds channels of zeros (option A of the
 * paper), so it has no parameters. Filters begin as normal draws of deviation √(2 / fanIn), after He et al. 2015,
 * arXiv:1502.01852.  `[N, channels, H, W] → [N, classes]` logits
 *
 * @param depth layers with weights, 6n + 2: 20 (0.27 million parameters), 32, 44, 56 or 110 (1.7 million) in the paper
 * @throws {@link ValueError} for another depth: `resNet: depth 18 is not 6n + 2; the nearest are 14 and 20`, or one
 * above 10,000;
 * {@link ShapeError} unless the other numbers are whole and ≥ 1.
 * Source: He et al. 2015, arXiv:1512.03385, section 4.2.
 */
export function resNet(depth: number): Sequential<[3, number, number], [10]>;
export function resNet<const Options extends ModelOptions | undefined>(
  depth: number,
  options: Exactly<Options, ModelOptions>,
): Sequential<[SizeOf<Options, "channels", 3>, number, number], [SizeOf<Options, "classes", 10>]>;
export function resNet(depth: number, options?: ModelOptions): Sequential;
export function resNet(depth: number, options: ModelOptions = {}): Sequential {
  checkOptions("resNet", options, ["classes", "channels"]);
  const { classes = 10, channels = 3 } = options;
  const n = (depth - 2) / 6;
  if (!Number.isSafeInteger(depth) || !Number.isSafeInteger(n) || n < 1) throw wrongDepth(depth);
  if (depth > MOST_DEPTH) {
    throw new ValueError("resNet", `depth is ${depth}; it must be at most ${MOST_DEPTH}`, {
      depth,
    });
  }
  checkModel("resNet", classes, channels);
  const stage = (inner: number, width: number) =>
    Array.from({ length: n }, (_, i) => residualBlock(i === 0 ? inner : width, width));
  const model = new Sequential(
    ...convNormRelu(channels, 16),
    ...stage(16, 16), // [N, 16, 32, 32]
    ...stage(16, 32), // [N, 32, 16, 16]
    ...stage(32, 64), // [N, 64, 8, 8]
    new GlobalAvgPool(),
    new Flatten(),
    new Dense(64, classes),
  );
  for (const p of model.parameters()) if (p.rank === 4) kaimingNormal(p, { nonlinearity: "relu" });
  return model;
}

function wrongDepth(depth: number): ValueError {
  const below = 6 * Math.max(Math.floor((depth - 2) / 6), 1) + 2;
  const advice =
    Number.isFinite(depth) && depth > 8
      ? `the nearest are ${below} and ${below + 6}`
      : "the least is 8";
  return new ValueError("resNet", `depth ${formatValue(depth)} is not 6n + 2; ${advice}`, {
    depth,
  });
}

function residualBlock(channels: number, filters: number): Residual {
  const stride = channels === filters ? 1 : 2;
  const body = new Sequential(
    ...convNormRelu(channels, filters, stride),
    ...convNorm(filters, filters),
  );
  const shortcut = stride === 1 ? {} : { shortcut: new Subsample(channels, filters) };
  return new Residual(body, { ...shortcut, activation: new ReLU() });
}

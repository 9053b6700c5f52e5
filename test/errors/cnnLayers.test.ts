import {
  ConvgradError,
  DTypeError,
  memory,
  ShapeError,
  scope,
  type Tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import * as layers from "@convgrad/layers";
import { describe, expect, it } from "vitest";

// Every refusal of normalisation, activations, dropout, upsampling, transposed convolution, adaptive pools, blocks and
// models: the class, the sentence with its numbers and remedy, and nothing left behind.

const untyped = (value: unknown) => value as never;
const image = (...shape: number[]) => zeros(shape.length === 0 ? [2, 4, 4, 4] : shape);
const whole = () => zeros([2, 4, 4, 4], { dtype: "int32" });
const double = (...shape: number[]) => zeros(shape, { dtype: "float64" });

type Case = [
  what: string,
  call: () => unknown,
  kind: new (...args: never[]) => Error,
  message: RegExp,
];

const normalisation: Case[] = [
  [
    "one value per channel in training",
    () => new layers.BatchNorm2D(3).forward(image(1, 3, 1, 1)),
    ShapeError,
    /batchNorm2d: expected more than 1 value per channel when training, got x \[1, 3, 1, 1\]; use a larger batch or image, or the running statistics: model\.eval\(\)/,
  ],
  [
    "one value per channel without statistics",
    () => layers.batchNorm2d(image(1, 3, 1, 1)),
    ShapeError,
    /more than 1 value per channel/,
  ],
  [
    "other channels",
    () => new layers.BatchNorm2D(3).forward(image()),
    ShapeError,
    /batchNorm2d: expects 3 channels but receives 4 \(x \[2, 4, 4, 4\]\)/,
  ],
  [
    "no channels at all",
    () => new layers.BatchNorm2D(3).forward(image(4)),
    ShapeError,
    /expects 3 channels but receives no axis of them \(x \[4\]\)/,
  ],
  [
    "images without a batch",
    () => new layers.BatchNorm2D(4).forward(image(2, 4, 4)),
    ShapeError,
    /batchNorm2d: expects images \[N, C, H, W\], not \[2, 4, 4\]; add the batch axis with unsqueeze\(0\)/,
  ],
  [
    "an array to normalise",
    () => new layers.BatchNorm2D(4).forward(untyped([1])),
    ValueError,
    /batchNorm2d: the input x must be a tensor, not \[1\]/,
  ],
  [
    "whole numbers to normalise",
    () => new layers.BatchNorm2D(4).forward(whole()),
    DTypeError,
    /batchNorm2d: needs float32 or float64, not int32; convert with \.to\("float32"\)/,
  ],
  [
    "float64 in a float32 layer",
    () => new layers.BatchNorm2D(4).forward(double(2, 4, 2, 2)),
    DTypeError,
    /x is float64 and the weight float32; convert one of them, a whole model with model\.to\("float64"\)/,
  ],
  [
    "float64 beside float32 statistics",
    () => new layers.BatchNorm2D(4, { affine: false }).eval().forward(double(2, 4, 2, 2)),
    DTypeError,
    /x is float64 and the mean float32/,
  ],
  [
    "a weight of other channels",
    () => layers.batchNorm2d(image(), zeros([3])),
    ShapeError,
    /batchNorm2d: expects a weight \[4\], one number per channel of x \[2, 4, 4, 4\], not \[3\]/,
  ],
  [
    "a bias per cell",
    () => layers.batchNorm2d(image(), null, zeros([4, 4])),
    ShapeError,
    /expects a bias \[4\].*not \[4, 4\]/,
  ],
  [
    "a weight that is a number",
    () => layers.batchNorm2d(image(), untyped(2)),
    ValueError,
    /the weight must be a tensor, not 2/,
  ],
  [
    "a mean without variance",
    () => layers.batchNorm2d(image(), null, null, { mean: zeros([4]) }),
    ValueError,
    /a mean without variance; pass both, or none to normalise by those of the batch/,
  ],
  [
    "a variance without mean",
    () => layers.batchNorm2d(image(), null, null, { variance: zeros([4]) }),
    ValueError,
    /a variance without mean/,
  ],
  ...[-1, Number.NaN, Number.POSITIVE_INFINITY, "1", null].flatMap((epsilon): Case[] => [
    [
      `epsilon ${epsilon} in a layer`,
      () => new layers.BatchNorm2D(3, { epsilon: untyped(epsilon) }),
      ValueError,
      /BatchNorm2D: epsilon .* must be a finite number ≥ 0/,
    ],
    [
      `epsilon ${epsilon}`,
      () => layers.batchNorm2d(image(), null, null, { epsilon: untyped(epsilon) }),
      ValueError,
      /batchNorm2d: epsilon .* must be a finite number ≥ 0/,
    ],
    [
      `epsilon ${epsilon} of groups`,
      () => layers.groupNorm(image(), 2, null, null, { epsilon: untyped(epsilon) }),
      ValueError,
      /groupNorm: epsilon .* must be a finite number ≥ 0/,
    ],
    [
      `epsilon ${epsilon} in a layer of groups`,
      () => new layers.GroupNorm(2, 4, { epsilon: untyped(epsilon) }),
      ValueError,
      /GroupNorm: epsilon .* must be a finite number ≥ 0/,
    ],
  ]),
  ...[-0.1, 1.1, Number.NaN, "0.1"].map(
    (momentum): Case => [
      `momentum ${momentum}`,
      () => new layers.BatchNorm2D(3, { momentum: untyped(momentum) }),
      ValueError,
      /BatchNorm2D: momentum .* must be a finite number from 0 to 1/,
    ],
  ),
  [
    "affine 1",
    () => new layers.BatchNorm2D(3, { affine: untyped(1) }),
    ValueError,
    /BatchNorm2D: affine is 1; it must be true or false/,
  ],
  [
    'trackRunningStatistics "no"',
    () => new layers.BatchNorm2D(3, { trackRunningStatistics: untyped("no") }),
    ValueError,
    /BatchNorm2D: trackRunningStatistics is "no"; it must be true or false/,
  ],
  ...[0, 1.5, Number.NaN, "3"].map(
    (channels): Case => [
      `a normalisation of ${channels} channels`,
      () => new layers.BatchNorm2D(untyped(channels)),
      ShapeError,
      /BatchNorm2D: channels .* must be a whole number ≥ 1/,
    ],
  ),
  [
    "groups that do not divide",
    () => layers.groupNorm(image(), 3),
    ShapeError,
    /groupNorm: 3 groups must divide 4 channels/,
  ],
  [
    "a layer of groups that do not divide",
    () => new layers.GroupNorm(3, 4),
    ShapeError,
    /GroupNorm: 3 groups must divide 4 channels/,
  ],
  ["0 groups", () => new layers.GroupNorm(0, 4), ShapeError, /groups 0 must be a whole number ≥ 1/],
  [
    "groups of 1.5 channels",
    () => new layers.GroupNorm(1, 1.5),
    ShapeError,
    /GroupNorm: channels 1\.5 must be/,
  ],
  [
    "affine null in groups",
    () => new layers.GroupNorm(1, 2, { affine: untyped(null) }),
    ValueError,
    /GroupNorm: affine is null; it must be true or false/,
  ],
  [
    "groups of a vector",
    () => layers.groupNorm(image(4), 1),
    ShapeError,
    /groupNorm: expects x \[N, C, …\], not \[4\]/,
  ],
  [
    "groups of other channels",
    () => new layers.GroupNorm(1, 3).forward(image()),
    ShapeError,
    /groupNorm: expects 3 channels but receives 4/,
  ],
];

const activations: Case[] = [
  ...[layers.leakyRelu, layers.elu, layers.silu, layers.gelu, layers.dropout].flatMap(
    (fn): Case[] => [
      [
        `${fn.name} of whole numbers`,
        () => fn(whole()),
        DTypeError,
        new RegExp(`${fn.name}: needs float32 or float64, not int32`),
      ],
      [
        `${fn.name} of an array`,
        () => fn(untyped([1])),
        ValueError,
        new RegExp(`${fn.name}: the input x must be a tensor`),
      ],
    ],
  ),
  ...[Number.NaN, Number.POSITIVE_INFINITY, "0.1", null].flatMap((value): Case[] => [
    [
      `slope ${value}`,
      () => layers.leakyRelu(image(), untyped(value)),
      ValueError,
      /leakyRelu: slope .* must be a finite number/,
    ],
    [
      `LeakyReLU(${value})`,
      () => new layers.LeakyReLU(untyped(value)),
      ValueError,
      /LeakyReLU: slope .* must be a finite number/,
    ],
    [
      `alpha ${value}`,
      () => layers.elu(image(), untyped(value)),
      ValueError,
      /elu: alpha .* must be a finite number/,
    ],
    [
      `ELU(${value})`,
      () => new layers.ELU(untyped(value)),
      ValueError,
      /ELU: alpha .* must be a finite number/,
    ],
    [
      `PReLU of ${value}`,
      () => new layers.PReLU(1, untyped(value)),
      ValueError,
      /PReLU: initial .* must be a finite number/,
    ],
  ]),
  [
    "an unknown gelu",
    () => layers.gelu(image(), { approximate: untyped("erf") }),
    ValueError,
    /gelu: approximate "erf" is unknown; use "none", "tanh"/,
  ],
  [
    "an unknown layer of it",
    () => new layers.GELU({ approximate: untyped(true) }),
    ValueError,
    /GELU: approximate true is unknown; use "none", "tanh"/,
  ],
  [
    "two slopes for four channels",
    () => layers.prelu(image(), zeros([2])),
    ShapeError,
    /prelu: expects a weight \[4\], one number per channel of x \[2, 4, 4, 4\], not \[2\]/,
  ],
  [
    "slopes of another type",
    () => layers.prelu(image(), double(1)),
    DTypeError,
    /prelu: x is float32 and w float64/,
  ],
  [
    "prelu of whole numbers",
    () => layers.prelu(whole(), zeros([1], { dtype: "int32" })),
    DTypeError,
    /prelu: needs float32 or float64, not int32/,
  ],
  ["PReLU of 0 channels", () => new layers.PReLU(0), ShapeError, /PReLU: channels 0 must be/],
  [
    "softmax along half an axis",
    () => new layers.Softmax(0.5),
    ValueError,
    /Softmax: axis 0\.5 must be a whole number; negative ones count from the end/,
  ],
  [
    "softmax along an axis that is not there",
    () => new layers.LogSoftmax(4).forward(image()),
    ShapeError,
    /axis 4/,
  ],
];

const dropping: Case[] = [
  ...[-0.1, 1.5, Number.NaN, "0.5", null].flatMap((p): Case[] => [
    [
      `dropout of ${p}`,
      () => layers.dropout(image(), untyped(p)),
      ValueError,
      /dropout: p .* must be a finite number from 0 to 1/,
    ],
    [
      `Dropout(${p})`,
      () => new layers.Dropout(untyped(p)),
      ValueError,
      /Dropout: p .* must be a finite number from 0 to 1/,
    ],
    [
      `dropout2d of ${p}`,
      () => layers.dropout2d(image(), untyped(p)),
      ValueError,
      /dropout2d: p .* must be a finite number from 0 to 1/,
    ],
    [
      `Dropout2D(${p})`,
      () => new layers.Dropout2D(untyped(p)),
      ValueError,
      /Dropout2D: p .* must be a finite number from 0 to 1/,
    ],
  ]),
  [
    "dropout in training 1",
    () => layers.dropout(image(), 0.5, { training: untyped(1) }),
    ValueError,
    /dropout: training is 1; it must be true or false/,
  ],
  [
    "channels of vectors",
    () => layers.dropout2d(image(2, 3)),
    ShapeError,
    /dropout2d: expects images \[N, C, H, W\], not \[2, 3\]/,
  ],
];

const resampling: Case[] = [
  [
    "no size",
    () => layers.upsample(image(), {}),
    ValueError,
    /upsample: pass one of scale and size: \{ scale: 2 \}/,
  ],
  [
    "two sizes",
    () => new layers.Upsample({ scale: 2, size: 4 }),
    ValueError,
    /Upsample: pass one of scale and size/,
  ],
  ...[0, -2, Number.NaN, "2", [2], [1, 0], null].map(
    (scale): Case => [
      `scale ${JSON.stringify(scale)}`,
      () => new layers.Upsample({ scale: untyped(scale) }),
      ValueError,
      /Upsample: scale .* must be a number > 0, or a pair \[h, w\] of them/,
    ],
  ),
  ...[0, 1.5, "2", [2], [1, 0], null].map(
    (size): Case => [
      `size ${JSON.stringify(size)}`,
      () => layers.upsample(image(), { size: untyped(size) }),
      ShapeError,
      /upsample: size .* must be a whole number ≥ 1, or a pair \[h, w\] of them/,
    ],
  ),
  [
    "a scale that leaves nothing",
    () => layers.upsample(image(), { scale: [0.2, 1] }),
    ShapeError,
    /upsample: 4×4 cells at scale \[0\.2,1\] give 0×4; raise the scale/,
  ],
  [
    "an image without cells",
    () => layers.upsample(image(1, 1, 0, 4), { size: 2 }),
    ShapeError,
    /upsample: 0×4 cells give 2×2/,
  ],
  [
    "an unknown mode",
    () => new layers.Upsample({ scale: 2, mode: untyped("cubic") }),
    ValueError,
    /Upsample: mode "cubic" is unknown; use "nearest", "bilinear"/,
  ],
  [
    "corners of the nearest",
    () => new layers.Upsample({ scale: 2, alignCorners: true }),
    ValueError,
    /Upsample: alignCorners goes with mode "bilinear" only/,
  ],
  [
    "alignCorners 1",
    () => layers.upsample(image(), { scale: 2, mode: "bilinear", alignCorners: untyped(1) }),
    ValueError,
    /upsample: alignCorners is 1; it must be true or false/,
  ],
  [
    "a blend of whole numbers",
    () => layers.upsample(whole(), { scale: 2, mode: "bilinear" }),
    DTypeError,
    /upsample: needs float32 or float64, not int32/,
  ],
  [
    "an image without channels",
    () => layers.upsample(image(4, 4), { scale: 2 }),
    ShapeError,
    /upsample: expects images \[N, C, H, W\], not \[4, 4\]/,
  ],
  [
    "an array to resize",
    () => layers.upsample(untyped([1]), { scale: 2 }),
    ValueError,
    /upsample: the input x must be a tensor/,
  ],
  ...[layers.adaptiveAvgPool, layers.adaptiveMaxPool].flatMap((fn): Case[] => [
    [
      `${fn.name} to 0`,
      () => fn(image(), 0),
      ShapeError,
      new RegExp(`${fn.name}: output 0 must be a whole number ≥ 1, or a pair`),
    ],
    [
      `${fn.name} of a vector`,
      () => fn(image(4), 2),
      ShapeError,
      new RegExp(`${fn.name}: expects images \\[…, H, W\\], not \\[4\\]`),
    ],
    [
      `${fn.name} of an array`,
      () => fn(untyped([1]), 2),
      ValueError,
      new RegExp(`${fn.name}: the input x must be a tensor`),
    ],
    [
      `${fn.name} of no cells`,
      () => fn(image(1, 1, 0, 4), 2),
      ShapeError,
      new RegExp(`${fn.name}: kernel 1×1 does not fit`),
    ],
  ]),
  [
    "an average of whole numbers",
    () => layers.adaptiveAvgPool(whole(), 3),
    DTypeError,
    /adaptiveAvgPool: needs float32 or float64, not int32/,
  ],
  [
    "a layer to half a cell",
    () => new layers.AdaptiveAvgPool(0.5),
    ShapeError,
    /AdaptiveAvgPool: output 0\.5 must be/,
  ],
  [
    "a layer to three sizes",
    () => new layers.AdaptiveMaxPool(untyped([1, 2, 3])),
    ShapeError,
    /AdaptiveMaxPool: output \[1,2,3\] must be/,
  ],
  [
    "a global maximum of a vector",
    () => layers.globalMaxPool(image(4)),
    ShapeError,
    /globalMaxPool: expects images/,
  ],
  [
    "a norm with holes of 0",
    () => new layers.LpPool(2, 2, { dilation: 0 }),
    ShapeError,
    /LpPool: dilation 0 must be/,
  ],
];

const transposed = (
  options: layers.ConvTranspose2DOptions,
  w: Tensor = zeros([4, 2, 3, 3]),
  b: Tensor = zeros([2]),
) => layers.convTranspose2d(image(), w, b, options);

const convolution: Case[] = [
  [
    "output padding as large as the stride",
    () => transposed({ stride: 2, outputPadding: 2 }),
    ShapeError,
    /convTranspose2d: outputPadding 2 must be less than the stride 2 or the dilation 1; it tells apart/,
  ],
  [
    "negative output padding",
    () => transposed({ outputPadding: -1 }),
    ShapeError,
    /convTranspose2d: outputPadding -1 must be a whole number ≥ 0/,
  ],
  [
    "padding that leaves nothing",
    () => transposed({ padding: 3 }),
    ShapeError,
    /convTranspose2d: nothing is left of 6 cells \(6 − 3 − 3 \+ 0 < 1\); lower the padding/,
  ],
  [
    "transposed padding same",
    () => transposed({ padding: untyped("same") }),
    ShapeError,
    /convTranspose2d: padding "same" fits several output sizes; give numbers: padding and outputPadding/,
  ],
  [
    "transposed stride 0",
    () => transposed({ stride: 0 }),
    ShapeError,
    /convTranspose2d: stride 0 must be/,
  ],
  [
    "transposed dilation NaN",
    () => transposed({ dilation: Number.NaN }),
    ShapeError,
    /convTranspose2d: dilation NaN must be/,
  ],
  [
    "transposed groups that do not divide",
    () => transposed({ groups: 3 }),
    ShapeError,
    /convTranspose2d: 4 channels do not split into 3 groups/,
  ],
  [
    "transposed groups 0",
    () => transposed({ groups: 0 }),
    ShapeError,
    /convTranspose2d: groups 0 must be/,
  ],
  [
    "filters as conv2d has them",
    () => transposed({}, zeros([2, 4, 3, 3])),
    ShapeError,
    /expects 2 input channels but receives 4 .*filters are \[C, O \/ groups, kh, kw\], input channels first/,
  ],
  [
    "transposed filters of rank 3",
    () => transposed({}, zeros([4, 3, 3])),
    ShapeError,
    /expects filters \[C, O \/ groups, kh, kw\], not \[4, 3, 3\]/,
  ],
  [
    "a transposed bias of another length",
    () => transposed({}, undefined, zeros([4])),
    ShapeError,
    /expects a bias \[2\], one number per output channel, not \[4\]/,
  ],
  [
    "transposed filters of another type",
    () => transposed({}, double(4, 2, 3, 3)),
    DTypeError,
    /convTranspose2d: x is float32 and w float64/,
  ],
  [
    "a transposed layer without channels",
    () => new layers.ConvTranspose2D(0, 2, 3),
    ShapeError,
    /ConvTranspose2D: channels and filters \[0,2\]/,
  ],
  [
    "a transposed layer of kernel 0",
    () => new layers.ConvTranspose2D(1, 2, 0),
    ShapeError,
    /ConvTranspose2D: kernel 0/,
  ],
  [
    "a transposed layer of too much output padding",
    () => new layers.ConvTranspose2D(1, 2, 3, { outputPadding: 1 }),
    ShapeError,
    /ConvTranspose2D: outputPadding 1 must be less than/,
  ],
  [
    "a transposed layer whose groups do not divide",
    () => new layers.ConvTranspose2D(4, 3, 3, { groups: 2 }),
    ShapeError,
    /ConvTranspose2D: 2 groups must divide 4 channels and 3 filters/,
  ],
  [
    "a transposed layer with bias 0",
    () => new layers.ConvTranspose2D(1, 2, 3, { bias: untyped(0) }),
    ValueError,
    /ConvTranspose2D: bias is 0; it must be true or false/,
  ],
  [
    "a layer with bias null",
    () => new layers.Conv2D(1, 2, 3, { bias: untyped(null) }),
    ValueError,
    /Conv2D: bias is null; it must be true or false/,
  ],
  [
    'flip "yes"',
    () => layers.conv2d(image(), zeros([2, 4, 3, 3]), null, { flip: untyped("yes") }),
    ValueError,
    /conv2d: flip is "yes"; it must be true or false/,
  ],
  [
    "an unknown paddingMode",
    () => layers.conv2d(image(), zeros([2, 4, 3, 3]), null, { paddingMode: untyped("mirror") }),
    ValueError,
    /conv2d: paddingMode "mirror" is unknown; use "zeros", "reflect", "replicate", "circular"/,
  ],
  [
    "an unknown paddingMode of a layer",
    () => new layers.Conv2D(1, 1, 3, { paddingMode: untyped(null) }),
    ValueError,
    /Conv2D: paddingMode null is unknown/,
  ],
  [
    "a mirror larger than the image",
    () => layers.conv2d(image(), zeros([2, 4, 3, 3]), null, { padding: 4, paddingMode: "reflect" }),
    ShapeError,
    /mode "reflect" has 3 cells at most on a side of axis 2 of \[2, 4, 4, 4\], not \[4,4\]; pad by less/,
  ],
  [
    "a separable layer without filters",
    () => new layers.SeparableConv2D(3, 0, 3),
    ShapeError,
    /channels and filters \[3,0\]/,
  ],
];

const blocks: Case[] = [
  [
    "a residual body that changes the shape",
    () => new layers.Residual(new layers.Conv2D(4, 8, 3, { stride: 2 })).forward(image()),
    ShapeError,
    /Residual: the body gives \[2, 8, 1, 1\] and the shortcut \[2, 4, 4, 4\]; pass a shortcut that changes the shape as the body does, such as \{ shortcut: new Conv2D\(channels, filters, 1, \{ stride \}\) \}/,
  ],
  [
    "a list as a body",
    () => new layers.Residual(untyped([new layers.ReLU()])),
    ValueError,
    /Residual: the body is no module; pass layers: new Residual\(new Sequential/,
  ],
  ["no body", () => new layers.Residual(untyped(undefined)), ValueError, /the body is no module/],
  [
    "a function as an activation",
    () => new layers.Residual(new layers.ReLU(), { activation: untyped(layers.relu) }),
    ValueError,
    /Residual: the activation is no module/,
  ],
  [
    "shortcut true",
    () => new layers.Residual(new layers.ReLU(), { shortcut: untyped(true) }),
    ValueError,
    /Residual: the shortcut is no module/,
  ],
  [
    "a shape of half cells",
    () => new layers.Reshape(1, 0.5),
    ShapeError,
    /Reshape: shape \[1,0\.5\] must be whole numbers ≥ 0, and one −1 at most; leave the batch axis out/,
  ],
  ["two unknown sizes", () => new layers.Reshape(-1, -1), ShapeError, /one −1 at most/],
  [
    "a shape in brackets",
    () => new layers.Reshape(untyped([1, 2])),
    ShapeError,
    /Reshape: shape \[\[1,2\]\] must be/,
  ],
  ["a sample of other size", () => new layers.Reshape(5).forward(image()), ShapeError, /reshape/],
  [
    "a scalar to reshape",
    () => new layers.Reshape(1).forward(zeros([])),
    ShapeError,
    /Reshape: expects a batch \[N, …\], not a scalar/,
  ],
  [
    "flatten from half an axis",
    () => new layers.Flatten({ start: 0.5 }),
    ShapeError,
    /Flatten: start 0\.5 must be a whole number ≥ 0/,
  ],
  [
    "flatten from an axis that is not there",
    () => new layers.Flatten({ start: 4 }).forward(image()),
    ShapeError,
    /flatten: axis 4/,
  ],
  [
    "an array to flatten",
    () => new layers.Flatten().forward(untyped([1])),
    ValueError,
    /Flatten: the input x must be a tensor/,
  ],
  ...[18, 21, 109.9].map(
    (depth): Case => [
      `a residual network of ${depth} layers`,
      () => layers.resNet(depth),
      ValueError,
      /resNet: depth .* is not 6n \+ 2; the nearest are (14 and 20|20 and 26|104 and 110)/,
    ],
  ),
  ...[2, 0, -4, Number.NaN, "20", undefined].map(
    (depth): Case => [
      `a residual network of ${depth} layers`,
      () => layers.resNet(untyped(depth)),
      ValueError,
      /resNet: depth .* is not 6n \+ 2; the least is 8/,
    ],
  ),
  [
    "a residual network of 0 classes",
    () => layers.resNet(20, { classes: 0 }),
    ShapeError,
    /resNet: classes 0 must be a whole number ≥ 1/,
  ],
  [
    "a LeNet of half a channel",
    () => layers.leNet5({ channels: 0.5 }),
    ShapeError,
    /leNet5: channels 0\.5 must be/,
  ],
  [
    "a LeNet of other images",
    () => layers.leNet5().forward(image(1, 1, 32, 32)),
    ShapeError,
    /dense: expects 400 inputs but receives 576/,
  ],
  [
    "a network for images of 3×3",
    () => layers.simpleCnn({ size: 3 }),
    ShapeError,
    /simpleCnn: size 3 must be a whole number ≥ 4/,
  ],
  [
    'a network of "10" classes',
    () => layers.simpleCnn({ classes: untyped("10") }),
    ShapeError,
    /simpleCnn: classes "10" must be/,
  ],
];

describe.each([
  ["normalisation", normalisation],
  ["activations", activations],
  ["dropout", dropping],
  ["resampling and pooling", resampling],
  ["convolution", convolution],
  ["blocks and models", blocks],
])("%s", (_, cases) => {
  it.each(cases)("refuses %s", (_, call, kind, message) => {
    const before = memory().tensors;
    let thrown: unknown;
    try {
      scope(call);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(kind);
    expect(thrown).toBeInstanceOf(ConvgradError);
    expect((thrown as Error).message).toMatch(message);
    // A layer that was made and then refused its input keeps its parameters.
    const isMade = String(call).includes(".forward(");
    if (!isMade) expect(memory().tensors).toBeLessThanOrEqual(before);
  });
});

it("has changed no statistics when it refuses", () => {
  const layer = new layers.BatchNorm2D(3);
  expect(() => layer.forward(image(1, 3, 1, 1))).toThrow(ShapeError);
  expect(layer.batchesTracked!.item()).toBe(0);
});

it("says details to programs", () => {
  const call = () => layers.resNet(18);
  expect(call).toThrow(expect.objectContaining({ operation: "resNet", details: { depth: 18 } }));
});

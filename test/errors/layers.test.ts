import {
  DTypeError,
  memory,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import {
  AvgPool,
  accuracy,
  avgPool,
  Conv2D,
  type Conv2DOptions,
  conv2d,
  crossEntropy,
  Dense,
  dense,
  globalAvgPool,
  LpPool,
  lpPool,
  MaxPool,
  maxPool,
  mse,
  type PaddingOption,
  type Pair,
  prelu,
} from "@convgrad/layers";
import { expect, it } from "vitest";

// Every refusal of the layers: the class, the sentence with its numbers and remedy, and nothing left behind.

const image = () => zeros([1, 2, 4, 4]);
const conv = (options: Conv2DOptions, w: Tensor = zeros([3, 2, 3, 3]), b?: Tensor) =>
  conv2d(image(), w, b, options);
const labels = (...values: number[]) => tensor(Int32Array.from(values));

type Case = [
  what: string,
  call: () => unknown,
  kind: new (...args: never[]) => Error,
  message: RegExp,
];

it.each<Case>([
  [
    "a kernel larger than the padded input",
    () => conv({}, zeros([1, 2, 5, 5])),
    ShapeError,
    /kernel 5×5 does not fit the padded input 4×4 \(4 \+ 2·0 − 5 < 0\); lower the kernel or raise the padding/,
  ],
  [
    "a dilated kernel that does not fit",
    () => conv({ dilation: 3 }),
    ShapeError,
    /4 \+ 2·0 − \(3·\(3 − 1\) \+ 1\) < 0\); lower the kernel or the dilation/,
  ],
  [
    "an unevenly padded kernel that does not fit",
    () =>
      conv(
        {
          padding: [
            [0, 1],
            [0, 0],
          ],
        },
        zeros([1, 2, 6, 1]),
      ),
    ShapeError,
    /4 \+ 0 \+ 1 − 6 < 0/,
  ],
  ["stride 0", () => conv({ stride: 0 }), ShapeError, /stride 0 must be a whole number ≥ 1/],
  ["a fractional stride", () => conv({ stride: [1, 1.5] }), ShapeError, /stride \[1,1.5\] must be/],
  [
    "NaN stride",
    () => conv({ stride: Number.NaN }),
    ShapeError,
    /stride NaN must be a whole number ≥ 1/,
  ],
  [
    "negative padding",
    () => conv({ padding: -1 }),
    ShapeError,
    /padding -1 must be a whole number ≥ 0/,
  ],
  [
    "negative padding on one side",
    () =>
      conv({
        padding: [
          [0, -1],
          [0, 0],
        ],
      }),
    ShapeError,
    /padding \[0,-1\]/,
  ],
  [
    "an unknown padding",
    () => conv({ padding: "full" as "same" }),
    ShapeError,
    /padding "full" is unknown; use "same", "valid"/,
  ],
  ["dilation 0", () => conv({ dilation: 0 }), ShapeError, /dilation 0 must be a whole number ≥ 1/],
  [
    "a wrong channel count",
    () => conv({}, zeros([3, 3, 3, 3])),
    ShapeError,
    /conv2d: expects 3 input channels but receives 2 \(x \[1, 2, 4, 4\], w \[3, 3, 3, 3\]\)/,
  ],
  [
    "groups that do not divide",
    () => conv({ groups: 2 }, zeros([3, 1, 3, 3])),
    ShapeError,
    /3 filters do not split into 2 groups/,
  ],
  ["groups 0", () => conv({ groups: 0 }), ShapeError, /groups 0 must be a whole number ≥ 1/],
  [
    "a bias of another length",
    () => conv({}, undefined, zeros([2])),
    ShapeError,
    /expects a bias \[3\], one number per filter shared by all positions, not \[2\]/,
  ],
  [
    "a bias per position",
    () => conv({}, undefined, zeros([3, 2, 2])),
    ShapeError,
    /bias \[3\].*not \[3, 2, 2\]/,
  ],
  [
    "images without a batch",
    () => conv2d(zeros([2, 4, 4]), zeros([3, 2, 3, 3])),
    ShapeError,
    /expects images \[N, C, H, W\], not \[2, 4, 4\]; add the batch axis with unsqueeze\(0\)/,
  ],
  [
    "filters of rank 3",
    () => conv({}, zeros([2, 3, 3])),
    ShapeError,
    /expects filters \[O, C \/ groups, kh, kw\]/,
  ],
  [
    "mixed types",
    () => conv({}, zeros([3, 2, 3, 3], { dtype: "float64" })),
    DTypeError,
    /conv2d: x is float32 and w float64; convert one of them/,
  ],
  ["a layer with 0 filters", () => new Conv2D(1, 0, 3), ShapeError, /channels and filters \[1,0\]/],
  [
    "a layer whose groups do not divide",
    () => new Conv2D(3, 4, 3, { groups: 2 }),
    ShapeError,
    /2 groups must divide 3 channels and 4 filters/,
  ],
  ["a layer with kernel 0", () => new Conv2D(3, 4, 0), ShapeError, /kernel 0/],
  [
    "a layer with part of a group",
    () => new Conv2D(3, 3, 3, { groups: 1.5 }),
    ShapeError,
    /Conv2D: groups 1\.5 must be a whole number ≥ 1/,
  ],
  [
    "a layer with negative padding",
    () => new Conv2D(3, 4, 3, { padding: -1 }),
    ShapeError,
    /Conv2D: padding -1 must be a whole number ≥ 0/,
  ],
  [
    "a layer with an unknown padding",
    () => new Conv2D(3, 4, 3, { padding: "full" as "same" }),
    ShapeError,
    /Conv2D: padding "full" is unknown/,
  ],
  [
    "a layer with a kernel of three axes",
    () => new Conv2D(3, 4, [3, 3, 3] as unknown as Pair),
    ShapeError,
    /kernel \[3,3,3\] must be a whole number ≥ 1, or a pair \[h, w\] of them/,
  ],
  [
    "a layer with stride null",
    () => new Conv2D(3, 4, 3, { stride: null as unknown as Pair }),
    ShapeError,
    /Conv2D: stride null must be/,
  ],
  ...[
    [1, 2, 3],
    [[1, 1]],
    [[1, 1], 1],
    [1, [1, 1]],
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
    null,
    {},
    "1",
  ].map(
    (padding): Case => [
      `padding ${JSON.stringify(padding)}`,
      () => conv({ padding: padding as unknown as PaddingOption }),
      ShapeError,
      /conv2d: padding .* (must be a whole number ≥ 0, or a pair \[h, w\] of them|is unknown)/,
    ],
  ),
  [
    "stride null",
    () => conv({ stride: null as unknown as Pair }),
    ShapeError,
    /conv2d: stride null must be a whole number ≥ 1/,
  ],
  [
    "a dilation that is a word",
    () => conv({ dilation: "2" as unknown as Pair }),
    ShapeError,
    /conv2d: dilation "2" must be/,
  ],
  ["a pooling layer with kernel 0", () => new MaxPool(0), ShapeError, /MaxPool: kernel 0 must be/],
  [
    "a pooling layer with dilation 0",
    () => new MaxPool(2, { dilation: 0 }),
    ShapeError,
    /MaxPool: dilation 0/,
  ],
  [
    "a pooling layer with stride 0",
    () => new AvgPool(2, { stride: 0 }),
    ShapeError,
    /AvgPool: stride 0/,
  ],
  [
    "a pooling layer with padding beyond half the kernel",
    () => new AvgPool(3, { padding: 2 }),
    ShapeError,
    /AvgPool: padding 2 is more than half the kernel \(3\).*lower it to 1 or less/,
  ],
  [
    "a pooling layer with divisor 0",
    () => new AvgPool(3, { divisorOverride: 0 }),
    ValueError,
    /AvgPool: divisorOverride 0/,
  ],
  [
    "a norm-pooling layer with a fractional padding",
    () => new LpPool(2, 3, { padding: 0.5 }),
    ShapeError,
    /LpPool: padding 0\.5 must be/,
  ],
  ["a norm-pooling layer of order 0", () => new LpPool(0, 3), ValueError, /LpPool: order p = 0/],
  [
    "a pool of images without cells",
    () => maxPool(zeros([1, 1, 0, 4]), 2, { padding: 1 }),
    ShapeError,
    /maxPool: all taps of window 0 fall into the padding \(axis of 0, kernel 2\)/,
  ],
  [
    "a mean of whole numbers",
    () => avgPool(zeros([1, 1, 4, 4], { dtype: "int32" }), 2),
    DTypeError,
    /needs float32 or float64, not int32; convert with \.to\("float32"\)/,
  ],
  ["a layer with stride 0", () => new Conv2D(3, 4, 3, { stride: 0 }), ShapeError, /stride 0/],
  [
    "a dense layer of another size",
    () => dense(zeros([2, 5]), zeros([4, 3])),
    ShapeError,
    /dense: expects 4 inputs but receives 5 \(x \[2, 5\], w \[4, 3\]\); flatten the images/,
  ],
  [
    "a dense bias of another size",
    () => dense(zeros([2, 4]), zeros([4, 3]), zeros([4])),
    ShapeError,
    /expects a bias \[3\], not \[4\]/,
  ],
  [
    "dense weights of rank 1",
    () => dense(zeros([2, 4]), zeros([4])),
    ShapeError,
    /expects weights \[in, out\]/,
  ],
  ["a dense layer without inputs", () => new Dense(0, 3), ShapeError, /inputs and outputs \[0,3\]/],
  [
    "a pool larger than the image",
    () => maxPool(image(), 5),
    ShapeError,
    /maxPool: kernel 5×5 does not fit the padded input 4×4/,
  ],
  [
    "pool padding beyond half the kernel",
    () => avgPool(image(), 2, { padding: 2 }),
    ShapeError,
    /padding 2 is more than half the kernel \(2\).*lower it to 1 or less/,
  ],
  [
    "a dilated pool with a window in the padding",
    () =>
      maxPool(zeros([1, 1, 1, 1]), [1, 2], {
        dilation: [1, 2],
        padding: [
          [0, 0],
          [1, 1],
        ],
      }),
    ShapeError,
    /maxPool: with dilation 2 all taps of window 0 fall into the padding/,
  ],
  ["pool stride 0", () => maxPool(image(), 2, { stride: 0 }), ShapeError, /stride 0/],
  [
    "a pool of a vector",
    () => maxPool(zeros([4]), 2),
    ShapeError,
    /expects images \[…, H, W\], not \[4\]/,
  ],
  ["a global pool of a vector", () => globalAvgPool(zeros([4])), ShapeError, /expects images/],
  [
    'ceilMode "no"',
    () => maxPool(image(), 2, { ceilMode: "no" as never }),
    ValueError,
    /maxPool: ceilMode is "no"; it must be true or false/,
  ],
  [
    "countIncludePad 0",
    () => avgPool(image(), 2, { countIncludePad: 0 as never }),
    ValueError,
    /avgPool: countIncludePad is 0; it must be true or false/,
  ],
  [
    "a layer's countIncludePad null",
    () => new AvgPool(2, { countIncludePad: null as never }),
    ValueError,
    /AvgPool: countIncludePad is null; it must be true or false/,
  ],
  [
    "a divisor of 0",
    () => avgPool(image(), 2, { divisorOverride: 0 }),
    ValueError,
    /divisorOverride 0/,
  ],
  [
    "a norm of order 0",
    () => lpPool(image(), 0, 2),
    ValueError,
    /order p = 0 must be a finite number ≥ 1; maxPool is the limit/,
  ],
  ["a norm of order NaN", () => lpPool(image(), Number.NaN, 2), ValueError, /order p = NaN/],
  [
    "a label beyond the classes",
    () => crossEntropy(zeros([2, 3]), labels(0, 3)),
    ValueError,
    /label 3 is out of range; there are 3 classes, 0 to 2/,
  ],
  [
    "a negative label",
    () => crossEntropy(zeros([2, 3]), labels(0, -1)),
    ValueError,
    /label -1 is out of range/,
  ],
  [
    "too few labels",
    () => crossEntropy(zeros([2, 3]), labels(0)),
    ShapeError,
    /logits \[2, 3\] want labels \[2\], not \[1\]/,
  ],
  [
    "labels as floats",
    () => crossEntropy(zeros([2, 3]), zeros([2])),
    DTypeError,
    /labels must be int32 class numbers, not float32/,
  ],
  [
    "logits of rank 1",
    () => crossEntropy(zeros([3]), labels(0, 1, 2)),
    ShapeError,
    /logits are \[N, K\]/,
  ],
  [
    'labelSmoothing "0.1"',
    () => crossEntropy(zeros([1, 3]), labels(0), { labelSmoothing: "0.1" as never }),
    ValueError,
    /labelSmoothing "0.1" must be a finite number from 0 to 1/,
  ],
  [
    "slopes per channel without channels",
    () => prelu(zeros([3]), zeros([3])),
    ShapeError,
    /prelu: expects x \[N, C, …\] beside a weight per channel, not \[3\]/,
  ],
  [
    "labelSmoothing 2",
    () => crossEntropy(zeros([1, 3]), labels(0), { labelSmoothing: 2 }),
    ValueError,
    /labelSmoothing 2 must be a finite number from 0 to 1/,
  ],
  [
    "weights of other classes",
    () => crossEntropy(zeros([1, 3]), labels(0), { weight: zeros([2]) }),
    ShapeError,
    /weight \[2\] must be \[3\], one per class/,
  ],
  [
    "an unknown reduction",
    () => crossEntropy(zeros([1, 3]), labels(0), { reduction: "max" as "mean" }),
    ValueError,
    /reduction "max" is unknown; use "mean", "sum", "none"/,
  ],
  [
    "an unknown mse reduction",
    () => mse(zeros([1]), zeros([1]), { reduction: "half" as "mean" }),
    ValueError,
    /"halfSum"/,
  ],
  [
    "targets of another shape",
    () => mse(zeros([2, 1]), zeros([2])),
    ShapeError,
    /predictions \[2, 1\] and targets \[2\] differ/,
  ],
  [
    "accuracy with other labels",
    () => accuracy(zeros([2, 3]), labels(0)),
    ShapeError,
    /accuracy: logits \[2, 3\]/,
  ],
])("refuses %s", (_, call, kind, message) => {
  const before = memory().tensors;
  expect(() => scope(call)).toThrow(kind);
  expect(() => scope(call)).toThrow(message);
  expect(memory().tensors).toBe(before);
});

import { DTypeError, scope, tensor, ValueError, zeros } from "@convgrad/core";
import {
  avgPool,
  Conv2D,
  conv2d,
  crossEntropy,
  Dense,
  dense,
  maxPool,
  mse,
  Sequential,
} from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import { expect, it } from "vitest";

// What plain JavaScript lets through in the layers and the optimiser.

const untyped = (value: unknown) => value as never;
const x = () => zeros([1, 1, 4, 4]);
const w = () => zeros([1, 1, 3, 3]);

type Case = [
  what: string,
  call: () => unknown,
  kind: new (...args: never[]) => Error,
  message: RegExp,
];

it.each<Case>([
  [
    "options in the place of the bias",
    () => conv2d(x(), w(), untyped({ stride: 2 })),
    ValueError,
    /conv2d: the bias b must be a tensor/,
  ],
  [
    "an array as an image",
    () => conv2d(untyped([1]), w()),
    ValueError,
    /conv2d: the input x must be a tensor, not \[1\]/,
  ],
  [
    "raw pixels",
    () => new Conv2D(1, 2, 3).forward(zeros([1, 1, 4, 4], { dtype: "uint8" })),
    DTypeError,
    /conv2d: x is uint8 and w float32; convert x with \.to\("float32"\), images also to \[0, 1\] as scalePixels does/,
  ],
  [
    "float64 through a float32 layer",
    () => new Dense(2, 2).forward(zeros([1, 2], { dtype: "float64" })),
    DTypeError,
    /dense: x is float64 and w float32; convert one of them, a whole model with model\.to\("float64"\)/,
  ],
  [
    "a number as weights",
    () => dense(zeros([1, 2]), untyped(3)),
    ValueError,
    /dense: the weight w must be a tensor, not 3/,
  ],
  [
    "a layer without a kernel",
    () => new Conv2D(1, 4, untyped(undefined)),
    Error,
    /kernel undefined must be a whole number/,
  ],
  [
    "labels in an array",
    () => crossEntropy(zeros([2, 3]), untyped([0, 1])),
    ValueError,
    /crossEntropy: the list of labels must be a tensor, not \[0,1\]/,
  ],
  [
    "a number as a target",
    () => mse(zeros([2]), untyped(3)),
    ValueError,
    /mse: the target must be a tensor, not 3/,
  ],
  [
    "an array in a pool",
    () => maxPool(untyped([1]), 2),
    ValueError,
    /maxPool: the input x must be a tensor/,
  ],
  [
    "integers in an average",
    () => avgPool(zeros([1, 1, 4, 4], { dtype: "int32" }), 2),
    DTypeError,
    /needs float32 or float64, not int32/,
  ],
  [
    "a list of layers",
    () => new Sequential(untyped([new Dense(2, 2)])),
    ValueError,
    /layer 0 is no module; pass the layers one by one/,
  ],
  [
    "a module in the place of parameters",
    () => new SGD(untyped(new Dense(2, 2)), { lr: 1 }),
    ValueError,
    /the parameters are no list; pass model\.parameters\(\)/,
  ],
  [
    "names among the parameters",
    () => new SGD(untyped(new Dense(2, 2).namedParameters()), { lr: 1 }),
    ValueError,
    /SGD: the parameter must be a tensor/,
  ],
  [
    "an optimiser without settings",
    () => new SGD([tensor([1], { requiresGrad: true })], untyped(undefined)),
    ValueError,
    /no settings; pass at least \{ lr: 0\.01 \}/,
  ],
])("refuses %s", (_, call, kind, message) => {
  expect(() => scope(call)).toThrow(kind);
  expect(() => scope(call)).toThrow(message);
});

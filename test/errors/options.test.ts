import {
  arange,
  eye,
  full,
  gradcheck,
  gradients,
  init,
  oneHot,
  ones,
  rand,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { Checkpoints, decodeNpy, decodeSafetensors } from "@convgrad/io";
import {
  AvgPool,
  annotate,
  avgPool,
  BatchNorm2D,
  batchNorm2d,
  bce,
  bceWithLogits,
  Conv2D,
  ConvTranspose2D,
  confusionMatrix,
  conv2d,
  convTranspose2d,
  crossEntropy,
  Dense,
  Dropout,
  dropout,
  dropout2d,
  explain,
  Flatten,
  fans,
  GELU,
  GroupNorm,
  gelu,
  globalAvgPool,
  graph,
  groupNorm,
  huber,
  Identity,
  kaimingNormal,
  kaimingUniform,
  LpPool,
  l1,
  leNet5,
  lpPool,
  MaxPool,
  maxPool,
  mse,
  nll,
  precisionRecallF1,
  Residual,
  relu,
  resNet,
  SeparableConv2D,
  sigmoid,
  simpleCnn,
  smoothL1,
  softmax,
  tanh,
  Upsample,
  upsample,
  xavierNormal,
  xavierUniform,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";

// An option that nobody reads is a silent wrong number: `conv2d(x, w, b, { strides: 2 })`, `new MaxPool(2, 2)` and
// `crossEntropy(x, labels, "sum")`, as people write who come from elsewhere.

const x = () => zeros([1, 4, 6, 6]);
const labels = () => tensor(new Int32Array(2));
const p = () => randn([2, 3], { requiresGrad: true });

/** Each function and class with its options as the last argument. */
const CALLS: Readonly<Record<string, (options: never) => unknown>> = {
  conv2d: (o) => conv2d(x(), zeros([2, 4, 3, 3]), null, o),
  Conv2D: (o) => new Conv2D(4, 2, 3, o),
  SeparableConv2D: (o) => new SeparableConv2D(4, 2, 3, o),
  convTranspose2d: (o) => convTranspose2d(x(), zeros([4, 2, 3, 3]), null, o),
  ConvTranspose2D: (o) => new ConvTranspose2D(4, 2, 3, o),
  maxPool: (o) => maxPool(x(), 2, o),
  MaxPool: (o) => new MaxPool(2, o),
  avgPool: (o) => avgPool(x(), 2, o),
  AvgPool: (o) => new AvgPool(2, o),
  lpPool: (o) => lpPool(x(), 2, 2, o),
  LpPool: (o) => new LpPool(2, 2, o),
  upsample: (o) => upsample(x(), o),
  Upsample: (o) => new Upsample(o),
  batchNorm2d: (o) => batchNorm2d(x(), null, null, o),
  BatchNorm2D: (o) => new BatchNorm2D(4, o),
  groupNorm: (o) => groupNorm(x(), 2, null, null, o),
  GroupNorm: (o) => new GroupNorm(2, 4, o),
  gelu: (o) => gelu(x(), o),
  GELU: (o) => new GELU(o),
  dropout: (o) => dropout(x(), 0.5, o),
  dropout2d: (o) => dropout2d(x(), 0.5, o),
  Dense: (o) => new Dense(4, 2, o),
  Flatten: (o) => new Flatten(o),
  Residual: (o) => new Residual(new Identity(), o),
  leNet5: (o) => leNet5(o),
  simpleCnn: (o) => simpleCnn(o),
  resNet: (o) => resNet(8, o),
  crossEntropy: (o) => crossEntropy(p(), labels(), o),
  nll: (o) => nll(p(), labels(), o),
  mse: (o) => mse(p(), p(), o),
  l1: (o) => l1(p(), p(), o),
  huber: (o) => huber(p(), p(), o),
  smoothL1: (o) => smoothL1(p(), p(), o),
  bce: (o) => bce(zeros([2]), zeros([2]), o),
  bceWithLogits: (o) => bceWithLogits(zeros([2]), zeros([2]), o),
  confusionMatrix: (o) => confusionMatrix(p(), labels(), o),
  precisionRecallF1: (o) => precisionRecallF1(eye(2), o),
  kaimingUniform: (o) => kaimingUniform(zeros([2, 2]), o),
  kaimingNormal: (o) => kaimingNormal(zeros([2, 2]), o),
  xavierUniform: (o) => xavierUniform(zeros([2, 2]), o),
  xavierNormal: (o) => xavierNormal(zeros([2, 2]), o),
  fans: (o) => fans(zeros([2, 2]), o),
  graph: (o) => graph(p().sum(), o),
  explain: (o) => explain(new Dense(2, 2).weight, [0, 0], o),
  tensor: (o) => tensor([1], o),
  full: (o) => full([1], 1, o),
  zeros: (o) => zeros([1], o),
  ones: (o) => ones([1], o),
  arange: (o) => arange(0, 3, 1, o),
  eye: (o) => eye(2, o),
  rand: (o) => rand([1], o),
  randn: (o) => randn([1], o),
  oneHot: (o) => oneHot(labels(), 2, o),
  pad: (o) => x().pad([[1, 1]], o),
  windows: (o) => x().windows([2, 2], o),
  backward: (o) => p().sum().backward(undefined, o),
  gradients: (o) => gradients(p().sum(), [], o),
  gradcheck: (o) => gradcheck((y) => y, [p()], o),
  Checkpoints: (o) => new Checkpoints("checkpoints", o),
  decodeSafetensors: (o) => decodeSafetensors(new Uint8Array(), o),
  decodeNpy: (o) => decodeNpy(new Uint8Array(), o),
};

describe.each(Object.entries(CALLS))("the options of %s", (name, call) => {
  it("have the names they have", () => {
    const misspelt = () => call({ nonsense: 1 } as never);
    expect(misspelt).toThrow(ValueError);
    expect(misspelt).toThrow(`${name}: no option "nonsense"; known: `);
  });

  it.each([null, "sum", true, [2, 2], () => 2])("are an object, not %s", (options) => {
    const call1 = () => call(options as never);
    expect(call1).toThrow(ValueError);
    expect(call1).toThrow(/^\w+: the options are .*; pass them by name: \{ \w+: … \}$/);
  });
});

it("of init have the names they have", async () => {
  await expect(init({ nonsense: 1 } as never)).rejects.toThrow(
    'init: no option "nonsense"; known: backend, threads, winograd, relaxed',
  );
});

it("a stride in the place of the options is not lost", () => {
  expect(() => new Conv2D(3, 8, 3, 2 as never)).toThrow(
    "Conv2D: the options are 2; pass them by name: { stride: … }",
  );
});

it.each<[what: string, call: () => unknown, message: string]>([
  [
    "ceilMode",
    () => new MaxPool(2, { ceilMode: "no" as never }),
    'MaxPool: ceilMode is "no"; it must be true or false',
  ],
  [
    "countIncludePad",
    () => avgPool(x(), 2, { countIncludePad: 0 as never }),
    "avgPool: countIncludePad is 0; it must be true or false",
  ],
  [
    "bias of Dense",
    () => new Dense(2, 2, { bias: 1 as never }),
    "Dense: bias is 1; it must be true or false",
  ],
  [
    "labelSmoothing",
    () => crossEntropy(p(), labels(), { labelSmoothing: true as never }),
    "crossEntropy: labelSmoothing true must be a finite number from 0 to 1",
  ],
  [
    "a bias that is false",
    () => conv2d(x(), zeros([2, 4, 3, 3]), false as never),
    "conv2d: the bias b must be a tensor, not false; make one with tensor(values)",
  ],
  [
    "the state as JSON, not as tensors",
    () => new Dense(1, 1).loadStateDict(JSON.parse(JSON.stringify(new Dense(1, 1).stateDict()))),
    "loadStateDict: the entry weight of the state must be a tensor, not an object; make one with tensor(values)",
  ],
  [
    "no state",
    () => new Dense(1, 1).loadStateDict(null as never),
    "loadStateDict: the state is null; pass tensors by name, as stateDict() gives",
  ],
  [
    "options that upsample cannot do without",
    () => upsample(x(), undefined as never),
    "upsample: the options are undefined; pass them by name: { scale: … }",
  ],
  [
    "a note of nothing",
    () => annotate(null as never, null as never),
    "annotate: the result y must be a tensor, not null; make one with tensor(values)",
  ],
  [
    "no note",
    () => annotate(p(), null as never),
    'annotate: the inputs are undefined; pass { operation: "mine", equation: "y = …", inputs: [x] }',
  ],
  [
    "names of a graph",
    () => graph(p().sum(), { names: "model" as never }),
    'graph: names must be a model, or pairs: [["w", w], ["b", b]]',
  ],
])("%s is checked", (_, call, message) => {
  expect(call).toThrow(ValueError);
  expect(call).toThrow(message);
});

/** Each loss with its weight. */
const WEIGHTED: Readonly<Record<string, (weight: never) => Tensor>> = {
  "crossEntropy: the weight": (weight) => crossEntropy(p(), labels(), { weight }),
  "nll: the weight": (weight) => nll(p(), labels(), { weight }),
  "bce: the weight": (weight) => bce(zeros([2]), zeros([2]), { weight }),
  "bceWithLogits: the weight": (weight) => bceWithLogits(zeros([2]), zeros([2]), { weight }),
  "bceWithLogits: the posWeight": (posWeight) =>
    bceWithLogits(zeros([2]), zeros([2]), { posWeight }),
};

describe.each(Object.entries(WEIGHTED))("%s", (what, loss) => {
  it.each([false, 0, Number.NaN, "", true])("is a tensor, not %s", (weight) => {
    expect(() => loss(weight as never)).toThrow(ValueError);
    expect(() => loss(weight as never)).toThrow(`${what} must be a tensor, not `);
  });

  it.each([null, undefined])("may be left out, as %s", (weight) => {
    expect(loss(weight as never).shape).toEqual([]);
  });
});

it.each([null, undefined, 3])("summary and loops of %s say what they need", (shape) => {
  for (const name of ["summary", "toLoops"] as const) {
    const call = () => new Dense(1, 1)[name](shape as never);
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(`${name}: ${shape} is no input; give [C, H, W], [N, C, H, W] or [N, K]`);
  }
});

it.each<[string, (y: Tensor) => unknown]>([
  ["relu", relu],
  ["sigmoid", sigmoid],
  ["tanh", tanh],
  ["softmax", softmax],
  ["globalAvgPool", globalAvgPool],
])("%s of an array says what to do", (name, call) => {
  expect(() => call([1] as never)).toThrow(
    `${name}: the input x must be a tensor, not [1]; make one with tensor(values)`,
  );
});

it("an option that is undefined counts as left out", () => {
  const options = { stride: undefined, bias: undefined } as never;
  expect(String(new Conv2D(3, 8, 3, options))).toBe("Conv2D(3 → 8, 3×3)");
  expect(new Dropout(0.5).forward(x()).shape).toEqual([1, 4, 6, 6]);
});

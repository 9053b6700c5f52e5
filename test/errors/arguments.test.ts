import {
  customOp,
  detectAnomaly,
  eachInScope,
  gradcheck,
  gradients,
  init,
  memory,
  noGrad,
  onGradients,
  randomPermutation,
  reference,
  registerBackend,
  scope,
  setBackend,
  tensor,
  ValueError,
  withBackend,
  zeros,
} from "@convgrad/core";
import { DataLoader, pixels, readIdx, scalePixels } from "@convgrad/data";
import { Identity } from "@convgrad/layers";
import { evaluate, progress } from "@convgrad/train";
import { describe, expect, it } from "vitest";

// What plain JavaScript, or a cast, may hand over in the place of a function, a backend, a switch or a sensible number.

type Case = readonly [call: (wrong: never) => unknown, message: string];

const x = () => tensor([1, 2], { requiresGrad: true });
const op = { name: "mine", forward: () => x(), backward: () => [null] };
const model = new Identity();
const batches = [{ images: zeros([1, 2]), labels: tensor(new Int32Array(1)) }];

/** The error of a call, whether it throws or gives a promise that rejects. */
async function errorOf(call: () => unknown): Promise<Error> {
  try {
    await call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

describe.each<[name: string, ...Case]>([
  ["noGrad", (f) => noGrad(f), "noGrad: fn is 3; it must be a function: noGrad(() => …)"],
  ["scope", (f) => scope(f), "scope: fn is 3; it must be a function: scope(() => …)"],
  [
    "withBackend",
    (f) => withBackend(reference, f),
    "withBackend: fn is 3; it must be a function: withBackend(kernels, () => …)",
  ],
  [
    "detectAnomaly",
    (f) => detectAnomaly(f),
    "detectAnomaly: fn is 3; it must be a function: detectAnomaly(() => …)",
  ],
  ["gradcheck", (f) => gradcheck(f, [x()]), "gradcheck: fn is 3; it must be a function: (x, w)"],
  [
    "onGradient",
    (f) => x().onGradient(f),
    "onGradient: the hook is 3; it must be a function: (g) => …",
  ],
  [
    "onGradients",
    (f) => onGradients([x()], f),
    "onGradients: the hook is 3; it must be a function: (gradients) => …",
  ],
  [
    "eachInScope",
    (f) => eachInScope(f),
    "eachInScope: the source is 3; pass an iterator: list.values(), or what a generator gives",
  ],
  [
    "customOp's forward",
    (forward) => customOp({ ...op, forward }),
    "customOp: forward is 3; it must be a function: (x) => …",
  ],
  [
    "customOp's backward",
    (backward) => customOp({ ...op, backward }),
    "customOp: backward is 3; it must be a function: (g, { inputs, output }) =>",
  ],
  [
    "registerBackend",
    (f) => registerBackend("three", f),
    "registerBackend: the loader is 3; it must be a function: (options) => kernels",
  ],
  [
    "DataLoader's transform",
    (transform) => new DataLoader({ x: zeros([2]) }, { transform }),
    "DataLoader: transform is 3; it must be a function: (batch) => …",
  ],
  [
    "evaluate's loss",
    (loss) => evaluate(model, batches, { loss }),
    "evaluate: loss is 3; it must be a function: (logits, labels) => …",
  ],
  [
    "evaluate's onBatch",
    (onBatch) => evaluate(model, batches, { onBatch }),
    "evaluate: onBatch is 3; it must be a function: (done) => …",
  ],
  [
    "progress's stream",
    (write) => progress({ total: 1, stream: { write } }),
    "progress: the write of stream is 3; it must be a function: process.stderr has one",
  ],
])("what should be a function: %s", (_, call, message) => {
  it("is refused before any work", async () => {
    const before = memory().tensors;
    const error = await errorOf(() => call(3 as never));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toContain(message);
    expect(memory().tensors).toBeLessThanOrEqual(before + 1); // the argument itself
  });
});

describe.each<[name: string, ...Case]>([
  ["sum", (on) => x().sum(0, on), "sum: keepDims is"],
  ["mean", (on) => x().mean(0, on), "mean: keepDims is"],
  ["prod", (on) => x().prod(0, on), "prod: keepDims is"],
  ["max", (on) => x().max(0, on), "max: keepDims is"],
  ["min", (on) => x().min(0, on), "min: keepDims is"],
  ["amax", (on) => x().amax(0, on), "amax: keepDims is"],
  ["amin", (on) => x().amin(0, on), "amin: keepDims is"],
  ["argmax", (on) => x().argmax(0, on), "argmax: keepDims is"],
  ["argmin", (on) => x().argmin(0, on), "argmin: keepDims is"],
  ["variance", (on) => x().variance(0, on), "variance: keepDims is"],
  ["std", (on) => x().std(0, on), "std: keepDims is"],
  ["logSumExp", (on) => x().logSumExp(0, on), "logSumExp: keepDims is"],
  [
    "backward's retainGraph",
    (retainGraph) => x().sum().backward(undefined, { retainGraph }),
    "backward: retainGraph is",
  ],
  [
    "gradients' createGraph",
    (createGraph) => gradients(x().sum(), [], { createGraph }),
    "gradients: createGraph is",
  ],
  [
    "gradcheck's throws",
    (throws) => gradcheck((y) => y, [x()], { throws }),
    "gradcheck: throws is",
  ],
  [
    "tensor's requiresGrad",
    (requiresGrad) => tensor([1], { requiresGrad }),
    "tensor: requiresGrad is",
  ],
  [
    "DataLoader's shuffle",
    (shuffle) => new DataLoader({ x: zeros([2]) }, { shuffle }),
    "DataLoader: shuffle is",
  ],
  [
    "DataLoader's dropLast",
    (dropLast) => new DataLoader({ x: zeros([2]) }, { dropLast }),
    "DataLoader: dropLast is",
  ],
])("the switch %s", (_, call, message) => {
  it.each([
    [1, "1"],
    ["no", '"no"'],
    [null, "null"],
  ])("is not %s", (wrong, shown) => {
    expect(() => call(wrong as never)).toThrow(ValueError);
    expect(() => call(wrong as never)).toThrow(`${message} ${shown}; it must be true or false`);
  });

  it("may be left out", () => {
    expect(() => call(undefined as never)).not.toThrow();
  });
});

it.each<[what: string, call: () => unknown, message: string]>([
  [
    "a permutation that no tensor could hold",
    () => randomPermutation(2 ** 31),
    "randomPermutation: n is 2147483648; it must be a whole number from 0 to 1073741824",
  ],
  [
    "more threads than there are",
    () => init({ threads: 2 ** 31 }),
    "init: threads is 2147483648; it must be a whole number from 1 to 1024",
  ],
  ["no backend", () => setBackend(undefined as never), "setBackend: the backend is undefined; "],
  [
    "a number as backend",
    () => withBackend(3 as never, () => 1),
    "withBackend: the backend is 3; pass its kernels, as createKernels() gives, or select one by name",
  ],
  [
    "a name where kernels are due",
    () => withBackend("reference" as never, () => 1),
    'withBackend: the backend is "reference"; pass its kernels',
  ],
  [
    "a number as name",
    () => registerBackend(3 as never, () => reference),
    'registerBackend: the name is 3; use one of its own, like "mine"',
  ],
  [
    "the name auto",
    () => registerBackend("auto", () => reference),
    'registerBackend: the name is "auto"; use one of its own',
  ],
  ["an operation without a name", () => customOp({} as never), "customOp: name is undefined; it"],
  ["no operation", () => customOp(null as never), "customOp: the options are null; "],
  [
    "inputs that are no list",
    () => gradcheck((y) => y, 3 as never),
    "gradcheck: inputs must be a list of tensors: [a, b]",
  ],
  [
    "a number as result",
    () => gradcheck(() => 3 as never, [x()]),
    "gradcheck: the result of fn must be a tensor, not 3",
  ],
  [
    "a seed that is none",
    () => gradcheck((y) => y, [x()], { seed: 0.5 }),
    "gradcheck: seed is 0.5; it must be a whole number ≥ 0",
  ],
  ["no pixels", () => pixels(3 as never), "pixels: the images must be a tensor, not 3; make one"],
  ...[3, {}, null].map((batch): [string, () => unknown, string] => [
    `the batch ${JSON.stringify(batch)}`,
    () => scalePixels(batch as never),
    "scalePixels: the images of the batch must be a tensor, not undefined; make one",
  ]),
  [
    "a number of bytes",
    () => readIdx(3 as never),
    "readIdx: the bytes are 3; pass a Uint8Array or an ArrayBuffer, as readFile or fetch gives",
  ],
  [
    "no options of readIdx",
    () => readIdx(new Uint8Array(4), null as never),
    "readIdx: the options are null; pass them by name: { name: … }",
  ],
  [
    "a number as name of a file",
    () => readIdx(new Uint8Array(4), { name: 3 as never }),
    "readIdx: name is 3; it must be a text",
  ],
  [
    "no model",
    () => evaluate(null as never, batches),
    "evaluate: the model is null; it must have forward, train and eval, as a Module has",
  ],
  [
    "no batches",
    () => evaluate(model, 3 as never),
    "evaluate: the batches are 3; pass a DataLoader, or a list of { images, labels }",
  ],
  [
    "a loss that gives a number",
    () => evaluate(model, batches, { loss: () => 3 as never }),
    "evaluate: the result of loss must be a tensor, not 3",
  ],
  [
    "no options of evaluate",
    () => evaluate(model, batches, null as never),
    "evaluate: the options are null; pass them by name: { loss: … }",
  ],
  [
    "an option that evaluate has not",
    () => evaluate(model, batches, { device: "gpu" } as never),
    'evaluate: no option "device"; known: loss, metrics, batch, onBatch',
  ],
  [
    "no options of progress",
    () => progress(null as never),
    "progress: the options are null; pass them by name: { total: … }",
  ],
  [
    "a label that is no text",
    () => progress({ total: 1, label: 3 as never }),
    "progress: label is 3; it must be a text",
  ],
])("refuses %s", async (_, call, message) => {
  const error = await errorOf(call);
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toContain(message);
});

it("gradcheck takes an option that is undefined as left out", () => {
  const wrong = customOp({
    name: "wrong",
    forward: (y) => y!.mul(2),
    backward: (g) => [g],
  });
  expect(() => gradcheck(wrong, [x()], { throws: undefined, eps: undefined } as never)).toThrow(
    /the gradient of input 0 at .* by backward/,
  );
});

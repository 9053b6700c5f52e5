import {
  arange,
  ConvgradError,
  concat,
  contract,
  customOp,
  DTypeError,
  dilate,
  eye,
  full,
  GraphError,
  gradcheck,
  gradients,
  init,
  MemoryError,
  manualSeed,
  memory,
  noGrad,
  ones,
  primitives,
  rand,
  randn,
  randomState,
  ShapeError,
  scope,
  setRandomState,
  stack,
  steps,
  type Tensor,
  tensor,
  ValueError,
  where,
  zeros,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

type ErrorClass = new (...args: never[]) => ConvgradError;
type Row = readonly [title: string, attempt: () => unknown, message: string];

const x23: Tensor = ones([2, 3]);
const x45: Tensor = ones([4, 5]);
const scalar: Tensor = ones([]);
const vector: Tensor = ones([3]);
const twoRows: Tensor = ones([2, 1, 3]);
const threeColumns: Tensor = ones([3, 3, 1]);
const empty: Tensor = ones([2, 0]);
const int = tensor([1, 2], { dtype: "int32" });
const bytes = tensor([1, 2], { dtype: "uint8" });
const wide = tensor([1, 2], { dtype: "float64" });
const leaf = tensor([1, 2], { requiresGrad: true });
const computed = leaf.mul(2);
let released = scalar;
scope(() => {
  released = tensor([1]);
});
const freed = leaf.exp().sum();
freed.backward();
const modified = leaf.add(1).exp();
const modifiedLoss = modified.sum();
noGrad(() => modified.assign(0));

const untyped = (value: unknown) => value as never;

const shapes: readonly Row[] = [
  [
    "full",
    () => full([2, -1], 0),
    "full: [2, -1] is no shape: axis 1 has size -1; sizes are whole numbers ≥ 0",
  ],
  ["zeros", () => zeros([1.5]), "[1.5] is no shape: axis 0 has size 1.5"],
  ["eye", () => eye(-2), "eye: [-2, -2] is no shape"],
  ["rand", () => rand([Number.NaN]), "rand: [NaN] is no shape"],
  [
    "tensor",
    () => tensor([1, 2, 3], { shape: [2, 2] }),
    "tensor: 3 values do not fill shape [2, 2] (4 elements)",
  ],
  [
    "tensor",
    () => tensor([1, 2, 3], { shape: [-1, 2] }),
    "tensor: 3 values do not fill shape [-1, 2]",
  ],
  [
    "tensor",
    () => tensor([[1, 2], [3]]),
    "tensor: ragged values: entry 0 has shape [2], entry 1 has [1]",
  ],
  [
    "tensor",
    () => tensor([1, [2]]),
    "tensor: ragged values: entry 0 has shape [], entry 1 has [1]",
  ],
  ["sum", () => x23.sum(2), "sum: axis 2 does not exist in a tensor of rank 2; use -2 to 1"],
  ["mean", () => x23.mean(-3), "mean: axis -3 does not exist"],
  ["argmax", () => x23.argmax(0.5), "argmax: axis 0.5 does not exist"],
  ["sum", () => x23.sum([0, -2]), "sum: axes [0, -2] name an axis twice"],
  [
    "add",
    () => x23.add(x45),
    "add: shapes [2, 3] and [4, 5] do not broadcast (2 ≠ 4 at axis -2); reshape or unsqueeze one",
  ],
  [
    "where",
    () => where(bytes, x23, 0),
    "where: shapes [2] and [2, 3] do not broadcast (2 ≠ 3 at axis -1)",
  ],
  [
    "broadcastTo",
    () => x23.broadcastTo([3, 3]),
    "broadcastTo: [2, 3] does not broadcast to [3, 3]; aligned at the right, each size must be equal or 1",
  ],
  ["broadcastTo", () => x23.broadcastTo([3]), "broadcastTo: [2, 3] does not broadcast to [3]"],
  ["reshape", () => x23.reshape([4]), "reshape: [2, 3] has 6 elements, [4] wants 4"],
  [
    "reshape",
    () => x23.reshape([4, -1]),
    "reshape: [2, 3] has 6 elements, [4, -1] wants a multiple of 4",
  ],
  ["reshape", () => x23.reshape([-1, -1]), "reshape: [2, 3] has 6 elements"],
  ["reshape", () => empty.reshape([-1, 0]), "reshape: [2, 0] has 0 elements"],
  [
    "permute",
    () => x23.permute([0, 0]),
    "permute: [0, 0] is no order of the 2 axes of [2, 3]; name each axis once",
  ],
  ["permute", () => x23.permute([1]), "permute: [1] is no order of the 2 axes"],
  [
    "transpose",
    () => vector.transpose(),
    "transpose: axis -2 does not exist in a tensor of rank 1",
  ],
  ["squeeze", () => x23.squeeze(1), "squeeze: axis 1 of [2, 3] has size 3, not 1"],
  ["unsqueeze", () => x23.unsqueeze(4), "unsqueeze: axis 4 does not exist in a tensor of rank 3"],
  ["flip", () => x23.flip(2), "flip: axis 2 does not exist"],
  ["flatten", () => x23.flatten(2), "flatten: axis 2 does not exist"],
  ["slice", () => x23.slice([0, 0, 0]), "slice: more bounds than the 2 axes of [2, 3]"],
  [
    "slice",
    () => x23.slice([0.5]),
    "slice: bounds are whole numbers or null, steps whole numbers ≥ 1; flip() reverses",
  ],
  ["slice", () => x23.slice([0], [2], [-1]), "steps whole numbers ≥ 1; flip() reverses an axis"],
  ["slice", () => x23.slice([Number.NaN]), "slice: bounds are whole numbers"],
  [
    "pad",
    () => x23.pad([[1, -1]]),
    "pad: [[1,-1]] must be at most 2 pairs of whole numbers ≥ 0; slice() takes cells away",
  ],
  [
    "pad",
    () =>
      x23.pad([
        [0, 0],
        [0, 0],
        [1, 1],
      ]),
    "must be at most 2 pairs",
  ],
  ["dilate", () => dilate(x23, [1]), "dilate: [1] must be a whole number ≥ 0 per axis of [2, 3]"],
  ["concat", () => concat([]), "concat: needs at least one tensor"],
  ["concat", () => concat([x23, x45]), "concat: [2, 3] and [4, 5] differ on an axis other than 0"],
  ["concat", () => concat([x23, vector]), "concat: [2, 3] and [3] differ"],
  ["concat", () => concat([scalar, scalar]), "concat: axis 0 does not exist in a tensor of rank 0"],
  ["stack", () => stack([x23, x45]), "stack: shapes [2, 3] and [4, 5] differ"],
  [
    "windows",
    () => x23.windows([3, 1]),
    "windows: a window of 3 cells does not fit axis 0 of [2, 3] (2 − 3 < 0); pad the axis or use a smaller kernel",
  ],
  [
    "windows",
    () => x23.windows([2], { dilation: 3 }),
    "windows: a window of 4 cells does not fit axis 1 of [2, 3] (3 − 4 < 0)",
  ],
  [
    "windows",
    () => x23.windows([1, 1, 1]),
    "windows: kernel [1, 1, 1], stride [1, 1, 1] and dilation [1, 1, 1] must be equally many whole numbers ≥ 1, at most one per axis of [2, 3]",
  ],
  ["windows", () => x23.windows([0]), "windows: kernel [0]"],
  [
    "windows",
    () => x23.windows([1, 1], { stride: [1] }),
    "kernel [1, 1], stride [1] and dilation [1, 1] must be equally many",
  ],
  [
    "matmul",
    () => x23.matmul(x45),
    "matmul: inner sizes differ: [2, 3] × [4, 5] (3 ≠ 4); transpose one operand?",
  ],
  ["matmul", () => x23.matmul(scalar), "matmul: inner sizes differ: [2, 3] × [] (3 ≠ scalar)"],
  ["matmul", () => twoRows.matmul(threeColumns), "matmul: shapes [2] and [3] do not broadcast"],
  [
    "contract",
    () => contract("mk kn", x23, x45),
    'contract: "mk kn" is no contraction; write it like "mk, kn -> mn"',
  ],
  [
    "contract",
    () => contract("kk, kn -> n", x23, x45),
    'contract: "kk" in "kk, kn -> n" repeats a letter; name each axis once',
  ],
  [
    "contract",
    () => contract("mk, kn -> mz", x23, x45),
    'contract: "z" in "mk, kn -> mz" belongs to no operand',
  ],
  [
    "contract",
    () => contract("mk, kn -> mn", x23, x45),
    'contract: letter "k" is 3 in a [2, 3] and 4 in b [4, 5] ("mk, kn -> mn"); transpose or reshape one operand',
  ],
  [
    "contract",
    () => contract("k, kn -> kn", x23, x45),
    'contract: "k" names 1 axes but operand a is [2, 3]',
  ],
  ["max", () => empty.max(1), "max: an axis of [2, 0] is empty, and nothing has no maximum"],
  ["min", () => empty.min(), "an axis of [2, 0] is empty"],
  ["argmax", () => empty.argmax(1), "argmax: an axis of [2, 0] is empty"],
  [
    "gather",
    () => x23.gather(1, int),
    "gather: x [2, 3] and index [2] must have equal sizes on all axes but 1",
  ],
  [
    "scatterAdd",
    () => primitives.scatterAdd(x23, int, { axis: 0, size: 2 }),
    "scatterAdd: x [2, 3] and index [2] must have equal sizes on all axes",
  ],
  ["item", () => x23.item(), "item: [2, 3] has 6 elements, not 1; use toArray()"],
  ["assign", () => vector.assign(x23), "assign: [2, 3] does not fit [3]"],
  ["backward", () => computed.backward(x23), "backward: the gradient is [2, 3], the result [2]"],
  [
    "the primitive add",
    () => primitives.add(x23, x45),
    "add: the primitive wants equal shapes, not [2, 3] and [4, 5]",
  ],
];

const dtypes: readonly Row[] = [
  ["tensor", () => tensor(untyped([true])), "tensor: holds numbers, not true"],
  ["tensor", () => tensor(untyped([null])), "tensor: holds numbers, not null"],
  ["tensor", () => tensor(untyped("12")), 'tensor: holds numbers, not "12"'],
  [
    "tensor",
    () => tensor(untyped(new Int16Array(2))),
    "tensor: holds numbers, not Int16Array; nested arrays, or a Float32Array, Float64Array, Int32Array or Uint8Array",
  ],
  [
    "tensor",
    () => tensor([1], { dtype: untyped("int64") }),
    'tensor: "int64" is no dtype; use float32, float64, int32, uint8',
  ],
  ["ones", () => ones([1], { dtype: untyped("toString") }), '"toString" is no dtype'],
  ["arange", () => arange(3, 4, 1, { dtype: untyped("bool") }), '"bool" is no dtype'],
  ["to", () => x23.to(untyped("half")), 'to: "half" is no dtype'],
  [
    "tensor",
    () => tensor([1], { dtype: "int32", requiresGrad: true }),
    'requiresGrad: int32 has no gradients; convert with .to("float32")',
  ],
  [
    "zeros",
    () => zeros([1], { dtype: "uint8", requiresGrad: true }),
    "requiresGrad: uint8 has no gradients",
  ],
  [
    "requiresGrad",
    () => {
      int.requiresGrad = true;
    },
    "requiresGrad: int32 has no gradients",
  ],
  ["randn", () => randn([2], { dtype: "int32" }), "randn: draws float32 or float64, not int32"],
  [
    "add",
    () => leaf.add(wide),
    'add: float32 and float64 do not mix; convert one of them with .to("float64"), a whole model with model.to("float64")',
  ],
  ["concat", () => concat([leaf, int]), "concat: float32 and int32 do not mix"],
  ["matmul", () => leaf.matmul(wide), "contract: float32 and float64 do not mix"],
  ["exp", () => int.exp(), 'exp: needs float32 or float64, not int32; convert with .to("float32")'],
  ["div", () => int.div(int), "div: needs float32 or float64, not int32"],
  ["pow", () => bytes.pow(bytes), "pow: needs float32 or float64, not uint8"],
  [
    "where",
    () => leaf.where(int, leaf),
    'where: the condition must be uint8, not int32; convert with .to("uint8")',
  ],
  ["gather", () => leaf.gather(0, leaf), "gather: the index must be int32, not float32"],
  [
    "a fraction beside integers",
    () => int.mul(0.5),
    'mul: 0.5 is not of type int32; convert the tensor, for example with .to("float32")',
  ],
  ["a number beyond bytes", () => bytes.equal(-1), "equal: -1 is not of type uint8"],
  [
    "backward",
    () => computed.backward(wide),
    'backward: the gradient must be float32, not float64; convert with .to("float32")',
  ],
];

const graph: readonly Row[] = [
  [
    "a released tensor",
    () => released.toArray(),
    "read: this float32 tensor of 1 elements was released at the end of scope(); wrap it in keep(tensor) or return it from scope(fn)",
  ],
  [
    "backward",
    () => x23.sum().backward(),
    "backward: the result [] does not depend on any tensor with requiresGrad, or was computed under noGrad; set requiresGrad on the parameters",
  ],
  [
    "backward",
    () => computed.backward(),
    "backward: the result is [2], not a scalar; reduce it with sum() or mean(), or pass the gradient of the result",
  ],
  [
    "backward",
    () => freed.backward(),
    "freed by an earlier backward pass; pass { retainGraph: true } to the earlier one",
  ],
  [
    "backward",
    () => modifiedLoss.backward(),
    "backward: a value that exp saved, [2], was modified in place afterwards (version 1, saved 0); run backward before modifying it, or clone() it",
  ],
  ["gradients", () => gradients(freed, [leaf]), "gradients: the graph behind"],
  ["gradients", () => gradients(computed, [leaf]), "gradients: the result is [2], not a scalar"],
  [
    "gradients",
    () => gradients(leaf.slice([0], [1]), [leaf, x23]),
    "gradients: xs[1] [2, 3] does not require a gradient",
  ],
  [
    "noGrad",
    () => noGrad(async () => {}),
    "noGrad: fn is async; wrap only its synchronous parts: await … then noGrad(() => …)",
  ],
  [
    "requiresGrad",
    () => {
      computed.requiresGrad = false;
    },
    "requiresGrad: only a leaf can stop requiring a gradient; use detach() on computed tensors",
  ],
  [
    "assign",
    () => leaf.assign(0),
    "assign: the tensor requires a gradient; wrap the update: noGrad(() => x.assign(values))",
  ],
  ["gradcheck", () => gradcheck((x) => x!.detach(), [leaf]), "is 0 by backward but "],
];

const values: readonly Row[] = [
  [
    "arange",
    () => arange(0, 3, 0),
    "arange: cannot count from 0 to 3 in steps of 0; all must be finite, step ≠ 0",
  ],
  [
    "arange",
    () => arange(Number.POSITIVE_INFINITY),
    "arange: cannot count from 0 to Infinity in steps of 1",
  ],
  ["manualSeed", () => manualSeed(-1), "manualSeed: seed is -1; it must be a whole number ≥ 0"],
  ["manualSeed", () => manualSeed(0.5), "manualSeed: seed is 0.5"],
  ["setRandomState", () => setRandomState({ seed: Number.NaN, stream: 3 }), "seed is NaN"],
  ["steps", () => [...steps(-1)], "steps: n is -1; it must be a whole number ≥ 0"],
  [
    "gradcheck",
    () => gradcheck((x) => x!, [leaf], { eps: 0 }),
    "gradcheck: eps is 0; use a small number > 0",
  ],
];

function refused(kind: ErrorClass, [, attempt, message]: Row): ConvgradError {
  const before = memory();
  const state = randomState();
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toContain(message);
    expect((error as Error).name).toBe(kind.name);
    // No result was begun; a constant beside an operand is the most that waits for the collector.
    expect(memory().bytes - before.bytes).toBeLessThanOrEqual(8);
    expect(randomState()).toEqual(state);
    return error as ConvgradError;
  }
  return expect.fail("nothing was thrown");
}

describe.each([
  { kind: ShapeError, rows: shapes },
  { kind: DTypeError, rows: dtypes },
  { kind: GraphError, rows: graph },
  { kind: ValueError, rows: values },
])("$kind.name tells the operation, the values and the remedy", ({ kind, rows }) => {
  it.each(rows.map((row) => [row[0], row[2], row] as const))("%s: %s", (_title, _message, row) => {
    refused(kind, row);
  });
});

describe("errors", () => {
  it("have machine-readable fields", () => {
    const error = refused(ShapeError, ["matmul", () => x23.matmul(x45), "matmul"]);
    expect(error).toBeInstanceOf(ConvgradError);
    expect(error.operation).toBe("matmul");
    expect(error.details).toEqual({ a: [2, 3], b: [4, 5] });
  });

  it("leave operands, gradients and recording as they were", () => {
    const [w, y] = [tensor([1, 2], { requiresGrad: true }), tensor([3, 4])];
    for (const attempt of [
      () => w.add(ones([3])),
      () => noGrad(() => w.assign(ones([3]))),
      () => w.mul(2).backward(),
      () => y.assign(ones([3])),
    ])
      expect(attempt).toThrow(ConvgradError);
    expect([w.toArray(), y.toArray(), w.grad]).toEqual([[1, 2], [3, 4], null]);
    expect(w.mul(2).requiresGrad).toBe(true);
  });

  it("tell an index out of range, with the range", () => {
    const pick = (i: number) => tensor([i], { dtype: "int32" });
    expect(() => leaf.gather(0, pick(2))).toThrow(ValueError);
    expect(() => leaf.gather(0, pick(2))).toThrow(
      "gather: index 2 is out of range; axis 0 has 2 elements, 0 to 1",
    );
    expect(() =>
      primitives.scatterAdd(leaf, tensor([0, -1], { dtype: "int32" }), { axis: 0, size: 5 }),
    ).toThrow("scatterAdd: index -1 is out of range; axis 0 has 5 elements, 0 to 4");
  });

  it("tell that there is no memory left", () => {
    const huge = () => zeros([2 ** 26, 2 ** 26]);
    const error = refused(MemoryError, ["zeros", huge, "allocate: no memory for 4503599627370496"]);
    expect(error.details).toEqual({ dtype: "float32", length: 2 ** 52 });
  });

  it("tell a saved value that went with its scope", () => {
    let loss: Tensor = scalar;
    scope(() => {
      loss = leaf.exp().sum();
    });
    expect(() => loss.backward()).toThrow(GraphError);
    expect(() => loss.backward()).toThrow(
      /a value that exp saved, \[2\], was released with its scope; call backward\(\) inside the scope, or return/,
    );
  });

  it("tell a backward of a custom operation that does not fit", () => {
    const wrong = (gradients: readonly Tensor[]) =>
      customOp({ name: "mine", forward: (x) => x!.mul(2), backward: () => gradients });
    expect(() => wrong([])(leaf).sum().backward()).toThrow(
      "mine: its backward gave 0 gradients for 1 inputs; return a list of one each, or null",
    );
    expect(() => wrong([x23])(leaf).sum().backward()).toThrow(
      "mine: its backward gave a gradient of shape [2, 3] for input 0 of shape [2]; they must be equal",
    );
  });

  it("tell a backend that nobody registered", async () => {
    await expect(init({ backend: "abacus" })).rejects.toThrow(ValueError);
    await expect(init({ backend: "abacus" })).rejects.toThrow(
      'init: no backend "abacus"; registered: reference',
    );
  });
});

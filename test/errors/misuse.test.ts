import {
  arange,
  concat,
  contract,
  customOp,
  DTypeError,
  definePrimitive,
  eye,
  full,
  GraphError,
  gradcheck,
  gradients,
  keep,
  MemoryError,
  memory,
  noGrad,
  ones,
  onGradients,
  type Primitive,
  primitives,
  ShapeError,
  scope,
  setRandomState,
  stack,
  steps,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

// What plain JavaScript lets through: no raw TypeError, no silent wrong number.

const untyped = (value: unknown) => value as never;
const x = () =>
  tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { requiresGrad: true },
  );

const wrongly = (gradients: unknown) =>
  customOp({ name: "mine", forward: (a) => a!.mul(2), backward: () => untyped(gradients) });

type Case = [
  what: string,
  call: () => unknown,
  kind: new (...args: never[]) => Error,
  message: RegExp,
];

it.each<Case>([
  [
    "a string as an operand",
    () => x().add(untyped("1")),
    ValueError,
    /add: the other operand must be a tensor, not "1"; make one with tensor\(values\)/,
  ],
  ["null as an operand", () => x().mul(untyped(null)), ValueError, /not null/],
  ["an array as an operand", () => x().div(untyped([1, 2])), ValueError, /not \[1,2\]/],
  [
    "concat without a list",
    () => concat(untyped(x())),
    ValueError,
    /concat: tensors must be a list of tensors: \[a, b\]/,
  ],
  [
    "stack with a number",
    () => stack(untyped([x(), 3])),
    ValueError,
    /stack: the entry of tensors must be a tensor, not 3/,
  ],
  [
    "gradients of a number",
    () => gradients(x().sum(), untyped([3])),
    ValueError,
    /gradients: the entry of xs must be a tensor, not 3/,
  ],
  [
    "gradients of one tensor without a list",
    () => gradients(x().sum(), untyped(x())),
    ValueError,
    /gradients: xs must be a list of tensors/,
  ],
  [
    "hooks on nothing",
    () => onGradients(untyped(null), () => {}),
    ValueError,
    /onGradients: xs must be a list of tensors/,
  ],
  [
    "padding by a number",
    () => x().pad(untyped(1)),
    ShapeError,
    /pad: 1 must be at most 2 pairs of whole numbers ≥ 0/,
  ],
  [
    "padding by a list of numbers",
    () => x().pad(untyped([1, 1])),
    ShapeError,
    /pad: \[1,1\] must be at most 2 pairs/,
  ],
  [
    "padding with a string",
    () => x().pad([[1, 1]], untyped("3")),
    ValueError,
    /pad: the options are "3"; pass them by name: \{ mode: … \}/,
  ],
  [
    "windows of a number",
    () => x().windows(untyped(2)),
    ShapeError,
    /windows: the kernel must be a list like \[2, 3\], not 2/,
  ],
  ...[undefined, x(), 3].map(
    (gradients): Case => [
      "a custom backward that returns no list",
      () => wrongly(gradients)(x()).sum().backward(),
      GraphError,
      /mine: its backward gave .* gradients for 1 inputs; return a list of one each, or null/,
    ],
  ),
  [
    "a custom backward that returns numbers",
    () => wrongly([3])(x()).sum().backward(),
    ValueError,
    /mine: the gradient of input 0 must be a tensor, not 3/,
  ],
  [
    "a custom operation on a number",
    () => wrongly([null])(untyped(3)),
    ValueError,
    /mine: the entry of inputs must be a tensor, not 3/,
  ],
  [
    "matmul with a number",
    () => x().matmul(untyped(3)),
    ValueError,
    /matmul: the other operand must be a tensor, not 3/,
  ],
  [
    "contract with an array",
    () => contract("a, a -> a", untyped([1]), ones([1])),
    ValueError,
    /contract: the operand a must be a tensor/,
  ],
  [
    "concat of numbers",
    () => concat(untyped([1, 2])),
    ValueError,
    /concat: the entry of tensors must be a tensor, not 1/,
  ],
  [
    "assign of an array",
    () => zeros([1]).assign(untyped([1])),
    ValueError,
    /assign: the source must be a tensor/,
  ],
  [
    "where with an array",
    () => x().where(untyped([1]), 0),
    ValueError,
    /where: the condition must be a tensor/,
  ],
  [
    "gather with numbers",
    () => x().gather(0, untyped([0])),
    ValueError,
    /gather: the index must be a tensor/,
  ],
  [
    "keep of a function",
    () => keep(untyped(() => x())),
    ValueError,
    /keep: the argument must be a tensor/,
  ],
  [
    "a size instead of a shape",
    () => zeros(untyped(3)),
    ShapeError,
    /zeros: the shape must be a list like \[2, 3\], not 3/,
  ],
  ["no shape", () => ones(untyped(undefined)), ShapeError, /not undefined/],
  [
    "reshape with numbers",
    () => x().reshape(untyped(4)),
    ShapeError,
    /reshape: the shape must be a list/,
  ],
  ["two unknown sizes", () => x().reshape([-1, -1]), ShapeError, /wants one −1 at most/],
  [
    "axes in an object",
    () => x().sum(untyped({ axis: 0 })),
    ShapeError,
    /sum: the axes must be a list/,
  ],
  [
    "options instead of a gradient",
    () =>
      x()
        .sum()
        .backward(untyped({ retainGraph: true })),
    ValueError,
    /backward: the gradient must be a tensor/,
  ],
  [
    "gradients by one tensor",
    () => gradients(x().sum(), untyped(x())),
    ValueError,
    /xs must be a list of tensors/,
  ],
  [
    "holes in an array",
    () => tensor(new Array<number>(3)),
    DTypeError,
    /holds numbers, not undefined/,
  ],
  [
    "canvas pixels",
    () => tensor(untyped(new Uint8ClampedArray(4))),
    DTypeError,
    /not Uint8ClampedArray; nested arrays, or a Float32Array/,
  ],
  [
    "a fraction in an integer tensor",
    () => full([2], 1.5, { dtype: "int32" }),
    DTypeError,
    /full: 1.5 is not of type int32/,
  ],
  [
    "a fraction assigned to integers",
    () => zeros([2], { dtype: "uint8" }).assign(-1),
    DTypeError,
    /assign: -1 is not of type uint8/,
  ],
  [
    "more numbers than memory",
    () => arange(1e12),
    MemoryError,
    /no memory for 1000000000000 elements/,
  ],
  ["a matrix larger than memory", () => eye(1e6), MemoryError, /no memory for 1000000000000/],
  ["gradcheck of nothing", () => gradcheck((a) => a, []), ValueError, /no float input/],
  [
    "gradcheck by labels",
    () => gradcheck((a) => a.to("float64"), [tensor(Int32Array.of(1))]),
    ValueError,
    /no float input/,
  ],
  [
    "gradcheck to third order",
    () => gradcheck((a) => a, [ones([1])], { order: untyped(3) }),
    ValueError,
    /order is 3; it must be 1 or 2/,
  ],
  [
    "a fractional stream",
    () => setRandomState({ seed: 1, stream: -3.5 }),
    ValueError,
    /stream is -3.5/,
  ],
  ["a step count as text", () => [...steps(untyped("3"))], ValueError, /n is "3"/],
  [
    "windows as a destination",
    () => zeros([4]).windows([2]).assign(1),
    GraphError,
    /repeats cells/,
  ],
  [
    "a gradient of another shape",
    () => {
      x().grad = zeros([2]);
    },
    ShapeError,
    /grad: the gradient is \[2\], the tensor \[2, 2\]/,
  ],
  [
    "a gradient of another type",
    () => {
      x().grad = zeros([2, 2], { dtype: "int32" });
    },
    DTypeError,
    /grad: the gradient must be float32, not int32/,
  ],
  [
    "a custom operation without a result",
    () => customOp({ name: "none", forward: untyped(() => 3), backward: () => [] })(x()),
    ValueError,
    /none: the result of its forward must be a tensor, not 3/,
  ],
])("refuses %s", (_, call, kind, message) => {
  const before = memory().tensors;
  expect(() => scope(call)).toThrow(kind);
  expect(() => scope(call)).toThrow(message);
  expect(memory().tensors).toBe(before);
});

describe("what looks harmless", () => {
  it("a shape array changed afterwards changes no tensor", () => {
    const shape = [1, 4];
    const tensors = [
      tensor([1, 2, 3, 4], { shape }),
      arange(4).reshape(shape),
      ones([1, 1]).broadcastTo(shape),
      zeros(shape),
    ];
    shape[0] = 3;
    for (const t of tensors) expect(t.shape).toEqual([1, 4]);
  });

  it("grad = undefined is grad = null", () => {
    const w = x();
    Object.assign(w, { grad: undefined });
    w.sum().backward();
    expect(w.grad!.toArray()).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("a custom operation with an integer result has no gradient", () => {
    const rounded = customOp({
      name: "rounded",
      forward: (a) => a.to("int32"),
      backward: (g) => [g],
    });
    expect(rounded(x()).requiresGrad).toBe(false);
  });

  it("a primitive's rule that reads a saved value too late is told so", () => {
    const late: Primitive<[a: Tensor]> = definePrimitive<[Tensor]>({
      name: "late",
      shape: ([a]) => a.shape,
      forward: (kernels, [a], out) => kernels.map("abs", a, out),
      vjp: [(saved) => (g) => primitives.mul(g, saved.a)],
    });
    expect(() => late(x()).sum().backward()).toThrow(
      /late: its rule reads a saved tensor during the backward pass/,
    );
  });

  it("a gradient survives the loop, however it came about", () => {
    const w = keep(tensor([3], { requiresGrad: true }));
    for (const step of steps(2)) {
      w.mul(w)
        .sum()
        .backward(undefined, { createGraph: step === 0 });
      w.grad = noGrad(() => w.grad!.mul(0.5));
    }
    expect(w.grad!.item()).toBe(4.5);
  });

  it("a gradient of the user's own lives on when it is replaced in a scope", () => {
    const w = tensor([3, 4], { requiresGrad: true });
    const mine = ones([2]);
    scope(() => {
      w.grad = mine;
      w.grad = null;
    });
    expect(mine.toArray()).toEqual([1, 1]);
  });
});

import { DeferredContraction } from "../deferred.ts";
import { floatDType, requireDType, sharedDType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { Kernels, MapOp, ZipOp } from "../kernels.ts";
import { definePrimitive, type Primitive, type Saved, uses, type Vjp } from "../primitive.ts";
import { formatShape, type Shape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { constant } from "./constant.ts";

type Unary = Primitive<[x: Tensor]>;
type Binary = Primitive<[a: Tensor, b: Tensor]>;
type Rule = Vjp<void>;
/** As in `definePrimitive`. */
type Defer<I extends readonly Tensor[]> = (
  kernels: Kernels,
  inputs: I,
) => DeferredContraction | null;

/** `pull` gives the gradient of the input from that of the output and what it needs of what is saved. */
function unary<K extends "a" | "y" | "shapes">(
  name: MapOp,
  needs: K,
  pull: ((g: Tensor, value: Saved<void>[K]) => Tensor) | null,
  { anyType = false, defer }: { anyType?: boolean; defer?: Defer<[Tensor]> } = {},
): Unary {
  return definePrimitive<[Tensor]>({
    name,
    ...(defer && { defer }),
    ...(anyType ? {} : { dtype: floatDType(name) }),
    shape: ([x]) => x.shape,
    forward: (kernels, [x], out) => kernels.map(name, x, out),
    vjp: [pull && uses(needs, pull)],
  });
}

function binary(
  name: ZipOp,
  vjp: readonly Rule[],
  dtype = sharedDType(name),
  defer?: Defer<[Tensor, Tensor]>,
): Binary {
  return definePrimitive<[Tensor, Tensor]>({
    name,
    ...(defer && { defer }),
    dtype,
    shape: (inputs) => equalShape(name, inputs),
    forward: (kernels, [a, b], out) => kernels.zip(name, a, b, out),
    vjp,
  });
}

/** A comparison: 1 where it holds, 0 elsewhere, as uint8; no gradient. */
function comparison(name: ZipOp): Binary {
  const shared = sharedDType(name);
  return binary(name, [null, null], (inputs) => {
    shared(inputs);
    return "uint8";
  });
}

function equalShape(name: string, inputs: readonly Tensor[]): Shape {
  const { shape } = inputs[0]!;
  const other = inputs.find((x) => !sameShape(x.shape, shape));
  if (other) {
    throw new ShapeError(
      name,
      `the primitive wants equal shapes, not ${formatShape(shape)} and ${formatShape(other.shape)}`,
    );
  }
  return shape;
}

/** y = −x.  ∂x = −g */
export const neg: Unary = unary("neg", "shapes", (g) => neg(g), { anyType: true });

/** y = |x|.  ∂x = g·sign(x), and sign(0) = 0 */
export const abs: Unary = unary("abs", "a", (g, x) => mul(g, sign(x)), { anyType: true });

/** y = −1, 0 or 1.  ∂x = 0 */
export const sign: Unary = unary("sign", "shapes", null, { anyType: true });

/** y = eˣ.  ∂x = g·y */
export const exp: Unary = unary("exp", "y", (g, y) => mul(g, y));

/** y = ln x.  ∂x = g/x */
export const log: Unary = unary("log", "a", (g, x) => div(g, x));

/** y = √x.  ∂x = g/(2y) */
export const sqrt: Unary = unary("sqrt", "y", (g, y) => div(g, add(y, y)));

/** y = tanh x.  ∂x = g·(1 − y²) */
export const tanh: Unary = unary("tanh", "y", (g, y) => sub(g, mul(g, mul(y, y))));

/** y = 1/(1 + e⁻ˣ).  ∂x = g·y·(1 − y) */
export const sigmoid: Unary = unary("sigmoid", "y", (g, y) => mul(g, sub(y, mul(y, y))));

/** y = max(0, x).  ∂x = g where y ≠ 0: relu'(0) = 0, as PyTorch; NaN stays NaN */
export const relu: Unary = unary("relu", "y", (g, y) => gate(g, y), {
  defer: (kernels, [x]) => DeferredContraction.behind(kernels, x)?.relu() ?? null,
});

/** y = sin x.  ∂x = g·cos x */
export const sin: Unary = unary("sin", "a", (g, x) => mul(g, cos(x)));

/** y = cos x.  ∂x = −g·sin x */
export const cos: Unary = unary("cos", "a", (g, x) => neg(mul(g, sin(x))));

/** y = erf x = 2/√π ∫₀ˣ e^(−t²) dt.  ∂x = g·2/√π·e^(−x²) */
export const erf: Unary = unary("erf", "a", (g, x) => {
  const slope = constant(2 / Math.sqrt(Math.PI), x);
  return mul(g, mul(slope, exp(neg(mul(x, x)))));
});

/** y = a where b ≠ 0 (NaN is), else 0.  ∂a = g where b ≠ 0; b has no gradient, being a condition */
export const gate: Binary = binary("gate", [uses("b", (g, b) => gate(g, b)), null]);

/** y = a + b.  ∂a = ∂b = g */
export const add: Binary = binary(
  "add",
  [() => (g) => g, () => (g) => g],
  sharedDType("add"),
  (kernels, [a, b]) =>
    DeferredContraction.behind(kernels, a)?.plus(kernels, b) ??
    DeferredContraction.behind(kernels, b)?.plus(kernels, a) ??
    null,
);

/** y = a − b.  ∂a = g, ∂b = −g */
export const sub: Binary = binary("sub", [() => (g) => g, () => (g) => neg(g)]);

/** y = a·b.  ∂a = g·b, ∂b = g·a */
export const mul: Binary = binary("mul", [
  uses("b", (g, b) => mul(g, b)),
  uses("a", (g, a) => mul(g, a)),
]);

/** y = a/b.  ∂a = g/b, ∂b = −g·y/b */
export const div: Binary = binary(
  "div",
  [
    uses("b", (g, b) => div(g, b)),
    ({ b, y }) =>
      (g) =>
        neg(div(mul(g, y), b)),
  ],
  floatDType("div"),
);

/** y = aᵇ.  ∂a = g·b·aᵇ⁻¹ (0 where a = b = 0), ∂b = g·y·ln a (0 where a = 0 and b ≥ 0), as PyTorch */
export const pow: Binary = binary(
  "pow",
  [
    ({ a, b }) =>
      (g) => {
        // 0·0⁻¹ is NaN, so there the power is taken of 1 instead; a mask on b = 0 alone would hide ∂²y/∂a∂b.
        const isZero = where(equal(b, constant(0, b)), equal(a, constant(0, a)), greater(a, a));
        const base = where(isZero, constant(1, a), a);
        return mul(g, mul(b, pow(base, sub(b, constant(1, b)))));
      },
    ({ a, b, y }) =>
      (g) => {
        // Where the limit of y·ln a is 0 the logarithm is taken of 1 instead, or the second derivative is 0·∞.
        const isZero = where(greater(constant(0, b), b), greater(a, a), equal(a, constant(0, a)));
        return where(isZero, constant(0, g), mul(g, mul(y, log(where(isZero, constant(1, a), a)))));
      },
  ],
  floatDType("pow"),
);

/** y = max(a, b).  A tie gives each half of g, as PyTorch */
export const maximum: Binary = binary("maximum", [wins("a", "b"), wins("b", "a")]);

/** y = min(a, b).  A tie gives each half of g, as PyTorch */
export const minimum: Binary = binary("minimum", [wins("b", "a"), wins("a", "b")]);

/** ∂ = g where the first of two inputs is greater, ½·g where they are equal, else 0. */
function wins(first: "a" | "b", second: "a" | "b"): Rule {
  return ({ [first]: a, [second]: b }) => {
    const tie = (g: Tensor) => where(equal(a, b), constant(0.5, g), constant(0, g));
    return (g) => mul(g, where(greater(a, b), constant(1, g), tie(g)));
  };
}

/** y = 1 where a = b, else 0 (uint8).  No gradient */
export const equal: Binary = comparison("equal");

/** y = 1 where a > b, else 0 (uint8).  No gradient */
export const greater: Binary = comparison("greater");

/** y = a where the condition is not 0, else b.  ∂a = g there, ∂b = g elsewhere */
export const where: Primitive<[condition: Tensor, a: Tensor, b: Tensor]> = definePrimitive({
  name: "where",
  dtype: ([condition, a, b]) => {
    requireDType("where", "condition", condition, "uint8");
    return sharedDType("where")([a, b]);
  },
  shape: (inputs) => equalShape("where", inputs),
  forward: (kernels, [condition, a, b], out) => kernels.select(condition, a, b, out),
  vjp: [
    null,
    uses("a", (g, condition) => where(condition, g, constant(0, g))),
    uses("a", (g, condition) => where(condition, constant(0, g), g)),
  ],
});

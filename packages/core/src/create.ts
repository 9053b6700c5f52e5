import { kernelsFor } from "./backend.ts";
import {
  allocateArray,
  arrayFrom,
  checkDifferentiable,
  checkDType,
  checkValue,
  type DType,
  dtypeOf,
  type TypedArray,
} from "./dtype.ts";
import {
  checkBoolean,
  checkOptions,
  DTypeError,
  formatValue,
  ShapeError,
  ValueError,
} from "./errors.ts";
import type { Kernels, View } from "./kernels.ts";
import type { Reshaped } from "./operations/shape.rule.ts";
import { newTensor, viewOn } from "./primitive.ts";
import type { Known, Result } from "./shape.rule.ts";
import { checkShape, formatShape, resolveReshape, type Shape, sizeOf } from "./shape.ts";
import type { NestedArray, Tensor } from "./tensor.ts";

/** How a new tensor is made. */
export interface CreateOptions {
  /** Type of the elements; default float32, or that of a typed array. */
  readonly dtype?: DType;
  /** Whether it is a parameter to differentiate by. */
  readonly requiresGrad?: boolean;
}

/** {@link CreateOptions} with a shape. */
export interface TensorOptions extends CreateOptions {
  /** Shape of a flat array; one size may be −1. Default: the nesting of the values. */
  readonly shape?: Shape;
}

/**
 * A tensor with the given values, copied.
 *
 * @param values a number, nested arrays of equal lengths, or a flat typed array
 * @throws {@link ShapeError} for ragged nesting or a shape that does not fit; {@link DTypeError} for anything but numbers.
 * @example
 * tensor([[1, 2], [3, 4]], { requiresGrad: true });
 * tensor(new Uint8Array(784), { shape: [1, 28, 28] });
 */
export function tensor<const S extends Shape = Shape>(
  values: NestedArray | TypedArray,
  options: TensorOptions & { readonly shape?: S } = {},
): Tensor<Result<Reshaped<Shape, S>>> {
  checkOptions("tensor", options, ["shape", "dtype", "requiresGrad"]);
  const natural = dtypeOf(values);
  const dtype = options.dtype ?? natural ?? "float32";
  const flat: number[] | TypedArray = natural ? (values as TypedArray) : [];
  const nested = natural
    ? [(values as TypedArray).length]
    : flatten(values as NestedArray, flat as number[]);
  const { shape = nested, requiresGrad } = options;
  return fromArray("tensor", flat, resolveShape(nested, shape), { dtype, requiresGrad });
}

function resolveShape(nested: Shape, shape: Shape): Shape {
  try {
    return resolveReshape(nested, shape);
  } catch {
    throw new ShapeError(
      "tensor",
      `${sizeOf(nested)} values do not fill shape ${formatShape(shape)} (${sizeOf(shape)} elements)`,
      { values: sizeOf(nested), shape },
    );
  }
}

const CREATE_OPTIONS = ["dtype", "requiresGrad"] as const;

/** A new tensor whose memory `fill` writes; everything is checked before any is taken. */
export function create(
  operation: string,
  shape: Shape,
  options: CreateOptions,
  fill: (kernels: Kernels, out: View) => void,
): Tensor {
  checkOptions(operation, options, CREATE_OPTIONS);
  const { dtype = "float32", requiresGrad = false } = options;
  checkDType(operation, dtype);
  checkShape(operation, shape);
  checkBoolean(operation, "requiresGrad", requiresGrad);
  if (requiresGrad) checkDifferentiable(dtype);
  const kernels = kernelsFor(dtype, []);
  const result = newTensor(kernels, dtype, [...shape]);
  fill(kernels, viewOn(operation, kernels, result));
  result.requiresGrad = requiresGrad;
  return result;
}

function fromArray(
  operation: string,
  values: ArrayLike<number>,
  shape: Shape,
  options: CreateOptions,
): Tensor {
  return create(operation, shape, options, (kernels, { buffer, dtype }) => {
    kernels.write(
      buffer,
      dtypeOf(values) === dtype ? (values as TypedArray) : arrayFrom(dtype, values),
    );
  });
}

/** Appends the numbers of nested arrays to `flat`; returns the shape of the nesting. */
function flatten(values: NestedArray, flat: number[]): Shape {
  if (typeof values === "number") {
    flat.push(values);
    return [];
  }
  if (!Array.isArray(values)) {
    throw new DTypeError(
      "tensor",
      `holds numbers, not ${ArrayBuffer.isView(values) ? values.constructor.name : formatValue(values)}; ` +
        "nested arrays, or a Float32Array, Float64Array, Int32Array or Uint8Array",
    );
  }
  // Array.from, because map passes over holes.
  const inner = Array.from(values, (value) => flatten(value, flat));
  const first = inner[0] ?? [];
  const odd = inner.findIndex((shape) => formatShape(shape) !== formatShape(first));
  if (odd >= 0) {
    throw new ShapeError(
      "tensor",
      `ragged values: entry 0 has shape ${formatShape(first)}, entry ${odd} has ${formatShape(inner[odd]!)}`,
    );
  }
  return [values.length, ...first];
}

/**
 * A tensor filled with one value.
 *
 * @throws {@link ShapeError} for a shape that is none; {@link DTypeError} for a value that an integer type would change.
 */
export function full<const S extends Shape>(
  shape: S,
  value: number,
  options: CreateOptions = {},
): Tensor<Known<S>> {
  checkOptions("full", options, CREATE_OPTIONS);
  const { dtype = "float32" } = options;
  checkDType("full", dtype);
  checkValue("full", value, dtype);
  return create("full", shape, options, (kernels, out) => kernels.fill(value, out));
}

/**
 * A tensor of zeros.
 *
 * @param shape any; `[]` makes a scalar
 * @throws {@link ShapeError} for a shape that is none; {@link DTypeError} for an unknown type, or integers that require a
 * gradient.
 */
export function zeros<const S extends Shape>(
  shape: S,
  options: CreateOptions = {},
): Tensor<Known<S>> {
  return create("zeros", shape, options, (kernels, out) => kernels.fill(0, out));
}

/**
 * A tensor of ones.
 *
 * @param shape any; `[]` makes a scalar
 * @throws {@link ShapeError} and {@link DTypeError} as `zeros` does.
 */
export function ones<const S extends Shape>(
  shape: S,
  options: CreateOptions = {},
): Tensor<Known<S>> {
  return create("ones", shape, options, (kernels, out) => kernels.fill(1, out));
}

/**
 * start, start + step, … up to but not including `stop`; `arange(n)` counts from 0 to n − 1.
 *
 * @returns `[⌈(stop − start) / step⌉]`, empty where that is negative
 * @throws {@link ValueError} for a step of 0 or anything that is not finite.
 */
export function arange(
  start: number,
  stop?: number,
  step = 1,
  options: CreateOptions = {},
): Tensor<[number]> {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0) {
    throw new ValueError(
      "arange",
      `cannot count from ${from} to ${to} in steps of ${step}; all must be finite, step ≠ 0`,
    );
  }
  const length = Math.max(Math.ceil((to - from) / step), 0);
  return create("arange", [length], options, (kernels, { buffer, dtype }) => {
    const values = allocateArray(dtype, length);
    for (let i = 0; i < length; i++) values[i] = from + i * step;
    kernels.write(buffer, values);
  });
}

/**
 * The identity matrix.
 *
 * @returns `[n, n]`
 * @throws {@link ShapeError} unless n is a whole number ≥ 0; {@link DTypeError} as `zeros` does.
 */
export function eye<const N extends number>(n: N, options: CreateOptions = {}): Tensor<[N, N]> {
  return create("eye", [n, n], options, (kernels, out) => {
    kernels.fill(0, out);
    kernels.fill(1, { ...out, shape: [n], strides: [n + 1] });
  });
}

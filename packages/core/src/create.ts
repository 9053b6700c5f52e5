import { kernelsFor } from "./backend.ts";
import {
  arrayFrom,
  checkDifferentiable,
  checkDType,
  type DType,
  dtypeOf,
  type TypedArray,
} from "./dtype.ts";
import { DTypeError, ShapeError, ValueError } from "./errors.ts";
import { newTensor, viewOn } from "./primitive.ts";
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
export function tensor(
  values: NestedArray | readonly NestedArray[] | TypedArray,
  options: TensorOptions = {},
): Tensor {
  const natural = dtypeOf(values);
  const dtype = options.dtype ?? natural ?? "float32";
  checkDType("tensor", dtype);
  const flat: number[] | TypedArray = natural ? (values as TypedArray) : [];
  const nested = natural
    ? [(values as TypedArray).length]
    : flatten(values as NestedArray, flat as number[]);
  const shape = options.shape ? resolveShape(nested, options.shape) : nested;
  return fromArray(flat, shape, dtype, options.requiresGrad);
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

function fromArray(
  values: ArrayLike<number>,
  shape: Shape,
  dtype: DType,
  requiresGrad = false,
): Tensor {
  checkShape("tensor", shape);
  checkDType("tensor", dtype);
  if (requiresGrad) checkDifferentiable(dtype);
  const kernels = kernelsFor([dtype]);
  const result = newTensor(kernels, dtype, shape);
  kernels.write(result.storage.on("tensor", kernels), arrayFrom(dtype, values));
  result.requiresGrad = requiresGrad;
  return result;
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
      `holds numbers, not ${values === null ? "null" : typeof values}`,
    );
  }
  const inner = values.map((value) => flatten(value, flat));
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

/** A tensor filled with one value. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  const { dtype = "float32", requiresGrad = false } = options;
  checkDType("full", dtype);
  checkShape("full", shape);
  if (requiresGrad) checkDifferentiable(dtype);
  const kernels = kernelsFor([dtype]);
  const result = newTensor(kernels, dtype, [...shape]);
  kernels.fill(value, viewOn("full", kernels, result));
  result.requiresGrad = requiresGrad;
  return result;
}

export function zeros(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options?: CreateOptions): Tensor {
  return full(shape, 1, options);
}

/**
 * start, start + step, … up to but not including `stop`; `arange(n)` counts from 0 to n − 1.
 *
 * @throws {@link ValueError} for a step of 0 or anything that is not finite.
 */
export function arange(
  start: number,
  stop?: number,
  step = 1,
  options: CreateOptions = {},
): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (![from, to, step].every(Number.isFinite) || step === 0) {
    throw new ValueError(
      "arange",
      `cannot count from ${from} to ${to} in steps of ${step}; all must be finite, step ≠ 0`,
    );
  }
  const length = Math.max(Math.ceil((to - from) / step), 0);
  const values = Float64Array.from({ length }, (_, i) => from + i * step);
  return fromArray(values, [length], options.dtype ?? "float32", options.requiresGrad);
}

/** The n × n identity matrix. */
export function eye(n: number, options: CreateOptions = {}): Tensor {
  checkShape("eye", [n]);
  const values = new Float64Array(n * n);
  for (let i = 0; i < n; i++) values[i * n + i] = 1;
  return fromArray(values, [n, n], options.dtype ?? "float32", options.requiresGrad);
}

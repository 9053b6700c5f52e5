import { DTypeError } from "./errors.ts";

/**
 * The type of a tensor's elements.
 * `float32` is the default; `float64` serves gradcheck and golden numbers; `int32` holds labels and indices;
 * `uint8` holds images (0–255) and truth values (0 or 1).
 */
export type DType = "float32" | "float64" | "int32" | "uint8";

/** The JavaScript arrays that hold elements of each {@link DType}. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** A zeroed typed array of `length` elements. */
export function allocateArray(dtype: DType, length: number): TypedArray {
  return new ARRAYS[dtype](length);
}

/** The values of any list of numbers as a fresh typed array of `dtype`. */
export function arrayFrom(dtype: DType, values: ArrayLike<number>): TypedArray {
  return ARRAYS[dtype].from(values);
}

/** The dtype of a typed array, or `undefined` for an array kind that no tensor has. */
export function dtypeOf(array: unknown): DType | undefined {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Float64Array) return "float64";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Uint8Array) return "uint8";
  return undefined;
}

/** Whether gradients exist for this type. */
export function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}

/** @throws {@link DTypeError} where gradients do not exist for this type. */
export function checkDifferentiable(dtype: DType): void {
  if (!isFloat(dtype)) {
    throw new DTypeError("requiresGrad", `${dtype} has no gradients; convert with .to("float32")`, {
      dtype,
    });
  }
}

/** @throws {@link DTypeError} unless `name` is one of the four dtypes. */
export function checkDType(operation: string, name: string): asserts name is DType {
  if (!Object.hasOwn(ARRAYS, name)) {
    throw new DTypeError(operation, `"${name}" is no dtype; use ${Object.keys(ARRAYS).join(", ")}`);
  }
}

/** @throws {@link DTypeError} for a number that an integer type would change: `1.5 is not of type int32`. */
export function checkValue(operation: string, value: number, dtype: DType): void {
  if (isFloat(dtype) || arrayFrom(dtype, [value])[0] === value) return;
  throw new DTypeError(
    operation,
    `${value} is not of type ${dtype}; convert the tensor, for example with .to("float32")`,
    { value, dtype },
  );
}

interface Typed {
  readonly dtype: DType;
}

/** The rule "all inputs have one type, and so has the output". */
export function sharedDType(operation: string): (inputs: readonly Typed[]) => DType {
  return (inputs) => {
    const { dtype } = inputs[0]!;
    const other = inputs.find((x) => x.dtype !== dtype);
    if (other) {
      const both = isFloat(dtype) && isFloat(other.dtype);
      const to = both ? "float64" : isFloat(dtype) ? dtype : other.dtype;
      throw new DTypeError(
        operation,
        `${dtype} and ${other.dtype} do not mix; convert one of them with .to("${to}")` +
          (both ? `, a whole model with model.to("${to}")` : ""),
        { dtypes: inputs.map((x) => x.dtype) },
      );
    }
    return dtype;
  };
}

/** The rule "one floating type throughout". */
export function floatDType(operation: string): (inputs: readonly Typed[]) => DType {
  const shared = sharedDType(operation);
  return (inputs) => {
    const dtype = shared(inputs);
    if (!isFloat(dtype)) {
      throw new DTypeError(
        operation,
        `needs float32 or float64, not ${dtype}; convert with .to("float32")`,
        { dtypes: [dtype] },
      );
    }
    return dtype;
  };
}

/** @throws {@link DTypeError} unless the tensor has the dtype. */
export function requireDType(operation: string, what: string, x: Typed, dtype: DType): void {
  if (x.dtype !== dtype) {
    throw new DTypeError(
      operation,
      `the ${what} must be ${dtype}, not ${x.dtype}; convert with .to("${dtype}")`,
      { dtype: x.dtype },
    );
  }
}

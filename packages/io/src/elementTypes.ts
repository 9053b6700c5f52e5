import {
  type DType,
  type Shape,
  scope,
  type Tensor,
  type TypedArray,
  tensor,
  zeros,
} from "@convgrad/core";

/** A type of elements in files: that of a tensor, or one whose values one of those can hold. */
export interface ElementType {
  /** Of one element in the file. */
  readonly bytes: number;
  /** The tensor's type. */
  readonly dtype: DType;
  /** The value at a position, for a type that no tensor has; NaN of an integer stands for one that does not fit. */
  readonly get?: (view: DataView, at: number, littleEndian: boolean) => number;
}

const INT32 = 2 ** 31;
const fitting = (value: number): number => (value >= -INT32 && value < INT32 ? value : Number.NaN);

/** The value of a float16: 1 sign, 5 exponent and 10 fraction bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** The value of a bfloat16: the upper half of a float32. */
function upperHalf(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}

/** What files may hold. int64 and uint64 become int32 where every value fits, as labels and counters do. */
export const ELEMENT_TYPES = {
  float64: { bytes: 8, dtype: "float64" },
  float32: { bytes: 4, dtype: "float32" },
  int32: { bytes: 4, dtype: "int32" },
  uint8: { bytes: 1, dtype: "uint8" },
  float16: { bytes: 2, dtype: "float32", get: (v, at, little) => half(v.getUint16(at, little)) },
  bfloat16: {
    bytes: 2,
    dtype: "float32",
    get: (v, at, little) => upperHalf(v.getUint16(at, little)),
  },
  bool: {
    bytes: 1,
    dtype: "uint8",
    get: (v, at) => (v.getUint8(at) > 1 ? Number.NaN : v.getUint8(at)),
  },
  int16: { bytes: 2, dtype: "int32", get: (v, at, little) => v.getInt16(at, little) },
  uint16: { bytes: 2, dtype: "int32", get: (v, at, little) => v.getUint16(at, little) },
  uint32: { bytes: 4, dtype: "int32", get: (v, at, little) => fitting(v.getUint32(at, little)) },
  int64: {
    bytes: 8,
    dtype: "int32",
    get: (v, at, little) => fitting(Number(v.getBigInt64(at, little))),
  },
  uint64: {
    bytes: 8,
    dtype: "int32",
    get: (v, at, little) => fitting(Number(v.getBigUint64(at, little))),
  },
} as const satisfies Readonly<Record<string, ElementType>>;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
} as const;

/** Axes of a tensor in a file, at most. */
export const MOST_AXES = 32;

/** The bytes of all elements; infinite for sizes that could never be together, even where another is 0. */
export function bytesOf(shape: Shape, { bytes }: ElementType): number {
  const most = shape.reduce((product, n) => product * Math.max(n, 1), bytes);
  if (most > Number.MAX_SAFE_INTEGER) return Number.POSITIVE_INFINITY;
  return shape.includes(0) ? 0 : most;
}

/** So many elements are converted at once: what a file takes beyond its tensors is bounded. */
const PIECE = 2 ** 18;

/** Elements as they lie in a file. */
export interface Elements {
  readonly bytes: Uint8Array;
  readonly type: ElementType;
  readonly littleEndian: boolean;
}

/**
 * The tensor of elements in a file, in row-major order.
 *
 * @param wrong called with the position of an element whose value its tensor cannot hold; throws
 */
export function tensorOf(elements: Elements, shape: Shape, wrong: (at: number) => never): Tensor {
  const { bytes, type } = elements;
  const count = bytes.length / type.bytes;
  if (isReady(elements)) return tensor(viewOf(bytes, type.dtype), { shape });
  const values = new ARRAYS[type.dtype](Math.min(count, PIECE));
  if (count <= PIECE) {
    convert(elements, 0, values, wrong);
    return tensor(values, { shape });
  }
  const whole = zeros([count], { dtype: type.dtype });
  for (let from = 0; from < count; from += PIECE) {
    const part = values.subarray(0, Math.min(PIECE, count - from));
    convert(elements, from, part, wrong);
    scope(() => whole.slice([from], [from + part.length]).assign(tensor(part)));
  }
  return whole.reshape(shape);
}

/** Whether a typed array can show the elements where they are. */
function isReady({ bytes, type, littleEndian }: Elements): boolean {
  const order = littleEndian || type.bytes === 1;
  return !type.get && order && bytes.byteOffset % type.bytes === 0;
}

/** Writes the values of elements from `from` on; NaN of floats keeps its bits. */
function convert(
  { bytes, type, littleEndian }: Elements,
  from: number,
  values: TypedArray,
  wrong: (at: number) => never,
): void {
  const part = bytes.subarray(from * type.bytes, (from + values.length) * type.bytes);
  if (!type.get) {
    const copy = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    copy.set(part);
    if (!littleEndian) swap(copy, type.bytes);
    return;
  }
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  for (let i = 0; i < values.length; i++) {
    const value = type.get(view, i * type.bytes, littleEndian);
    if (type.dtype !== "float32" && Number.isNaN(value)) wrong(from + i);
    values[i] = value;
  }
}

/** Turns the bytes of each element around. */
function swap(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array, dtype: DType): TypedArray {
  const Kind = ARRAYS[dtype];
  return new Kind(buffer as ArrayBuffer, byteOffset, byteLength / Kind.BYTES_PER_ELEMENT);
}

/** The bytes of a tensor's elements, little-endian, in row-major order. */
export async function bytesOfTensor(x: Tensor): Promise<Uint8Array> {
  const { buffer, byteOffset, byteLength } = await x.read();
  return new Uint8Array(buffer, byteOffset, byteLength);
}

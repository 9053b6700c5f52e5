import { allocateArray, type DType, type TypedArray } from "../dtype.ts";
import { MemoryError } from "../errors.ts";
import type { Kernels, View } from "../kernels.ts";
import { contiguousLayout, isContiguous } from "../layout.ts";
import { sizeOf } from "../shape.ts";
import { contract } from "./contract.ts";
import { accumulate, axpby, copy, elements, fill, map, select, zip } from "./elementwise.ts";
import { random } from "./random.ts";
import { argmax, sum } from "./reduce.ts";
import { gather, scatterAdd } from "./select.ts";
import { winners } from "./winners.ts";

function allocate(dtype: DType, length: number): TypedArray {
  try {
    return allocateArray(dtype, length);
  } catch (cause) {
    throw new MemoryError(
      "allocate",
      `no memory for ${length} elements of ${dtype} (${String(cause)}); use a smaller batch, ` +
        "or release tensors by making the loop body a scope",
      { dtype, length },
    );
  }
}

/** Row-major copy. */
function read(view: View): TypedArray {
  const { dtype, shape, offset } = view;
  const size = sizeOf(shape);
  // A data set is read whole; a table of its offsets would be larger than itself.
  if (isContiguous(view)) return elements(view).slice(offset, offset + size);
  const values = allocate(dtype, size);
  copy(view, { buffer: values, dtype, ...contiguousLayout(shape) });
  return values;
}

/**
 * Plain loops over offset tables in float32 or float64: the specification of every kernel. Buffers are typed arrays,
 * which the garbage collector takes back.
 */
export const reference: Kernels = {
  name: "reference",
  dtypes: ["float32", "float64", "int32", "uint8"],
  threads: 1,
  allocate,
  release: () => {},
  owns: (buffer) => ArrayBuffer.isView(buffer),
  write: (buffer, values) => (buffer as TypedArray).set(values),
  read,
  fill,
  copy,
  map,
  zip,
  select,
  sum,
  argmax,
  winners,
  axpby,
  contract,
  accumulate,
  gather,
  scatterAdd,
  random,
};

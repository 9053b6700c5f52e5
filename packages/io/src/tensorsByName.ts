import { formatValue, GraphError, requireTensor, type Tensor, ValueError } from "@convgrad/core";

/** Tensors that go into a file, of any shapes. */
export type TensorsByName = Readonly<Record<string, Tensor>>;

/** So many tensors, and texts beside them, are in a file at most. */
export const MOST_ENTRIES = 2 ** 16 - 1;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Whether a text has UTF-8. */
export function isUnicode(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** @throws unless they are unreleased tensors under names that a file can hold. */
export function checkTensors(
  operation: string,
  tensors: unknown,
  reserved?: string,
): asserts tensors is TensorsByName {
  if (typeof tensors !== "object" || tensors === null || Array.isArray(tensors)) {
    const remedy = "pass tensors by name: { weight }";
    throw new ValueError(operation, `the tensors are ${formatValue(tensors)}; ${remedy}`);
  }
  const entries = Object.entries(tensors);
  if (entries.length > MOST_ENTRIES) {
    throw new ValueError(operation, `${entries.length} tensors are more than ${MOST_ENTRIES}`);
  }
  for (const [name, x] of entries) {
    requireTensor(operation, `entry ${name}`, x);
    if (x.storage.released) {
      throw new GraphError(operation, `${name} was released with its scope; keep() it`, { name });
    }
    if (name === reserved || !isUnicode(name)) {
      const why = name === reserved ? "is reserved by the format" : "is no valid Unicode";
      throw new ValueError(operation, `the name ${formatValue(name)} ${why}; choose another`);
    }
  }
}

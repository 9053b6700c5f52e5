import { formatValue, ValueError } from "./errors.ts";
import type { Layout } from "./layout.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

type Construct = (storage: Storage, layout: Layout) => Tensor;

let construct: Construct | undefined;

/** tensor.ts hands in its constructor: its methods call the primitives, so the primitives cannot import it. */
export function constructWith(fn: Construct): void {
  construct = fn;
}

/** A tensor over a storage, not yet part of any graph. */
export function makeTensor(storage: Storage, layout: Layout): Tensor {
  return construct!(storage, layout);
}

export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "storage" in value && "layout" in value;
}

/**
 * Refuses what is no tensor; of a tensor any shape and type will do.
 *
 * @throws {@link ValueError}: `matmul: the operand must be a tensor, not 3; …`
 */
export function requireTensor(
  operation: string,
  what: string,
  value: unknown,
): asserts value is Tensor {
  if (isTensor(value)) return;
  throw new ValueError(
    operation,
    `the ${what} must be a tensor, not ${formatValue(value)}; make one with tensor(values)`,
  );
}

/** @throws {@link ValueError} unless it is a list of tensors: `concat: tensors must be a list: [a, b]` */
export function requireTensors(operation: string, what: string, list: unknown): void {
  const refusal = `${what} must be a list of tensors: [a, b]`;
  if (!Array.isArray(list)) throw new ValueError(operation, refusal);
  for (const x of list) requireTensor(operation, `entry of ${what}`, x);
}

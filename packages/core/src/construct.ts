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

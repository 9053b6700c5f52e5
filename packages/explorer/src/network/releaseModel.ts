import type { Module } from "@convgrad/layers";

/** Gives the memory of a model that nobody needs any more back at once, not when the collector comes by. */
export function releaseModel(model: Module): void {
  const gradients = model.parameters().flatMap(({ grad }) => grad ?? []);
  for (const { storage } of [...Object.values(model.stateDict()), ...gradients]) {
    storage.release("released, since another model took its place");
  }
}

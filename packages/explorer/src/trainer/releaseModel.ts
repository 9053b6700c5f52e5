import type { Module } from "@convgrad/layers";

/** Gives the memory of a model that nobody needs any more back at once, not when the collector comes by. */
export function releaseModel(model: Module): void {
  for (const p of model.parameters()) p.grad = null;
  for (const { storage } of Object.values(model.stateDict())) {
    storage.release("released, since another model took its place");
  }
}

import type { View } from "@convgrad/core";
import type { Engine } from "./engine.ts";

export function gather(engine: Engine, x: View, index: View, axis: number, out: View): void {
  throw new Error(`not yet ${engine.threads} ${x.shape} ${out.shape} ${axis} ${index.shape}`);
}
export function scatterAdd(engine: Engine, x: View, index: View, axis: number, out: View): void {
  throw new Error(`not yet ${engine.threads} ${x.shape} ${out.shape} ${axis} ${index.shape}`);
}

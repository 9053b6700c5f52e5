import type { View } from "@convgrad/core";
import type { Engine } from "./engine.ts";

export function sum(engine: Engine, x: View, out: View): void {
  throw new Error(`not yet: sum ${engine.threads} ${x.shape} ${out.shape}`);
}
export function argmax(engine: Engine, x: View, axes: readonly number[], out: View): void {
  throw new Error(`not yet: argmax ${engine.threads} ${x.shape} ${out.shape} ${axes}`);
}

/** Runs what `toLoops()` prints. */
import { transformSync } from "esbuild";

/** The functions of a printed text. */
export interface Printed {
  forward(x: Float64Array, ...more: Float64Array[]): Float64Array;
  backward(g: Float64Array, x: Float64Array, ...more: Float64Array[]): Record<string, Float64Array>;
}

/** Erases the types and evaluates the rest. */
export function evaluate(text: string): Printed {
  const { code } = transformSync(text, { loader: "ts", format: "cjs" });
  const module = { exports: {} };
  new Function("module", code)(module);
  return module.exports as Printed;
}

import { type Shape, type Tensor, ValueError } from "@convgrad/core";
import { dryRun, runDry } from "../dryRun.ts";
import { batched } from "../summary.ts";
import { headline, type Loops } from "./loops.ts";

/** What printing asks of a module. */
export interface Printable {
  forward(x: Tensor, ...more: Tensor[]): Tensor;
  loops(x: Shape, y: Shape): Loops | null;
  children(): [name: string, child: Printable][];
  stateDict(): Record<string, Tensor>;
  toString(): string;
}

/** The text of `Module.toLoops`. */
export function printLoops(module: Printable, inputShape: Shape): string {
  const x = batched("toLoops", inputShape);
  const y = outputShape(module, x);
  const loops = loopsOf(module, x, y);
  return `// ${headline(String(module), loops, x, y)}
// Arrays are flat: rows one after another, the last index runs fastest.

${loops.code}
`;
}

/** The shape of a module's output, from a run that computes nothing. */
export function outputShape(module: Printable, x: Shape): Shape {
  return runDry(dryRun(), module, x, (input) => module.forward(input).shape);
}

/** @throws {@link ValueError} for a module that does not say its loops, or not those of its own forward. */
export function loopsOf(module: Printable, x: Shape, y: Shape): Loops {
  const prototype = Object.getPrototypeOf(module);
  const isOfForward = depthOf(prototype, "loops") <= depthOf(prototype, "forward");
  const loops = isOfForward && module.loops(x, y);
  if (loops) return loops;
  const parts = module.children().map(([name]) => name);
  throw new ValueError(
    "toLoops",
    `${module} does not say what its forward is as loops; override loops(x, y)` +
      `${parts.length === 0 ? "" : `, or print its parts: ${parts.join(", ")}`}`,
    { module: String(module), parts },
  );
}

/** How far up the chain of prototypes a method is defined. A hooked module's own forward is not another one. */
function depthOf(prototype: object | null, method: "loops" | "forward"): number {
  if (prototype === null) return Number.POSITIVE_INFINITY;
  return Object.hasOwn(prototype, method)
    ? 0
    : 1 + depthOf(Object.getPrototypeOf(prototype), method);
}

import { formatValue, type Shape, ValueError } from "@convgrad/core";
import { dryRun, runDry } from "./dryRun.ts";
import { Module } from "./module.ts";

/**
 * The shape that a module gives for an input of a shape, batch axis included: nothing is computed, and the model and the
 * random sequence stay as they are.
 *
 * @param shape of the input: `[N, C, H, W]`, say
 * @throws {@link ShapeError} where the module does not take such an input; {@link ValueError} for what is no module.
 * @example
 * outputShape(leNet5(), [64, 1, 28, 28]); // [64, 10]
 */
export function outputShape(module: Module, shape: Shape): Shape {
  if (!(module instanceof Module)) {
    throw new ValueError("outputShape", `the module is ${formatValue(module)}; pass a layer`);
  }
  return runDry(dryRun(), module, shape, (x) => module.forward(x).shape);
}

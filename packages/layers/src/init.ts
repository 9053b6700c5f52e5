import { noGrad, rand, type Shape, scope, type Tensor } from "@convgrad/core";

/** float32 numbers uniform in [−bound, bound), from the sequence of `manualSeed`. */
export function uniform(shape: Shape, bound: number): Tensor {
  return scope(() =>
    noGrad(() =>
      rand(shape)
        .mul(2 * bound)
        .sub(bound),
    ),
  );
}

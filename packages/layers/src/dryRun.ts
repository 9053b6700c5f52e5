import {
  type Kernels,
  type Letters,
  noGrad,
  randomState,
  reference,
  type Shape,
  scope,
  setRandomState,
  sizeOf,
  type Tensor,
  type TypedArray,
  type View,
  withBackend,
  zeros,
} from "@convgrad/core";
import { withoutHooks } from "./moduleHooks.ts";

/** A backend that computes nothing: shapes come from the shape rules alone, and work is counted, not done. */
export interface DryRun extends Kernels {
  /** Multiplications with addition that the contractions so far would have taken. */
  readonly multiplyAdds: number;
}

/**
 * Makes a {@link DryRun}. Under `withBackend(dryRun(), …)` any model runs for its shapes at no cost, and parameters are
 * neither read nor written.
 */
export function dryRun(): DryRun {
  let multiplyAdds = 0;
  const nothing = () => {};
  return {
    get multiplyAdds() {
      return multiplyAdds;
    },
    name: "dry run",
    dtypes: ["float32", "float64", "int32", "uint8"],
    threads: 1,
    virtual: true,
    allocate: () => ({}),
    release: nothing,
    owns: () => true,
    write: nothing,
    read: ({ dtype, shape }) => reference.allocate(dtype, sizeOf(shape)) as TypedArray,
    fill: nothing,
    copy: nothing,
    map: nothing,
    zip: nothing,
    select: nothing,
    sum: nothing,
    argmax: nothing,
    winners: nothing,
    axpby: nothing,
    contract: (a: View, b: View, letters: Letters) => {
      const onlyB = b.shape.filter((_, axis) => !letters.a.includes(letters.b[axis]!));
      multiplyAdds += sizeOf(a.shape) * sizeOf(onlyB);
    },
    accumulate: nothing,
    gather: nothing,
    scatterAdd: nothing,
    random: nothing,
  };
}

/**
 * Calls `use` with an input of the given shape and the model's dtype, where nothing is computed or recorded and no
 * hook is called; the random sequence stays as it was.
 */
export function runDry<Result>(
  machine: DryRun,
  model: { stateDict(): Record<string, Tensor> },
  shape: Shape,
  use: (x: Tensor) => Result,
): Result {
  const random = randomState();
  const run = () => {
    const floats = Object.values(model.stateDict()).find(({ dtype }) => dtype.startsWith("float"));
    return use(zeros(shape, { dtype: floats?.dtype ?? "float32" }));
  };
  try {
    return withBackend(machine, () => scope(() => noGrad(() => withoutHooks(run))));
  } finally {
    setRandomState(random);
  }
}

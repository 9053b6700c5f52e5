import type { ShapeOf, Tensor } from "@convgrad/core";
import { Cellwise } from "./activations.ts";
import { reshapeLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";

/** y = x: a place for a layer that a variant of a model does without; any shape. */
export class Identity extends Cellwise {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return x;
  }
  override loops(): Loops {
    return reshapeLoops();
  }
  override toString(): string {
    return "Identity";
  }
}

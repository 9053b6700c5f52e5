import type { Tensor } from "@convgrad/core";
import { Cellwise } from "./activations.ts";

/** y = x: a place for a layer that a variant of a model does without; any shape. */
export class Identity extends Cellwise {
  forward(x: Tensor): Tensor {
    return x;
  }
  override toString(): string {
    return "Identity";
  }
}

import type { Tensor } from "@convgrad/core";
import { reshapeLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";

/** Everything after the batch axis in one row.  `[N, C, H, W] → [N, C·H·W]`; a view where the layout allows */
export class Flatten extends Module {
  forward(x: Tensor): Tensor {
    return x.flatten(1);
  }
  override reach(): "cell" {
    return "cell";
  }
  override loops(): Loops {
    return reshapeLoops();
  }
  override toString(): string {
    return "Flatten";
  }
}

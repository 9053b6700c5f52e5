import { checkOptions, requireTensor, type Tensor } from "@convgrad/core";
import { Cellwise } from "./activations.ts";
import { checkSize } from "./geometry.ts";
import { reshapeLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";

/**
 * All axes from `start` on in one: by default everything after the batch axis.  `[N, C, H, W] → [N, C·H·W]`; a view
 * where the layout allows
 */
export class Flatten extends Cellwise {
  readonly start: number;

  /**
   * @param options.start the first axis to merge; default 1
   * @throws {@link ShapeError} unless it is a whole number ≥ 0.
   */
  constructor(options: { readonly start?: number } = {}) {
    super();
    checkOptions("Flatten", options, ["start"]);
    const { start = 1 } = options;
    checkSize("Flatten", "start", start, 0);
    this.start = start;
  }
  /** @throws {@link ShapeError} for a tensor without the first axis. */
  forward(x: Tensor): Tensor {
    requireTensor("Flatten", "input x", x);
    return x.flatten(this.start);
  }
  override loops(): Loops {
    return reshapeLoops();
  }
  override toString(): string {
    return this.start === 1 ? "Flatten" : `Flatten(from axis ${this.start})`;
  }
}

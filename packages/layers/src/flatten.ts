import {
  checkOptions,
  type Flattened,
  requireTensor,
  type Shape,
  type ShapeOf,
  type Tensor,
} from "@convgrad/core";
import { Cellwise } from "./activations.ts";
import { checkSize } from "./geometry.ts";
import { reshapeLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";
import type {
  Defaults,
  Exactly,
  Given,
  Made,
  Option,
  Refusal,
  ShapeRule,
  shapeRule,
} from "./shape.rule.ts";

/** How a {@link Flatten} flattens. */
export interface FlattenOptions {
  /** The first axis to merge; default 1. */
  readonly start?: number;
}

/** `[N, C, H, W] → [N, C·H·W]` */
interface FlattenRule<Options> extends ShapeRule, Made<[Option<Options, "start", 1>]> {
  readonly layer: "Flatten";
  readonly output: this["input"] extends infer X extends Shape
    ? Flattened<X, Option<Options, "start", 1> & number> extends infer Y
      ? Y extends string
        ? Refusal<"Flatten", Y, "lower the start">
        : Y
      : never
    : Shape;
}

/**
 * All axes from `start` on in one: by default everything after the batch axis.  `[N, C, H, W] → [N, C·H·W]`; a view
 * where the layout allows
 */
export class Flatten<const Options extends FlattenOptions | undefined = Defaults> extends Cellwise {
  declare readonly [shapeRule]: FlattenRule<Options>;
  readonly start: number;

  /** @throws {@link ShapeError} unless the first axis is a whole number ≥ 0. */
  constructor();
  constructor(options: Exactly<Options, FlattenOptions>);
  constructor(options: FlattenOptions = {}) {
    super();
    checkOptions("Flatten", options, ["start"]);
    const { start = 1 } = options;
    checkSize("Flatten", "start", start, 0);
    this.start = start;
  }
  /** @throws {@link ShapeError} for a tensor without the first axis. */
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
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

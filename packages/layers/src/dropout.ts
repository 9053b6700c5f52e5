import {
  checkBoolean,
  checkOptions,
  rand,
  type Shape,
  type ShapeOf,
  type Tensor,
  where,
} from "@convgrad/core";
import { Cellwise } from "./activations.ts";
import { requireImages } from "./geometry.ts";
import { dropoutLoops, reshapeLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";
import { annotate } from "./note.ts";
import { requireFloats } from "./operands.ts";
import { checkNumber } from "./options.ts";
import type { Given, shapeRule } from "./shape.rule.ts";

/** When {@link dropout} acts. */
export interface DropoutOptions {
  /** Whether cells are dropped at all; default true. */
  readonly training?: boolean;
}

/**
 * Zero with probability p, else x / (1 − p), so that the expected value is x; x itself when not training. Which cells
 * fall follows from `manualSeed`.
 *
 *     y = m·x / (1 − p),   ∂x = m·g / (1 − p),   m = 0 with probability p, else 1, drawn for each cell
 *
 * @param x floats of any shape
 * @param p from 0 to 1; 1 gives zeros; default 0.5
 * @throws {@link ValueError} for another p; {@link DTypeError} for integers.
 * Source: Srivastava et al. 2014; PyTorch, `torch.nn.functional.dropout`.
 */
export function dropout<T extends Tensor>(
  x: T,
  p = 0.5,
  options: DropoutOptions = {},
): Tensor<ShapeOf<T>> {
  check("dropout", x, p, options);
  return drop(x, x.shape, p, options);
}

/**
 * {@link dropout} of whole channels: neighbouring cells are so alike that losing one tells the network nothing.
 *
 * @param x floats `[N, C, H, W]`
 * @param p from 0 to 1; default 0.5
 * @throws {@link ShapeError} for another rank; {@link ValueError} for another p; {@link DTypeError} for integers.
 * Source: Tompson et al. 2015; PyTorch, `torch.nn.functional.dropout2d`.
 */
export function dropout2d<T extends Tensor>(
  x: T,
  p = 0.5,
  options: DropoutOptions = {},
): Tensor<ShapeOf<T>> {
  check("dropout2d", x, p, options);
  requireImages("dropout2d", x.shape);
  return drop(x, [x.shape[0]!, x.shape[1]!, 1, 1], p, options);
}

function check(operation: string, x: Tensor, p: number, options: DropoutOptions): void {
  checkOptions(operation, options, ["training"]);
  const { training = true } = options;
  requireFloats(operation, x);
  checkNumber(operation, "p", p, 0, 1);
  checkBoolean(operation, "training", training);
}

/** One draw per cell of `draws`, which broadcasts to x. */
function drop(x: Tensor, draws: Shape, p: number, { training = true }: DropoutOptions): Tensor {
  if (!training || p === 0) return x;
  const falls = rand(draws).less(p); // float32 draws for any x, so that all types lose the same cells
  const kept = where(falls, 0, x);
  return annotate(p === 1 ? kept : kept.mul(1 / (1 - p)), {
    operation: draws === x.shape ? "dropout" : "dropout2d",
    equation: "y = m · x / (1 − p)",
    inputs: [x],
    options: { p },
  });
}

/** The layer of {@link dropout}; any shape. It acts in training only. */
export class Dropout extends Cellwise {
  readonly p: number;

  /** @throws {@link ValueError} unless p is from 0 to 1. */
  constructor(p = 0.5) {
    super();
    checkNumber("Dropout", "p", p, 0, 1);
    this.p = p;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { training: this.training });
  }
  override loops(x: Shape): Loops {
    return this.training ? dropoutLoops(x, this.p, x) : reshapeLoops();
  }
  override toString(): string {
    return `Dropout(${this.p})`;
  }
}

/** The layer of {@link dropout2d}; `[N, C, H, W]`. It acts in training only. */
export class Dropout2D extends Cellwise {
  readonly p: number;

  /** @throws {@link ValueError} unless p is from 0 to 1. */
  constructor(p = 0.5) {
    super();
    checkNumber("Dropout2D", "p", p, 0, 1);
    this.p = p;
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, { training: this.training });
  }
  override loops(x: Shape): Loops {
    return this.training ? dropoutLoops(x, this.p, x.slice(0, 2)) : reshapeLoops();
  }
  override toString(): string {
    return `Dropout2D(${this.p})`;
  }
}

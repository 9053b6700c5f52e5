import { full, type Shape, type ShapeOf, type Tensor, where } from "@convgrad/core";
import { checkSize } from "./geometry.ts";
import { preluLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";
import { Module, parameter } from "./module.ts";
import { annotate } from "./note.ts";
import { requireFloats, requireOperands, requirePerChannel } from "./operands.ts";
import { checkNumber } from "./options.ts";
import type { Given, SameChannels, shapeRule } from "./shape.rule.ts";

/**
 * y = x where x > 0, else w·x with a learned slope w.
 * ∂x = g or w·g, at 0 w·g, as PyTorch;  ∂w = Σ g·x over x ≤ 0
 *
 * @param x floats, any shape; `[N, C, …]` for a slope per channel
 * @param weight `[1]`, or `[C]` for a slope per channel
 * @throws {@link ShapeError} for another number of slopes; {@link DTypeError} where the types differ.
 * Source: He et al. 2015, arXiv:1502.01852; PyTorch, `torch.nn.functional.prelu`.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  requireFloats("prelu", x);
  requireOperands("prelu", x, weight, null);
  if (weight.rank !== 1 || weight.size !== 1) requirePerChannel("prelu", x, { weight });
  const slope = weight.size === 1 ? weight : weight.reshape([-1, ...x.shape.slice(2).fill(1)]);
  return annotate(x.mul(where(x.greater(0), 1, slope)), {
    operation: "prelu",
    equation: "y = x where x > 0, else w · x",
    inputs: [x, weight],
  });
}

/** The layer of {@link prelu}; any shape, `[N, channels, …]` for a slope per channel. */
export class PReLU<const Channels extends number = number> extends Module {
  declare readonly [shapeRule]: SameChannels<"PReLU", Channels extends 1 ? number : Channels>;
  /** `[channels]` */
  readonly weight: Tensor;

  /**
   * @param channels slopes to learn: one for all, or one per channel; default 1
   * @param initial what they begin as; default 0.25
   * @throws {@link ShapeError} unless channels is a whole number ≥ 1; {@link ValueError} for an
   * initial slope that is no finite number.
   */
  constructor(channels: Channels = 1 as Channels, initial = 0.25) {
    super();
    checkSize("PReLU", "channels", channels, 1);
    checkNumber("PReLU", "initial", initial);
    this.weight = parameter(full([channels], initial));
  }
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
  override reach(): "cell" {
    return "cell";
  }
  override loops(x: Shape): Loops {
    return preluLoops(x, this.weight);
  }
  override toString(): string {
    return this.weight.size === 1 ? "PReLU" : `PReLU(${this.weight.size})`;
  }
}

import {
  formatValue,
  requireTensor,
  type Shape,
  type ShapeOf,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import type { Loops } from "./loops/loops.ts";
import { softmaxLoops } from "./loops/softmax.ts";
import { Module } from "./module.ts";
import type { SameShape, shapeRule } from "./shape.rule.ts";

/**
 * y = eˣ / Σ eˣ along an axis, by default the last: positive numbers that sum to 1; any shape.
 *
 * @throws {@link ShapeError} for an axis that x does not have; {@link DTypeError} for integers.
 */
export function softmax<T extends Tensor>(x: T, axis = -1): Tensor<ShapeOf<T>> {
  requireTensor("softmax", "input x", x);
  return x.softmax(axis);
}

/**
 * y = x − ln Σ eˣ along an axis, by default the last: the logarithm of {@link softmax}, for logits of any size and shape.
 *
 * @throws {@link ShapeError} for an axis that x does not have; {@link DTypeError} for integers.
 */
export function logSoftmax<T extends Tensor>(x: T, axis = -1): Tensor<ShapeOf<T>> {
  requireTensor("logSoftmax", "input x", x);
  return x.logSoftmax(axis);
}

abstract class AlongAxis extends Module {
  declare readonly [shapeRule]: SameShape;
  readonly axis: number;

  /** @throws {@link ValueError} unless the axis is a whole number. */
  constructor(axis = -1) {
    super();
    if (!Number.isSafeInteger(axis)) {
      throw new ValueError(
        this.constructor.name,
        `axis ${formatValue(axis)} must be a whole number; negative ones count from the end`,
        { axis },
      );
    }
    this.axis = axis;
  }
  protected format(name: string): string {
    return this.axis === -1 ? name : `${name}(axis ${this.axis})`;
  }
}

/** The layer of {@link softmax}; any shape. For training use `crossEntropy` on the logits instead. */
export class Softmax extends AlongAxis {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return softmax(x, this.axis);
  }
  override loops(x: Shape): Loops {
    return softmaxLoops(x, this.axis, false);
  }
  override toString(): string {
    return this.format("Softmax");
  }
}

/** The layer of {@link logSoftmax}; any shape. */
export class LogSoftmax extends AlongAxis {
  forward<T extends Tensor>(x: T): Tensor<ShapeOf<T>> {
    return logSoftmax(x, this.axis);
  }
  override loops(x: Shape): Loops {
    return softmaxLoops(x, this.axis, true);
  }
  override toString(): string {
    return this.format("LogSoftmax");
  }
}

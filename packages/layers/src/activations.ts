import type { Tensor } from "@convgrad/core";
import { Module } from "./module.ts";

/**
 * y = max(0, x), any shape.  ∂x = g where x > 0, else 0: relu'(0) = 0, as PyTorch.
 *
 * @throws {@link DTypeError} for integers.
 */
export function relu(x: Tensor): Tensor {
  return x.relu();
}

/**
 * y = eˣ / Σ eˣ along an axis, by default the last: positive numbers that sum to 1; any shape.
 *
 * @throws {@link ShapeError} for an axis that x does not have; {@link DTypeError} for integers.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  return x.softmax(axis);
}

/** The layer of {@link relu}; any shape. */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
  override reach(): "cell" {
    return "cell";
  }
  override toString(): string {
    return "ReLU";
  }
}

/** The layer of {@link softmax}; any shape. For training use `crossEntropy` on the logits instead. */
export class Softmax extends Module {
  readonly axis: number;

  constructor(axis = -1) {
    super();
    this.axis = axis;
  }
  forward(x: Tensor): Tensor {
    return softmax(x, this.axis);
  }
  override toString(): string {
    return this.axis === -1 ? "Softmax" : `Softmax(axis ${this.axis})`;
  }
}

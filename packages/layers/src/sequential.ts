import {
  formatValue,
  type Known,
  type Shape,
  ShapeError,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { chainLoops } from "./loops/chain.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";
import { outputShape } from "./outputShape.ts";
import type { Checked, OutputOf, SequentialRule } from "./sequential.rule.ts";
import type { Batch, shapeRule } from "./shape.rule.ts";

/**
 * Layers one after another, each taking the shape that the one before gives; their names are their positions, as in
 * PyTorch.
 *
 * @example
 * const model = new Sequential(new Conv2D(1, 8, 3), new ReLU(), new Flatten(), new Dense(8 * 26 * 26, 10));
 */
export class Sequential<Input extends Shape = Shape, Output extends Shape = Shape> extends Module {
  declare readonly [shapeRule]: SequentialRule<Input, Output>;
  readonly layers: readonly Module[];

  /** @throws {@link ValueError} for anything that is no module, such as a list of them. */
  constructor(...layers: Module[]) {
    super();
    const wrong = layers.findIndex((layer) => typeof layer?.forward !== "function");
    if (wrong >= 0) {
      throw new ValueError(
        "Sequential",
        `layer ${wrong} is no module; pass the layers one by one: new Sequential(first, second)`,
      );
    }
    this.layers = layers;
  }

  /**
   * Layers one after another for inputs of a shape: the compiler checks that each takes what the one before gives, and the
   * model's type holds the shapes of its input and output. Where the compiler does not know a size, a dry run does.
   *
   * @param input `[C, H, W]` or `[K]`, without the batch axis
   * @throws {@link ShapeError} where a layer refuses its input; {@link ValueError} for anything that is no module.
   * @example
   * const model = Sequential.of([1, 28, 28], new Conv2D(1, 8, 3), new MaxPool(2), new Flatten(), new Dense(8 * 13 * 13, 10));
   */
  static of<const Input extends Shape, const Layers extends readonly Module[]>(
    input: Input,
    ...layers: Checked<Input, Layers>
  ): Sequential<Known<Input>, OutputOf<Input, Layers>>;
  static of(input: Shape, ...layers: Module[]): Sequential {
    if (!Array.isArray(input)) {
      throw new ShapeError(
        "Sequential.of",
        `${formatValue(input)} is no input; give its shape without the batch axis, such as [1, 28, 28]`,
        { shape: input },
      );
    }
    const model = new Sequential(...layers);
    outputShape(model, [2, ...input]); // two samples: normalisation by a batch needs several values
    return model;
  }

  forward(x: Tensor<Batch<Input>>): Tensor<Batch<Output>>;
  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }

  override children(): [name: string, child: Module][] {
    return this.layers.map((layer, position) => [String(position), layer]);
  }

  override loops(x: Shape): Loops {
    return chainLoops(this.layers, x);
  }

  override toString(): string {
    return `Sequential(${this.layers.length})`;
  }
}

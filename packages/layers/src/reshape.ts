import {
  type Elements,
  formatShape,
  formatValue,
  type Reshaped,
  requireTensor,
  type Shape,
  ShapeError,
  type ShapeOf,
  type Tensor,
} from "@convgrad/core";
import { reshapeLoops } from "./loops/elementwise.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";
import type { Given, Made, Refusal, Sample, ShapeRule, shapeRule } from "./shape.rule.ts";

/** `[N, …] → [N, ...shape]` */
interface ReshapeRule<To extends Shape> extends ShapeRule, Made<To> {
  readonly output: this["input"] extends readonly [infer N extends number, ...Shape]
    ? Reshaped<Sample<this["input"]>, To> extends infer Y
      ? Y extends Shape
        ? [N, ...Y]
        : Refusal<
            "Reshape",
            Y & string,
            `its sizes must multiply to ${Elements<Sample<this["input"]>>}`
          >
      : never
    : Shape;
}

/**
 * The cells of each sample under another shape.  `[N, …] → [N, ...shape]`; a view where the layout allows
 *
 * @example
 * new Reshape(1, 28, 28).forward(pixels); // [N, 784] → [N, 1, 28, 28]
 */
export class Reshape<const To extends Shape = Shape> extends Module {
  declare readonly [shapeRule]: ReshapeRule<To>;
  readonly shape: Shape;

  /**
   * @param shape without the batch axis; one size may be −1 = whatever is left
   * @throws {@link ShapeError} for other sizes.
   */
  constructor(...shape: To) {
    super();
    const isSize = (n: number) => Number.isSafeInteger(n) && n >= -1;
    if (!shape.every(isSize) || shape.filter((n) => n === -1).length > 1) {
      throw new ShapeError(
        "Reshape",
        `shape ${formatValue(shape)} must be whole numbers ≥ 0, and one −1 at most; ` +
          "leave the batch axis out: new Reshape(1, 28, 28)",
        { shape },
      );
    }
    this.shape = shape;
  }
  /** @throws {@link ShapeError} where a sample has not as many cells. */
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    requireTensor("Reshape", "input x", x);
    if (x.rank === 0) throw new ShapeError("Reshape", "expects a batch [N, …], not a scalar");
    return x.reshape([x.shape[0]!, ...this.shape]);
  }
  override loops(): Loops {
    return reshapeLoops();
  }
  override toString(): string {
    return `Reshape(${formatShape(this.shape)})`;
  }
}

import {
  checkOptions,
  formatShape,
  type Shape,
  ShapeError,
  type ShapeOf,
  sameShape,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import { Cellwise } from "./activations.ts";
import { residualLoops } from "./loops/chain.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";
import type { ResidualRule } from "./sequential.rule.ts";
import type { Given, shapeRule } from "./shape.rule.ts";

/** What else a {@link Residual} does. */
export interface ResidualOptions<Shortcut extends Module = Module> {
  /** Where the body changes the shape: what makes x fit; default: x as it is. */
  readonly shortcut?: Shortcut;
  /** Applied to the sum; default none. */
  readonly activation?: Module;
}

/**
 * What a body adds to its input:  y = activation(body(x) + shortcut(x)), both of one shape.  The gradient reaches x also
 * past the body, so that deep models learn.
 *
 * @example
 * new Residual(new Sequential(new Conv2D(8, 8, 3, { padding: "same" }), new BatchNorm2D(8)), { activation: new ReLU() });
 *
 * Source: He et al. 2015, arXiv:1512.03385, equations (1) and (2).
 */
export class Residual<
  Body extends Module = Module,
  Shortcut extends Module = never,
> extends Module {
  declare readonly [shapeRule]: ResidualRule<Body, Shortcut>;
  readonly body: Module;
  readonly shortcut: Module | null;
  readonly sum: Sum = new Sum();
  readonly activation: Module | null;

  /** @throws {@link ValueError} for anything that is no module. */
  constructor(body: Body, options: ResidualOptions<Shortcut> = {}) {
    super();
    checkOptions("Residual", options, ["shortcut", "activation"]);
    const { shortcut, activation } = options;
    for (const [what, part] of Object.entries({ body, shortcut, activation })) {
      if (part instanceof Module || (part === undefined && what !== "body")) continue;
      throw new ValueError(
        "Residual",
        `the ${what} is no module; pass layers: new Residual(new Sequential(first, second))`,
      );
    }
    this.body = body;
    this.shortcut = shortcut ?? null;
    this.activation = activation ?? null;
  }

  /** @throws {@link ShapeError} where the body's shape is not that of the shortcut. */
  forward<T extends Tensor>(x: T): Tensor<Given<this[typeof shapeRule], ShapeOf<T>>>;
  forward(x: Tensor): Tensor {
    const y = this.sum.forward(this.body.forward(x), this.shortcut?.forward(x) ?? x);
    return this.activation?.forward(y) ?? y;
  }

  override loops(x: Shape): Loops {
    return residualLoops(this.body, this.shortcut, this.activation, x);
  }

  override toString(): string {
    return "Residual";
  }
}

/** Body plus shortcut; a layer, so that `summary()` can follow it. */
class Sum extends Cellwise {
  forward(body: Tensor, shortcut: Tensor): Tensor {
    if (sameShape(body.shape, shortcut.shape)) return body.add(shortcut);
    throw new ShapeError(
      "Residual",
      `the body gives ${formatShape(body.shape)} and the shortcut ${formatShape(shortcut.shape)}; ` +
        "pass a shortcut that changes the shape as the body does, " +
        "such as { shortcut: new Conv2D(channels, filters, 1, { stride }) }",
      { body: body.shape, shortcut: shortcut.shape },
    );
  }
  override toString(): string {
    return "body + shortcut";
  }
}

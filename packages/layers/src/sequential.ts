import { type Shape, type Tensor, ValueError } from "@convgrad/core";
import { chainLoops } from "./loops/chain.ts";
import type { Loops } from "./loops/loops.ts";
import { Module } from "./module.ts";

/**
 * Layers one after another, each taking the shape that the one before gives; their names are their positions, as in
 * PyTorch.
 *
 * @example
 * const model = new Sequential(new Conv2D(1, 8, 3), new ReLU(), new Flatten(), new Dense(8 * 26 * 26, 10));
 */
export class Sequential extends Module {
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

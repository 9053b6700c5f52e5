import type { Tensor } from "@convgrad/core";
import { Module } from "./module.ts";

/**
 * Layers one after another; their names are their positions, as in PyTorch.
 *
 * @example
 * const model = new Sequential(new Conv2D(1, 8, 3), new ReLU(), new Flatten(), new Dense(8 * 26 * 26, 10));
 */
export class Sequential extends Module {
  readonly layers: readonly Module[];

  constructor(...layers: Module[]) {
    super();
    this.layers = layers;
  }

  forward(x: Tensor): Tensor {
    return this.layers.reduce((y, layer) => layer.forward(y), x);
  }

  override children(): [name: string, child: Module][] {
    return this.layers.map((layer, position) => [String(position), layer]);
  }

  override toString(): string {
    return `Sequential(${this.layers.length})`;
  }
}

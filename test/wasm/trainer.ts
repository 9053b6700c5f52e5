import { manualSeed, randn, scope, type Tensor, tensor } from "@convgrad/core";
import {
  AvgPool,
  Conv2D,
  crossEntropy,
  Dense,
  Flatten,
  MaxPool,
  ReLU,
  Sequential,
} from "@convgrad/layers";
import { type Optimizer, SGD } from "@convgrad/optim";

/** A small net, its data and its optimiser: everything that a step of training needs. */
export interface Trainer {
  readonly parameters: readonly Tensor[];
  /** Forward, loss, backward, update; the loss. */
  step(batch?: number): number;
  /** The net alone, for steps that are written out. */
  lossOf(batch?: number): Tensor;
  readonly optimizer: Optimizer;
  /** The bits of all parameters. */
  weights(): Buffer;
}

/** The same weights and data each time, on the selected backend. */
export function trainer({
  batch = 8,
  size = 12,
  channels = 8,
  optimizerOf = (parameters: Tensor[]): Optimizer =>
    new SGD(parameters, { lr: 0.05, momentum: 0.9 }),
} = {}): Trainer {
  manualSeed(3);
  const model = new Sequential(
    new Conv2D(1, channels, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool(2),
    new Conv2D(channels, channels, 3),
    new ReLU(),
    new AvgPool(2),
    new Flatten(),
    new Dense(channels * ((size / 2 - 2) >> 1) ** 2, 10),
  );
  const images = randn([batch, 1, size, size]);
  const labels = tensor(Int32Array.from({ length: batch }, (_, i) => (i * 7) % 10));
  const optimizer = optimizerOf(model.parameters());
  const parameters = [...model.parameters()];
  const lossOf = (samples = batch) =>
    crossEntropy(model.forward(images.slice([0], [samples])), labels.slice([0], [samples]));
  return {
    parameters,
    optimizer,
    lossOf,
    step: (samples) =>
      scope(() => {
        optimizer.zeroGrad();
        const loss = lossOf(samples);
        loss.backward();
        optimizer.step();
        return loss.item();
      }),
    weights: () =>
      Buffer.concat(parameters.map((w) => new Uint8Array(w.toTypedArray().slice().buffer))),
  };
}

import { manualSeed, noGrad, randomState, scope, setRandomState, ValueError } from "@convgrad/core";
import { DataLoader, type LabelledImages, scalePixels } from "@convgrad/data";
import { accuracy, crossEntropy, type Sequential } from "@convgrad/layers";
import { Adam, SGD } from "@convgrad/optim";
import type { Recipe } from "../network/recipe.ts";
import type { ImageSets } from "./imageSets.ts";
import type { Report, StepNumbers } from "./protocol.ts";

/** Images in a batch of the validation. */
const VALIDATION_BATCH = 250;

type Norms = Extract<Report, { kind: "progress" }>["gradientNorms"];

/** Calls `fn` with the random sequence of a seed, which goes on after it; where it throws, the sequence is as before. */
export function seeded<T>(seed: number, fn: () => T): T {
  const before = randomState();
  try {
    manualSeed(seed);
    return fn();
  } catch (error) {
    setRandomState(before);
    throw error;
  }
}

/** A model in training on some images. */
export class Training {
  readonly recipe: Recipe;
  readonly model: Sequential;
  readonly sets: ImageSets;
  /** The batches of an epoch. */
  readonly loader: DataLoader<LabelledImages>;
  readonly #optimizer: SGD | Adam;
  /** Steps so far. */
  step = 0;
  isOver = false;

  /** @throws {@link ValueError} for settings that are none. */
  constructor(recipe: Recipe, sets: ImageSets, model: Sequential) {
    const { seed, batch, optimizer, lr, momentum } = recipe;
    this.model = model;
    this.recipe = recipe;
    this.sets = sets;
    this.loader = new DataLoader(sets.train, {
      batch,
      shuffle: true,
      seed,
      transform: scalePixels,
    });
    const parameters = this.model.parameters();
    this.#optimizer =
      optimizer === "sgd" ? new SGD(parameters, { lr, momentum }) : new Adam(parameters, { lr });
  }

  /**
   * One step of descent on a batch.
   *
   * @throws {@link ValueError} for a loss that is no number any more; the step is not taken.
   */
  learn({ images, labels }: LabelledImages): StepNumbers {
    this.#optimizer.zeroGrad();
    const logits = this.model.forward(images);
    const loss = crossEntropy(logits, labels);
    const value = loss.item();
    if (!Number.isFinite(value)) {
      throw new ValueError(
        "training",
        `the loss is ${value} at step ${this.step + 1}, so the weights are lost; ` +
          `lower the learning rate (${this.recipe.lr}) and reset`,
        { loss: value, step: this.step + 1 },
      );
    }
    loss.backward();
    this.#optimizer.step();
    const epoch = Math.floor(this.step / this.loader.length);
    this.step++;
    return { step: this.step, epoch, loss: value, accuracy: accuracy(logits, labels) };
  }

  /** The sizes of the gradients of the last step. */
  gradientNorms(): Norms {
    return this.model.layers.flatMap((layer, card) => {
      const gradient = layer.namedParameters().find(([name]) => name === "weight")?.[1].grad;
      if (!gradient) return [];
      const norm = scope(() => noGrad(() => gradient.mul(gradient).sum().sqrt().item()));
      return [{ card, layer: String(layer), norm }];
    });
  }

  /** The images to validate with, batch by batch. */
  validation(): DataLoader<LabelledImages> {
    return new DataLoader(this.sets.validation, {
      batch: VALIDATION_BATCH,
      transform: scalePixels,
    });
  }

  /** Calls `fn` with the model as in use: running statistics, no dropout, nothing recorded. */
  inUse<T>(fn: (model: Sequential) => T): T {
    const { model } = this;
    const { training } = model;
    model.eval();
    try {
      return scope(() => noGrad(() => fn(model)));
    } finally {
      if (training) model.train();
    }
  }
}

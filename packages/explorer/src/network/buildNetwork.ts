import {
  ConvgradError,
  formatShape,
  randomState,
  ShapeError,
  setRandomState,
  sizeOf,
  ValueError,
} from "@convgrad/core";
import {
  AvgPool,
  BatchNorm2D,
  Conv2D,
  Dense,
  Dropout,
  Flatten,
  GELU,
  GlobalAvgPool,
  LpPool,
  MaxPool,
  type Module,
  outputShape,
  ReLU,
  Sequential,
  Sigmoid,
  type SummaryRow,
  Tanh,
} from "@convgrad/layers";
import type { LayerRow } from "./layerRow.ts";
import type { LayerCard } from "./recipe.ts";
import { releaseModel } from "./releaseModel.ts";

/** What a network is for. */
export interface Task {
  /** [C, H, W] */
  readonly imageShape: readonly number[];
  readonly classes: number;
}

/** A network, layer by layer, as far as it could be built. */
export interface Network {
  readonly rows: readonly LayerRow[];
  readonly parameters: number;
  /** Multiplications with addition in the forward pass of an image. */
  readonly multiplyAdds: number;
  /** With all layers and an output for each class; else `null`. */
  readonly model: Sequential | null;
}

/** Numbers in all weights, at most: 20 MB, and four times that with gradients and Adam. */
const MOST_PARAMETERS = 5_000_000;

/**
 * Builds the layers of cards, each for the shape that the one before gives, with initial weights in the order of the
 * cards. The first card that does not fit has the library's message; those after it have no shapes.
 */
export function buildNetwork(cards: readonly LayerCard[], task: Task): Network {
  const layers: Module[] = [];
  let shape = task.imageShape;
  let parameters = 0;
  let fault: string | null = null;
  for (const card of cards) {
    const next = attempt(card, shape, parameters);
    if (typeof next === "string") {
      fault = next;
      break;
    }
    layers.push(next.layer);
    shape = next.shape;
    parameters += next.layer.parameters().reduce((sum, { size }) => sum + size, 0);
  }
  const model = new Sequential(...layers);
  const summary = layers.length > 0 ? model.summary([1, ...task.imageShape]) : null;
  const wrongEnd = fault === null && cards.length > 0 ? wrongOutput(shape, task.classes) : null;
  const rows = cards.map((card, i) => {
    const found = summary?.rows[i];
    const isLast = i === cards.length - 1;
    if (found) return described(found, isLast ? wrongEnd : null);
    return blank(card, i === layers.length ? fault : null);
  });
  const isWhole = layers.length > 0 && fault === null && wrongEnd === null;
  if (!isWhole) releaseModel(model);
  const multiplyAdds = summary?.multiplyAdds ?? 0;
  return { rows, parameters, multiplyAdds, model: isWhole ? model : null };
}

/** The rows of {@link buildNetwork}; the random sequence stays as it was, and no memory is taken. */
export function describeNetwork(
  cards: readonly LayerCard[],
  task: Task,
): Omit<Network, "model" | "multiplyAdds"> {
  const { rows, parameters, model } = undisturbed(() => buildNetwork(cards, task));
  if (model) releaseModel(model);
  return { rows, parameters };
}

/** Calls `fn`, which may draw random numbers; those that come after are as without it. */
export function undisturbed<T>(fn: () => T): T {
  const random = randomState();
  try {
    return fn();
  } finally {
    setRandomState(random);
  }
}

/** The layer of a card and the shape that it gives, or why it does not fit. */
function attempt(
  card: LayerCard,
  shape: readonly number[],
  before: number,
): { readonly layer: Module; readonly shape: readonly number[] } | string {
  let layer: Module | null = null;
  try {
    checkParameters(before + parametersOf(card, shape));
    layer = layerOf(card, shape);
    return { layer, shape: outputShape(layer, [1, ...shape]).slice(1) };
  } catch (error) {
    if (layer) releaseModel(layer);
    if (error instanceof ConvgradError) return error.message;
    throw error;
  }
}

/** The channels that a layer sees; vectors have none, and the layer will say so. */
const channelsIn = (shape: readonly number[]) => (shape.length === 3 ? shape[0]! : 1);

function layerOf(card: LayerCard, shape: readonly number[]): Module {
  switch (card.type) {
    case "conv": {
      const { filters, kernel, stride, padding } = card;
      return new Conv2D(channelsIn(shape), filters, kernel, { stride, padding });
    }
    case "maxPool":
      return new MaxPool(card.size, strideOf(card));
    case "avgPool":
      return new AvgPool(card.size, strideOf(card));
    case "lpPool":
      return new LpPool(2, card.size, strideOf(card));
    case "relu":
      return new ReLU();
    case "tanh":
      return new Tanh();
    case "sigmoid":
      return new Sigmoid();
    case "gelu":
      return new GELU();
    case "batchNorm":
      return new BatchNorm2D(channelsIn(shape));
    case "globalAvgPool":
      return new GlobalAvgPool();
    case "flatten":
      return new Flatten();
    case "dropout":
      return new Dropout(card.p);
    case "dense":
      return new Dense(sizeOf(shape), card.units); // of images too, so that the layer says what is missing
  }
}

/** A window's own size is the usual stride, and left out. */
function strideOf({ size, stride }: { readonly size: number; readonly stride: number }): {
  readonly stride?: number;
} {
  return stride === size ? {} : { stride };
}

/** Before the layer is made: a large one would take the memory first. */
function parametersOf(card: LayerCard, shape: readonly number[]): number {
  if (card.type === "conv") return card.filters * (channelsIn(shape) * card.kernel ** 2 + 1);
  if (card.type === "dense") return card.units * (sizeOf(shape) + 1);
  return 0;
}

function checkParameters(count: number): void {
  if (!(count > MOST_PARAMETERS)) return;
  const many = count.toLocaleString("en-US");
  const most = MOST_PARAMETERS.toLocaleString("en-US");
  throw new ValueError(
    "network",
    `this layer brings it to ${many} parameters, the page trains at most ${most}; ` +
      "choose fewer filters or units, or pool the image before",
    { count, most: MOST_PARAMETERS },
  );
}

function wrongOutput(shape: readonly number[], classes: number): string | null {
  if (shape.length === 1 && shape[0] === classes) return null;
  const flat = shape.length === 1 ? "" : "a flatten and ";
  return new ShapeError(
    "network",
    `gives ${formatShape(shape)}, and must give [${classes}], one number for each class; ` +
      `end with ${flat}a dense layer of ${classes} units`,
    { shape, classes },
  ).message;
}

function described(row: SummaryRow, error: string | null): LayerRow {
  const { layer, parameters, parametersIfDense, outputShape: shape } = row;
  const { receptiveField: size, receptiveStride: stride, receptiveOffset: offset } = row;
  const box = size && size !== "all" && stride && offset ? { size, stride, offset } : null;
  return {
    layer,
    shape: shape.slice(1),
    parameters,
    ifDense: parametersIfDense,
    field: size === "all" ? "all" : box,
    error,
  };
}

/** A layer whose input is not known, or does not fit. */
function blank(card: LayerCard, error: string | null): LayerRow {
  return { layer: nameOf(card), shape: null, parameters: 0, ifDense: null, field: null, error };
}

/** `"Conv2D(? → 6, 5×5)"` */
function nameOf(card: LayerCard): string {
  try {
    const layer = undisturbed(() => layerOf(card, [1, 1, 1]));
    releaseModel(layer);
    return String(layer).replace(/\(1(?=[ )])/, "(?");
  } catch (error) {
    if (error instanceof ConvgradError) return card.type; // its numbers are none
    throw error;
  }
}

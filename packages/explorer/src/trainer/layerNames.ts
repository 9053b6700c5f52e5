import type { LayerCard } from "../network/recipe.ts";

/** What the editor calls the layers, in the order in which it offers them. */
export const LAYER_NAMES: Readonly<Record<LayerCard["type"], string>> = {
  conv: "Convolution",
  relu: "ReLU",
  maxPool: "Max pooling",
  avgPool: "Average pooling",
  lpPool: "L2 pooling",
  flatten: "Flatten",
  dense: "Dense",
  batchNorm: "Batch norm",
  dropout: "Dropout",
  globalAvgPool: "Global average",
  tanh: "Tanh",
  sigmoid: "Sigmoid",
  gelu: "GELU",
};

const FRESH: Partial<Record<LayerCard["type"], LayerCard>> = {
  conv: { type: "conv", filters: 8, kernel: 3, stride: 1, padding: 1 },
  maxPool: { type: "maxPool", size: 2, stride: 2 },
  avgPool: { type: "avgPool", size: 2, stride: 2 },
  lpPool: { type: "lpPool", size: 2, stride: 2 },
  dense: { type: "dense", units: 32 },
  dropout: { type: "dropout", p: 0.25 },
};

/** A layer of a type with usual numbers. */
export function freshLayer(type: LayerCard["type"]): LayerCard {
  return FRESH[type] ?? ({ type } as LayerCard);
}

/** The layers with a new one before the last: that one gives the classes. */
export function withLayer(layers: readonly LayerCard[], card: LayerCard): readonly LayerCard[] {
  const end = layers.at(-1)?.type === "dense" ? layers.length - 1 : layers.length;
  return layers.toSpliced(end, 0, card);
}

/** The layers with one of them at another place. */
export function moveLayer(
  layers: readonly LayerCard[],
  from: number,
  to: number,
): readonly LayerCard[] {
  return layers.toSpliced(from, 1).toSpliced(to, 0, layers[from]!);
}

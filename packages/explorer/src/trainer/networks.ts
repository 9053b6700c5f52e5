import type { LayerCard } from "../network/recipe.ts";

/** A network to begin with. */
export interface Network {
  readonly id: string;
  readonly title: string;
  readonly layers: readonly LayerCard[];
}

const conv = (filters: number, kernel: number, padding = 0): LayerCard => {
  return { type: "conv", filters, kernel, stride: 1, padding };
};
const halve: LayerCard = { type: "maxPool", size: 2, stride: 2 };
const relu: LayerCard = { type: "relu" };
const flatten: LayerCard = { type: "flatten" };
const dense = (units: number): LayerCard => ({ type: "dense", units });

/** LeNet-5, with filters as many as given. */
const leNet = (first: number, second: number): readonly LayerCard[] => [
  conv(first, 5, 2),
  relu,
  halve,
  conv(second, 5),
  relu,
  halve,
  flatten,
  dense(120),
  relu,
  dense(84),
  relu,
  dense(10),
];

/** Networks for images of 28 × 28 and ten classes. */
export const networks: readonly Network[] = [
  { id: "lenet", title: "LeNet-5", layers: leNet(6, 16) },
  {
    id: "small",
    title: "Small: one convolution",
    layers: [conv(8, 3, 1), relu, halve, flatten, dense(10)],
  },
  { id: "wide", title: "Wide: LeNet-5, twice the filters", layers: leNet(12, 32) },
  { id: "linear", title: "No hidden layer", layers: [flatten, dense(10)] },
  {
    id: "article",
    title: "The article's: conv, ReLU, max, twice",
    layers: [conv(4, 5), relu, halve, conv(4, 5), relu, halve, flatten, dense(10)],
  },
];

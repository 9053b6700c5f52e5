import { linkTo } from "../address/useAddress.ts";
import type { Preset } from "../examples/preset.ts";
import { FIELDS, type GraphState } from "./fields.ts";

const to = (part: Partial<GraphState>) => linkTo("graph", FIELDS, part);

/** States of the graph view that answer a question of the lessons. */
export const presets: readonly Preset[] = [
  {
    id: "two-nodes",
    title: "Pre-activation and output are two nodes",
    rows: [8, 14, 40],
    href: to({ at: 3 }),
    text: "One layer of the article: the leaf x is the pre-activation, relu is the output. E is the half sum, so δ is x′ − t.",
  },
  {
    id: "product-of-maps",
    title: "w · δ · f′(x), one factor after the other",
    rows: [25],
    href: to({ step: 99, detail: "layers", at: 3 }),
    text: "What arrives at relu is the sum of w · δ; what it passes to x is multiplied by f′(x), here 0 or 1.",
  },
  {
    id: "chain",
    title: "δ from layer to layer",
    rows: [27],
    href: to({ loss: "net", detail: "layers", step: 99 }),
    text: "The δ of each layer is made from the δ of the layer after it. Choose one to see both.",
  },
  {
    id: "whole-net",
    title: "Backward through conv – ReLU – max – conv – ReLU – max – softmax",
    rows: [36],
    href: to({ loss: "net", detail: "layers", step: 4 }),
    text: "Press “Next node”: the second convolution is passed exactly as the first.",
  },
  {
    id: "eight-filters",
    title: "The same net with 8 filters in layer 2",
    rows: [37],
    href: to({ loss: "net", detail: "layers", filters: 8 }),
    text: "Shapes are free: the dense layer after it simply has 32 inputs instead of 16.",
  },
  {
    id: "softmax",
    title: "Softmax: p − onehot",
    rows: [39],
    href: to({ loss: "dense", detail: "layers", step: 99 }),
    text: "The bars are the probabilities; the gradient of the logits is (p − onehot) / N.",
  },
  {
    id: "large-logits",
    title: "Logits of ±1000 stay finite",
    rows: [39],
    href: to({ loss: "dense", b: [1000, 0, -1000], label: 2 }),
    text: "The loss is computed from logarithms, so nothing overflows.",
  },
  {
    id: "vanishing",
    title: "Vanishing gradients",
    rows: [41],
    href: to({ loss: "deep", detail: "layers", depth: 8, start: "small", step: 99 }),
    text: "Sigmoids and small weights: the norm falls from layer to layer on the way back.",
  },
  {
    id: "exploding",
    title: "Exploding gradients",
    rows: [41],
    href: to({
      ...{ loss: "deep", detail: "layers", depth: 8 },
      ...{ activation: "relu", start: "large", step: 99 },
    }),
    text: "Weights three times too large: the gradients are far too long. “He” brings them back.",
  },
  {
    id: "many-paths",
    title: "Where paths meet, gradients add up",
    rows: [],
    href: to({ loss: "batchNorm", step: 12 }),
    text: "In batch normalisation a cell reaches the loss by itself, through the mean and through the variance.",
  },
];

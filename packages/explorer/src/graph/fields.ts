import { choice, numbers, type StateOf, whole } from "../address/fields.ts";
import { RECIPE_FIELDS } from "../network/recipeText.ts";

/** The losses to look at. */
export const LOSSES = ["layer", "net", "dense", "batchNorm", "deep", "own"] as const;
export type LossName = (typeof LOSSES)[number];

/** The tensors that can be edited. */
export type LeafName = "x" | "w" | "b" | "t";

/** The graph view's part of the address. */
export const FIELDS = {
  loss: choice<LossName>("layer", LOSSES),
  detail: choice("operations", ["operations", "layers"]),
  /** How many nodes the backward pass has visited. */
  step: whole(0, 0, 100_000),
  /** The node that is looked at; −1 for the one that the pass has just visited. */
  at: whole(-1, -1, 100_000),
  /** Of the node's tensors, which of their last two axes' planes. */
  plane: whole(0, 0, 100_000_000),
  /** In percent; 0 fits the width. */
  zoom: whole(0, 0, 200),
  x: numbers(16),
  w: numbers(16),
  b: numbers(16),
  t: numbers(16),
  /** The class that the image belongs to. */
  label: whole(0, 0, 9),
  /** Filters of the net's second convolution. */
  filters: whole(4, 1, 8),
  depth: whole(6, 2, 12),
  activation: choice("sigmoid", ["sigmoid", "tanh", "relu"]),
  /** How large the deep net's weights begin, of what He et al. propose. */
  start: choice("he", ["small", "he", "large"]),
  /** A network as the trainer writes it in its address. */
  net: RECIPE_FIELDS.network,
} as const;

/** What the graph view shows. */
export type GraphState = StateOf<typeof FIELDS>;

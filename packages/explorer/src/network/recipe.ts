/** A layer as a card of the editor; the channels or units that it receives come from the layer before. */
export type LayerCard =
  | {
      readonly type: "conv";
      readonly filters: number;
      readonly kernel: number;
      readonly stride: number;
      readonly padding: number;
    }
  | {
      readonly type: "maxPool" | "avgPool" | "lpPool";
      readonly size: number;
      readonly stride: number;
    }
  | { readonly type: "relu" | "tanh" | "sigmoid" | "gelu" }
  | { readonly type: "batchNorm" | "globalAvgPool" | "flatten" }
  | { readonly type: "dropout"; readonly p: number }
  | { readonly type: "dense"; readonly units: number };

/** All that decides the weights: the same recipe on the same data gives the same bits everywhere. */
export interface Recipe {
  readonly layers: readonly LayerCard[];
  readonly seed: number;
  /** Images per step. */
  readonly batch: number;
  readonly optimizer: "sgd" | "adam";
  /** Learning rate. */
  readonly lr: number;
  /** Of SGD. */
  readonly momentum: number;
  /** After so many the training stops. */
  readonly epochs: number;
}

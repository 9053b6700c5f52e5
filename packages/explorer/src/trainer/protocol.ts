import type { LayerRow } from "../network/layerRow.ts";
import type { Recipe } from "../network/recipe.ts";

/** IDX files that may lie beside the app, in a folder of this name. */
export type ServedSet = "mnist" | "fashion-mnist";

/** Where the images come from. */
export type DataChoice =
  /** The digits that ship with the explorer. */
  | { readonly from: "shipped" }
  /** IDX files beside the app, as `npm run explorer` serves them. */
  | { readonly from: "served"; readonly set: ServedSet }
  /** IDX files that were chosen or dropped: images and labels, for training and, if there are any, for validation. */
  | { readonly from: "files"; readonly files: readonly File[] };

/** What the page asks of the worker, in order. */
export type Request =
  /** Images in place of those before, whose model goes with them: a reset comes next. */
  | { readonly kind: "data"; readonly choice: DataChoice }
  /** Shapes and parameters of a network; the training goes on. */
  | { readonly kind: "describe"; readonly recipe: Recipe }
  /** A new model with weights of the recipe's seed, at step 0. */
  | { readonly kind: "reset"; readonly recipe: Recipe }
  | { readonly kind: "run" }
  | { readonly kind: "pause" }
  /** One step, then pause. */
  | { readonly kind: "step" }
  /** The validation image whose feature maps are shown. */
  | { readonly kind: "watch"; readonly image: number }
  /** An image [C, H, W] of numbers in [0, 1], such as a drawn digit. */
  | { readonly kind: "classify"; readonly pixels: Float32Array }
  | { readonly kind: "save"; readonly as: "safetensors" | "onnx" }
  /** A model that was saved before. */
  | { readonly kind: "open"; readonly file: File };

/** A grey or coloured picture, 8 bits per channel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** RGBA, row by row. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** The pictures of one layer. */
export interface LayerPixels {
  /** Its place among the recipe's layers. */
  readonly card: number;
  readonly layer: string;
  /** The first few. */
  readonly pictures: readonly Pixels[];
  /** How many there are. */
  readonly of: number;
  /** The numbers of the darkest and the lightest colour. */
  readonly range: readonly [number, number];
}

/** An image of the data. */
export interface Sample {
  readonly picture: Pixels;
  readonly label: number;
}

/** Numbers of one step. */
export interface StepNumbers {
  /** From 1. */
  readonly step: number;
  /** From 0. */
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
}

/** What the worker tells. */
export type Report =
  | {
      readonly kind: "ready";
      readonly backend: string;
      readonly threads: number;
      /** Why there is one thread only, or no fast backend; `null` where all is well. */
      readonly trouble: string | null;
      /** The sets that are served beside the app. */
      readonly served: readonly ServedSet[];
    }
  | {
      readonly kind: "data";
      /** What was asked for. */
      readonly choice: DataChoice;
      readonly name: string;
      /** Who made it, for the page to name. */
      readonly source: string;
      readonly train: number;
      readonly validation: number;
      readonly classes: readonly string[];
      /** [C, H, W] */
      readonly imageShape: readonly [number, number, number];
      /** Some of the training images, class by class. */
      readonly samples: readonly Sample[];
    }
  | { readonly kind: "described"; readonly rows: readonly LayerRow[]; readonly parameters: number }
  | { readonly kind: "state"; readonly state: "empty" | "paused" | "running" | "done" }
  /** The steps since the last report; about ten reports a second. */
  | {
      readonly kind: "progress";
      readonly steps: readonly StepNumbers[];
      readonly stepsPerEpoch: number;
      /** Images per second. */
      readonly speed: number;
      /** ‖∂L/∂w‖₂ of each layer with weights, at the last step. */
      readonly gradientNorms: readonly {
        /** Its place among the recipe's layers. */
        readonly card: number;
        readonly layer: string;
        readonly norm: number;
      }[];
    }
  /** After each epoch, and on every pause. */
  | {
      readonly kind: "validated";
      readonly step: number;
      readonly loss: number;
      readonly accuracy: number;
      /** m[truth][prediction] */
      readonly confusion: readonly (readonly number[])[];
      /** SHA-256 of the weights, hex. */
      readonly weightsHash: string;
    }
  /** About twice a second while training. */
  | {
      readonly kind: "pictures";
      readonly image: number;
      readonly label: number;
      readonly probabilities: readonly number[];
      readonly input: Pixels;
      readonly filters: LayerPixels | null;
      readonly maps: readonly LayerPixels[];
    }
  | { readonly kind: "classified"; readonly probabilities: readonly number[] }
  | {
      readonly kind: "saved";
      /** Of the file. */
      readonly name: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** The step that its weights are of. */
      readonly step: number;
    }
  /** A model of a recipe is there, untaught or opened from a file, which the recipe's layers describe. */
  | { readonly kind: "begun"; readonly recipe: Recipe; readonly isOpened: boolean }
  /** What was asked did not work: the request's kind, what is wrong and the remedy. Nothing has changed. */
  | { readonly kind: "failed"; readonly request: Request["kind"]; readonly message: string }
  /** The worker has ended, and answers nothing any more. */
  | { readonly kind: "stopped"; readonly message: string };

/** The worker, as the page sees it: `connect()` starts one. */
export interface Engine {
  post(request: Request): void;
  /** Calls `listener` with every report from now on; the result ends that. */
  subscribe(listener: (report: Report) => void): () => void;
  /** Ends the worker. */
  close(): void;
}

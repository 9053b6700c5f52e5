import type { Module } from "@convgrad/layers";
import type { Json } from "../json.ts";

/** A layer of an {@link Architecture}: its class by name, and what its constructor needs. */
export interface LayerArchitecture {
  /** `"Conv2D"`; `"Shared"` for a layer that stands here once more, with the `id` of its first place. */
  readonly type: string;
  readonly [field: string]: Json;
}

/** What a model is made of, without its weights: plain JSON. */
export interface Architecture {
  readonly format: "convgrad architecture";
  readonly version: 1;
  /** Of the weights. */
  readonly dtype: "float32" | "float64";
  readonly model: LayerArchitecture;
}

/** Layers in one model, at most; a shared one counts wherever it stands, as it takes time wherever it stands. */
export const MOST_LAYERS = 50_000;
/** Layers in each other, at most. */
export const DEEPEST = 100;

/** Any class of layers. */
export type LayerClass<M extends Module = Module> = abstract new (...args: never[]) => M;

/** What stands beside `type` in a layer's description; what is undefined is left out. */
export type LayerFields = Readonly<Record<string, Json | undefined>>;

/** How the layers of a class of your own are described in an architecture, and built again. */
export interface LayerFormat<M extends Module = Module> {
  /** The class itself. */
  readonly class: LayerClass<M>;
  /** What its constructor needs, as plain JSON; `part` describes a layer inside it. */
  describe(layer: M, part: (layer: Module) => LayerArchitecture): LayerFields;
  /**
   * A layer by what `describe` gave. That may come from a file, so check it: a ConvgradError becomes a FormatError that
   * names the place. `part` builds a layer inside it.
   */
  build(fields: Readonly<Record<string, Json>>, part: (described: Json) => Module): M;
}

/** {@link LayerFormat}s by the names that the classes get in the description. */
export type LayerFormats = Readonly<Record<string, LayerFormat>>;

import {
  AdaptiveAvgPool,
  AdaptiveMaxPool,
  AvgPool,
  type DilatedPoolOptions,
  GlobalAvgPool,
  GlobalMaxPool,
  LpPool,
  MaxPool,
  type Pair,
  Subsample,
  Upsample,
} from "@convgrad/layers";
import type { LayerFields } from "./description.ts";
import { choice, flag, number, optional, padding, pair, scale, whole } from "./fields.ts";
import { type LayerRow, plain, row } from "./row.ts";

const poolingFields = () => ({
  kernel: pair(),
  stride: optional(pair()),
  padding: optional(padding()),
  ceilMode: optional(flag()),
});

/** The settings of a pooling, as its constructor got them. */
function poolFields(layer: { readonly kernel: Pair; readonly options: DilatedPoolOptions }) {
  return { kernel: layer.kernel, ...(layer.options as LayerFields) };
}

/** The layers that change the size of an image, and have no weights. */
export const poolRows = (): Readonly<Record<string, LayerRow>> => ({
  AdaptiveAvgPool: row({
    class: AdaptiveAvgPool,
    fields: { output: pair() },
    describe: ({ output }) => ({ output }),
    build: ({ output }) => new AdaptiveAvgPool(output),
  }),
  AdaptiveMaxPool: row({
    class: AdaptiveMaxPool,
    fields: { output: pair() },
    describe: ({ output }) => ({ output }),
    build: ({ output }) => new AdaptiveMaxPool(output),
  }),
  AvgPool: row({
    class: AvgPool,
    fields: {
      ...poolingFields(),
      countIncludePad: optional(flag()),
      divisorOverride: optional(number()),
    },
    describe: (layer) => poolFields(layer),
    build: ({ kernel, ...options }) => new AvgPool(kernel, options),
  }),
  GlobalAvgPool: plain(GlobalAvgPool),
  GlobalMaxPool: plain(GlobalMaxPool),
  LpPool: row({
    class: LpPool,
    fields: { p: number(), ...poolingFields(), dilation: optional(pair()) },
    describe: (layer) => ({ p: layer.p, ...poolFields(layer) }),
    build: ({ p, kernel, ...options }) => new LpPool(p, kernel, options),
  }),
  MaxPool: row({
    class: MaxPool,
    fields: { ...poolingFields(), dilation: optional(pair()) },
    describe: (layer) => poolFields(layer),
    build: ({ kernel, ...options }) => new MaxPool(kernel, options),
  }),
  Upsample: row({
    class: Upsample,
    fields: {
      scale: optional(scale()),
      size: optional(pair()),
      mode: optional(choice("nearest", "bilinear")),
      alignCorners: optional(flag()),
    },
    describe: ({ options }) => ({ ...options }) as LayerFields,
    build: (options) => new Upsample(options),
  }),
  Subsample: row({
    class: Subsample,
    fields: { channels: whole(), filters: whole() },
    describe: ({ channels, filters }) => ({ channels, filters }),
    build: ({ channels, filters }) => new Subsample(channels, filters),
  }),
});

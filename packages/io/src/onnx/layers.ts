import { formatShape, type Shape, ValueError } from "@convgrad/core";
import {
  AdaptiveAvgPool,
  AdaptiveMaxPool,
  AvgPool,
  BatchNorm2D,
  Conv2D,
  ConvTranspose2D,
  Dense,
  Dropout,
  Dropout2D,
  ELU,
  Flatten,
  GELU,
  GlobalAvgPool,
  GlobalMaxPool,
  GroupNorm,
  Identity,
  LeakyReLU,
  LogSoftmax,
  LpPool,
  MaxPool,
  type Module,
  PReLU,
  ReLU,
  Reshape,
  Residual,
  SeparableConv2D,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Subsample,
  Tanh,
  Upsample,
} from "@convgrad/layers";
import {
  convertElu,
  convertGelu,
  convertLeakyRelu,
  convertPrelu,
  convertSilu,
  convertSoftmax,
  convertTo,
} from "./activations.ts";
import { convertConv, convertDense, convertTranspose } from "./convolutions.ts";
import { reshaped } from "./geometry.ts";
import type { OnnxGraph, OnnxValue } from "./graph.ts";
import { convertSubsample, convertUpsample } from "./images.ts";
import { convertBatchNorm, convertGroupNorm } from "./normalization.ts";
import {
  convertAdaptiveAvgPool,
  convertAdaptiveMaxPool,
  convertAvgPool,
  convertGlobalPool,
  convertLpPool,
  convertMaxPool,
} from "./pools.ts";

/** Writes a layer of one class; the name of its output comes back. */
type Converter<M extends Module> = (
  layer: M,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
) => string;

/** A class of layers, and how one of them is written in ONNX. */
export interface Conversion {
  readonly class: abstract new (...args: never[]) => Module;
  readonly convert: Converter<Module>;
}

function conversion<M extends Module>(
  type: abstract new (...args: never[]) => M,
  convert: Converter<M>,
): Conversion {
  return { class: type, convert: convert as Converter<Module> };
}

/** A pooling; of vectors it would take the batch for the height of one image. */
function pooling<M extends Module>(
  type: abstract new (...args: never[]) => M,
  convert: Converter<M>,
): Conversion {
  return conversion(type, (layer, x, graph, output) => {
    if (x.shape.length >= 2) return convert(layer, x, graph, output);
    throw new ValueError(
      "exportOnnx",
      `${layer} pools over the samples of ${formatShape(x.shape)}; ` +
        "make images of them before: new Reshape(1, height, width)",
      { shape: x.shape },
    );
  });
}

/** In use these do nothing. */
const nothing: Converter<Module> = (_, x) => x.name;

/** The conversion of each class; `test/io` fails for one without. A function, so that bundlers can leave it out. */
export const conversions = (): readonly Conversion[] => [
  pooling(AdaptiveAvgPool, convertAdaptiveAvgPool),
  pooling(AdaptiveMaxPool, convertAdaptiveMaxPool),
  pooling(AvgPool, convertAvgPool),
  conversion(BatchNorm2D, convertBatchNorm),
  conversion(Conv2D, convertConv),
  conversion(ConvTranspose2D, convertTranspose),
  conversion(Dense, convertDense),
  conversion(Dropout, nothing),
  conversion(Dropout2D, nothing),
  conversion(ELU, convertElu),
  conversion(Flatten, ({ start }, x, graph, output) =>
    start === 1 ? graph.node("Flatten", [x.name], { axis: 1 }) : reshaped(graph, x.name, output),
  ),
  conversion(GELU, convertGelu),
  pooling(GlobalAvgPool, convertGlobalPool("GlobalAveragePool")),
  pooling(GlobalMaxPool, convertGlobalPool("GlobalMaxPool")),
  conversion(GroupNorm, convertGroupNorm),
  conversion(Identity, nothing),
  conversion(LeakyReLU, convertLeakyRelu),
  conversion(LogSoftmax, convertSoftmax("LogSoftmax")),
  pooling(LpPool, convertLpPool),
  pooling(MaxPool, convertMaxPool),
  conversion(PReLU, convertPrelu),
  conversion(ReLU, convertTo("Relu")),
  conversion(Reshape, (_, x, graph, output) => reshaped(graph, x.name, output)),
  conversion(Residual, ({ body, shortcut, activation }, x, graph, shape) => {
    const y = graph.layer(body, "body", x).name;
    const past = shortcut ? graph.layer(shortcut, "shortcut", x).name : x.name;
    const sum = { name: graph.node("Add", [y, past]), shape };
    return activation ? graph.layer(activation, "activation", sum).name : sum.name;
  }),
  conversion(
    SeparableConv2D,
    ({ depthwise, pointwise }, x, graph) =>
      graph.layer(pointwise, "pointwise", graph.layer(depthwise, "depthwise", x)).name,
  ),
  conversion(
    Sequential,
    ({ layers }, x, graph) =>
      layers.reduce((y, layer, i) => graph.layer(layer, String(i), y), x).name,
  ),
  conversion(Sigmoid, convertTo("Sigmoid")),
  conversion(SiLU, convertSilu),
  conversion(Softmax, convertSoftmax("Softmax")),
  conversion(Subsample, convertSubsample),
  conversion(Tanh, convertTo("Tanh")),
  conversion(Upsample, convertUpsample),
];

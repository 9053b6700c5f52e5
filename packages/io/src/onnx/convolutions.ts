import { Conv2D, type ConvTranspose2D, type Dense } from "@convgrad/layers";
import { both, padded, padsOf, sidesOf, windowAttributes, windowOf } from "./geometry.ts";
import type { OnnxGraph, OnnxValue } from "./graph.ts";

const PAD_MODES = { reflect: "reflect", replicate: "edge", circular: "wrap" } as const;

/** The names of weight and bias in the graph. */
function parametersOf(graph: OnnxGraph, layer: Conv2D | ConvTranspose2D | Dense): string[] {
  const { weight, bias } = layer;
  const flips = layer instanceof Conv2D && layer.options.flip === true;
  const names = [graph.weights("weight", flips ? weight.flip([2, 3]) : weight)];
  return bias ? [...names, graph.weights("bias", bias)] : names;
}

/** ONNX, operator Conv. */
export function convertConv(layer: Conv2D, x: OnnxValue, graph: OnnxGraph): string {
  const { groups: group = 1, paddingMode: mode = "zeros" } = layer.options;
  const window = windowOf(layer, x.shape);
  const attributes = { ...windowAttributes(window), dilations: window.dilation, group };
  if (mode === "zeros") {
    return graph.node("Conv", [x.name, ...parametersOf(graph, layer)], attributes);
  }
  const image = padded(graph, x, window.padding, PAD_MODES[mode]);
  const pads = [0, 0, 0, 0];
  return graph.node("Conv", [image, ...parametersOf(graph, layer)], { ...attributes, pads });
}

/** ONNX, operator ConvTranspose. */
export function convertTranspose(layer: ConvTranspose2D, x: OnnxValue, graph: OnnxGraph): string {
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = layer.options;
  return graph.node("ConvTranspose", [x.name, ...parametersOf(graph, layer)], {
    kernel_shape: layer.weight.shape.slice(2),
    strides: both(stride),
    pads: padsOf(sidesOf(padding)),
    output_padding: both(outputPadding),
    dilations: both(dilation),
    group: groups,
  });
}

/** ONNX, operators Gemm for vectors, MatMul and Add for more axes. */
export function convertDense(layer: Dense, x: OnnxValue, graph: OnnxGraph): string {
  const [weight, bias] = parametersOf(graph, layer) as [string, string?];
  if (x.shape.length === 1 && bias !== undefined) return graph.node("Gemm", [x.name, weight, bias]);
  const y = graph.node("MatMul", [x.name, weight]);
  return bias === undefined ? y : graph.node("Add", [y, bias]);
}

import { Conv2D, type ConvTranspose2D, type Dense, type Side } from "@convgrad/layers";
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
  const [strides, added, sides] = [both(stride), both(outputPadding), sidesOf(padding)];
  const attributes = {
    kernel_shape: layer.weight.shape.slice(2),
    strides,
    dilations: both(dilation),
    group: groups,
  };
  if (added.every((cells, i) => cells < strides[i]!)) {
    const inputs = [x.name, ...parametersOf(graph, layer)];
    const pads = padsOf(sides);
    return graph.node("ConvTranspose", inputs, { ...attributes, pads, output_padding: added });
  }
  const weight = graph.weights("weight", layer.weight);
  // Runtimes refuse as many cells at the end as the stride. Here all stamps are kept; then a Pad, which may be negative,
  // cuts the padding off or adds zeros.
  const pads = [0, 0, 0, 0];
  const stamped = graph.node("ConvTranspose", [x.name, weight], { ...attributes, pads });
  const ends = sides.map(([before, after], i): Side => [-before, added[i]! - after]);
  const whole = padded(graph, { ...x, name: stamped }, ends as [Side, Side], "constant");
  if (!layer.bias) return whole;
  return graph.node("Add", [whole, graph.weights("bias", layer.bias.reshape([-1, 1, 1]))]);
}

/** ONNX, operators Gemm for vectors, MatMul and Add for more axes. */
export function convertDense(layer: Dense, x: OnnxValue, graph: OnnxGraph): string {
  const [weight, bias] = parametersOf(graph, layer) as [string, string?];
  if (x.shape.length === 1 && bias !== undefined) return graph.node("Gemm", [x.name, weight, bias]);
  const y = graph.node("MatMul", [x.name, weight]);
  return bias === undefined ? y : graph.node("Add", [y, bias]);
}

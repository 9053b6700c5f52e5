import { type Tensor, tensor } from "@convgrad/core";
import type { ELU, GELU, LeakyReLU, LogSoftmax, Module, PReLU, Softmax } from "@convgrad/layers";
import { float, type OnnxGraph, type OnnxValue } from "./graph.ts";

/** A number in the graph. */
function scalar(graph: OnnxGraph, name: string, value: number): string {
  return graph.weights(name, tensor(value));
}

/** An operator that is the whole layer. */
export function convertTo(type: string): (layer: Module, x: OnnxValue, graph: OnnxGraph) => string {
  return (_, x, graph) => graph.node(type, [x.name]);
}

/** ONNX, operator LeakyRelu. */
export function convertLeakyRelu({ slope }: LeakyReLU, x: OnnxValue, graph: OnnxGraph): string {
  return graph.node("LeakyRelu", [x.name], { alpha: float(slope) });
}

/** ONNX, operator Elu. */
export function convertElu({ alpha }: ELU, x: OnnxValue, graph: OnnxGraph): string {
  return graph.node("Elu", [x.name], { alpha: float(alpha) });
}

/** ONNX, operator PRelu, with slopes that broadcast to the axes of x. */
export function convertPrelu({ weight }: PReLU, x: OnnxValue, graph: OnnxGraph): string {
  const axes = weight.size === 1 ? [] : x.shape.slice(1).map(() => 1);
  const slopes: Tensor = axes.length === 0 ? weight : weight.reshape([-1, ...axes]);
  return graph.node("PRelu", [x.name, graph.weights("weight", slopes)]);
}

/** x · sigmoid(x) */
export function convertSilu(_: Module, x: OnnxValue, graph: OnnxGraph): string {
  return graph.node("Mul", [x.name, graph.node("Sigmoid", [x.name])]);
}

/** ONNX, operator Gelu, which came with operators 20; before as its equation. */
export function convertGelu({ options }: GELU, x: OnnxValue, graph: OnnxGraph): string {
  const { approximate = "none" } = options;
  if (graph.opset >= 20) return graph.node("Gelu", [x.name], { approximate });
  const mul = (a: string, b: string) => graph.node("Mul", [a, b]);
  const add = (a: string, b: string) => graph.node("Add", [a, b]);
  if (approximate === "none") {
    const erf = graph.node("Erf", [mul(x.name, scalar(graph, "root", Math.SQRT1_2))]);
    const normal = mul(add(erf, scalar(graph, "one", 1)), scalar(graph, "half", 0.5));
    return mul(x.name, normal);
  }
  const cubic = mul(mul(x.name, x.name), scalar(graph, "cubic", 0.044715));
  const u = mul(x.name, add(cubic, scalar(graph, "one", 1)));
  const twice = mul(u, scalar(graph, "root", 2 * Math.sqrt(2 / Math.PI)));
  return mul(x.name, graph.node("Sigmoid", [twice]));
}

/** ONNX, operators Softmax and LogSoftmax. */
export function convertSoftmax(
  type: "Softmax" | "LogSoftmax",
): (layer: Softmax | LogSoftmax, x: OnnxValue, graph: OnnxGraph) => string {
  return ({ axis }, x, graph) => graph.node(type, [x.name], { axis });
}

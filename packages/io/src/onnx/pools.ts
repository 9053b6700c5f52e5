import { arange, ones, type Shape, type Tensor, tensor } from "@convgrad/core";
import {
  type AdaptiveAvgPool,
  type AdaptiveMaxPool,
  type AvgPool,
  adaptiveMaxPool,
  avgPool,
  type LpPool,
  type MaxPool,
} from "@convgrad/layers";
import { asImages, both, padded, windowAttributes, windowOf } from "./geometry.ts";
import type { OnnxGraph, OnnxValue } from "./graph.ts";

/** ONNX, operator MaxPool. The overhang of ceil mode is written as padding, which never wins. */
export function convertMaxPool(
  layer: MaxPool,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
): string {
  const window = windowOf(layer, x.shape);
  const attributes = { ...windowAttributes(window), dilations: window.dilation };
  return asImages(graph, x, output, (images) => {
    // Runtimes refuse a padding as wide as the kernel, which holes between the taps allow.
    const isWide = window.padding.some((side, i) => Math.max(...side) >= window.kernel[i]!);
    if (!isWide) return graph.node("MaxPool", [images.name], attributes);
    const least = graph.weights("least", tensor(Number.NEGATIVE_INFINITY));
    const wide = padded(graph, images, window.padding, "constant", least);
    return graph.node("MaxPool", [wide], { ...attributes, pads: [0, 0, 0, 0] });
  });
}

/**
 * ONNX, operator AveragePool: over windows with all their padding, the overhang of ceil mode too, and where a window
 * divides by another number of cells a factor beside it, since runtimes differ in what they count.
 */
export function convertAvgPool(
  layer: AvgPool,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
): string {
  const window = windowOf(layer, x.shape);
  const attributes = { ...windowAttributes(window), count_include_pad: 1 };
  const y = asImages(graph, x, output, ({ name }) => graph.node("AveragePool", [name], attributes));
  const factor = factorOf(layer, x, window.kernel[0] * window.kernel[1]);
  return factor ? graph.node("Mul", [y, graph.weights("factor", factor)]) : y;
}

/** By what a mean over all cells of a window must be multiplied, `[oh, ow]`; `null` for 1 everywhere. */
function factorOf(layer: AvgPool, x: OnnxValue, cells: number): Tensor | null {
  const plane = ones(x.shape.slice(-2), { dtype: "float64" });
  const all = avgPool(plane, layer.kernel, { ...layer.options, divisorOverride: cells });
  const factor = layer.forward(plane).div(all);
  return factor.toTypedArray().every((f) => Math.abs(f - 1) < 1e-12) ? null : factor;
}

/**
 * ONNX, operator LpPool for whole orders without holes; else sums of powers by a convolution with ones, channel by
 * channel, and their roots.
 */
export function convertLpPool(
  layer: LpPool,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
): string {
  const window = windowOf(layer, x.shape);
  const isPlain = Number.isInteger(layer.p) && window.dilation.every((d) => d === 1);
  return asImages(graph, x, output, (images) => {
    const attributes = windowAttributes(window);
    if (isPlain) return graph.node("LpPool", [images.name], { ...attributes, p: layer.p });
    const channels = images.shape[0]!;
    const order = graph.weights("order", tensor(layer.p));
    const root = graph.weights("root", tensor(1 / layer.p));
    const filters = graph.weights("ones", ones([channels, 1, ...window.kernel]));
    const powers = graph.node("Pow", [graph.node("Abs", [images.name]), order]);
    const sums = graph.node("Conv", [powers, filters], {
      ...attributes,
      dilations: window.dilation,
      group: channels,
    });
    return graph.node("Pow", [sums, root]);
  });
}

/** ONNX, operators GlobalAveragePool and GlobalMaxPool. */
export function convertGlobalPool(
  type: "GlobalAveragePool" | "GlobalMaxPool",
): (layer: unknown, x: OnnxValue, graph: OnnxGraph, output: Shape) => string {
  return (_, x, graph, output) =>
    asImages(graph, x, output, ({ name }) => graph.node(type, [name]));
}

/** The windows of an adaptive pooling, where they are all of one size. */
function evenWindows(x: OnnxValue, [oh, ow]: readonly [number, number]) {
  const [h, w] = x.shape.slice(-2) as [number, number];
  if (h % oh !== 0 || w % ow !== 0) return null;
  return { kernel_shape: [h / oh, w / ow], strides: [h / oh, w / ow], pads: [0, 0, 0, 0] };
}

/** ONNX, operator AveragePool where windows are of one size, else a matrix of weights on each side. */
export function convertAdaptiveAvgPool(
  layer: AdaptiveAvgPool,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
): string {
  const [oh, ow] = both(layer.output);
  const window = evenWindows(x, [oh, ow]);
  if (window) {
    return asImages(graph, x, output, ({ name }) => graph.node("AveragePool", [name], window));
  }
  const [h, w] = x.shape.slice(-2) as [number, number];
  const rows = graph.weights("rows", averages(h, oh));
  const columns = graph.weights("columns", averages(w, ow).transpose(0, 1));
  return graph.node("MatMul", [graph.node("MatMul", [rows, x.name]), columns]);
}

/** `[count, size]`: the weights of the cells of an axis in each window along it. */
function averages(size: number, count: number): Tensor {
  const weights = new Float64Array(count * size);
  windowsAlong(size, count).forEach(([start, end], i) => {
    weights.fill(1 / (end - start), i * size + start, i * size + end);
  });
  return tensor(weights, { shape: [count, size] });
}

/** From the first cell of each window along an axis to the one after its last: the layer itself says, on a ramp. */
function windowsAlong(size: number, count: number): [start: number, end: number][] {
  const ramp = arange(size).to("float64").unsqueeze(0);
  const last = adaptiveMaxPool(ramp, [1, count]).toTypedArray();
  const first = adaptiveMaxPool(ramp.neg(), [1, count]).toTypedArray();
  return Array.from(last, (cell, i) => [-first[i]!, cell + 1]);
}

/** ONNX, operator MaxPool; where windows are not of one size, over copies of them side by side. */
export function convertAdaptiveMaxPool(
  layer: AdaptiveMaxPool,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
): string {
  const counts = both(layer.output);
  const window = evenWindows(x, counts);
  return asImages(graph, x, output, ({ name, shape }) => {
    if (window) return graph.node("MaxPool", [name], window);
    const [rows, columns] = [0, 1].map((i) => sideBySide(shape[1 + i]!, counts[i]!)) as [
      Places,
      Places,
    ];
    const tall = graph.node("Gather", [name, graph.integers("rows", rows.places)], { axis: 2 });
    const cells = [tall, graph.integers("columns", columns.places)];
    const kernel = [rows.longest, columns.longest];
    return graph.node("MaxPool", [graph.node("Gather", cells, { axis: 3 })], {
      kernel_shape: kernel,
      strides: kernel,
    });
  });
}

interface Places {
  readonly places: number[];
  readonly longest: number;
}

/** The cells of each window along an axis; shorter windows repeat their last cell. */
function sideBySide(size: number, count: number): Places {
  const windows = windowsAlong(size, count);
  const longest = Math.max(...windows.map(([start, end]) => end - start));
  const places = windows.flatMap(([start, end]) =>
    Array.from({ length: longest }, (_, i) => Math.min(start + i, end - 1)),
  );
  return { places, longest };
}

import { type Shape, scope, type Tensor, zeros } from "@convgrad/core";
import type { Module, PaddingOption, Pair, Side, WindowGeometry } from "@convgrad/layers";
import type { OnnxGraph, OnnxValue } from "./graph.ts";

/** Where a window slides over an image of this shape, all settings resolved. */
export function windowOf(layer: Module, x: Shape): WindowGeometry {
  return scope(() => layer.reach(placeholder(x)) as WindowGeometry);
}

/** A batch of one sample with a shape, but hardly any memory. */
function placeholder(sample: Shape): Tensor {
  return zeros([1]).broadcastTo([1, ...sample]);
}

/** A setting for both axes. */
export function both(pair: Pair): readonly [number, number] {
  return typeof pair === "number" ? [pair, pair] : pair;
}

/** A padding in numbers. */
export function sidesOf(padding: PaddingOption): [Side, Side] {
  if (typeof padding === "string") return sidesOf(0);
  const [vertical, horizontal] = typeof padding === "number" ? [padding, padding] : padding;
  const side = (cells: number | Side): Side => (typeof cells === "number" ? [cells, cells] : cells);
  return [side(vertical), side(horizontal)];
}

/** ONNX's order: both beginnings, then both ends. */
export function padsOf([[top, bottom], [left, right]]: readonly [Side, Side]): number[] {
  return [top, left, bottom, right];
}

/** The four numbers of an ONNX window. */
export function windowAttributes({ kernel, stride, padding }: WindowGeometry) {
  return { kernel_shape: kernel, strides: stride, pads: padsOf(padding) };
}

/** Adds the cells around images that ONNX's operators do not add themselves; the value comes back. */
export function padded(
  graph: OnnxGraph,
  x: OnnxValue,
  padding: readonly [Side, Side],
  mode: "constant" | "reflect" | "edge" | "wrap",
  fill?: string,
): string {
  if (mode === "wrap")
    return wrapped(graph, wrapped(graph, x.name, x.shape, 2, padding[0]), x.shape, 3, padding[1]);
  const [top, left, bottom, right] = padsOf(padding) as [number, number, number, number];
  const pads = graph.integers("pads", [0, 0, top, left, 0, 0, bottom, right]);
  return graph.node("Pad", fill === undefined ? [x.name, pads] : [x.name, pads, fill], { mode });
}

/** What the other side shows; the mode "wrap" came with operators 19 only. */
function wrapped(
  graph: OnnxGraph,
  x: string,
  sample: Shape,
  axis: 2 | 3,
  [before, after]: Side,
): string {
  const size = sample[axis - 1]!;
  const stretch = (start: number, end: number): string => {
    const at = [[start], [end], [axis]].map((list, i) =>
      graph.integers(["starts", "ends", "axes"][i]!, list),
    );
    return graph.node("Slice", [x, ...at]);
  };
  const parts = [
    ...(before > 0 ? [stretch(size - before, size)] : []),
    x,
    ...(after > 0 ? [stretch(0, after)] : []),
  ];
  return parts.length === 1 ? x : graph.node("Concat", parts, { axis });
}

/** A sample under another shape of as many cells. */
export function reshaped(graph: OnnxGraph, x: string, sample: Shape): string {
  return graph.node("Reshape", [x, graph.integers("shape", [-1, ...sample])]);
}

/**
 * Gives planes of any number of axes before them to an operator that takes images `[N, C, H, W]`.
 *
 * @param output the shape of the result
 */
export function asImages(
  graph: OnnxGraph,
  x: OnnxValue,
  output: Shape,
  apply: (images: OnnxValue) => string,
): string {
  if (x.shape.length === 3) return apply(x);
  const lead = x.shape.slice(0, -2).reduce((product, n) => product * n, 1);
  const shape = [lead, ...x.shape.slice(-2)];
  return reshaped(graph, apply({ name: reshaped(graph, x.name, shape), shape }), output);
}

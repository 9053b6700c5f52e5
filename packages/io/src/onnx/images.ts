import { arange, type Shape, type Tensor, tensor } from "@convgrad/core";
import { type Subsample, type Upsample, upsample } from "@convgrad/layers";
import type { OnnxGraph, OnnxValue } from "./graph.ts";

/** Every second cell by a Slice, channels of zeros by a Pad. */
export function convertSubsample(layer: Subsample, x: OnnxValue, graph: OnnxGraph): string {
  const [channels, h, w] = x.shape as [number, number, number];
  const lists = { starts: [0, 0], ends: [h, w], axes: [2, 3], steps: [2, 2] };
  const at = Object.entries(lists).map(([name, list]) => graph.integers(name, list));
  const cells = graph.node("Slice", [x.name, ...at]);
  const added = layer.filters - channels;
  if (added === 0) return cells;
  const before = Math.floor(added / 2);
  const pads = graph.integers("pads", [0, before, 0, 0, 0, added - before, 0, 0]);
  return graph.node("Pad", [cells, pads], { mode: "constant" });
}

/** How one axis of an image grows. */
interface Growth {
  readonly size: number;
  readonly output: number;
  /** Output cells per input cell. */
  readonly scale: number;
}

/**
 * ONNX, operator Resize, where its arithmetic in float32 finds the same cells; else a choice of cells, or a matrix of
 * weights on each side.
 */
export function convertUpsample(
  layer: Upsample,
  x: OnnxValue,
  graph: OnnxGraph,
  output: Shape,
): string {
  const { mode = "nearest", alignCorners = false } = layer.options;
  const axes = [growth(layer, x.shape, output, 1), growth(layer, x.shape, output, 2)] as const;
  if (axes.every((axis) => isSafe(axis, mode))) {
    const scales = graph.weights("scales", tensor([1, 1, axes[0].scale, axes[1].scale]));
    const linear = alignCorners ? "align_corners" : "half_pixel";
    return graph.node("Resize", [x.name, "", scales], {
      mode: mode === "nearest" ? "nearest" : "linear",
      coordinate_transformation_mode: mode === "nearest" ? "asymmetric" : linear,
      nearest_mode: "floor",
    });
  }
  if (mode === "nearest") {
    const [rows, columns] = axes.map((axis) => [...places(layer, axis)]);
    const tall = graph.node("Gather", [x.name, graph.integers("rows", rows!)], { axis: 2 });
    return graph.node("Gather", [tall, graph.integers("columns", columns!)], { axis: 3 });
  }
  const [rows, columns] = axes.map((axis) => shares(layer, axis)) as [Tensor, Tensor];
  const tall = graph.node("MatMul", [graph.weights("rows", rows), x.name]);
  return graph.node("MatMul", [tall, graph.weights("columns", columns.transpose(0, 1))]);
}

function growth({ options }: Upsample, x: Shape, y: Shape, axis: 1 | 2): Growth {
  const [size, output] = [x[axis]!, y[axis]!];
  const factor = options.scale === undefined ? output / size : pairOf(options.scale)[axis - 1]!;
  // As upsample: an axis that keeps its size, or doubles without blending, takes no notice of what was rounded down.
  const isExact = output === size || (output === 2 * size && options.mode !== "bilinear");
  return { size, output, scale: isExact ? output / size : factor };
}

const pairOf = (scale: number | readonly [number, number]): readonly [number, number] =>
  typeof scale === "number" ? [scale, scale] : scale;

/** Whether runtimes, which multiply by a float32, in float32 or more, get the right size; and the nearest cells right. */
function isSafe({ size, output, scale }: Growth, mode: "nearest" | "bilinear"): boolean {
  const product = Math.fround(scale) * size;
  const isSize = Math.floor(product) === output && Math.floor(Math.fround(product)) === output;
  return isSize && (mode === "bilinear" || Number.isInteger(scale));
}

/** Which cell each output cell shows, or between which two it lies: the layer itself says, on a ramp. */
function places({ options }: Upsample, { size, output, scale }: Growth): Float64Array {
  const { scale: given, ...rest } = options;
  const target =
    given === undefined ? { size: [output, 1] as const } : { scale: [scale, 1] as const };
  const ramp = arange(size).to("float64").reshape([1, 1, size, 1]);
  return Float64Array.from(upsample(ramp, { ...rest, ...target }).toTypedArray());
}

/** `[output, size]`: how much of each input cell an output cell takes. */
function shares(layer: Upsample, axis: Growth): Tensor {
  const { size, output } = axis;
  const weights = new Float64Array(output * size);
  places(layer, axis).forEach((place, i) => {
    const low = Math.min(Math.floor(place), size - 1);
    weights[i * size + low] = 1 - (place - low);
    if (low + 1 < size) weights[i * size + low + 1] = place - low;
  });
  return tensor(weights, { shape: [output, size] });
}

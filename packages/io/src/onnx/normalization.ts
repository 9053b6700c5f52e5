import { ones, type Tensor, zeros } from "@convgrad/core";
import type { BatchNorm2D, GroupNorm } from "@convgrad/layers";
import { reshaped } from "./geometry.ts";
import { float, type OnnxGraph, type OnnxValue } from "./graph.ts";

/** Weight and bias per channel in the graph, 1 and 0 for a layer without. */
function affine(
  graph: OnnxGraph,
  { weight, bias }: { readonly weight: Tensor | null; readonly bias: Tensor | null },
  channels: number,
): [weight: string, bias: string] {
  return [
    graph.weights("weight", weight ?? ones([channels])),
    graph.weights("bias", bias ?? zeros([channels])),
  ];
}

/**
 * ONNX, operator BatchNormalization with the running statistics. A layer without them normalises by the batch, in use
 * too: an instance normalisation with the batch among the cells of a channel.
 */
export function convertBatchNorm(layer: BatchNorm2D, x: OnnxValue, graph: OnnxGraph): string {
  const { channels, runningMean, runningVar } = layer;
  const epsilon = float(layer.epsilon);
  const [weight, bias] = affine(graph, layer, channels);
  if (runningMean && runningVar) {
    const mean = graph.weights("runningMean", runningMean);
    const variance = graph.weights("runningVar", runningVar);
    return graph.node("BatchNormalization", [x.name, weight, bias, mean, variance], { epsilon });
  }
  const perm = [1, 0, 2, 3];
  const [, h, w] = x.shape as [number, number, number];
  const channelsFirst = graph.node("Transpose", [x.name], { perm });
  const row = graph.integers("row", [1, channels, -1]);
  const whole = graph.node("Reshape", [channelsFirst, row]);
  const y = graph.node("InstanceNormalization", [whole, weight, bias], { epsilon });
  const shape = graph.integers("shape", [channels, -1, h, w]);
  return graph.node("Transpose", [graph.node("Reshape", [y, shape])], { perm });
}

/** An instance normalisation with the groups as channels: ONNX has GroupNormalization in two meanings, since operators 18. */
export function convertGroupNorm(layer: GroupNorm, x: OnnxValue, graph: OnnxGraph): string {
  const { groups, channels } = layer;
  const [one, zero] = affine(graph, { weight: null, bias: null }, groups);
  const cells = x.shape.reduce((product, n) => product * n, 1) / groups;
  const grouped = reshaped(graph, x.name, [groups, cells]);
  const epsilon = float(layer.epsilon);
  const normal = graph.node("InstanceNormalization", [grouped, one, zero], { epsilon });
  const y = reshaped(graph, normal, x.shape);
  if (!layer.weight || !layer.bias) return y;
  const perChannel = [channels, ...x.shape.slice(1).map(() => 1)];
  const weight = graph.weights("weight", layer.weight.reshape(perChannel));
  const bias = graph.weights("bias", layer.bias.reshape(perChannel));
  return graph.node("Add", [graph.node("Mul", [y, weight]), bias]);
}

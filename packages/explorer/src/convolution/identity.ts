import { concat, gradients, type Tensor, windowExtent } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import { dilatedOf, each, type Net, type Recorded, recorded } from "./net.ts";

/**
 * The largest difference between a gradient and the same written as a cross-correlation, both by the library:
 * dW = xcorr(pad(x), δ↑), or dX = crop(xcorr(δ↑, rot180(w)), full). It is 0 where both are NaN.
 */
export function difference(net: Net, of: "weights" | "input"): number {
  return recorded(net.state, net.shapes, (graph) => {
    const [delta, dw, dx] = gradients(graph.loss, [graph.y, graph.w, graph.x]);
    return of === "weights"
      ? largest(dw, weightsByCorrelation(net, graph, delta))
      : largest(dx, inputByCorrelation(net, graph, delta));
  });
}

function largest(a: Tensor, b: Tensor): number {
  const [left, right] = [a, b].map((t) => Array.from(t.toTypedArray(), Number)) as [
    number[],
    number[],
  ];
  return left.reduce((most, value, i) => {
    const apart = Object.is(value, right[i]) ? 0 : Math.abs(value - right[i]!);
    return Number.isNaN(apart) ? apart : Math.max(most, apart);
  }, 0);
}

/** Each channel with each filter, at steps of the dilation; of these the pairs within a group. */
function weightsByCorrelation(net: Net, { x }: Recorded, delta: Tensor): Tensor {
  const { geometry, w } = net.shapes;
  const [filters, perGroup, kh, kw] = w as [number, number, number, number];
  const images = x.detach().pad(geometry.padding).transpose(0, 1); // [C, 1, H, W]
  const kernels = dilatedOf(delta, net.shapes).transpose(0, 1); // [O, 1, …]
  const pairs = conv2d(images, kernels, null, { stride: geometry.dilation }).transpose(0, 1); // [O, C, …]
  const rows = each(filters, (o) => {
    const first = Math.floor(o / (filters / net.state.groups)) * perGroup;
    return pairs.slice([o, first], [o + 1, first + perGroup, kh, kw]);
  });
  const found = concat(rows, 0);
  return net.state.flip ? found.flip([2, 3]) : found;
}

/** δ↑ with as many zeros around as a full correlation takes, then without the cells that are padding of x. */
function inputByCorrelation(net: Net, { w }: Recorded, delta: Tensor): Tensor {
  const { geometry, x: shape } = net.shapes;
  const { groups, flip } = net.state;
  const [channels, height, width] = shape as [number, number, number];
  const [filters, perGroup, ...kernel] = net.shapes.w as [number, number, number, number];
  const [[top], [left]] = geometry.padding;
  const around = kernel.map((k, i) => windowExtent(k, geometry.dilation[i]!) - 1);
  const turned = flip ? w.detach() : w.detach().flip([2, 3]);
  const kernels = turned // [O, C / g, …] → [C, O / g, …]
    .reshape([groups, filters / groups, perGroup, ...kernel])
    .transpose(1, 2)
    .reshape([channels, filters / groups, ...kernel]);
  const full = conv2d(dilatedOf(delta, net.shapes), kernels, null, {
    padding: [around[0]!, around[1]!],
    dilation: geometry.dilation,
    groups,
  });
  // Rows and columns that no window covers are missing at the end: they get 0.
  const [rows, columns] = full.shape.slice(2) as [number, number];
  const missing = (size: number, has: number) => Math.max(size - has, 0);
  return full
    .pad([
      [0, missing(top + height, rows)],
      [0, missing(left + width, columns)],
    ])
    .slice([0, 0, top, left], [1, channels, top + height, left + width]);
}

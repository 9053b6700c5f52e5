import { explain } from "@convgrad/layers";
import type { Place } from "../matrix/plane.ts";
import { each, type Net, recorded } from "./net.ts";
import { cellUnder, firstChannel, type Spot } from "./spot.ts";

/** A product in the sum that an element is. */
export interface Term {
  /** The number before the dot: a weight, or δ. */
  readonly a: number;
  /** The number after it: a cell of x, or a weight, or the 1 of a bias. */
  readonly b: number;
  readonly value: number;
  /** The output [o, u, v] in which the product stands. */
  readonly output: readonly number[];
  /** Of the weight [o, c, i, j]; `null` for a bias. */
  readonly tap: readonly number[] | null;
  /** The channel and the place of x, in its padding perhaps; `null` for a bias. */
  readonly cell: { readonly channel: number; readonly place: Place } | null;
  readonly padding: boolean;
}

/** An element as the sum that it is. */
export interface Story {
  readonly spot: Spot;
  readonly terms: readonly Term[];
  /** Added to the products: the bias of an output. */
  readonly bias: number | null;
  /** The sums of each channel's products, before they are added; of an output alone. */
  readonly channels: readonly number[] | null;
  /** The element, of y or of a gradient, as the library computed it. */
  readonly value: number;
  /** Of the terms, added one after another. */
  readonly sum: number;
}

/** The terms of an element: of an output its products, else those of its gradient. */
export function storyOf(net: Net, spot: Spot): Story {
  return spot.of === "y" ? outputStory(net, spot) : gradientStory(net, spot);
}

/** y[o, u, v]: the window that the library slides over x, times the filter. */
function outputStory(net: Net, spot: Spot): Story {
  const [o, u, v] = spot.index as [number, number, number];
  const { geometry, w: shape } = net.shapes;
  const [, perGroup, kh, kw] = shape as [number, number, number, number];
  const { padding, kernel, stride, dilation } = geometry;
  const first = firstChannel(net, o);
  return recorded(net.state, net.shapes, ({ x, w, y }) => {
    const own = x.slice([0, first], [1, first + perGroup]);
    const window = own
      .pad(padding)
      .windows(kernel, { stride, dilation }) // [1, C / groups, kh, kw, oh, ow]
      .slice([0, 0, 0, 0, u, v], [1, perGroup, kh, kw, u + 1, v + 1])
      .reshape([perGroup, kh, kw]);
    const taps = w.slice([o], [o + 1]).reshape([perGroup, kh, kw]);
    const shown = net.state.flip ? window.flip([1, 2]) : window; // beside its weight
    const products = taps.mul(shown);
    const [a, b, p] = [taps, shown, products].map((t) => t.toTypedArray());
    const terms = each(perGroup * kh * kw, (at): Term => {
      const [c, i, j] = [Math.floor(at / (kh * kw)), Math.floor(at / kw) % kh, at % kw];
      const place = cellUnder(net, [u, v], [i, j]);
      return {
        a: Number(a![at]),
        b: Number(b![at]),
        value: Number(p![at]),
        output: spot.index,
        tap: [o, c, i, j],
        cell: { channel: first + c, place },
        padding: outside(net, place),
      };
    });
    const bias = net.b[o]!;
    return {
      spot,
      terms,
      bias,
      channels: Array.from(products.sum([1, 2]).toTypedArray(), Number),
      value: y.slice([0, o, u, v], [1, o + 1, u + 1, v + 1]).item(),
      sum: bias + total(terms),
    };
  });
}

/** ∂E/∂w, ∂E/∂b or ∂E/∂x: what `explain` says of it. */
function gradientStory(net: Net, spot: Spot): Story {
  const index = spot.of === "x" ? [0, ...spot.index] : spot.index;
  return recorded(net.state, net.shapes, (graph) => {
    const of = graph[spot.of];
    const found = explain(of, index, { of: graph.loss });
    const terms = found.terms.map((term): Term => {
      const output = term.output.slice(1);
      const tap = spot.of === "w" ? spot.index : spot.of === "x" ? term.source : null;
      const place = tap && cellUnder(net, output.slice(1) as [number, number], [tap[2]!, tap[3]!]);
      return {
        a: term.delta,
        b: term.factor,
        value: term.value,
        output,
        tap,
        cell: place && { channel: firstChannel(net, output[0]!) + tap[1]!, place },
        padding: term.kind === "padding",
      };
    });
    return {
      spot,
      terms,
      bias: null,
      channels: null,
      value: found.gradient,
      sum: total(terms),
    };
  });
}

function total(terms: readonly Term[]): number {
  return terms.reduce((sum, { value }) => sum + value, 0);
}

function outside(net: Net, [row, column]: Place): boolean {
  const [, h, w] = net.shapes.x as [number, number, number];
  return row < 0 || column < 0 || row >= h || column >= w;
}

import { scope } from "@convgrad/core";
import { type Explanation, explain } from "@convgrad/layers";
import { type LayerInput, runLayer } from "../article/layer.ts";
import type { Place } from "../matrix/plane.ts";

/** An element of a gradient as the sum that it is. */
export interface Terms {
  /** δ and the factor beside it. */
  readonly products: readonly (readonly [delta: number, factor: number])[];
  /** The δ that take part: from the first to the last row and column. */
  readonly from: Place;
  readonly to: Place;
  readonly sum: number;
}

/** What the library explains about an element behind a convolution. */
export function termsOf({ terms, gradient, affectedOutputs }: Explanation): Terms {
  const places = affectedOutputs.map((output) => output.slice(-2));
  const rows = places.map(([u]) => u!);
  const columns = places.map(([, v]) => v!);
  return {
    products: terms.map(({ delta, factor }) => [delta, factor]),
    from: [Math.min(...rows), Math.min(...columns)],
    to: [Math.max(...rows), Math.max(...columns)],
    sum: gradient,
  };
}

/** ∂E/∂w[m, n] = Σ_{i, j} δ[i, j]·o[i + m, j + n]                                                       eq. (13) */
export function weightTerms(layer: LayerInput, at: Place): Terms {
  return scope(() => {
    const { w, E } = runLayer(layer);
    return termsOf(explain(w, at, { of: E }));
  });
}

/** ∂E/∂o[i′, j′] = Σ_{m, n} δ[i′ − m, j′ − n]·w[m, n]; δ there is the region Q.               eq. (17) to (20) */
export function inputTerms(layer: LayerInput, at: Place): Terms {
  return scope(() => {
    const { o, E } = runLayer(layer);
    return termsOf(explain(o, at, { of: E }));
  });
}

import { customOp, ShapeError, type Tensor, windowCount } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";

/** How a filter slides: the same along both axes. */
export interface Slide {
  readonly stride: number;
  readonly padding: number;
}

/**
 * A forward pass of an image x [1, 1, H, H] and a filter w [1, 1, k, k]; y [1, 1, n, n].
 */
export type Forward = (x: Tensor, w: Tensor, slide: Slide) => Tensor;

/** Which forward pass: as the question has it, after the accepted answer, as eq. (1) says. */
export type ForwardName = "asked" | "answered" | "right";

/** The side of the output: n = ⌊(H − k + 2p)/s⌋ + 1 */
export function outputSide(side: number, k: number, { stride, padding }: Slide): number {
  return windowCount(side + 2 * padding, k, stride, 1);
}

/** How far the mistaken windows reach beyond the last row of the padded image. */
export function beyond(side: number, k: number, slide: Slide): number {
  const last = outputSide(side, k, slide) - 1 + (k - 1) * slide.stride;
  return Math.max(last - (side + 2 * slide.padding - 1), 0);
}

/** y[u, v] = Σ x[u·s + i − p, v·s + j − p]·w[i, j]: the stride goes with the output's index. */
const right: Forward = (x, w, { stride, padding }) => conv2d(x, w, null, { stride, padding });

/** y[u, v] = Σ x[u + i·s − p, v + j·s − p]·w[i, j]: the stride goes with the filter's index, which is a dilation. */
const answered: Forward = (x, w, slide) => {
  const [side, k] = [x.shape[2]!, w.shape[2]!];
  const n = outputSide(side, k, slide);
  const pair: [number, number] = [slide.padding, slide.padding + beyond(side, k, slide)];
  const y = conv2d(x, w, null, { padding: [pair, pair], dilation: slide.stride });
  return y.slice([0, 0, 0, 0], [1, 1, n, n]);
};

/** The sums of the windows that {@link answered} reads. */
export const windowSums: Forward = (x, w, slide) => answered(x, w.detach().mul(0).add(1), slide);

/** y[u, v] = Σ x[u + i·s − p, v + j·s − p]·w[u, v]: the same windows, and the filter by the output's index. */
const asked: Forward = (x, w, slide) => {
  const y = windowSums(x, w, slide);
  const [n, k] = [y.shape[2]!, w.shape[2]!];
  if (n > k) {
    throw new ShapeError(
      "the forward as asked",
      `w[u, v] reads row ${n - 1} of a filter of ${k} rows; index the filter with its own i and j`,
    );
  }
  return y.mul(w.slice([0, 0, 0, 0], [1, 1, n, n]));
};

/** The forward passes by their names. */
export const forwards: Readonly<Record<ForwardName, Forward>> = { asked, answered, right };

/** {@link asked} without its check: what lies past the filter is NaN, as in arrays of JavaScript. */
export const unchecked: Forward = (x, w, slide) => {
  const y = windowSums(x, w, slide);
  const past = Math.max(y.shape[2]! - w.shape[2]!, 0);
  const pair: [number, number] = [0, past];
  const n = y.shape[2]!;
  return y.mul(w.pad([pair, pair], Number.NaN).slice([0, 0, 0, 0], [1, 1, n, n]));
};

/** ∂E/∂w[i, j] = Σ δ[u, v]·x[u·s + i − p, v·s + j − p], eq. (2): x under δ with gaps of s, for the right forward. */
export function equation2(x: Tensor, w: Tensor, delta: Tensor, slide: Slide): Tensor {
  const { stride, padding } = slide;
  const k = w.shape[2]!;
  const terms = conv2d(x, delta, null, { padding, dilation: stride });
  return terms.slice([0, 0, 0, 0], [1, 1, k, k]); // where the stride leaves a remainder, x goes on
}

/** A forward pass whose backward pass is eq. (2), whether that is its own or not. */
export function withEquation2(name: ForwardName, slide: Slide): (x: Tensor, w: Tensor) => Tensor {
  return customOp({
    name: `${name} with eq. (2)`,
    forward: (x, w) => forwards[name](x!, w!, slide),
    backward: (delta, { inputs: [x, w] }) => [null, equation2(x!, w!, delta, slide)],
  });
}

/**
 * The question's convolution, three times: as eq. (1) says, with the mistake that was asked about, and with the
 * mistake that is left after the accepted answer. All on single images I [H, W] and square filters F [k, k], and all
 * our own sentences; what they share with the question is where the stride and the filter index stand.
 */
import { contract, customOp, ShapeError, type Tensor, windowCount } from "convgrad";

/** How the filter slides. */
export interface Slide {
  readonly stride: number;
  readonly padding: number;
}

/** The output side: ⌊(side − k + 2p) / s⌋ + 1 */
export function outputSide(side: number, k: number, { stride, padding }: Slide): number {
  return windowCount(side + 2 * padding, k, stride, 1);
}

/** O[y, x] = Σ_{j, i} I[y·s + j − p, x·s + i − p] · F[j, i], eq. (1): the stride goes with the output index. */
export function correlate(image: Tensor, filter: Tensor, slide: Slide): Tensor {
  return contract("jiyx, ji -> yx", rightCells(image, filter, slide), filter);
}

/** O[y, x] = Σ_{j, i} I[y + j·s − p, x + i·s − p] · F[y, x]: the filter index is the output's, twice wrong. */
export function correlateAsAsked(image: Tensor, filter: Tensor, slide: Slide): Tensor {
  const sums = mistakenCells(image, filter, slide).sum([0, 1]);
  const [n, k] = [sums.shape[0]!, filter.shape[0]!];
  if (n > k) {
    throw new ShapeError(
      "correlateAsAsked",
      `F[y][x] reads row ${n - 1} of a filter with ${k} rows; index the filter with its own j and i`,
    );
  }
  return sums.mul(filter.slice([0, 0], [n, n]));
}

/** O[y, x] = Σ_{j, i} I[y + j·s − p, x + i·s − p] · F[j, i]: the stride still multiplies the filter index. */
export function correlateAsAnswered(image: Tensor, filter: Tensor, slide: Slide): Tensor {
  return contract("jiyx, ji -> yx", mistakenCells(image, filter, slide), filter);
}

/** ∂E/∂F[j, i] = Σ_{y, x} ∂E/∂O[y, x] · I[y·s + j − p, x·s + i − p], eq. (2): right, for the forward of eq. (1). */
export function filterGradient(image: Tensor, dO: Tensor, filter: Tensor, slide: Slide): Tensor {
  return contract("jiyx, yx -> ji", rightCells(image, filter, slide), dO);
}

/** Any of the forwards as an operation of F whose backward pass is eq. (2), as the question's program has it. */
export function withEquation2(
  forward: (image: Tensor, filter: Tensor, slide: Slide) => Tensor,
  slide: Slide,
): (image: Tensor, filter: Tensor) => Tensor {
  return customOp({
    name: "correlation with eq. (2)",
    forward: (image, filter) => forward(image!, filter!, slide),
    backward: (dO, { inputs: [image, filter] }) => [
      null,
      filterGradient(image!, dO, filter!, slide),
    ],
  });
}

/** cells[j, i, y, x] = I[y·s + j − p, x·s + i − p] */
function rightCells(image: Tensor, filter: Tensor, { stride, padding: p }: Slide): Tensor {
  const padded = image.pad([
    [p, p],
    [p, p],
  ]);
  return padded.windows(filter.shape, { stride });
}

/** cells[j, i, y, x] = I[y + j·s − p, x + i·s − p], with 0 for what lies outside the image */
function mistakenCells(image: Tensor, filter: Tensor, slide: Slide): Tensor {
  const { stride: s, padding: p } = slide;
  const [side, k] = [image.shape[0]!, filter.shape[0]!];
  const n = outputSide(side, k, slide);
  const beyond = Math.max(n - 1 + (k - 1) * s - p - (side - 1), 0);
  const padded = image.pad([
    [p, beyond],
    [p, beyond],
  ]);
  return padded.windows([k, k], { dilation: s }).slice([0, 0, 0, 0], [k, k, n, n]);
}

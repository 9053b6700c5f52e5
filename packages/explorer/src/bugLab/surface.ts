import { scope, tensor } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import { type Problem, type Reduction, square } from "./descent.ts";
import { outputSide } from "./forwards.ts";

/** From least to most along each of two weights. */
export interface Extent {
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

const factor = (reduction: Reduction, n: number) =>
  reduction === "halfSum" ? 0.5 : reduction === "sum" ? 1 : 1 / n;

/**
 * E of the right forward over two weights, the others as in `filter`: one convolution with a filter for each point.
 *
 * @param axes places of the two weights in the filter, row by row
 * @returns E at the middle of each cell of a grid of resolution × resolution, the second weight's rows upwards
 */
export function surfaceOf(
  problem: Problem,
  filter: readonly number[],
  axes: readonly [number, number],
  extent: Extent,
  resolution: number,
): Float64Array {
  const { k, stride, padding } = problem;
  const many = resolution * resolution;
  const values = new Float64Array(many * k * k);
  const along = (axis: 0 | 1, place: number) =>
    extent.from[axis] + ((place + 0.5) / resolution) * (extent.to[axis] - extent.from[axis]);
  for (let at = 0; at < many; at++) {
    values.set(filter, at * k * k);
    values[at * k * k + axes[0]] = along(0, at % resolution);
    values[at * k * k + axes[1]] = along(1, Math.floor(at / resolution));
  }
  return scope(() => {
    const filters = tensor(values, { shape: [many, 1, k, k] });
    const y = conv2d(square(problem.image), filters, null, { stride, padding });
    const difference = y.sub(square(problem.target));
    const sums = difference.mul(difference).sum([0, 2, 3]);
    const n = outputSide(problem.side, k, problem);
    return Float64Array.from(sums.mul(factor(problem.reduction, n * n)).toTypedArray(), Number);
  });
}

/** A square that holds a path of two weights with a margin around. */
export function extentOf(path: readonly (readonly [number, number])[]): Extent {
  const range = (axis: 0 | 1) => {
    const values = path.map((point) => point[axis]).filter(Number.isFinite);
    return [Math.min(...values), Math.max(...values)] as const;
  };
  const [a, b] = [range(0), range(1)];
  const half = 0.75 * Math.max(a[1] - a[0], b[1] - b[0], 0.5);
  const middle = [(a[0] + a[1]) / 2, (b[0] + b[1]) / 2] as const;
  return {
    from: [middle[0] - half, middle[1] - half],
    to: [middle[0] + half, middle[1] + half],
  };
}

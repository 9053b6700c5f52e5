import { arange, gradients, scope, type Tensor, tensor } from "@convgrad/core";
import {
  AvgPool,
  explain,
  LpPool,
  MaxPool,
  maxPoolWithIndices,
  type WindowGeometry,
} from "@convgrad/layers";
import type { Both } from "../address/fields.ts";
import { leafOf } from "../matrix/leaf.ts";
import type { Margin } from "../matrix/Matrix.tsx";
import { type Place, type Plane, planeOf } from "../matrix/plane.ts";

/** The kinds of pooling: the maximum, the mean, the Euclidean norm of a window. */
export const KINDS = ["max", "avg", "l2"] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

/** How the window slides, along rows and columns. */
export interface PoolSettings {
  readonly kernel: Both;
  readonly stride: Both;
  readonly padding: Both;
  /** Average pooling has none. */
  readonly dilation: Both;
  readonly ceil: boolean;
  /** Of average pooling: whether padding counts as cells. */
  readonly countPadding: boolean;
}

/** A pooling of a plane, and the δ of what comes out. */
export interface PoolInput {
  readonly kind: Kind;
  readonly x: Plane;
  readonly options: PoolSettings;
  /** δ for an output of this size. */
  readonly delta: (rows: number, columns: number) => Plane;
}

/** A window of a pooling. */
export interface PoolWindow {
  /** Its cells in reading order; those of the padding lie outside the plane. */
  readonly cells: readonly Place[];
  /** Of max pooling: the cell that takes δ. */
  readonly winner: Place | null;
  /** Of max pooling: the other cells with the winner's value. */
  readonly ties: readonly Place[];
}

/** All numbers of a pooling, forward and backward. */
export interface PoolNumbers {
  /** As `summary()` names the layer. */
  readonly layer: string;
  /** How many parameters it has. */
  readonly parameters: number;
  readonly y: Plane;
  readonly delta: Plane;
  /** ∂E/∂x */
  readonly dx: Plane;
  /** The padding around x, what ceil mode adds included. */
  readonly margin: Margin;
  /** One per cell of y, in reading order. */
  readonly windows: readonly PoolWindow[];
}

/** A pooling layer of a kind. */
export function layerOf(kind: Kind, options: PoolSettings): MaxPool | AvgPool | LpPool {
  const { kernel, ceil: ceilMode, countPadding } = options;
  const sliding = { stride: shortOf(options.stride), padding: shortOf(options.padding), ceilMode };
  if (kind === "avg") return new AvgPool(kernel, { ...sliding, countIncludePad: countPadding });
  const dilated = { ...sliding, dilation: shortOf(options.dilation) };
  return kind === "max" ? new MaxPool(kernel, dilated) : new LpPool(2, kernel, dilated);
}

/** One number where both are the same, as people write it: the layer's name then has it so too. */
function shortOf([h, w]: Both): number | Both {
  return h === w ? h : [h, w];
}

/**
 * A pooling forward and backward.
 *
 * @throws {@link ShapeError} when a setting is out of range or no window fits.
 */
export function poolNumbers(input: PoolInput): PoolNumbers {
  return scope(() => {
    const layer = layerOf(input.kind, input.options);
    const x = leafOf(input.x);
    const y = layer.forward(x);
    const delta = deltaOf(input, y);
    const [dx] = gradients(y, [x], { gradient: delta });
    const { top, bottom, left, right } = marginOf(layer.reach(x));
    return {
      layer: String(layer),
      parameters: layer.parameters().length,
      y: planeOf(y),
      delta: planeOf(delta),
      dx: planeOf(dx!),
      margin: { top, bottom, left, right },
      windows: windowsOf(input, layer.reach(x)),
    };
  });
}

/** The part of ∂E/∂x that comes through one output: δ[u, v]·∂y[u, v]/∂x. */
export function sharesOf(input: PoolInput, [u, v]: Place): Plane {
  return scope(() => {
    const x = leafOf(input.x);
    const y = layerOf(input.kind, input.options).forward(x);
    const at = u * y.shape[1]! + v;
    const one = deltaOf(input, y)
      .toTypedArray()
      .map((d, i) => (i === at ? Number(d) : 0));
    const gradient = tensor(Float64Array.from(one), { shape: y.shape });
    return planeOf(gradients(y, [x], { gradient })[0]!);
  });
}

/** What an input cell receives from an output. */
export interface Receipt {
  readonly from: Place;
  readonly delta: number;
  /** ∂y/∂x */
  readonly slope: number;
}

/** The terms of ∂E/∂x at a cell, one per output that gives it something. */
export function receiptsOf(input: PoolInput, at: Place): readonly Receipt[] {
  return scope(() => {
    const x = leafOf(input.x);
    const y = layerOf(input.kind, input.options).forward(x);
    const E = y.mul(deltaOf(input, y)).sum();
    return explain(x, at, { of: E }).terms.map(({ output, delta, factor }) => {
      const [u, v] = output as [number, number];
      return { from: [u, v], delta, slope: factor };
    });
  });
}

function deltaOf({ delta }: PoolInput, y: Tensor): Tensor {
  const [rows, columns] = y.shape as [number, number];
  return leafOf(delta(rows, columns)).detach();
}

function marginOf({ padding: [[top, bottom], [left, right]] }: WindowGeometry): Margin {
  return { top, bottom, left, right };
}

/** Which cells the windows show: the pooling's own sliding, over the places instead of the values. */
function windowsOf(input: PoolInput, reach: WindowGeometry): PoolWindow[] {
  const { kernel, stride, dilation, output } = reach;
  const { top, bottom, left, right } = marginOf(reach);
  const { rows, columns, values } = input.x;
  const width = columns + left + right;
  const places = arange((rows + top + bottom) * width).reshape([rows + top + bottom, width]);
  const shown = places.windows(kernel, { stride, dilation }).permute([2, 3, 0, 1]).toTypedArray();
  const winners = input.kind === "max" ? winnersOf(input) : null;
  const taps = kernel[0] * kernel[1];
  const valueAt = ([i, j]: Place) =>
    i >= 0 && j >= 0 && i < rows && j < columns ? values[i * columns + j]! : null;
  return Array.from({ length: output[0] * output[1] }, (_, at) => {
    const cells = Array.from(shown.slice(at * taps, (at + 1) * taps), (place): Place => {
      const flat = Number(place);
      return [Math.floor(flat / width) - top, (flat % width) - left];
    });
    if (!winners) return { cells, winner: null, ties: [] };
    const flat = Number(winners[at]);
    const winner: Place = [Math.floor(flat / columns), flat % columns];
    const most = valueAt(winner)!;
    const equal = (v: number | null) => v === most || (Number.isNaN(v) && Number.isNaN(most));
    const ties = cells.filter(
      (cell) => equal(valueAt(cell)) && !(cell[0] === winner[0] && cell[1] === winner[1]),
    );
    return { cells, winner, ties };
  });
}

function winnersOf({ x, options }: PoolInput): ArrayLike<number | bigint> {
  const { kernel, stride, padding, dilation, ceil: ceilMode } = options;
  const sliding = { stride, padding, dilation, ceilMode };
  return maxPoolWithIndices(leafOf(x), kernel, sliding).indices.toTypedArray();
}

import { gradients, scope, type Tensor } from "@convgrad/core";
import { compared, type Identity } from "../matrix/compared.ts";
import { leafOf } from "../matrix/leaf.ts";
import { type Plane, planeOf } from "../matrix/plane.ts";
import type { SLOPES } from "./fields.ts";
import { layerOf, type PoolInput } from "./pool.ts";

/** An activation of the swap. */
export type Slope = (typeof SLOPES)[number];

/** One order of pooling and activation. */
export interface Order {
  /** Between the two. */
  readonly middle: Plane;
  readonly y: Plane;
  /** ∂E/∂middle */
  readonly dMiddle: Plane;
  /** ∂E/∂x */
  readonly dx: Plane;
}

/** f(pool(x)) beside pool(f(x)). */
export interface SwapNumbers {
  readonly delta: Plane;
  readonly poolFirst: Order;
  readonly activationFirst: Order;
  /** How the second order compares with the first, in value and gradient. */
  readonly value: Identity;
  readonly gradient: Identity;
}

/**
 * Both orders of a pooling and an activation, forward and backward.
 *
 * @throws {@link ShapeError} when a setting of the pooling is out of range or no window fits.
 */
export function swapNumbers(input: PoolInput, f: Slope): SwapNumbers {
  return scope(() => {
    const layer = layerOf(input.kind, input.options);
    const pool = (x: Tensor) => layer.forward(x);
    const activation = (x: Tensor) => x[f]();
    const [first, second] = [inOrder(input, pool, activation), inOrder(input, activation, pool)];
    return {
      delta: planeOf(first.delta),
      poolFirst: first.planes,
      activationFirst: second.planes,
      value: compared(second.y, first.y),
      gradient: compared(second.dx, first.dx),
    };
  });
}

function inOrder(input: PoolInput, one: (x: Tensor) => Tensor, two: (x: Tensor) => Tensor) {
  const x = leafOf(input.x);
  const middle = one(x);
  const y = two(middle);
  const [rows, columns] = y.shape as [number, number];
  const delta = leafOf(input.delta(rows, columns)).detach();
  const [dMiddle, dx] = gradients(y, [middle, x], { gradient: delta }) as [Tensor, Tensor];
  const planes: Order = {
    middle: planeOf(middle),
    y: planeOf(y),
    dMiddle: planeOf(dMiddle),
    dx: planeOf(dx),
  };
  return { planes, y, dx, delta };
}

/** Points of f and f′ for a drawing, from −4 to 4. */
export interface Curve {
  readonly x: readonly number[];
  readonly f: readonly number[];
  readonly slope: readonly number[];
}

/** f and f′ from −4 to 4. */
export function curveOf(f: Slope): Curve {
  return scope(() => {
    const x = Array.from({ length: 81 }, (_, i) => (i - 40) / 10);
    const [y, slope] = valueAndSlope(f, x);
    return { x, f: y, slope };
  });
}

/** f(x) and f′(x). */
export function slopeAt(f: Slope, x: number): { value: number; slope: number } {
  return scope(() => {
    const [[value], [slope]] = valueAndSlope(f, [x]);
    return { value: value!, slope: slope! };
  });
}

function valueAndSlope(f: Slope, values: readonly number[]): [number[], number[]] {
  const x = leafOf({ rows: 1, columns: values.length, values });
  const y = x[f]();
  const [slope] = gradients(y.sum(), [x]);
  return [Array.from(y.toTypedArray(), Number), Array.from(slope!.toTypedArray(), Number)];
}

import { scope } from "@convgrad/core";
import { convolve, correlate, rot180 } from "../article/products.ts";
import { compared, type Identity } from "../matrix/compared.ts";
import { leafOf } from "../matrix/leaf.ts";
import { type Place, type Plane, planeOf } from "../matrix/plane.ts";

/** A kernel slid over a plane in both ways. */
export interface ProductNumbers {
  /** x ⊗ w */
  readonly correlation: Plane;
  /** x ∗ w, and how far it is from x ⊗ w. */
  readonly convolution: Identity;
  /** rot180 w */
  readonly turned: Plane;
  /** x ⊗ rot180 w, and how far it is from x ∗ w. */
  readonly withTurned: Identity;
  /** The nearest kernel that half a turn leaves alone: (w + rot180 w) / 2. */
  readonly symmetric: Plane;
}

/** @throws {@link ShapeError} where the kernel does not fit. */
export function productNumbers(x: Plane, w: Plane): ProductNumbers {
  return scope(() => {
    const [image, kernel] = [leafOf(x).detach(), leafOf(w).detach()];
    const correlation = correlate(image, kernel);
    const convolution = convolve(image, kernel);
    return {
      correlation: planeOf(correlation),
      convolution: compared(convolution, correlation),
      turned: planeOf(rot180(kernel)),
      withTurned: compared(correlate(image, rot180(kernel)), convolution),
      symmetric: planeOf(kernel.add(rot180(kernel)).div(2)),
    };
  });
}

/** The factors of each product that makes an output cell, the input's first. */
export function productsAt(x: Plane, kernel: Plane, [u, v]: Place): (readonly number[])[] {
  return scope(() => {
    const window = leafOf(x).slice([u, v], [u + kernel.rows, v + kernel.columns]);
    const cells = window.toTypedArray();
    return Array.from(cells, (cell, at) => [Number(cell), kernel.values[at]!]);
  });
}

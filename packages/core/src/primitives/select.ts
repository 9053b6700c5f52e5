import { requireDType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import type { Pooling } from "../layout.ts";
import { definePrimitive, type Primitive } from "../primitive.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** y (int32) = row-major index, within `axes`, of the first maximum; the axes stay with size 1.  No gradient */
export const argmax: Primitive<[x: Tensor], { axes: readonly number[] }> = definePrimitive({
  name: "argmax",
  dtype: () => "int32",
  shape: ([x], { axes }) => {
    if (axes.some((axis) => x.shape[axis] === 0)) {
      throw new ShapeError(
        "argmax",
        `an axis of ${formatShape(x.shape)} is empty, and nothing has no maximum`,
      );
    }
    return x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  },
  forward: (kernels, [x], out, { axes }) => kernels.argmax(x, axes, out),
  vjp: [null],
});

/**
 * `[…, H, W] → […, oh, ow]` (int32): the place, row·W + column, of each window's first maximum, its "winning unit".
 * Taps beyond the edge do not take part.  No gradient: `gather` takes the values, and has one.
 */
export const winners: Primitive<[x: Tensor], Pooling> = definePrimitive({
  name: "winners",
  dtype: () => "int32",
  shape: ([x], { output }) => [...x.shape.slice(0, -2), ...output],
  forward: (kernels, [x], out, pooling) => kernels.winners(x, pooling, out),
  vjp: [null],
});

/**
 * y[…, i, …] = x[…, index[…, i, …], …] along `axis`; x and index (int32) have equal sizes on all other axes.
 * ∂x = scatterAdd(g): the picked cells, the "winning units", take the gradient.
 */
export const gather: Primitive<[x: Tensor, index: Tensor], { axis: number }> = definePrimitive({
  name: "gather",
  dtype: ([x, index]) => {
    requireDType("gather", "index", index, "int32");
    return x.dtype;
  },
  shape: ([x, index], { axis }) => {
    checkAligned("gather", x, index, axis);
    return index.shape;
  },
  forward: (kernels, [x, index], out, { axis }) => kernels.gather(x, index, axis, out),
  vjp: [
    ({ b: index, shapes: [shape], params: { axis } }) =>
      (g) =>
        scatterAdd(g, index, { axis, size: shape![axis]! }),
    null,
  ],
});

/** y[…, index[…, i, …], …] = Σ x[…, i, …] along `axis`, whose size becomes `size`.  ∂x = gather(g) */
export const scatterAdd: Primitive<[x: Tensor, index: Tensor], { axis: number; size: number }> =
  definePrimitive({
    name: "scatterAdd",
    dtype: ([x, index]) => {
      requireDType("scatterAdd", "index", index, "int32");
      return x.dtype;
    },
    shape: ([x, index], { axis, size }) => {
      checkAligned("scatterAdd", x, index, null);
      return x.shape.map((n, i) => (i === axis ? size : n));
    },
    forward: (kernels, [x, index], out, { axis }) => {
      kernels.fill(0, out);
      kernels.scatterAdd(x, index, axis, out);
    },
    vjp: [
      ({ b: index, params: { axis } }) =>
        (g) =>
          gather(g, index, { axis }),
      null,
    ],
  });

/** @throws {@link ShapeError} unless x and index agree on all axes but `free`. */
function checkAligned(operation: string, x: Tensor, index: Tensor, free: number | null): void {
  const fits =
    x.shape.length === index.shape.length &&
    x.shape.every((n, i) => i === free || n === index.shape[i]);
  if (!fits) {
    throw new ShapeError(
      operation,
      `x ${formatShape(x.shape)} and index ${formatShape(index.shape)} must have equal sizes on all axes` +
        `${free === null ? "" : ` but ${free}`}`,
      { x: x.shape, index: index.shape, axis: free },
    );
  }
}

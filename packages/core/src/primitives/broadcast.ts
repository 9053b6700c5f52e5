import { broadcastLayout } from "../layout.ts";
import { definePrimitive, type Primitive, uses } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** y = x with its axes of size 1 repeated to `shape` (a view with stride 0).  ∂x = Σ g over those axes */
export const broadcast: Primitive<[x: Tensor], { shape: Shape }> = definePrimitive({
  name: "broadcast",
  view: (layout, { shape }) => broadcastLayout(layout, shape),
  vjp: [
    ({ shapes: [from], params: { shape } }) =>
      (g) =>
        sum(g, { axes: shape.flatMap((n, axis) => (n === from![axis] ? [] : [axis])) }),
  ],
});

/** y = Σ x over the axes, which stay with size 1.  ∂x = g broadcast */
export const sum: Primitive<[x: Tensor], { axes: readonly number[] }> = definePrimitive({
  name: "sum",
  shape: ([x], { axes }) => x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
  forward: (kernels, [x], out) => kernels.sum(x, out),
  vjp: [uses("shapes", (g, [shape]) => broadcast(g, { shape: shape! }))],
});

import { DeferredContraction } from "../deferred.ts";
import { type Window, windowsLayout } from "../layout.ts";
import { definePrimitive, type Primitive, uses } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * The sliding-window view `[…, H, W] → […, kh, kw, oh, ow]`:  y[…, i, j, u, v] = x[…, u·s + i·d, v·s + j·d].
 * Strides only, no data moved.  ∂x = fold(g): a cell gets the gradients of every window that shows it.
 */
export const windows: Primitive<[x: Tensor], Window> = definePrimitive({
  name: "windows",
  view: (layout, window) => windowsLayout(layout, window),
  vjp: [
    ({ shapes: [shape], params: window }) =>
      (g) =>
        fold(g, { ...window, size: shape!.slice(-window.kernel.length) }),
  ],
});

/** A {@link Window} with the size of the axes it slid over. */
export interface Fold extends Window {
  readonly size: Shape;
}

/** `[…, kh, kw, oh, ow] → […, H, W]`: adds each window's cells back to where they came from.  ∂x = windows(g) */
export const fold: Primitive<[x: Tensor], Fold> = definePrimitive({
  name: "fold",
  shape: ([x], { kernel, size }) => [
    ...x.shape.slice(0, x.shape.length - 2 * kernel.length),
    ...size,
  ],
  forward: (kernels, [x], out, window) => {
    kernels.fill(0, out);
    kernels.accumulate(x, { ...out, ...windowsLayout(out, window) });
  },
  // The columns of an input gradient are kh·kw times the image; this way nobody ever holds them.
  fuse: (kernels, [x], out, window) =>
    DeferredContraction.behind(kernels, x)?.foldInto(x, window, out) ?? false,
  vjp: [uses("params", (g, window) => windows(g, window))],
});

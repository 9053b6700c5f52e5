import { type DType, isFloat, sharedDType } from "../dtype.ts";
import {
  flipLayout,
  type Layout,
  permuteLayout,
  reshapeLayout,
  type Slice,
  sliceLayout,
} from "../layout.ts";
import { definePrimitive, type Primitive, uses } from "../primitive.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** y = x in row-major order without gaps.  ∂x = g */
export const contiguous: Primitive<[x: Tensor]> = definePrimitive({
  name: "contiguous",
  shape: ([x]) => x.shape,
  forward: (kernels, [x], out) => kernels.copy(x, out),
  vjp: [() => (g) => g],
});

/** y = x in another type, towards zero for integers.  ∂x = g in the type of x; integers have no gradient */
export const cast: Primitive<[x: Tensor], { dtype: DType }> = definePrimitive({
  name: "to",
  dtype: (_, { dtype }) => dtype,
  shape: ([x]) => x.shape,
  forward: (kernels, [x], out) => kernels.copy(x, out),
  vjp: [uses("dtype", (g, dtype) => (isFloat(dtype) ? cast(g, { dtype }) : g))],
});

/** y = x under another shape of equally many elements; a view, so x must be laid out for it.  ∂x = g reshaped back */
export const reshape: Primitive<[x: Tensor], { shape: Shape }> = definePrimitive({
  name: "reshape",
  view: (layout, { shape }) => {
    const view = reshapeLayout(layout, shape);
    if (view === null) throw new Error("reshape: this layout needs contiguous() first"); // the sugar sees to it
    return view;
  },
  vjp: [
    uses("shapes", (g, [shape]) =>
      reshape(isViewable(g.layout, shape!) ? g : contiguous(g), { shape: shape! }),
    ),
  ],
});

/** Whether `reshape` can show this layout under that shape without a copy. */
export function isViewable(layout: Layout, shape: Shape): boolean {
  return reshapeLayout(layout, shape) !== null;
}

/** y[i₀, i₁, …] = x with its axes in another order.  ∂x = g in the inverse order */
export const permute: Primitive<[x: Tensor], { order: readonly number[] }> = definePrimitive({
  name: "permute",
  view: (layout, { order }) => permuteLayout(layout, order),
  vjp: [
    ({ params: { order } }) =>
      (g) =>
        permute(g, { order: order.map((_, axis) => order.indexOf(axis)) }),
  ],
});

/** y[…, i, …] = x[…, n − 1 − i, …] along each axis given.  ∂x = g flipped */
export const flip: Primitive<[x: Tensor], { axes: readonly number[] }> = definePrimitive({
  name: "flip",
  view: (layout, { axes }) => flipLayout(layout, axes),
  vjp: [uses("params", (g, params) => flip(g, params))],
});

/** y[i, …] = x[start + step·i, …].  ∂x = g put back where it came from, zeros elsewhere: `pad` is its adjoint */
export const slice: Primitive<[x: Tensor], Slice> = definePrimitive({
  name: "slice",
  view: (layout, params) => sliceLayout(layout, params),
  vjp: [
    ({ shapes: [shape], params: { start, size, step } }) =>
      (g) => {
        const used = size.map((n, axis) =>
          n === 0 ? 0 : start[axis]! + (n - 1) * step[axis]! + 1,
        );
        return pad(g, {
          before: size.map((n, axis) => (n === 0 ? 0 : start[axis]!)),
          after: used.map((end, axis) => shape![axis]! - end),
          interior: step.map((s) => s - 1),
          value: 0,
        });
      },
  ],
});

/** Cells added around an axis and between its neighbours. */
export interface Padding {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Cells between neighbours: `s − 1` draws a gradient with the zeros that a stride s inserts. */
  readonly interior: readonly number[];
  /** What the added cells hold. */
  readonly value: number;
}

/** y = x with constant cells around and between.  ∂x = the slice of g that x occupies */
export const pad: Primitive<[x: Tensor], Padding> = definePrimitive({
  name: "pad",
  shape: ([x], p) =>
    x.shape.map(
      (n, axis) => p.before[axis]! + n + Math.max(n - 1, 0) * p.interior[axis]! + p.after[axis]!,
    ),
  forward: (kernels, [x], out, p) => {
    if (out.shape.some((n, axis) => n !== x.shape[axis])) kernels.fill(p.value, out);
    kernels.copy(x, { ...out, ...sliceLayout(out, occupied(x.shape, p)) });
  },
  vjp: [
    ({ shapes: [shape], params }) =>
      (g) =>
        slice(g, occupied(shape!, params)),
  ],
});

function occupied(shape: Shape, { before, interior }: Padding): Slice {
  return { start: before, size: shape, step: interior.map((n) => n + 1) };
}

/** y = the inputs side by side along an axis.  ∂xᵢ = the slice of g that xᵢ became */
export const concat: Primitive<readonly Tensor[], { axis: number }> = definePrimitive({
  name: "concat",
  dtype: sharedDType("concat"),
  shape: (inputs, { axis }) =>
    inputs[0]!.shape.map((n, i) =>
      i === axis ? inputs.reduce((total, x) => total + x.shape[axis]!, 0) : n,
    ),
  forward: (kernels, inputs, out, { axis }) => {
    const places = parts(
      inputs.map((x) => x.shape),
      axis,
    );
    inputs.forEach((x, i) => {
      kernels.copy(x, { ...out, ...sliceLayout(out, places[i]!) });
    });
  },
  vjp:
    (input) =>
    ({ shapes, params: { axis } }) => {
      const part = parts(shapes, axis)[input]!;
      return (g) => slice(g, part);
    },
});

function parts(shapes: readonly Shape[], axis: number): Slice[] {
  let start = 0;
  return shapes.map((size) => {
    const at = size.map((_, i) => (i === axis ? start : 0));
    start += size[axis]!;
    return { start: at, size, step: size.map(() => 1) };
  });
}

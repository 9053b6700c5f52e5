import {
  contiguousLayout,
  isContiguous,
  type Pooling,
  type Shape,
  sizeOf,
  type View,
} from "@convgrad/core";
import { WINNERS } from "../assembly/abi.ts";
import { copy } from "./elementwise.ts";
import type { Engine } from "./engine.ts";
import { shiftOf, typeOf } from "./loops.ts";

/** A part costs at least about 20 µs. */
const CELLS_PER_PART = 32_768;

/** A contiguous view of fresh memory for the time of `use`. */
function withTemporary(
  engine: Engine,
  { dtype, shape }: { readonly dtype: View["dtype"]; readonly shape: Shape },
  use: (view: View) => void,
): void {
  const block = engine.allocate(dtype, sizeOf(shape));
  try {
    use({ buffer: block, dtype, ...contiguousLayout(shape) });
  } finally {
    engine.release(block);
  }
}

/** The places of the maxima of pooling windows; the arguments stand in `assembly/winners.ts`. */
export function winners(engine: Engine, x: View, pooling: Pooling, out: View): void {
  const planes = sizeOf(x.shape.slice(0, -2));
  if (sizeOf(out.shape) === 0) return;
  if (!isContiguous(out)) {
    withTemporary(engine, out, (dense) => {
      winners(engine, x, pooling, dense);
      copy(engine, dense, out);
    });
    return;
  }
  const lead = leadOf(x);
  if (lead === null) {
    withTemporary(engine, x, (dense) => {
      copy(engine, x, dense);
      winners(engine, dense, pooling, out);
    });
    return;
  }
  const { kernel, stride, dilation, before, output } = pooling;
  const [h, w] = x.shape.slice(-2) as [number, number];
  const [down, right] = x.strides.slice(-2) as [number, number];
  const bytes = 1 << shiftOf(x);
  const parts = engine.partsOf(planes * h * w, CELLS_PER_PART);
  const perPart = Math.ceil(planes / Math.min(parts, planes));
  engine.words.set([
    ...[engine.address(x), engine.address(out), planes, perPart],
    ...[lead.inner, lead.step * bytes, lead.outerStep * bytes],
    ...[h, w, down * bytes, right * bytes, ...output, ...kernel, ...stride, ...dilation],
    ...[...before, typeOf(x)],
  ]);
  engine.run(WINNERS, Math.ceil(planes / perPart), 22);
}

/** The leading axes as one or two, or `null` where they are more. */
function leadOf({
  shape,
  strides,
}: View): { inner: number; step: number; outerStep: number } | null {
  const axes = shape.slice(0, -2).flatMap((n, axis) => (n === 1 ? [] : [{ n, s: strides[axis]! }]));
  const merged = axes.reduce<{ n: number; s: number }[]>((done, axis) => {
    const outer = done.at(-1);
    if (outer && outer.s === axis.n * axis.s)
      done[done.length - 1] = { n: outer.n * axis.n, s: axis.s };
    else done.push(axis);
    return done;
  }, []);
  if (merged.length > 2) return null;
  const [outer, inner] = merged.length === 2 ? merged : [undefined, merged[0]];
  return { inner: inner?.n ?? 1, step: inner?.s ?? 0, outerStep: outer?.s ?? 0 };
}

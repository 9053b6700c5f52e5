import { ValueError } from "../errors.ts";
import type { View } from "../kernels.ts";
import { elements } from "./elementwise.ts";
import { offsetsOf } from "./offsets.ts";

/** The positions in x of the cells that an index names: x's own position with index·stride in place of the axis. */
function picked(operation: string, x: View, index: View, axis: number): Int32Array {
  const at = offsetsOf({
    ...x,
    shape: index.shape,
    strides: x.strides.map((s, i) => (i === axis ? 0 : s)),
  });
  const indices = elements(index);
  const places = offsetsOf(index);
  const n = x.shape[axis]!;
  return at.map((base, i) => {
    const k = indices[places[i]!]!;
    if (k < 0 || k >= n) {
      throw new ValueError(
        operation,
        `index ${k} is out of range; axis ${axis} has ${n} elements, 0 to ${n - 1}`,
        {
          index: k,
          size: n,
        },
      );
    }
    return base + k * x.strides[axis]!;
  });
}

export function gather(x: View, index: View, axis: number, out: View): void {
  const from = picked("gather", x, index, axis);
  const [X, Y] = [elements(x), elements(out)];
  const ys = offsetsOf(out);
  for (let i = 0; i < ys.length; i++) Y[ys[i]!] = X[from[i]!]!;
}

export function scatterAdd(x: View, index: View, axis: number, out: View): void {
  const to = picked("scatterAdd", out, index, axis);
  const [X, Y] = [elements(x), elements(out)];
  const xs = offsetsOf(x);
  for (let i = 0; i < xs.length; i++) Y[to[i]!]! += X[xs[i]!]!;
}

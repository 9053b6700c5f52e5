import type { TypedArray } from "../dtype.ts";
import type { View } from "../kernels.ts";
import type { Pooling } from "../layout.ts";
import { elements } from "./elementwise.ts";
import { along, offsetsOf } from "./offsets.ts";

/** One plane of an image: where it begins, its size, and its steps from cell to cell. */
interface Plane {
  readonly X: TypedArray;
  readonly size: readonly [h: number, w: number];
  readonly steps: readonly [h: number, w: number];
}

export function winners(x: View, pooling: Pooling, out: View): void {
  const { stride, before, output } = pooling;
  const lead = x.shape.length - 2;
  const plane: Plane = {
    X: elements(x),
    size: [x.shape[lead]!, x.shape[lead + 1]!],
    steps: [x.strides[lead]!, x.strides[lead + 1]!],
  };
  const Y = elements(out);
  const ys = offsetsOf(out);
  let n = 0;
  for (const base of offsetsOf(
    along(
      x,
      Array.from({ length: lead }, (_, axis) => axis),
    ),
  )) {
    for (let u = 0; u < output[0]; u++) {
      for (let v = 0; v < output[1]; v++) {
        const corner = [u * stride[0] - before[0], v * stride[1] - before[1]] as const;
        Y[ys[n++]!] = winner(plane, x.offset + base, corner, pooling);
      }
    }
  }
}

/** Strictly greater wins, so the first maximum does; NaN beats all but an earlier NaN. */
function winner(
  { X, size: [h, w], steps: [down, right] }: Plane,
  base: number,
  [top, left]: readonly [number, number],
  { kernel, dilation }: Pooling,
): number {
  let best = -1;
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const [row, column] = [top + i * dilation[0], left + j * dilation[1]];
      if (row < 0 || row >= h || column < 0 || column >= w) continue;
      const value = X[base + row * down + column * right]!;
      if (best >= 0 && !(value > max || (Number.isNaN(value) && !Number.isNaN(max)))) continue;
      best = row * w + column;
      max = value;
    }
  }
  return best;
}

import { windowExtent } from "@convgrad/core";
import { symbol } from "../equation/Equation.tsx";
import type { Net } from "./net.ts";

/** The size of the output along one axis. */
export interface SizeOf {
  /** In KaTeX, with this layer's numbers. */
  readonly tex: string;
  /** Rows or columns at the end of the padded input that are in no window. */
  readonly left: number;
}

/** ⌊(H + 2p − d(k − 1) − 1) / s⌋ + 1, with the numbers of axis 0 or 1. */
export function outputSize({ state, shapes }: Net, axis: 0 | 1): SizeOf {
  const { kernel, stride, dilation, padding, output } = shapes.geometry;
  const [size, k, s, d] = [state.size[axis], kernel[axis], stride[axis], dilation[axis]];
  const [before, after] = padding[axis];
  const around = before === after ? `2\\cdot${before}` : `${before} + ${after}`;
  const padded = size + before + after;
  return {
    tex:
      `\\left\\lfloor \\dfrac{${size} + ${symbol("p", around)} - ${symbol("d", `${d}`)}(${k} - 1) - 1}` +
      `{${symbol("s", `${s}`)}} \\right\\rfloor + 1 = ${output[axis]}`,
    left: (padded - windowExtent(k, d)) % s,
  };
}

import { POOLING, type PoolingCase, type PoolingName } from "../golden/pooling.ts";
import type { State } from "./fields.ts";

/** The state that shows a golden case. */
export function goldenState(name: PoolingName): Partial<State> {
  const { x, delta, ...rest }: PoolingCase = POOLING[name];
  const { rows, columns, values } = x;
  return { ...rest, rows, columns, x: values, ...(delta && { delta: delta.values }) };
}

import {
  contiguousLayout,
  isContiguous,
  type RandomState,
  sizeOf,
  type View,
} from "@convgrad/core";
import { RANDOM } from "../assembly/abi.ts";
import { copy } from "./elementwise.ts";
import type { Engine } from "./engine.ts";

/** A part costs about 0.1 ms. */
const ELEMENTS_PER_PART = 8192;

/** Draws from the reference backend's sequence; the arguments stand in `assembly/random.ts`. */
export function random(
  engine: Engine,
  distribution: "uniform" | "normal",
  state: RandomState,
  out: View,
): void {
  const count = sizeOf(out.shape);
  if (count === 0) return;
  if (!isContiguous(out)) {
    const block = engine.allocate("float32", count);
    try {
      const dense: View = { buffer: block, dtype: "float32", ...contiguousLayout(out.shape) };
      random(engine, distribution, state, dense);
      copy(engine, dense, out);
    } finally {
      engine.release(block);
    }
    return;
  }
  const { words } = engine;
  words[0] = engine.address(out);
  words[1] = count;
  words[2] = distribution === "uniform" ? 0 : 1;
  words[3] = state.seed;
  words[4] = Math.floor(state.seed / 2 ** 32);
  words[5] = state.stream;
  words[6] = Math.floor(state.stream / 2 ** 32);
  words[7] = ELEMENTS_PER_PART;
  engine.run(RANDOM, Math.ceil(count / ELEMENTS_PER_PART), 8);
}

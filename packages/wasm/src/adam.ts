import { type AdamFactors, sizeOf, type View } from "@convgrad/core";
import { ADAM } from "../assembly/abi.ts";
import type { Engine } from "./engine.ts";

/** Elements worth a part of their own. */
const LEAST = 20_000;
const WORDS = 13;
const FACTORS = 6;

/** See `FusedKernels.adam`. */
export function adam(
  engine: Engine,
  g: View,
  factors: AdamFactors,
  [w, m, v]: readonly [w: View, m: View, v: View],
): void {
  const size = sizeOf(w.shape);
  const { beta1, beta2, alpha, beta, epsilon } = factors;
  const parts = engine.partsOf(size, LEAST);
  const addresses = [w, g, m, v].map((view) => engine.address(view));
  engine.words.set([parts, size, ...addresses]);
  engine.floats.set([beta1, 1 - beta1, beta2, 1 - beta2, alpha, beta, epsilon], FACTORS);
  engine.run(ADAM, parts, WORDS);
}

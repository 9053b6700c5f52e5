import type { Suite } from "../suite.ts";
import { batchNorm } from "./batchNorm.ts";
import { layers } from "./layers.ts";
import { secondOrder } from "./secondOrder.ts";
import { seedEquations } from "./seedEquations.ts";
import { training } from "./training.ts";
import { vjp } from "./vjp.ts";

/** Every golden file. */
export const suites: readonly Suite[] = [
  vjp,
  ...layers,
  batchNorm,
  secondOrder,
  seedEquations,
  ...training,
];

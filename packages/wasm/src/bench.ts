import { MICRO } from "../assembly/contractionNumbers.ts";
import type { Engine } from "./engine.ts";
import { host } from "./host.ts";
import { createKernels } from "./load.ts";
import { call } from "./product.ts";

/** Steps of a run: as many as a packed panel has in practice. */
const STEPS = 256;
/** Runs of a measurement, about 0.1 ms, and measurements, of which the best counts. */
const TIMES = 400;
const ROUNDS = 40;

/** The speed of a micro-kernel: multiplications and additions, in 10⁹ per second. */
export interface MicroKernel {
  readonly name: string;
  readonly gflops: number;
}

/** Multiplications and additions of one run by the number of the micro-kernel. */
const KERNELS: readonly {
  readonly name: string;
  readonly which: number;
  readonly perStep: number;
}[] = [
  { name: "peak", which: 0, perStep: 64 },
  ...[1, 2, 3, 4, 5, 6].map((n) => ({ name: `rows ${n}x8`, which: n, perStep: 16 * n })),
  ...[1, 2, 3, 4].map((n) => ({ name: `strips ${n}x8`, which: 10 + n, perStep: 16 * n })),
  { name: "pixels 4x8", which: 7, perStep: 64 },
  // Two steps are one pair of vectors here.
  { name: "dots 3x2", which: 8, perStep: 24 },
  { name: "dots 4x2", which: 9, perStep: 32 },
  { name: "planes", which: 15, perStep: 64 },
  { name: "dots 9", which: 16, perStep: 36 },
  { name: "plane strips", which: 17, perStep: 36 },
  { name: "plane dots", which: 18, perStep: 36 },
  { name: "run dots 5x2", which: 25, perStep: 40 },
];

function gflops(engine: Engine, index: number): number {
  const { which, perStep } = KERNELS[index]!;
  const start = host.performance.now();
  call(engine, MICRO, 1, [which, TIMES, STEPS]);
  const ms = host.performance.now() - start;
  return (perStep * STEPS * TIMES) / ms / 1e6;
}

function best(engine: Engine): readonly number[] {
  engine.reserveScratch(1280 + STEPS * 80);
  const speeds = KERNELS.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (let index = 0; index < speeds.length; index++) {
      speeds[index] = Math.max(speeds[index]!, gflops(engine, index));
    }
  }
  return speeds;
}

/** The micro-kernels on data in the nearest cache, one thread, by measurements that take turns. */
export function microKernels(): MicroKernel[] {
  const speeds = best(createKernels({ threads: 1 }).engine);
  return KERNELS.map(({ name }, index) => ({ name, gflops: speeds[index]! })).slice(1);
}

/** What the machine multiplies and adds without touching memory, in 10⁹ per second and thread. */
export function peak(): number {
  const { engine } = createKernels({ threads: 1 });
  engine.reserveScratch(1280 + STEPS * 80);
  let speed = 0;
  for (let round = 0; round < ROUNDS; round++) speed = Math.max(speed, gflops(engine, 0));
  return speed;
}

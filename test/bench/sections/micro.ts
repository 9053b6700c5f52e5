import type { Bench } from "../bench.ts";

/** A kernel's speed in one Node version. */
export interface MicroFigure {
  readonly kernel: string;
  /** GFLOP/s of each round. */
  readonly rounds: readonly number[];
  /** Of the best that the machine can do, 1 = all of it. */
  readonly share?: number;
}

/** The micro-kernels of the wasm backend in each of the given Node binaries. */
export async function micro({ settings, results, progress }: Bench): Promise<void> {
  for (const node of settings.nodes) {
    progress(`micro-kernels in ${node}`);
    const figures = await microKernels(node);
    if (figures === undefined) {
      results.note("micro: there are no micro-kernels to measure yet");
      continue;
    }
    for (const { kernel, ...figure } of figures) {
      results.record({ section: "micro", what: kernel, by: node, unit: "GFLOP/s", ...figure });
    }
  }
}

/** Measures every micro-kernel in a child process of this Node binary; `undefined` until there are any. */
async function microKernels(_node: string): Promise<readonly MicroFigure[] | undefined> {
  return undefined;
}

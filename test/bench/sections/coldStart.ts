import type { Bench } from "../bench.ts";
import { runOnce } from "../contender.ts";
import type { WorkerName } from "../launch.ts";
import { workloads } from "../workloads.ts";

/** From the start of a process to the end of its first W1 step, with each library's own number of threads, in turn. */
export async function coldStart(bench: Bench): Promise<void> {
  const { crew, settings, results } = bench;
  const workload = workloads[0]!;
  const others = crew.peers.filter((name) => name !== "tfjs"); // it cannot train
  const trainers: WorkerName[] = ["convgrad", ...others];
  const outside = new Map<string, number[]>();
  const inside = new Map<string, number[]>();
  bench.progress(`cold start of ${trainers.join(", ")}`);
  for (let round = 0; round < settings.rounds; round++) {
    for (const name of trainers) {
      const once = { kind: "step", workload, batch: 64 } as const;
      const times = await runOnce(crew.command(name, { once }));
      append(outside, name, times.outside);
      if (times.inside !== undefined) append(inside, name, times.inside);
    }
  }
  for (const [by, rounds] of outside) {
    results.record({ section: "coldStart", what: "cold start", by, unit: "ms", rounds });
  }
  for (const [by, rounds] of inside) {
    results.record({ section: "coldStart", what: "of it, inside", by, unit: "ms", rounds });
  }
}

function append(lists: Map<string, number[]>, name: string, value: number): void {
  lists.set(name, [...(lists.get(name) ?? []), value]);
}

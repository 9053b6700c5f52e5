import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, withContenders } from "../bench.ts";
import { compareLosses, type Rounds } from "../turns.ts";
import { workloads } from "../workloads.ts";

/** The name of its figures. */
export const LOADER = "W1 b64 step in an epoch";

/** Whether a loader that augments holds up the steps: the same steps on the same images with it and without, in turn. */
export async function loader(bench: Bench): Promise<void> {
  const { crew, settings, results } = bench;
  const workload = workloads[0]!;
  for (const threads of settings.threads) {
    bench.progress(`${LOADER}, ${threads} threads`);
    const contenders = [
      await crew.start("convgrad", { threads }),
      await crew.start("convgrad", { threads }),
    ];
    await withContenders(contenders, async () => {
      const all: Rounds[] = contenders.map((contender) => ({ contender, rounds: [] }));
      for (let round = 0; round < settings.rounds; round++) {
        for (const [i, from] of (["tensors", "loader"] as const).entries()) {
          const what = { kind: "epoch", workload, batch: 64, from } as const;
          const budget = { warmMs: settings.roundMs, budgetMs: settings.roundMs };
          const { measured } = await contenders[i]!.ask({ task: "measure", case: what, ...budget });
          all[i]!.rounds.push(measured!);
          await sleep(30); // waiting threads go to sleep
        }
      }
      compareLosses(LOADER, all, results);
      all.forEach(({ rounds }, i) => {
        const by = `${i === 0 ? "convgrad" : "DataLoader"} ${threads}t`;
        const times = rounds.map(({ ms }) => ms);
        results.record({ section: "loader", what: LOADER, by, unit: "ms", rounds: times });
      });
    });
  }
}

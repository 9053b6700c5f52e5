import { type Bench, chosenWorkloads, withContenders } from "../bench.ts";

/** How long a process trains before its memory is read. */
const TRAIN_MS = 1_500;

/** The most memory that a fresh process ever held while it trained, batch 64, one thread. */
export async function memory(bench: Bench): Promise<void> {
  const { crew, results } = bench;
  const names = crew.has("torch") ? (["convgrad", "torch"] as const) : (["convgrad"] as const);
  for (const workload of chosenWorkloads(bench)) {
    const what = `${workload.name} b64`;
    for (const name of names) {
      bench.progress(`peak memory of ${name}, ${what}`);
      const contender = await crew.start(name, { threads: 1 });
      await withContenders([contender], async () => {
        const step = { kind: "step", workload, batch: 64 } as const;
        await contender.ask({ task: "measure", case: step, warmMs: TRAIN_MS, budgetMs: 0 });
        const { rss } = await contender.ask({ task: "memory" });
        const { name: by } = contender;
        results.record({ section: "memory", what, by, unit: "MiB", rounds: [rss!] });
      });
    }
  }
}

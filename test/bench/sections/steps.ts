import { type Bench, chosenWorkloads, recordRounds, withContenders } from "../bench.ts";
import type { Contender } from "../contender.ts";
import { compareLosses, inTurn } from "../turns.ts";
import type { Workload } from "../workloads.ts";

/** Training steps and forward passes of the workloads, everyone in turn. */
export async function steps(bench: Bench): Promise<void> {
  const { crew, settings } = bench;
  const trainers = await startTrainers(bench);
  const convnetjs = crew.has("convnetjs") ? [await crew.start("convnetjs", { threads: 1 })] : [];
  const tfjs = crew.has("tfjs") ? [await crew.start("tfjs", { threads: 1 })] : [];
  if (tfjs.length > 0) {
    bench.results.note(
      "tfjs-wasm is measured forward only: its backend lacks Conv2DBackpropFilter, so it cannot train",
    );
  }
  await withContenders([...trainers, ...convnetjs, ...tfjs], async () => {
    for (const workload of chosenWorkloads(bench)) {
      for (const batch of settings.batches ?? batchesOf(workload)) {
        const slow = batch === 64 ? convnetjs : []; // seconds a step
        await time(bench, "step", workload, batch, [...trainers, ...slow]);
        if (batch === 64) await time(bench, "forward", workload, batch, [...trainers, ...tfjs]);
      }
    }
  });
}

function batchesOf({ name }: Workload): number[] {
  return name === "W1" ? [1, 64, 256] : [1, 64];
}

/** convgrad and PyTorch with each number of threads. */
export async function startTrainers({ crew, settings, results }: Bench): Promise<Contender[]> {
  const started: Contender[] = [];
  for (const threads of settings.threads.toSorted((a, b) => a - b)) {
    for (const name of ["convgrad", "torch"] as const) {
      if (name === "torch" && !crew.has("torch")) continue;
      const contender = await crew.start(name, { threads });
      if (started.some((other) => other.name === contender.name)) {
        const { engine, threads: got } = contender.info;
        results.note(`${name}: asked for ${threads} threads, ${engine} runs ${got}; left out`);
        await contender.stop();
      } else {
        started.push(contender);
      }
    }
  }
  return started;
}

async function time(
  bench: Bench,
  kind: "step" | "forward",
  workload: Workload,
  batch: number,
  contenders: readonly Contender[],
): Promise<void> {
  const what = `${workload.name} b${batch} ${kind}`;
  bench.progress(what);
  const all = await inTurn(contenders, { kind, workload, batch }, bench.settings, bench.results);
  compareLosses(what, all, bench.results);
  recordRounds(bench, "steps", what, all);
}

import { type Bench, recordRounds, withContenders } from "../bench.ts";
import type { Case } from "../protocol.ts";
import { inTurn } from "../turns.ts";
import { imageLayers, imageShapes, workloads } from "../workloads.ts";
import { startTrainers } from "./steps.ts";

/** Layers that memory limits, forward and backward, and a step of Adam, in turn with PyTorch. */
export async function layers(bench: Bench): Promise<void> {
  const { settings, results } = bench;
  const trainers = await startTrainers(bench);
  const time = async (what: string, timed: Case) => {
    bench.progress(what);
    recordRounds(bench, "layers", what, await inTurn(trainers, timed, settings, results));
  };
  await withContenders(trainers, async () => {
    for (const [name, layer] of Object.entries(imageLayers)) {
      for (const shape of imageShapes) {
        await time(`${name} [${shape}]`, { kind: "layer", layer, shape });
      }
    }
    const workload = workloads.at(-1)!;
    await time(`Adam, ${workload.name}'s parameters`, { kind: "adam", workload });
  });
}

import { type Bench, chosenWorkloads, withContenders } from "../bench.ts";
import type { Contender } from "../contender.ts";
import type { Case, Pass } from "../protocol.ts";
import { median, ratios } from "../statistics.ts";
import { inTurn, type Rounds } from "../turns.ts";
import { convCases, convFlops, suitsWinograd } from "../workloads.ts";

/** Images in a batch. */
const BATCH = 64;
/** Matrices of the GEMM. */
const N = 256;
/** There are many cases, and none of them is long. */
const ROUND_MS = 100;
const passes: readonly Pass[] = ["forward", "dW", "dX"];

/** Each convolution's forward, ∂w and ∂x alone, and a GEMM, on one thread: direct, Winograd, and PyTorch in turn. */
export async function convs(bench: Bench): Promise<void> {
  const { crew } = bench;
  const direct = await crew.start("convgrad", { threads: 1, winograd: false }, " direct");
  const winograd = await crew.start("convgrad", { threads: 1 }, " Winograd");
  const torch = crew.has("torch") ? [await crew.start("torch", { threads: 1 })] : [];
  await withContenders([direct, winograd, ...torch], async () => {
    const contest: Contest = { bench, direct };
    for (const workload of chosenWorkloads(bench)) {
      for (const conv of convCases(workload)) {
        const contenders = [direct, ...(suitsWinograd(conv) ? [winograd] : []), ...torch];
        for (const pass of passes) {
          const what: Case = { kind: "conv", conv: conv.conv, size: conv.size, pass, batch: BATCH };
          await time(contest, `${conv.name} ${pass}`, what, convFlops(conv, BATCH), contenders);
        }
      }
    }
    const gemm: Case = { kind: "gemm", n: N };
    await time(contest, `GEMM ${N}³`, gemm, 2 * N ** 3, [direct, ...torch]);
  });
}

interface Contest {
  readonly bench: Bench;
  /** Who measures the peak. */
  readonly direct: Contender;
}

async function time(
  { bench, direct }: Contest,
  what: string,
  timed: Case,
  flops: number,
  contenders: readonly Contender[],
): Promise<void> {
  bench.progress(what);
  const { settings, results } = bench;
  const peaks: number[] = [];
  const all = new Map<string, Rounds>();
  for (let round = 0; round < settings.rounds; round++) {
    const { peak } = await direct.ask({ task: "peak" });
    if (peak !== undefined) peaks.push(peak);
    const pace = { rounds: 1, roundMs: Math.min(ROUND_MS, settings.roundMs) };
    for (const player of await inTurn(contenders, timed, pace, results)) {
      const { name } = player.contender;
      all.set(name, { ...player, rounds: [...(all.get(name)?.rounds ?? []), ...player.rounds] });
    }
  }
  for (const { contender, rounds } of all.values()) {
    const speeds = rounds.map(({ ms }) => flops / ms / 1e6);
    results.record({
      section: "convs",
      what,
      by: contender.name,
      unit: "ms",
      rounds: rounds.map(({ ms }) => ms),
      min: Math.min(...rounds.map(({ least }) => least)),
      gflops: median(speeds),
      ...(peaks.length > 0 && { share: median(ratios(speeds, peaks)) }),
    });
  }
}

import { type Bench, recordRounds, withContenders } from "../bench.ts";
import { inTurn } from "../turns.ts";

/** What one operation costs beside its arithmetic: a thousand of them in a scope, on few elements. */
export async function overhead(bench: Bench): Promise<void> {
  const { crew, settings, results } = bench;
  const convgrad = await crew.start("convgrad", { threads: 1 });
  const torch = crew.has("torch") ? [await crew.start("torch", { threads: 1 })] : [];
  const contenders = [convgrad, ...torch];
  await withContenders(contenders, async () => {
    for (const op of ["add", "relu"] as const) {
      for (const size of [4, 1_000]) {
        const what = `${op} of ${size}`;
        bench.progress(what);
        const all = await inTurn(contenders, { kind: "op", op, size }, settings, results);
        recordRounds(bench, "overhead", what, all, ["µs", 1e-3]);
      }
    }
  });
}

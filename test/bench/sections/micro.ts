import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Bench } from "../bench.ts";
import { compiledWorker } from "../launch.ts";

/** What `workers/micro.ts` prints. */
interface Micro {
  readonly peak: number;
  readonly kernels: readonly { readonly name: string; readonly gflops: number }[];
}

/** The micro-kernels of the wasm backend in each of the given Node binaries. */
export async function micro({ settings, results, progress }: Bench): Promise<void> {
  for (const node of settings.nodes) {
    progress(`micro-kernels in ${node}`);
    const { stdout: version } = await promisify(execFile)(node, ["--version"]);
    const { stdout } = await promisify(execFile)(node, [compiledWorker("micro")]);
    const { peak, kernels }: Micro = JSON.parse(stdout);
    const by = `Node ${version.trim()}`;
    const share = (gflops: number) => ({ rounds: [gflops], share: gflops / peak });
    const all = [{ name: "peak", gflops: peak }, ...kernels];
    for (const { name, gflops } of all) {
      results.record({ section: "micro", what: name, by, unit: "GFLOP/s", ...share(gflops) });
    }
  }
}

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Bench } from "../bench.ts";
import { root } from "../launch.ts";

/** An epoch of the MNIST example, started as a user would, timed whole: loading, training and the test. */
export async function epoch({ results, progress }: Bench): Promise<void> {
  progress("an epoch of npm run mnist");
  const folder = await mkdtemp(join(tmpdir(), "convgrad-bench-"));
  try {
    const file = join(folder, "mnist.json");
    const started = performance.now();
    const args = ["run", "mnist", "--", "--epochs", "1", "--json", file];
    await promisify(execFile)("npm", args, { cwd: root, maxBuffer: 2 ** 26 });
    const seconds = (performance.now() - started) / 1000;
    const report = JSON.parse(await readFile(file, "utf8")) as {
      seconds: number;
      testAccuracy: number;
    };
    const record = (what: string, unit: string, value: number) =>
      results.record({ section: "epoch", what, by: "convgrad", unit, rounds: [value] });
    record("one epoch of MNIST, whole", "s", seconds);
    record("of it, training", "s", report.seconds);
    record("test accuracy", "%", 100 * report.testAccuracy);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

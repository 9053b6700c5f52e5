import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { WorkerSettings } from "./protocol.ts";

/** The folder of the bench. */
export const here = fileURLToPath(new URL(".", import.meta.url));
/** The root of the repository. */
export const root = join(here, "../..");
const compiled = join(here, "dist");

/** What can run in a child process. */
export type WorkerName = "convgrad" | "torch" | "tfjs" | "convnetjs";

/** A command line. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
}

/** Where the JavaScript peers are installed. */
export const peersFolder = process.env["CONVGRAD_BENCH_PEERS"] ?? join(root, ".bench");
const python = process.env["CONVGRAD_BENCH_PYTHON"] ?? "python3";

/** Compiles the workers, so that plain `node` can run them; their imports of packages stay as they are. */
export async function compileWorkers(): Promise<void> {
  const names = ["convgrad", "tfjs", "convnetjs", "micro"];
  await build({
    entryPoints: names.map((name) => join(here, "workers", `${name}.ts`)),
    outdir: compiled,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
  });
}

/** The file of a compiled worker. */
export function compiledWorker(name: string): string {
  return join(compiled, `${name}.mjs`);
}

/** How a worker is started. */
export function launch(
  worker: WorkerName,
  from: "dist" | "source",
  options: Partial<WorkerSettings>,
): Launch {
  const settings = { backend: "auto", winograd: true, peers: peersFolder, ...options };
  const json = JSON.stringify(settings satisfies WorkerSettings);
  if (worker === "torch") {
    return { command: python, args: [join(here, "workers/pytorch.py"), json] };
  }
  const args =
    from === "dist"
      ? [join(compiled, `${worker}.mjs`)]
      : ["--conditions=source", "--import", "tsx", join(here, "workers", `${worker}.ts`)];
  return { command: process.execPath, args: [...args, json] };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { TestProject } from "vitest/node";
import { executablePath } from "../browser/chromium.ts";
import { serve } from "../browser/site.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the explorer is served, in sub-paths that name the headers: `${origin}/isolated/`, `${origin}/plain/`. */
    readonly explorerOrigin: string;
    /** The folder that was built. */
    readonly explorerFolder: string;
  }
}

/** Builds the explorer once for all tests, into a folder that goes with them, and serves it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "convgrad-explorer-"));
  const root = fileURLToPath(new URL("../../packages/explorer", import.meta.url));
  if (executablePath) {
    const configFile = join(root, "vite.config.ts");
    const before = process.env["NODE_ENV"];
    process.env["NODE_ENV"] = "production"; // what people get, not what vitest's own "test" makes
    await build({ configFile, logLevel: "warn", build: { outDir: folder, emptyOutDir: true } });
    process.env["NODE_ENV"] = before;
  }
  const site = await serve(folder);
  project.provide("explorerOrigin", site.origin);
  project.provide("explorerFolder", folder);
  return async () => {
    site.server.close();
    site.server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  };
}

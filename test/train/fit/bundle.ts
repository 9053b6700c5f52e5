import { join } from "node:path";
import { build } from "esbuild";

/** A program of this folder as one file, so that a process that runs it begins soon. */
export async function bundle(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `programs/${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    conditions: ["source"],
    external: ["sharp", "protobufjs"],
    logLevel: "silent",
  });
  return outfile;
}

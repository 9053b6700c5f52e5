import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import type { Bench } from "../bench.ts";
import { root } from "../launch.ts";

/** What trains a network: the bundle that the target is about. */
const ENGINE = ["core", "wasm", "layers", "optim"];
/** The name of that bundle among the figures. */
export const engineBundle = "core + wasm + layers + optim";

/** What a training program imports of it; a bundler leaves out the rest. */
const LENET = `import { init, steps, tensor } from "@convgrad/core";
import "@convgrad/wasm";
import { Conv2D, crossEntropy, Dense, Flatten, MaxPool, ReLU, Sequential } from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
console.log(init, steps, tensor, Conv2D, crossEntropy, Dense, Flatten, MaxPool, ReLU, Sequential, SGD);`;

/** Minified and gzipped, as one ES module: the engine, and each package without the others. */
export async function sizes(bench: Bench): Promise<void> {
  const all = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "package.json")),
  );
  const record = (what: string, bytes: number) =>
    bench.results.record({ section: "sizes", what, by: "gzip", unit: "kB", rounds: [bytes / 1e3] });
  const present = ENGINE.filter((name) => all.includes(name));
  if (present.length < ENGINE.length) bench.results.note("sizes: there is no wasm package yet");
  bench.progress("sizes");
  record(engineBundle, await gzipped(bench, present, [/^node:/]));
  record("a LeNet-5 training program", await gzipped(bench, LENET, [/^node:/]));
  for (const name of all) record(name, await gzipped(bench, [name], [/^node:/, /^[^./]/]));
}

/**
 * Bytes of a program, or of all that packages export; what `outside` matches, other than themselves, stays an import.
 * A module that is loaded when asked for (relaxed SIMD) is a file of its own and does not count.
 */
async function gzipped(
  { settings }: Bench,
  what: string | readonly string[],
  outside: readonly RegExp[],
): Promise<number> {
  const names = (typeof what === "string" ? [] : what).map((name) =>
    name === "convgrad" ? name : `@convgrad/${name}`,
  );
  const result = await build({
    stdin: {
      contents:
        typeof what === "string"
          ? what
          : names.map((name) => `export * from "${name}";`).join("\n"),
      resolveDir: root,
    },
    plugins: [
      {
        name: "outside",
        setup({ onResolve }) {
          onResolve({ filter: /./ }, ({ path, kind }) => {
            if (kind === "entry-point" || names.includes(path)) return undefined;
            return outside.some((pattern) => pattern.test(path))
              ? { path, external: true }
              : undefined;
          });
        },
      },
    ],
    bundle: true,
    minify: true,
    write: false,
    splitting: true,
    outdir: root,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: settings.from === "source" ? ["source"] : ["import"],
    logLevel: "error",
  });
  const entry = result.outputFiles.find(({ path }) => path.endsWith("stdin.js"))!;
  return gzipSync(entry.contents, { level: 9 }).length;
}

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
  for (const name of all) record(name, await gzipped(bench, [name], [/^node:/, /^[^./]/]));
}

/** Bytes of the packages' exports; what `outside` matches, other than themselves, stays an import. */
async function gzipped(
  { settings }: Bench,
  packages: readonly string[],
  outside: readonly RegExp[],
): Promise<number> {
  const names = packages.map((name) => (name === "convgrad" ? name : `@convgrad/${name}`));
  const result = await build({
    stdin: {
      contents: names.map((name) => `export * from "${name}";`).join("\n"),
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
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: settings.from === "source" ? ["source"] : ["import"],
    logLevel: "error",
  });
  return gzipSync(result.outputFiles[0]!.contents, { level: 9 }).length;
}

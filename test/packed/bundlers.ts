import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { pageOf } from "../browser/site.ts";

// The bundlers as a project configures them for browsers: not at all, as far as possible. A warning is a failure.

/** Makes `page.html` and `employer.html`, and all they need, in a folder of the project. */
type Bundle = (project: string, out: string) => Promise<void>;

/** The pages, each with a program of its own. */
export const PAGES = ["page", "employer"] as const;

function writePages(folder: string, attributes?: string): void {
  mkdirSync(folder, { recursive: true });
  for (const page of PAGES) {
    writeFileSync(join(folder, `${page}.html`), pageOf(`./${page}.js`, attributes));
  }
}

const withEsbuild: Bundle = async (project, out) => {
  const { warnings } = await esbuild({
    // esbuild does not find workers by itself.
    entryPoints: [...PAGES, "worker"].map((name) => join(project, `${name}.js`)),
    bundle: true,
    minify: true,
    format: "esm",
    outdir: join(project, out),
    logLevel: "silent",
  });
  if (warnings.length > 0) throw new Error(warnings.map(({ text }) => text).join("\n"));
  writePages(join(project, out));
};

const withVite: Bundle = async (project, out) => {
  writePages(project);
  await vite({
    root: project,
    base: "./",
    configFile: false,
    logLevel: "silent",
    worker: { format: "es" },
    build: {
      outDir: out,
      rollupOptions: {
        input: PAGES.map((page) => join(project, `${page}.html`)),
        onwarn: ({ message }) => {
          throw new Error(message);
        },
      },
    },
  });
};

interface Stats {
  hasErrors(): boolean;
  hasWarnings(): boolean;
  toString(): string;
}
type Webpack = (options: object, done: (error: Error | null, stats: Stats) => void) => void;

const withWebpack: Bundle = async (project, out) => {
  // Installed there.
  const webpack: Webpack = createRequire(join(project, "package.json"))("webpack");
  await new Promise<void>((resolve, reject) => {
    const options = {
      mode: "production",
      context: project,
      entry: Object.fromEntries(PAGES.map((page) => [page, `./${page}.js`])),
      output: { path: join(project, out) },
      // It would warn of every bundle above 244 KiB.
      performance: { hints: false },
    };
    webpack(options, (error, stats) => {
      if (error) reject(error);
      else if (stats.hasErrors() || stats.hasWarnings()) reject(new Error(stats.toString()));
      else resolve();
    });
  });
  // It makes plain scripts.
  writePages(join(project, out), "defer");
};

export const BUNDLERS: Readonly<Record<string, Bundle>> = {
  esbuild: withEsbuild,
  vite: withVite,
  webpack: withWebpack,
};

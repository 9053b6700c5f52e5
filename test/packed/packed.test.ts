import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { manifests, root, run } from "./project.ts";

// What is in the tarballs, and the three consumers beside this file.

const here = dirname(fileURLToPath(import.meta.url));
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const project = inject("project");
const tarballs = inject("tarballs");

beforeAll(() => {
  for (const file of ["consumer.mjs", "consumer.cjs", "consumer.ts"]) {
    copyFileSync(join(here, file), join(project, file));
  }
  // The same program once more, as CommonJS.
  copyFileSync(join(here, "consumer.ts"), join(project, "consumerCommonJs.cts"));
});

describe("each packed package", () => {
  it.each(manifests)("$name satisfies publint --strict", async ({ name }) => {
    const pkgDir = join(project, "node_modules", name);
    const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it.each(manifests)("$name imports only what it declares", ({ name, dependencies = {} }) => {
    const dist = join(project, "node_modules", name, "dist");
    const imported = readdirSync(dist)
      .filter((file) => /\.(js|d\.ts)$/.test(file))
      .map((file) => readFileSync(join(dist, file), "utf8"))
      .flatMap((text) => [...text.matchAll(/^(?:import|export)\b[^"';]*["']([^"']+)["'];?$/gm)])
      .map(([, specifier]) => specifier as string)
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0]);
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(imported));
  });

  it.each(manifests)("$name has its licence and no test in it", ({ name }) => {
    const files = run(root, "tar", "-tzf", tarballs[name] as string).split("\n");
    expect(files).toContain("package/LICENSE");
    expect(files).toContain("package/README.md");
    expect(files.filter((file) => /\.test\.|\.tgz$|node_modules/.test(file))).toEqual([]);
  });

  it.each(manifests)("$name gives import the ES module, require the CommonJS", ({ name }) => {
    const print = (expression: string) => run(project, "node", ...module, expression).trim();
    const module = ["--input-type=module", "--eval"];
    expect(print(`console.log(import.meta.resolve("${name}"))`)).toMatch(/dist\/index\.js$/);
    expect(
      print(`import { createRequire } from "node:module";
        console.log(createRequire(process.cwd() + "/x.js").resolve("${name}"))`),
    ).toMatch(/dist\/index\.cjs$/);
  });
});

describe("a project with the tarballs installed", () => {
  it("loads one copy of the core, whichever package hands it out", () => {
    const check = `for (const key of Object.keys(core))
      if (key in convgrad && convgrad[key] !== core[key]) throw new Error(key);`;
    run(
      project,
      "node",
      "--input-type=module",
      "--eval",
      `import * as core from "@convgrad/core"; import * as convgrad from "convgrad"; ${check}`,
    );
    run(
      project,
      "node",
      "--input-type=commonjs",
      "--eval",
      `const core = require("@convgrad/core"); const convgrad = require("convgrad"); ${check}`,
    );
  });

  it("runs consumer.mjs", () => {
    expect(run(project, "node", "consumer.mjs")).toContain("convgrad:");
  });

  it("runs consumer.cjs", () => {
    expect(run(project, "node", "consumer.cjs")).toContain("convgrad:");
  });

  it.each([
    { module: "node16", moduleResolution: "node16" },
    { module: "esnext", moduleResolution: "bundler" },
  ])("type-checks and runs consumer.ts under moduleResolution $moduleResolution", (options) => {
    const { moduleResolution } = options;
    const files = [
      "consumer.ts",
      ...(moduleResolution === "node16" ? ["consumerCommonJs.cts"] : []),
    ];
    const config = `tsconfig.${moduleResolution}.json`;
    const compilerOptions = {
      ...options,
      target: "es2022",
      lib: ["es2023"],
      strict: true,
      skipLibCheck: false,
      outDir: `out-${moduleResolution}`,
      // The one thing borrowed from this tree: the types of `console`.
      typeRoots: [join(root, "node_modules/@types")],
      types: ["node"],
    };
    writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files }));
    run(project, "node", tsc, "-p", config);
    for (const file of files) {
      const emitted = join(compilerOptions.outDir, file.replace(/ts$/, "js"));
      expect(run(project, "node", emitted)).toContain("convgrad:");
    }
  });
});

import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// What a user gets from npm: every package is built, packed and installed in an empty project
// outside this tree, and the three consumers beside this file run there.

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const packages = readdirSync(join(root, "packages"))
  .map((folder) => ({ manifest: readManifest(join(root, "packages", folder)) }))
  .filter(({ manifest }) => !manifest.private);

interface Manifest {
  name: string;
  private?: boolean;
  dependencies?: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/** Runs a program to its end; what it printed is in the error if it fails. */
function run(cwd: string, program: string, ...args: string[]): string {
  // Without what npm and vitest tell their children about this tree.
  const inherited =
    /^(npm_(package|lifecycle|config_local_prefix)|INIT_CWD|VITEST|NODE_(ENV|OPTIONS))/;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !inherited.test(key)),
  );
  try {
    return execFileSync(program, args, { cwd, env, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}

let temporary: string;
let project: string;
const tarballs = new Map<string, string>();

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), "convgrad-packed-"));
  project = join(temporary, "project");
  mkdirSync(project);
  run(root, "npm", "run", "build");
  for (const { manifest } of packages) {
    const pack = ["pack", "--json", "--pack-destination", temporary, "-w", manifest.name];
    const out = run(root, "npm", ...pack);
    const [packed] = Object.values(JSON.parse(out)) as [{ filename: string }];
    tarballs.set(manifest.name, join(temporary, packed.filename));
  }
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ name: "consumer", private: true, type: "module" }),
  );
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund"];
  run(project, "npm", ...install, ...tarballs.values());
  for (const file of ["consumer.mjs", "consumer.cjs", "consumer.ts"]) {
    copyFileSync(join(here, file), join(project, file));
  }
  // The same program once more, as CommonJS.
  copyFileSync(join(here, "consumer.ts"), join(project, "consumerCommonJs.cts"));
});

afterAll(() => {
  if (temporary) rmSync(temporary, { recursive: true, force: true });
});

describe("each packed package", () => {
  it.each(packages)("$manifest.name satisfies publint --strict", async ({ manifest }) => {
    const pkgDir = join(project, "node_modules", manifest.name);
    const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it.each(packages)("$manifest.name imports only what it declares", ({ manifest }) => {
    const dist = join(project, "node_modules", manifest.name, "dist");
    const imported = ["index.js", "index.d.ts"]
      .map((file) => readFileSync(join(dist, file), "utf8"))
      .flatMap((text) => [...text.matchAll(/^(?:import|export)\b[^"';]*["']([^"']+)["'];?$/gm)])
      .map(([, specifier]) => specifier as string)
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0]);
    expect(Object.keys(manifest.dependencies ?? {})).toEqual(expect.arrayContaining(imported));
  });

  it.each(packages)("$manifest.name has its licence and no test in it", ({ manifest }) => {
    const files = run(root, "tar", "-tzf", tarballs.get(manifest.name) as string).split("\n");
    expect(files).toContain("package/LICENSE");
    expect(files).toContain("package/README.md");
    expect(files.filter((file) => /\.test\.|\.tgz$|node_modules/.test(file))).toEqual([]);
  });

  it.each(packages)(
    "$manifest.name gives import the ES module, require the CommonJS",
    ({ manifest: { name } }) => {
      const print = (expression: string) => run(project, "node", ...module, expression).trim();
      const module = ["--input-type=module", "--eval"];
      expect(print(`console.log(import.meta.resolve("${name}"))`)).toMatch(/dist\/index\.js$/);
      expect(
        print(`import { createRequire } from "node:module";
        console.log(createRequire(process.cwd() + "/x.js").resolve("${name}"))`),
      ).toMatch(/dist\/index\.cjs$/);
    },
  );
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

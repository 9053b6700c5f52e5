import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import type { TestProject } from "vitest/node";

// What a user gets from npm: every package is built, packed and installed in an empty project outside this tree, once
// for all tests of this folder. The programs of `programs/` stand there too, as ES modules (.js) and as CommonJS (.cjs).

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the project. */
    project: string;
    /** Paths of the tarballs by package name. */
    tarballs: Readonly<Record<string, string>>;
  }
}

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const here = dirname(fileURLToPath(import.meta.url));

/** The folder of this tree. */
export const root = join(here, "../..");

/** Every package that is published. */
export const manifests: readonly Manifest[] = readdirSync(join(root, "packages"))
  .map((folder): Manifest => {
    return JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
  })
  .filter((manifest) => !manifest.private);

/** The one bundler that is a tool of no other test. */
const WEBPACK = "webpack@5.112.2";

/** Ends a program that hangs. The build takes a minute, and many on a machine that is slow and busy. */
const LIMIT = 30 * 60_000;

/** Runs a program to its end, which has to come by itself; what it printed is in the error if it fails. */
export function run(cwd: string, program: string, ...args: string[]): string {
  // Without what npm and vitest tell their children about this tree.
  const inherited =
    /^(npm_(package|lifecycle|config_local_prefix)|INIT_CWD|VITEST|NODE_(ENV|OPTIONS))/;
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !inherited.test(key)),
  );
  try {
    const options = { cwd, env, encoding: "utf8", stdio: "pipe", timeout: LIMIT } as const;
    return execFileSync(program, args, options);
  } catch (error) {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")}\n${message}\n${stdout}${stderr}`);
  }
}

/** Writes the programs of a folder without their types. */
function writePrograms(
  from: string,
  to: string,
  formats: readonly ["esm" | "cjs", string][],
): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => /^\w+\.ts$/.test(name))) {
    const source = readFileSync(join(from, file), "utf8");
    for (const [format, extension] of formats) {
      const { code } = transformSync(source, { loader: "ts", format, target: "es2022" });
      const specifiers = /(["']\.\/\w+)\.ts(["'])/g;
      writeFileSync(
        join(to, file.replace(/ts$/, extension)),
        code.replace(specifiers, `$1.${extension}$2`),
      );
    }
  }
}

/** Vitest calls it before the tests of this folder. */
export function setup({ provide }: TestProject): () => void {
  const temporary = mkdtempSync(join(tmpdir(), "convgrad-packed-"));
  const project = join(temporary, "project");
  const tarballs: Record<string, string> = {};
  mkdirSync(project);
  run(root, "npm", "run", "build");
  for (const { name } of manifests) {
    const out = run(root, "npm", "pack", "--json", "--pack-destination", temporary, "-w", name);
    const [packed] = Object.values(JSON.parse(out)) as [{ filename: string }];
    tarballs[name] = join(temporary, packed.filename);
  }
  const manifest = { name: "consumer", private: true, type: "module" };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund"];
  run(project, "npm", ...install, ...Object.values(tarballs), WEBPACK);
  writePrograms(join(here, "programs"), project, [
    ["esm", "js"],
    ["cjs", "cjs"],
  ]);
  writePrograms(join(here, "../bits"), join(project, "bits"), [["esm", "js"]]);
  provide("project", project);
  provide("tarballs", tarballs);
  return () => rmSync(temporary, { recursive: true, force: true });
}

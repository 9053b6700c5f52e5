import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, inject, it } from "vitest";
import { run } from "./project.ts";

// The published types under the oldest TypeScript that they promise, and the newest that there is.

const project = inject("project");
const versions = ["5.4", "5.9", "latest"];
const nameOf = (version: string) => `typescript-${version.replace(".", "-")}`;

beforeAll(() => {
  const aliases = versions.map((version) => `${nameOf(version)}@npm:typescript@${version}`);
  run(project, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", ...aliases);
  copyFileSync(join(import.meta.dirname, "shapes.ts"), join(project, "shapes.ts"));
});

it.each(versions)("TypeScript %s checks shapes", (version) => {
  const compilerOptions = {
    target: "es2022",
    lib: ["es2023", "dom"],
    module: "esnext",
    moduleResolution: "bundler",
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
  };
  const config = `tsconfig.${nameOf(version)}.json`;
  writeFileSync(join(project, config), JSON.stringify({ compilerOptions, files: ["shapes.ts"] }));
  const tsc = join("node_modules", nameOf(version), "lib/tsc.js");
  expect(run(project, "node", tsc, "-p", config)).toBe("");
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { BITS } from "../bits/expected.ts";
import { run } from "./project.ts";
import { RUNTIMES } from "./runtimes.ts";

// The packed packages in Node and its relatives. Every program here has to end by itself.

const project = inject("project");
const node = (...args: string[]) => JSON.parse(run(project, process.execPath, ...args));
/** What training comes to everywhere. */
let trained: object;

beforeAll(() => {
  const { first, last, weights } = node("node.js", "1");
  trained = { name: "wasm", trouble: null, fallbacks: [], first, last, weights };
  expect(last).toBeLessThan(first / 2);
});

describe.each([
  { kind: "ES module", file: "node.js", relaxed: "relaxed.js" },
  { kind: "CommonJS", file: "node.cjs", relaxed: "relaxed.cjs" },
])("a program that is an $kind", ({ file, relaxed }) => {
  it.each([1, 2])("trains on %i threads", (threads) => {
    expect(node(file, String(threads))).toEqual({ ...trained, threads });
  });

  it("trains without init", () => {
    expect(node(file)).toMatchObject(trained);
  });

  it("trains in a thread of worker_threads", () => {
    const options = '{ argv: ["2"], execArgv: [] }';
    const program = `new (require("node:worker_threads").Worker)("./${file}", ${options})`;
    expect(node("--input-type=commonjs", "--eval", program)).toEqual({ ...trained, threads: 2 });
  });

  it("trains with relaxed SIMD", () => {
    const { first, last, weights, ...info } = node(relaxed);
    expect(info).toEqual({ name: "wasm", threads: 2, trouble: null, fallbacks: [] });
    expect(last).toBeLessThan(first / 2);
    expect(weights).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("@convgrad/wasm", () => {
  it.each(["js", "cjs"])("keeps relaxed SIMD in a file of its own (.%s)", (extension) => {
    const dist = join(project, "node_modules/@convgrad/wasm/dist");
    const modules = readdirSync(dist)
      .filter((file) => file.endsWith(`.${extension}`))
      .flatMap((file) => {
        // The table of the module's commonest bytes.
        const found = readFileSync(join(dist, file), "utf8").match(/\bcommon"?: ?\[/g) ?? [];
        return found.map(() => file.replace(/-.*/, ""));
      });
    expect(modules).toHaveLength(2);
    expect(modules.filter((name) => name === "relaxed")).toHaveLength(1);
  });

  it("has all its sources for the condition `source`", async () => {
    const outfile = join(project, "out/fromSource.js");
    await build({
      entryPoints: [join(project, "node.js")],
      bundle: true,
      format: "esm",
      platform: "node",
      conditions: ["source"],
      external: ["cli-progress"],
      outfile,
    });
    expect(readFileSync(outfile, "utf8")).toContain("@convgrad/wasm/src/load.ts");
    expect(node(outfile, "2")).toEqual({ ...trained, threads: 2 });
  });
});

describe("the bits of the weights are the same in", () => {
  for (const { name, command } of RUNTIMES) {
    it.skipIf(!command)(name, () => {
      const [program, ...args] = command!;
      const result = JSON.parse(run(project, program!, ...args, "bits/node.js", "2"));
      expect(result).toEqual({ name: "wasm", threads: 2, ...BITS });
    });
  }
});

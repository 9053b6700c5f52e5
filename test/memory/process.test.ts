import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** Runs a program of this folder in a process of its own, on the sources, with the collector at hand. */
function run(program: string): Promise<{ stdout: string; stderr: string }> {
  const file = fileURLToPath(new URL(`programs/${program}.ts`, import.meta.url));
  const options = ["--expose-gc", "--conditions=source", "--import", "tsx"];
  return promisify(execFile)(process.execPath, [...options, file]);
}

describe("in a process of its own", () => {
  it("10,000 steps run in flat memory", async () => {
    const { seen, growth } = JSON.parse((await run("flat")).stdout);
    expect(seen).toHaveLength(2);
    expect(seen[1]).toEqual(seen[0]);
    expect(growth).toBeLessThan(30 * 2 ** 20);
  });

  it("tensors outside any scope are collected in the end", async () => {
    const { before, during, after, kept } = JSON.parse((await run("collected")).stdout);
    expect(during.tensors).toBeGreaterThan(before.tensors + 200);
    expect(during.bytes).toBeGreaterThan(before.bytes + 800_000);
    expect(after.tensors).toBe(before.tensors);
    expect(after.bytes).toBe(before.bytes);
    expect(kept).toEqual([1, 2, 3]);
  });

  it("a loop that outruns the collector is told so once, with the line and the remedy", async () => {
    const { stderr } = await run("outrun");
    const warnings = stderr.split("\n").filter((line) => line.includes("convgrad:"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/\d+ tensors \(\d+ MiB\) were made outside any scope/);
    expect(warnings[0]).toContain("outrun.ts:4:");
    expect(warnings[0]).toContain("make the loop body a scope: for (const step of steps(n)) { … }");
  });
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** Lines of code in one file. */
const FILE_LIMIT = 300;
/** Lines of code in packages/core/src: raise only with ADR 8. */
const CORE_LIMIT = 5_200;

/** Lines that are neither blank nor comment. */
function codeLines(source: string): number {
  const lines = source.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*/gm, "").split("\n");
  return lines.filter((line) => line.trim() !== "").length;
}

const packages = join(import.meta.dirname, "../../packages");
const sizes = readdirSync(packages, { recursive: true, encoding: "utf8" })
  .filter((file) => /^[^/\\]+[/\\]src[/\\].*(?<!\.test)\.tsx?$/.test(file))
  .map((file) => ({ file, lines: codeLines(readFileSync(join(packages, file), "utf8")) }));

describe("the size of the sources", () => {
  it(`is at most ${FILE_LIMIT} lines of code in a file`, () => {
    expect(sizes.length).toBeGreaterThan(50);
    expect(sizes.filter(({ lines }) => lines > FILE_LIMIT)).toEqual([]);
  });

  it(`is at most ${CORE_LIMIT} in core`, () => {
    const core = sizes.filter(({ file }) => file.startsWith("core"));
    expect(core.reduce((total, { lines }) => total + lines, 0)).toBeLessThanOrEqual(CORE_LIMIT);
  });
});

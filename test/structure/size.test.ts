import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";

/** Lines of code in one file. */
const FILE_LIMIT = 300;
/** Lines of code in packages/core/src: raise only with ADR 8. */
const CORE_LIMIT = 5_400;
/** Lines for the compiler alone, in core: raise only with ADR 15. */
const CORE_RULES_LIMIT = 700;

/** Lines that are neither blank nor comment. */
function codeLines(source: string): number {
  const lines = source.replace(/^\s*\/\*[\s\S]*?\*\/|^\s*\/\/.*/gm, "").split("\n");
  return lines.filter((line) => line.trim() !== "").length;
}

/** How the names of files end that hold types alone. */
const RULE = ".rule.ts";

const packages = join(import.meta.dirname, "../../packages");
const sizes = readdirSync(packages, { recursive: true, encoding: "utf8" })
  .filter((file) => /^[^/\\]+[/\\]src[/\\].*(?<!\.test)\.tsx?$/.test(file))
  .map((file) => ({ file, lines: codeLines(readFileSync(join(packages, file), "utf8")) }));

describe("the size of the sources", () => {
  it(`is at most ${FILE_LIMIT} lines of code in a file`, () => {
    expect(sizes.length).toBeGreaterThan(50);
    expect(sizes.filter(({ lines }) => lines > FILE_LIMIT)).toEqual([]);
  });

  it(`is at most ${CORE_LIMIT} in core, and ${CORE_RULES_LIMIT} of rules for the compiler`, () => {
    const core = sizes.filter(({ file }) => file.startsWith("core"));
    const total = (isRule: boolean) =>
      core.reduce((sum, { file, lines }) => sum + (file.endsWith(RULE) === isRule ? lines : 0), 0);
    expect(total(false)).toBeLessThanOrEqual(CORE_LIMIT);
    expect(total(true)).toBeLessThanOrEqual(CORE_RULES_LIMIT);
  });

  it("is nothing at run time in rules for the compiler", () => {
    const rules = sizes.filter(({ file }) => file.endsWith(RULE));
    expect(rules.length).toBeGreaterThan(5);
    for (const { file } of rules) {
      const { code } = transformSync(readFileSync(join(packages, file), "utf8"), { loader: "ts" });
      expect(code, file).toBe("");
    }
  });
});

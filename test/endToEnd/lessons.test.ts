import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

// The lessons as people run them.

const folder = join(import.meta.dirname, "../../examples/lessons");

function lesson(...names: string[]): Promise<{ stdout: string; stderr: string }> {
  const program = ["--import", "tsx", "--conditions=source", join(folder, "main.ts"), ...names];
  return promisify(execFile)(process.execPath, program);
}

/** What must be true of what they print. */
const LESSONS: Record<string, (story: string) => void> = {
  "diverging-forward": (story) => {
    const rows = [...story.matchAll(/^ +(\d+) +(\S+)( ◂ lowest)? +(\S+)$/gm)];
    expect(rows.length).toBeGreaterThan(8);
    const asked = rows.map(([, , E]) => Number(E));
    const right = rows.map(([, , , , E]) => Number(E));
    const lowest = rows.findIndex(([, , , mark]) => mark);
    expect(asked[lowest]).toBeLessThan(asked[0]! / 2);
    expect(asked.at(-1)).toBeGreaterThan(1e6);
    expect(right).toEqual([...right].sort((a, b) => b - a));
    expect(right.at(-1)).toBeLessThan(0.01);
  },
  "half-right-answer": (story) => {
    const verdicts = [...story.matchAll(/^ {2}stride \d {2}([✓✗])/gm)].map(([, mark]) => mark);
    expect(verdicts.join("")).toBe("✗✗✗✓✗✗✓✓✓");
    expect(story).toMatch(
      /∂E\/∂F\[\d,\d\] is -?[\d.]+ by eq\. \(2\), -?[\d.]+ by central differences/,
    );
  },
  "flip-or-no-flip": (story) => {
    expect(story.match(/error 0$/gm)).toHaveLength(5);
    expect(story).toContain("to the bit: true");
  },
  "strided-backward": (story) => {
    expect(story.match(/error against autograd: 0$/gm)).toHaveLength(2);
    expect(story).toMatch(/^ +\[ +0 +0 +0 +0 +0 \]/m);
  },
  "different-depths": (story) => {
    expect(story.match(/^ +δ\[\d\]/gm)).toHaveLength(6);
    expect(story.match(/\d?e-?\d+/g)!.every((error) => Number(error) < 1e-10)).toBe(true);
    expect(story).toContain("conv2d: expects 6 input channels but receives 3");
  },
  "winning-unit": (story) => {
    expect(story).toContain("(5)");
    expect(story).toContain("values apart by 0, gradients by 0");
  },
  "show-me-the-loops": (story) => {
    expect(story).toContain("export function backward(");
    expect(story.match(/^ {2}(y|gx|gw|gb) +0$/gm)).toHaveLength(4);
  },
};

describe("the lessons", () => {
  it.each(Object.entries(LESSONS))("%s tells its story", async (name, check) => {
    const { stdout, stderr } = await lesson(name);
    expect(stderr).toBe("");
    check(stdout);
    const prose = stdout.split("\n").filter((line) => !/[;{*/]/.test(line));
    expect(prose.filter(({ length }) => length >= 84)).toEqual([]);
  });

  it("are listed where no name is given", async () => {
    const { stdout } = await lesson();
    expect(stdout.match(/^ {2}[a-z-]+(?= {2})/gm)!.map((name) => name.trim())).toEqual(
      Object.keys(LESSONS),
    );
  });

  it("are named where a name is wrong", async () => {
    const failure = await lesson("toString").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 1, stdout: "" });
    expect((failure as { stderr: string }).stderr).toMatch(
      /^lesson: there is no lesson "toString"; choose one of diverging-forward, .*\n$/,
    );
  });

  it("are short", async () => {
    for (const file of await readdir(folder)) {
      const source = await readFile(join(folder, file), "utf8");
      const lines = source.split("\n").filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line));
      expect([file, lines.length <= 60]).toEqual([file, true]);
    }
  });
});

import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// Every code block of the documents runs: TypeScript and JavaScript are type-checked and executed, each in a process of
// its own; commands exist.

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = join(root, ".reports/codeBlocks");
const documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].concat(
  markdownIn("docs"),
  markdownIn("packages"),
  markdownIn("examples"),
);

function markdownIn(directory: string): string[] {
  const files = readdirSync(join(root, directory), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => /\.md$/.test(file) && !/node_modules|dist|CHANGELOG/.test(file))
    .map((file) => join(directory, file));
}

interface Block {
  readonly place: string;
  readonly language: string;
  readonly code: string;
  readonly file: string;
}

const blocks: Block[] = documents.flatMap((document) => {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, code], i) => {
    const line = text.slice(0, text.indexOf(code as string)).split("\n").length;
    const name = `${document.replaceAll(/\W/g, "_")}_${i}.${language === "js" ? "mjs" : "ts"}`;
    return {
      place: `${document}:${line}`,
      language: language!,
      code: code!,
      file: join(folder, name),
    };
  });
});
const programs = blocks.filter(({ language }) => language === "ts" || language === "js");
const commands = blocks.filter(({ language }) => language === "sh");

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // `export {}` makes a block without imports a module too.
  for (const { file, code } of programs) writeFileSync(file, `${code}\nexport {};\n`);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, ...args: string[]): string {
  try {
    return execFileSync(program, args, { cwd: root, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}${stderr}`);
  }
}

describe("code blocks of the documents", () => {
  it("are in languages this test knows", () => {
    const unknown = blocks.filter(({ language }) => !["ts", "js", "sh", ""].includes(language));
    expect(unknown.map(({ place, language }) => `${place} ${language}`)).toEqual([]);
    expect(programs.length).toBeGreaterThan(5);
  });

  it("type-check", () => {
    const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
    run(process.execPath, tsc, "-p", folder);
  });

  it.each(programs)("$place runs", ({ file }) => {
    run(process.execPath, "--conditions=source", "--import", "tsx", relative(root, file));
  });

  it.each(commands)("$place names scripts that exist", ({ code }) => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const named = [...code.matchAll(/npm (?:run (?:-s )?)?(?!run|ci|install|pack|i\b)([\w:-]+)/g)];
    for (const [, script] of named) expect(Object.keys(scripts)).toContain(script);
  });
});

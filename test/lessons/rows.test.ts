import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

// README.md here says for every row which test proves it and where to see it.

const folder = import.meta.dirname;
const read = (file: string) => readFileSync(join(folder, file), "utf8");

/** `row 5: …`, `rows 25 and 26: …` in the title of a test. */
function rowsOf(file: string): Set<number> {
  const titles = read(file).matchAll(/(?:describe|it)\(\s*["'`]rows? ((?:\d+(?:, | and )?)+):/g);
  return new Set([...titles].flatMap(([, list]) => list!.match(/\d+/g)!.map(Number)));
}

const table = Array.from(
  read("README.md").matchAll(/^\| (\d+) \| (.+) \| `(.+)` \| (.+) \|$/gm),
  ([, row, what, file, see]) => ({ row: Number(row), what, file: file!, see: see! }),
);
const lessons = readFileSync(join(folder, "../../examples/lessons/main.ts"), "utf8");

it("the table has the rows 1 to 43 in order", () => {
  expect(table.map(({ row }) => row)).toEqual(Array.from({ length: 43 }, (_, i) => i + 1));
});

it.each(table)("row $row, $what", ({ row, file, see }) => {
  expect(readdirSync(folder)).toContain(file);
  expect([...rowsOf(file)]).toContain(row);
  const lesson = see.match(/^`([a-z]+(?:-[a-z]+)+)`/)?.[1];
  if (lesson) expect(lessons).toContain(`"${lesson}"`);
});

it("no test speaks of a row that is not in the table", () => {
  const files = readdirSync(folder).filter((file) => file.endsWith(".test.ts"));
  for (const row of files.flatMap((file) => [...rowsOf(file)])) {
    expect(row).toBeGreaterThanOrEqual(1);
    expect(row).toBeLessThanOrEqual(43);
  }
});

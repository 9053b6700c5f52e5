import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { views } from "../shell/views.ts";
import { found } from "./find.ts";
import { lessons } from "./lessons.ts";
import { links, shownBy, VIEWS } from "./shownBy.ts";

const readme = readFileSync(new URL("../../../../test/lessons/README.md", import.meta.url), "utf8");
const table = [...readme.matchAll(/^\| (\d+) \| (.*?) \| `(.*?)` \| (.*) \|$/gm)];

describe("the lessons", () => {
  it("are rows 1 to 43, titled and tested as the repository's own list says", () => {
    expect(lessons.map(({ row }) => row)).toEqual(Array.from({ length: 43 }, (_, i) => i + 1));
    expect(lessons.map(({ row, title, test }) => [`${row}`, title, test])).toEqual(
      table.map(([, row, title, test]) => [row, title!.replaceAll("`", ""), test]),
    );
  });

  const SHOWN = [1, 2, 3, 4, 5, 9, 10, 11, 12, ...Array.from({ length: 16 }, (_, i) => 20 + i)];
  it.each(SHOWN)("row %i is shown by a preset", (row) => {
    expect(shownBy(row).length).toBeGreaterThan(0);
  });

  it("are seen in the views that the repository's own list names", () => {
    const named = table.map(([, row, , , see]) => [row, see!.match(/explorer: (.*)$/)?.[1] ?? ""]);
    const shown = (row: number) => [...new Set(shownBy(row).map(({ view }) => view))].join(", ");
    expect(named).toEqual(lessons.map(({ row }) => [`${row}`, shown(row)]));
  });

  it("are found by words, by number and by where they come from", () => {
    const rows = (words: string, topic: Parameters<typeof found>[1] = "all") =>
      found(words, topic).map(({ row }) => row);
    expect(rows("22")).toEqual([22]);
    expect(rows("STRIDE zeros")).toContain(29);
    expect(rows("nowhere to be found")).toEqual([]);
    const topics = (["question", "article", "readers"] as const).flatMap((topic) =>
      rows("", topic),
    );
    expect(topics.sort((p, q) => p - q)).toEqual(rows(""));
  });
});

describe("presets", () => {
  it("are called by the titles of the menu, in its order", () => {
    const menu = views.filter(({ id }) => id !== "lessons").map(({ id, title }) => [id, title]);
    expect(Object.entries(VIEWS)).toEqual(menu);
  });

  it("are all in a view of the menu, unique there, and name rows that there are", () => {
    const files = readdirSync(new URL("..", import.meta.url), { withFileTypes: true })
      .map((entry) => new URL(`../${entry.name}/presets.ts`, import.meta.url))
      .filter((url) => existsSync(url));
    const written = files.flatMap((url) => readFileSync(url, "utf8").match(/^ +title:/gm) ?? []);
    expect(links.length).toBeGreaterThanOrEqual(written.length);
    for (const { preset } of links) {
      for (const row of preset.rows) expect(lessons[row - 1]?.row).toBe(row);
    }
    const ids = links.map(({ view, preset }) => `${view} ${preset.id}`);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

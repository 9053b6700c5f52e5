import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ValueError } from "@convgrad/core";
import {
  type Inspection,
  type RunHistory,
  type RunReceipt,
  readReceipt,
  renderReport,
  startReceipt,
  writeRun,
} from "@convgrad/train";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTILE, smallRun } from "./runs.ts";

let folder: string;
let history: RunHistory;
let inspection: Inspection;
let receipt: RunReceipt;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convgrad-report-"));
  ({ history, inspection } = await smallRun());
  const begun = await startReceipt({ settings: { batch: 8, optimizer: { lr: 0.02 } } });
  receipt = await writeRun(folder, begun, history);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The texts of all elements of a name. */
function elements(page: string, name: string): string[] {
  return [...page.matchAll(new RegExp(`<${name}[^>]*>([\\s\\S]*?)</${name}>`, "g"))].map(
    ([, inner]) => inner!,
  );
}

describe("renderReport", () => {
  it("asks for nothing from anywhere, and forbids itself to", async () => {
    const page = await renderReport({ receipt, history, inspection });
    expect(page.length).toBeLessThan(400_000);
    expect(page).toMatch(
      /Content-Security-Policy" content="default-src &#39;none&#39;; script-src/,
    );
    expect(page).not.toMatch(/unsafe-inline|unsafe-eval/);
    const markup = page.replace(/<(script|style|pre)\b[^>]*>[\s\S]*?<\/\1>/g, "");
    expect(markup).not.toMatch(/https?:(?!\/\/www\.w3\.org\/2000\/svg)/);
    expect(markup).not.toMatch(/\s(src|srcset|style|on\w+)=/);
    expect(
      [...markup.matchAll(/href="([^"]*)"/g)].every(([, to]) => /^(#|data:image)/.test(to!)),
    ).toBe(true);
    expect(page).not.toMatch(/@import|url\(/);
  });

  it("has every part: curves, tables, pictures, settings and hashes", async () => {
    const page = await renderReport({ receipt, history, inspection, title: "three kinds" });
    expect(elements(page, "title")).toEqual(["three kinds · convgrad"]);
    for (const name of [
      "loss",
      "accuracy",
      "lr",
      "gradients",
      "confusion",
      "mistakes",
      "filters",
      "maps",
    ]) {
      if (name === "mistakes" && inspection.mistakes.length === 0) continue;
      expect(page).toContain(`data-save="${name}"`);
    }
    expect(page).toContain(`${(100 * inspection.accuracy).toFixed(2)}<small>%</small>`);
    for (const { weightsHash } of receipt.epochs) expect(page).toContain(weightsHash.slice(0, 12));
    expect(page).toContain(receipt.weightsHash);
    expect(page).toContain("<dt>optimizer.lr</dt><dd>0.02</dd>");
    expect(page).toContain("Conv2D(1 → 4, 3×3, padding 1)");
    expect(page).toContain("Copyright (c) 2022 Leon Sorokin");
    const data = elements(page, "script").find((text) => text.startsWith("{"))!;
    expect(JSON.parse(data)).toMatchObject({ title: "three kinds", inspection });
  });

  it("is HTML in which every table has heads and every picture words", async () => {
    const page = await renderReport({ receipt, history, inspection });
    const markup = page.replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, "");
    const open: string[] = [];
    for (const [, end, name] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (["meta", "link", "br"].includes(name!)) continue;
      if (end) expect(open.pop()).toBe(name);
      else open.push(name!);
    }
    expect(open).toEqual([]);
    for (const table of elements(page, "table")) {
      expect(table).toMatch(/<caption>.+<\/caption>/);
      expect(table).toContain('scope="col"');
    }
    const canvases = [...markup.matchAll(/<canvas[^>]*>/g)].map(([tag]) => tag);
    expect(canvases.length).toBeGreaterThan(5);
    for (const tag of canvases) expect(tag).toMatch(/role="img" aria-label="[^"]+"/);
    for (const [tag] of markup.matchAll(/<button[^>]*>/g)) expect(tag).toContain('type="button"');
    const ids = [...markup.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of markup.matchAll(/(?:href="#|aria-labelledby=")([^"]+)"/g))
      expect(ids).toContain(id);
  });

  it("lets no name out of its place", async () => {
    const evil = HOSTILE.join("");
    const hostile = await smallRun(HOSTILE);
    const settings = { [evil]: evil, list: [evil] };
    const begun = { ...receipt, warnings: [evil], stopped: evil, processor: evil, settings };
    const layers = { [evil]: [1, 2] };
    const page = await renderReport({
      title: evil,
      receipt: { ...begun, program: { script: evil, arguments: [evil] }, resumed: [3] },
      history: { ...hostile.history, gradients: { step: [1, 2], layers } },
      inspection: hostile.inspection,
    });
    expect(page).not.toContain("<script>globalThis");
    expect(page).not.toContain("<img");
    expect(page.match(/<script\b/g)).toHaveLength(3);
    expect(page.match(/<\/script/g)).toHaveLength(3);
    expect(page.match(/<style\b/g)).toHaveLength(1);
    expect(page).not.toContain("\u2028&quot;"); // in JSON it stands as \u2028
    const data = JSON.parse(elements(page, "script").find((text) => text.startsWith("{"))!);
    expect(data.inspection.classes).toEqual(HOSTILE);
    expect(page).toContain("&lt;img src=x onerror=&quot;");
  });

  it("has no empty figures, and no name that turns what stands behind it", async () => {
    const steps = { step: [1, 2], loss: [2, 1], accuracy: [null, null], lr: [0.1, 0.1] };
    const plain = {
      steps,
      gradients: { step: [1], layers: { "0": [0] } },
      epochs: [],
      warnings: [],
    };
    const page = await renderReport({ title: "left\u202etfel", receipt, history: plain });
    expect(page).toContain('data-save="loss"');
    expect(page).toContain("<h1>left�tfel</h1>");
    for (const name of ["accuracy", "gradients"]) expect(page).not.toContain(`data-save="${name}"`);
  });

  it("is a page for a run without anything, too", async () => {
    const empty = {
      steps: { step: [], loss: [], accuracy: [], lr: [] },
      gradients: { step: [], layers: {} },
      epochs: [],
      warnings: [],
    };
    const page = await renderReport({ receipt: await startReceipt(), history: empty });
    expect(page).toContain("No step was recorded");
    expect(page).toContain("0 epochs, still going on");
    expect(page).not.toContain("NaN");
    const alone = await renderReport({
      receipt,
      history: { ...history, steps: empty.steps, gradients: empty.gradients },
    });
    expect(alone).toContain('id="chart-loss"');
    expect(alone).not.toContain('id="chart-gradients"');
  });

  it("refuses what it does not know", async () => {
    await expect(renderReport({ receipt, history, name: 3 } as never)).rejects.toThrow(ValueError);
    await expect(renderReport({ history } as never)).rejects.toThrow(
      "receipt is undefined; startReceipt",
    );
    await expect(renderReport({ receipt, history: null } as never)).rejects.toThrow(
      "history is null",
    );
  });
});

describe("writeRun", () => {
  it("writes run.json at any time, and the report at the end", async () => {
    const directory = join(folder, "new/one");
    await writeRun(directory, receipt, { ...history, epochs: history.epochs.slice(0, 1) });
    expect(await readdir(directory)).toEqual(["run.json"]);
    const now = readReceipt(await readFile(join(directory, "run.json"), "utf8"));
    expect(now).toMatchObject({
      stopped: null,
      weightsHash: history.epochs[0]!.weightsHash,
      seconds: 1.5,
    });
    await writeRun(directory, receipt, history, { stopped: "epochs", inspection, title: "once" });
    expect((await readdir(directory)).toSorted()).toEqual(["report.html", "run.json"]);
    const done = readReceipt(await readFile(join(directory, "run.json"), "utf8"));
    expect(done).toMatchObject({ stopped: "epochs", epochs: history.epochs, seconds: 3 });
    expect(await readFile(join(directory, "report.html"), "utf8")).toContain("<h1>once</h1>");
    await writeRun(join(folder, "quiet"), receipt, history, { stopped: "early", report: false });
    expect(await readdir(join(folder, "quiet"))).toEqual(["run.json"]);
  });

  it("refuses what is no directory", async () => {
    await expect(writeRun("", receipt, history)).rejects.toThrow(
      'directory is ""; it must be the path',
    );
    await expect(writeRun(folder, receipt, history, { when: 1 } as never)).rejects.toThrow(
      ValueError,
    );
    await expect(writeRun(join(folder, "run.json"), receipt, history)).rejects.toThrow(
      /EEXIST|ENOTDIR/,
    );
  });
});

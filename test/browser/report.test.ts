import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startReceipt, writeRun } from "@convgrad/train";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTILE, smallRun } from "../train/runs.ts";
import { executablePath, launch, NEEDS } from "./chromium.ts";

// The page that a run leaves behind, as a person opens it: from a file.

let browser: Browser;
let folder: string;
let address: string;

beforeAll(async () => {
  if (!executablePath) return;
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "convgrad-page-"));
  const { history, inspection } = await smallRun(HOSTILE);
  const receipt = await startReceipt({ settings: { note: HOSTILE } });
  await writeRun(folder, receipt, history, { stopped: "epochs", inspection, title: HOSTILE[0]! });
  address = pathToFileURL(join(folder, "report.html")).href;
});
afterAll(async () => {
  await browser?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Opens the report; what it complains of, and what it asks for besides itself, is collected. */
async function open(options: Parameters<Browser["newPage"]>[0]): Promise<[Page, string[]]> {
  const page = await browser.newPage({ reducedMotion: "reduce", ...options });
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("request", (request) => {
    if (request.url() !== address && !request.url().startsWith("data:"))
      complaints.push(request.url());
  });
  await page.addInitScript(`globalThis.saved = [];
    const address = URL.createObjectURL;
    URL.createObjectURL = (blob) => { saved.push(blob); return address(blob); };`);
  await page.goto(address);
  await page.waitForSelector(".plot canvas");
  return [page, complaints];
}

/** For each drawn canvas of the page, how many colours it has. */
const COLOURS = `[...document.querySelectorAll("canvas")].map((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})`;

describe.skipIf(!executablePath)(`the report in Chromium ${NEEDS}`, () => {
  it.each([
    [360, "light"],
    [1280, "dark"],
    [1920, "light"],
  ] as const)("is drawn %i pixels wide, %s, without a complaint", async (width, colorScheme) => {
    const [page, complaints] = await open({ viewport: { width, height: 900 }, colorScheme });
    const colours = (await page.evaluate(COLOURS)) as number[];
    expect(colours.length).toBeGreaterThan(20);
    // A filter, a map or a curve that is not drawn has one colour: none.
    expect(colours.filter((n) => n < 2)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThan(
      1,
    );
    expect(await page.evaluate("globalThis.broken")).toBeUndefined();
    expect(await page.title()).toContain(HOSTILE[0]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("saves each figure as PNG", async () => {
    const [page, complaints] = await open({ viewport: { width: 1280, height: 900 } });
    const names = await page.$$eval("[data-save]", (buttons) =>
      buttons.map((button) => button.getAttribute("data-save")!),
    );
    expect(names).toEqual(
      expect.arrayContaining([
        "loss",
        "accuracy",
        "gradients",
        "lr",
        "confusion",
        "filters",
        "maps",
      ]),
    );
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click('[data-save="loss"]'),
    ]);
    expect(download.suggestedFilename()).toMatch(/^[\w.-]+-loss\.png$/);
    // Chromium lets a page save one file a second: the others are caught before.
    for (const name of names.slice(1)) await page.click(`[data-save="${name}"]`);
    // Asked from outside: the page's own policy forbids it to evaluate text again and again.
    await expect.poll(() => page.evaluate("saved.length"), { timeout: 20_000 }).toBe(names.length);
    const pngs = (await page.evaluate(
      "Promise.all(saved.map(async (blob) => [...new Uint8Array(await blob.arrayBuffer())]))",
    )) as number[][];
    expect([...(await readFile(await download.path()))]).toEqual(pngs[0]);
    for (const bytes of pngs) {
      const png = Buffer.from(bytes);
      expect([...png.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
      expect(png.readUInt32BE(16)).toBeGreaterThan(600);
      expect(png.length).toBeGreaterThan(3_000);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("answers to the mouse and to keys", async () => {
    const [page, complaints] = await open({ viewport: { width: 1280, height: 900 } });
    await page.focus("#matrix");
    await page.keyboard.press("ArrowDown");
    const tip = () => page.textContent("#tip");
    expect(await tip()).toContain(`${HOSTILE[0]} recognised: `);
    await page.keyboard.press("ArrowRight");
    expect(await tip()).toContain(`taken for ${HOSTILE[1]}: `);
    const maps = () =>
      page.$$eval("#maps canvas", (all) => all.map((canvas) => canvas.title).join());
    const first = await maps();
    await page.click('[data-choose="1"]');
    expect(await page.getAttribute('[data-choose="1"]', "aria-pressed")).toBe("true");
    expect(await maps()).not.toBe(first);
    await page.click('[data-log="loss"]');
    expect(await page.getAttribute('[data-log="loss"]', "aria-pressed")).toBe("true");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    expect(complaints).toEqual([]);
    await page.close();
  });
});

import { existsSync } from "node:fs";
import type { Server } from "node:http";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BITS } from "../bits/expected.ts";
import { bundle, serve } from "./site.ts";

// The library in a real browser. CHROMIUM names the program; where there is none, these tests are skipped and say so.

const executablePath =
  process.env["CHROMIUM"] ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

let browser: Browser;
let server: Server;
let origin: string;

beforeAll(async () => {
  if (!executablePath) return;
  const files = {
    "index.html":
      '<!doctype html><title>convgrad</title><script type="module" src="page.js"></script>',
    "page.js": await bundle(new URL("../bits/page.ts", import.meta.url)),
  };
  ({ origin, server } = await serve(files));
  browser = await chromium.launch({ executablePath, headless: true, chromiumSandbox: false });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function resultOf(path: string): Promise<Record<string, unknown>> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(origin + path);
  await page.waitForFunction("globalThis.result");
  const result = await page.evaluate("globalThis.result");
  await page.close();
  expect(complaints).toEqual([]);
  return result as Record<string, unknown>;
}

describe.skipIf(!executablePath)("in Chromium (skipped: no Chromium found; set CHROMIUM)", () => {
  it.each([1, 2, 3])("training comes to Node's bits on %i threads", async (threads) => {
    const result = await resultOf(`/isolated/?threads=${threads}`);
    expect(result).toEqual({ name: "wasm", threads, trouble: null, ...BITS });
  });

  it("a page that is not cross-origin isolated gets one thread, the reason, and the same bits", async () => {
    const result = await resultOf("/?threads=2");
    expect(result).toMatchObject({ name: "wasm", threads: 1, ...BITS });
    expect(result["trouble"]).toMatch(/not cross-origin isolated; serve it with Cross-Origin-/);
  });
});

import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

/** The browser: CHROMIUM names the program. Where there is none, tests are skipped and say so. */
export const executablePath =
  process.env["CHROMIUM"] ??
  ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);

/** For the name of what is skipped without it. */
export const NEEDS = "(skipped: no Chromium found; set CHROMIUM)";

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, chromiumSandbox: false });
}

/** What a page left in `globalThis.result`, and everything it had to complain about. */
export interface Outcome {
  readonly result: Record<string, unknown>;
  readonly complaints: readonly string[];
  /** What it asked the server for. */
  readonly requests: readonly string[];
}

async function outcomeOf(page: Page, address: string): Promise<Outcome> {
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (/error|warning/.test(message.type())) complaints.push(message.text());
  });
  await page.goto(address);
  await page.waitForFunction("globalThis.result");
  // `result` may be a promise; a fault is a result too.
  const result = await page.evaluate(
    "Promise.resolve(globalThis.result).catch((error) => ({ error: String(error?.stack ?? error) }))",
  );
  return { result: result as Record<string, unknown>, complaints, requests };
}

/** Opens a page, waits for its `globalThis.result`, which may be a promise, and closes it. */
export async function open(browser: Browser, address: string): Promise<Outcome> {
  const page = await browser.newPage();
  try {
    return await outcomeOf(page, address);
  } finally {
    await page.close();
  }
}

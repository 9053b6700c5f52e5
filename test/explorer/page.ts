import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from "vitest";
import { launch } from "../browser/chromium.ts";
import { withCores } from "./cores.ts";
import { late } from "./late.ts";

/** How a page is opened. */
export interface Opening {
  /** With the headers that threads need (`"isolated"`, the default) or as any static host serves it. */
  readonly headers?: "isolated" | "plain" | "isolated+csp-page";
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** In a context of its own, with empty caches and no service worker yet, as at a first visit. */
  readonly first?: boolean;
  /** A phone: fingers, no mouse. */
  readonly touch?: boolean;
  /** How many processor cores the page's workers believe in. */
  readonly cores?: number;
  /** A program that runs in the page before its own. */
  readonly before?: string;
}

/** A page of the explorer, and what it complained about. */
export interface Opened {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught errors, failed requests. */
  readonly complaints: readonly string[];
  /** Addresses that it asked for. */
  readonly requests: readonly string[];
}

/** Launches a browser for the tests of a file; `open("#/convolution?stride=2")` gives a page, which goes with its test. */
export function explorer(): (hash: string, opening?: Opening) => Promise<Opened> {
  let browser: Browser;
  let known: BrowserContext; // of whoever was here before
  const open: (Page | BrowserContext)[] = [];
  let before = 0;
  beforeAll(async () => {
    browser = await launch();
    known = await browser.newContext();
  });
  // A page that is left may go on training.
  beforeEach(() => {
    before = open.length;
  });
  afterEach(() => Promise.all(open.splice(before).map((one) => one.close())));
  afterAll(() => browser?.close());
  return async (hash, opening = {}) => {
    const { headers = "isolated", width = 1280, height = 900, dark = false } = opening;
    const own = opening.first || opening.touch;
    const context = own
      ? await browser.newContext(opening.touch ? { hasTouch: true, isMobile: true } : {})
      : known;
    const page = await context.newPage();
    open.push(own ? context : page);
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
    const delay = Number(process.env["LATE"] ?? 0);
    if (delay > 0) await page.addInitScript(late(delay));
    if (opening.cores) await page.addInitScript(withCores(opening.cores));
    if (opening.before) await page.addInitScript(opening.before);
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("requestfailed", (request) => {
      // What the page gave up itself, such as the program of a worker that it ended, has not failed.
      if (request.failure()?.errorText !== "net::ERR_ABORTED")
        complaints.push(`failed: ${request.url()}`);
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (/error|warning/.test(message.type())) complaints.push(message.text());
    });
    await page.goto(`${inject("explorerOrigin")}/${headers}/${hash}`);
    await page.locator("main h1").waitFor();
    await page
      .locator("main > p[role=status]", { hasText: "Loading" })
      .waitFor({ state: "detached" });
    // A font that comes later moves what is on the page.
    await page.evaluate("document.body.offsetHeight, document.fonts.ready.then(() => {})");
    return { page, complaints, requests };
  };
}

/** Chooses an example by its id or label, and waits until the view shows it. */
export async function chooseExample(page: Page, wish: string | { label: string }): Promise<void> {
  const [id] = await page.getByLabel("Example").selectOption(wish);
  await page.locator(`.examples [data-example="${id}"]`).waitFor();
}

/** Chooses every example of a view in turn; none may be wider than the page. Gives their ids. */
export async function everyExample(page: Page, look: () => Promise<void>): Promise<string[]> {
  const options = page.getByLabel("Example").locator("option:not([value=''])");
  const ids = await options.evaluateAll((all) =>
    all.map((one) => (one as HTMLOptionElement).value),
  );
  for (const id of ids) {
    await chooseExample(page, id);
    await look();
    expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth"), id).toBe(0);
  }
  return ids;
}

/** The numbers of a matrix by its name, row by row, without padding: in full precision, not as they are shown. */
export async function numbersOf(page: Page, name: string): Promise<number[]> {
  const cells = page.locator(`.matrix[data-name=${JSON.stringify(name)}] .cell:not(.padding)`);
  await cells.first().waitFor();
  return (await cells.evaluateAll((all) => all.map((cell) => cell.dataset["value"]))).map(Number);
}

/** The same numbers as golden ones: to 1e-9 of their size. */
export function expectNumbers(found: readonly number[], golden: ArrayLike<number>): void {
  expect(found.length).toBe(golden.length);
  found.forEach((v, i) => {
    const wish = golden[i]!;
    if (!Number.isFinite(wish)) expect(v).toBe(wish);
    else expect(Math.abs(v - wish)).toBeLessThanOrEqual(1e-11 + 1e-9 * Math.abs(wish));
  });
}

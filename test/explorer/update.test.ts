import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { executablePath, launch, NEEDS } from "../browser/chromium.ts";
import { type Site, serve } from "../browser/site.ts";

/** Puts another version into a folder: its page, its worker and the name of a view's program differ. */
async function deployNext(folder: string): Promise<void> {
  const assets = join(folder, "assets");
  const old = (await readdir(assets)).find((name) => /^GraphView-.*\.js$/.test(name))!;
  await rename(join(assets, old), join(assets, "GraphView-next.js"));
  const files = ["index.html", "serviceWorker.js"].map((name) => join(folder, name));
  const programs = (await readdir(assets)).filter((name) => name.endsWith(".js"));
  for (const file of [...files, ...programs.map((name) => join(assets, name))]) {
    const text = (await readFile(file, "utf8")).replaceAll(old, "GraphView-next.js");
    await writeFile(
      file,
      text
        .replace('<html lang="en">', '<html lang="en" data-version="next">')
        .replace(/const VERSION = ".*";/, 'const VERSION = "next";'),
    );
  }
}

/** Opens the view whose program has another name in the next version. */
async function showsGraph(page: Page): Promise<boolean> {
  await page.evaluate(`location.hash = "#/graph"`);
  await page.locator("main > .graph-view, main > [role=alert]").waitFor();
  return page.locator(".graph-frame").isVisible();
}

const versionOf = (page: Page) => page.evaluate("document.documentElement.dataset.version");

describe.skipIf(!executablePath)(`a newer explorer in Chromium ${NEEDS}`, () => {
  let browser: Browser;
  let site: Site;
  let folder: string;
  beforeAll(async () => {
    browser = await launch();
    folder = await mkdtemp(join(tmpdir(), "convgrad-explorer-versions-"));
    await cp(inject("explorerFolder"), folder, { recursive: true });
    site = await serve(folder);
  });
  afterAll(async () => {
    await browser?.close();
    site?.server.close();
    site?.server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  });

  it("comes with one reload; pages of the older one go on, and nothing is mixed", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const address = `${site.origin}/isolated/`;
    await page.goto(address);
    await page.waitForFunction("navigator.serviceWorker.controller !== null");
    await deployNext(folder);
    const waits = () =>
      page.evaluate(async () => {
        const registration = (await navigator.serviceWorker.getRegistration())!;
        await registration.update();
        return registration.waiting !== null;
      });
    await expect.poll(waits, { timeout: 20_000 }).toBe(true);
    // The program of the older view is no longer on the host.
    expect(await showsGraph(page)).toBe(true);
    expect(await versionOf(page)).toBeUndefined();

    await page.goto(`${address}#/convolution`);
    await page.reload();
    expect(await versionOf(page)).toBe("next");
    await context.setOffline(true); // before the view of this version was ever opened
    expect(await showsGraph(page)).toBe(true);
    await context.setOffline(false);

    // The worker changes between two visits.
    const kept = async () => {
      await page.goto("about:blank");
      await new Promise((resolve) => setTimeout(resolve, 500));
      await page.goto(address);
      return page.evaluate(async () => (await caches.keys()).join());
    };
    await expect.poll(kept, { timeout: 30_000 }).toMatch(/^[^,]* next$/);
    await context.setOffline(true);
    await page.reload();
    expect(await versionOf(page)).toBe("next");
    expect(await showsGraph(page)).toBe(true);
    await context.close();
  });

  it("works without what the browser kept", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${site.origin}/isolated/`);
    await page.waitForFunction("navigator.serviceWorker.controller !== null");
    await page.evaluate(async () => {
      for (const name of await caches.keys()) await caches.delete(name);
    });
    await page.reload();
    expect(await showsGraph(page)).toBe(true);
    expect(await page.evaluate(() => caches.keys())).toEqual([]);
    await context.close();
  });
});

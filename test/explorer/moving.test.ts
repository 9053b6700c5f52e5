import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

const focused = (page: Page) => page.evaluate("document.activeElement.textContent");
const height = (page: Page) => page.evaluate("scrollY") as Promise<number>;

describe.skipIf(!executablePath)(`moving through the explorer in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it("a link leads to the top and the heading of another view, and back to where one was", async () => {
    const { page, complaints } = await open("#/lessons");
    for (const visit of ["first", "again"]) {
      const link = page.locator("[data-row='41'] a", { hasText: "Vanishing" });
      await link.focus();
      const before = await height(page);
      expect(before, visit).toBeGreaterThan(500);
      await page.keyboard.press("Enter");
      await page.locator(".graph-frame").waitFor();
      await expect.poll(() => focused(page)).toBe("Graph");
      expect(await page.title()).toContain("Graph");
      await expect.poll(() => height(page)).toBe(0);
      await page.goBack();
      await link.waitFor();
      await expect.poll(() => focused(page)).toBe("Lessons");
      await page.waitForFunction(`scrollY === ${before}`);
    }
    expect(complaints).toEqual([]);
  });

  it("an example of the same view is shown from its top; changes stay where they are, and in one entry", async () => {
    const { page } = await open("#/graph");
    const example = page.locator(".presets a", { hasText: "Exploding" });
    await example.focus();
    expect(await height(page)).toBeGreaterThan(200);
    await page.keyboard.press("Enter");
    await page.locator(".norms").waitFor();
    await expect.poll(() => height(page)).toBe(0);
    const entries = await page.evaluate("history.length");
    const button = page.locator(".delta-strip button").last();
    await button.focus();
    const before = await height(page);
    expect(before).toBeGreaterThan(200);
    await page.keyboard.press("Enter");
    await page.waitForFunction("location.hash.includes('at=')");
    expect(await height(page)).toBe(before);
    expect(await page.evaluate("history.length")).toBe(entries);
    await page.goBack();
    await page.waitForFunction("location.hash === '#/graph'");
  });

  it("says so when the code of a view cannot be fetched, and offers to reload", async () => {
    const { page } = await open("#/lessons", {
      before: "delete Navigator.prototype.serviceWorker",
      first: true,
    });
    await page.context().setOffline(true);
    await page.locator("nav a", { hasText: "Graph" }).click();
    expect(await page.getByRole("alert").innerText()).toContain("could not be fetched");
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Reload the page" }).click();
    await page.locator(".graph-frame").waitFor();
  });
});

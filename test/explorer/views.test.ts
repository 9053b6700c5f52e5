import { describe, expect, inject, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

const VIEWS = ["", "convolution", "pooling", "flips", "bugs", "train", "graph", "lessons"];

describe.skipIf(!executablePath)(`the explorer's views in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it.each([360, 1920])(
    "open without a complaint and do not scroll sideways, %d pixels wide",
    async (width) => {
      const { page, complaints } = await open("#/lessons", { width, dark: width === 360 });
      for (const view of VIEWS) {
        await page.evaluate(`location.hash = "#/${view}"`);
        await page.locator(`nav a[aria-current][href^="#/${view}"]`).waitFor();
        await page.locator("main > div, main > [role=alert]").first().waitFor();
        expect(await page.locator("main").innerText(), view).not.toContain("could not be shown");
        const over = () => page.evaluate("document.documentElement.scrollWidth - innerWidth");
        await expect.poll(over, { message: view }).toBe(0);
      }
      expect(complaints).toEqual([]);
    },
  );

  it("all work under the content security policy that the README names, training too", async () => {
    const { page, complaints } = await open("#/convolution", { headers: "isolated+csp-page" });
    for (const view of VIEWS) {
      await page.evaluate(`location.hash = "#/${view}"`);
      await page.locator("main > div, main > [role=alert]").first().waitFor();
      expect(await page.getByRole("alert").count(), view).toBe(0);
    }
    await page.evaluate(`location.hash = "#/train?network=flat-dense10&epochs=1"`);
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator('.state[data-state="done"]').waitFor();
    expect(complaints).toEqual([]);
  });

  it("before its program is there, the page has its ground and its name", async () => {
    const context = await (await open("#/")).page.context().browser()!.newContext({
      javaScriptEnabled: false,
      colorScheme: "dark",
    });
    const page = await context.newPage();
    await page.goto(`${inject("explorerOrigin")}/plain/`);
    expect(await page.locator("body").innerText()).toMatch(/convgrad\s+explorer\s+The explorer/);
    const ground = await page.locator("body").evaluate((body) => getComputedStyle(body).background);
    expect(ground).toContain("rgb(13, 17, 23)");
    await context.close();
  });

  it("an unknown view leads to the front page, and says so", async () => {
    const { page } = await open("#/nowhere");
    expect(await page.getByRole("alert").first().innerText()).toContain('no view "nowhere"');
  });
});

import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

const VIEWS = ["", "convolution", "pooling", "flips", "bugs", "train", "graph", "lessons"];

describe.skipIf(!executablePath)(`the explorer's views in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it.each(VIEWS.flatMap((view) => [360, 1920].map((width) => ({ view, width }))))(
    "#/$view, $width pixels wide, opens without a complaint and does not scroll sideways",
    async ({ view, width }) => {
      const { page, complaints } = await open(`#/${view}`, { width, dark: width === 360 });
      await page.waitForLoadState("networkidle");
      expect(await page.locator("main").innerText()).not.toContain("could not be shown");
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  it("an unknown view leads to the front page, and says so", async () => {
    const { page } = await open("#/nowhere");
    expect(await page.getByRole("alert").first().innerText()).toContain('no view "nowhere"');
  });
});

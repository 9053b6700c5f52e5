import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

describe.skipIf(!executablePath)(`the lessons in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it("lists all 43, finds words and numbers, and keeps the search in the address", async () => {
    const { page, complaints } = await open("#/lessons");
    const rows = page.locator(".lesson-list > li");
    expect(await rows.count()).toBe(43);
    await page.getByLabel("Search").fill("softmax");
    await page.waitForFunction("document.querySelectorAll('.lesson-list > li').length < 5");
    expect(page.url()).toContain("find=softmax");
    expect(await rows.first().innerText()).toContain("softmax");
    const again = await open("#/lessons?find=26&topic=readers");
    expect(await again.page.locator(".lesson-list > li").count()).toBe(1);
    expect(await again.page.locator(".count").innerText()).toBe("1 of 43");
    await again.page.getByLabel("Search").fill("<b>nowhere");
    expect(await again.page.locator(".lessons").innerText()).toContain(
      "No lesson speaks of “<b>nowhere”",
    );
    expect(complaints).toEqual([]);
  });

  it("leads to the state of another view that shows a row", async () => {
    const { page, complaints } = await open("#/lessons");
    const link = page.locator("[data-row='27'] .preset-links a", { hasText: "layer to layer" });
    await link.click();
    await page.locator(".delta-strip").waitFor();
    expect(page.url()).toContain("#/graph?loss=net");
    expect(await page.title()).toContain("Graph");
    await page.goBack();
    await page.locator("[data-row='27']").waitFor();
    expect(complaints).toEqual([]);
  });
});

import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

describe.skipIf(!executablePath)(`a matrix in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it("is one stop of the tab key, with arrow keys inside", async () => {
    const { page } = await open("#/convolution");
    const grid = page.locator('.matrix[data-name^="x"] [role=grid]').first();
    await grid.locator('[data-place="0,0"]').focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowDown");
    expect(await page.evaluate("document.activeElement.dataset.place")).toBe("1,1");
    expect(await grid.locator("[tabindex='0']").count()).toBe(1);
    await page.keyboard.press("Tab");
    expect(
      await page.evaluate("!!document.activeElement.closest('[role=grid][aria-label^=x]')"),
    ).toBe(false);
  });

  it("takes numbers from the keyboard, refuses what is none, and gives the focus back", async () => {
    const { page, complaints } = await open("#/convolution");
    const cell = page.locator('.matrix[data-name^="x"] [data-place="0,0"]').first();
    await cell.focus();
    await page.keyboard.press("7");
    await page.keyboard.type(".5");
    await page.keyboard.press("Enter");
    await expect.poll(() => cell.getAttribute("data-value")).toBe("7.5");
    await expect.poll(() => page.evaluate("document.activeElement.dataset.place")).toBe("0,0");
    await page.keyboard.press("Enter");
    await page.keyboard.type("nonsense");
    await page.keyboard.press("Enter");
    expect(await cell.locator("input").getAttribute("aria-invalid")).toBe("true");
    await page.keyboard.press("Escape");
    await expect.poll(() => cell.getAttribute("data-value")).toBe("7.5");
    expect(complaints).toEqual([]);
  });
});

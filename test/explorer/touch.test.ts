import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer, type Opened } from "./page.ts";

// A phone: fingers, and a screen 360 pixels wide.

/** Draws with a finger, from a place to another. */
async function stroke(page: Page, from: Point, to: Point): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: Point[]) =>
    session.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", from);
  for (let part = 0.1; part < 1.05; part += 0.1) {
    const along = (a: number, b: number) => a + part * (b - a);
    await touch("touchMove", { x: along(from.x, to.x), y: along(from.y, to.y) });
  }
  await touch("touchEnd");
}

interface Point {
  readonly x: number;
  readonly y: number;
}

describe.skipIf(!executablePath)(`under a finger in Chromium ${NEEDS}`, () => {
  const open = explorer();
  const phone = (hash: string): Promise<Opened> =>
    open(hash, { touch: true, width: 360, height: 740 });

  it("a tap keeps a cell", async () => {
    const { page, complaints } = await phone("#/convolution");
    await page.locator('.matrix[data-name="y"] [data-place="0,1"]').tap();
    await page.locator("h2", { hasText: "y[0, 0, 1] = 19" }).waitFor();
    await expect.poll(() => page.url()).toContain("at=y,0,0,1");
    expect(complaints).toEqual([]);
  });

  it("a symbol that was tapped stays lit", async () => {
    const { page } = await phone("#/pooling");
    const part = page.locator(".equation.alive [data-symbol]").first();
    await part.scrollIntoViewIfNeeded();
    await part.tap();
    const symbol = await part.getAttribute("data-symbol");
    // Whatever the lifted finger has changed is drawn after two frames.
    await page.evaluate(
      "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
    );
    await page.locator(`[data-symbol-key=${JSON.stringify(symbol)}].lit`).waitFor();
  });

  it("a digit can be drawn without moving the page", async () => {
    const { page, complaints } = await phone("#/train?network=conv4k3p1-relu-max2-flat-dense10");
    await page.locator(".run .state", { hasText: "Ready" }).waitFor();
    const sketch = page.locator(".sketch");
    await sketch.scrollIntoViewIfNeeded();
    const before = await page.evaluate("scrollY");
    const { x, y, width, height } = (await sketch.boundingBox())!;
    const middle = x + width / 2;
    await stroke(page, { x: middle, y: y + 0.15 * height }, { x: middle, y: y + 0.85 * height });
    await page.locator(".draw .said", { hasText: "taken for" }).waitFor();
    expect(await page.evaluate("scrollY")).toBe(before);
    expect(complaints).toEqual([]);
  });

  it("the cell of a map that was tapped is kept, not the middle one", async () => {
    const { page, complaints } = await phone("#/train?network=conv4k3p1-relu-max2-flat-dense10");
    await page.locator(".run .state", { hasText: "Ready" }).waitFor();
    const map = page.getByRole("button", { name: /^map 0 of layer 1/ });
    const { width, height } = (await map.boundingBox())!;
    await map.tap({ position: { x: 0.75 * width, y: 0.25 * height } });
    await page.waitForURL(/at=0,0,[678],(20|21|22)$/); // a cell is hardly wider than a pixel
    expect(complaints).toEqual([]);
  });

  it.each(["convolution", "bugs", "graph"])("the slider of %s follows a finger", async (view) => {
    const { page } = await phone(`#/${view}`);
    const slider = page.locator("input[type=range]").first();
    await slider.scrollIntoViewIfNeeded();
    const before = Number(await slider.inputValue());
    const { x, y, width, height } = (await slider.boundingBox())!;
    expect(height).toBeGreaterThanOrEqual(24);
    const most = Number(await slider.getAttribute("max"));
    const row = y + height / 2;
    await stroke(
      page,
      { x: x + 8 + (before / most) * (width - 16), y: row },
      { x: x + 0.8 * width, y: row },
    );
    await expect.poll(async () => Number(await slider.inputValue())).toBeGreaterThan(before);
  });
});

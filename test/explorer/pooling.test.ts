import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { chooseExample, everyExample, explorer, numbersOf } from "./page.ts";

const said = (page: Page, name: string) => page.locator(`[data-name="${name}"]`).innerText();
const pointed = (page: Page) => page.locator(".pointed").innerText();
const cell = (page: Page, name: string, place: string) =>
  page.locator(`.matrix[data-name="${name}"] [data-place="${place}"]`);

/** Follows an example by its title. */
const choose = (page: Page, label: string) => chooseExample(page, { label });

describe.skipIf(!executablePath)(`pooling in Chromium ${NEEDS}`, () => {
  const open = explorer();
  /** Opens the view and follows one of its examples. */
  const example = async (title: string) => {
    const opened = await open("#/pooling");
    await choose(opened.page, title);
    return opened;
  };

  it("max: an output cell shows its window, its winner, an arrow and a tie in words", async () => {
    const { page } = await example("Ties after a ReLU");
    await expect.poll(() => pointed(page)).toContain("first in reading order wins");
    expect(await page.locator('[data-name="x"] .tie').count()).toBe(3);
    await cell(page, "y", "0,1").hover();
    await expect.poll(() => pointed(page)).toContain("held by x[0, 3]");
    expect(await page.locator('[data-name="x"] .winner').count()).toBe(1);
    expect(await page.locator(".arrows > path.strong").count()).toBe(1);
  });

  it("an input cell sums what its windows give it, by the keyboard too; a click pins it", async () => {
    const { page } = await example("Overlapping windows add up");
    await expect.poll(() => pointed(page)).toContain("adds up");
    await cell(page, "x", "0,0").focus();
    await expect.poll(() => pointed(page)).toContain("wins none");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => pointed(page)).toContain("x[1, 0]");
    await cell(page, "y", "1,1").click();
    await expect.poll(() => page.url()).toContain("pin=y%3A1,1");
    await page.mouse.move(0, 0);
    await expect.poll(() => pointed(page)).toContain("y[1, 1] = max");
  });

  it("average spreads evenly, L2 in proportion, and nothing where the norm is 0", async () => {
    const { page } = await example("Average pooling 3 × 3");
    await expect.poll(() => pointed(page)).toContain("each of these 9 cells gets");
    expect(await page.locator(".arrows > path.strong").count()).toBe(9);
    await choose(page, "L2 pooling over zeros");
    await expect.poll(() => pointed(page)).toContain("The norm is 0");
    expect((await numbersOf(page, "dx")).every(Number.isFinite)).toBe(true);
  });

  it("an edited δ moves the gradient, and stays in the address", async () => {
    const { page, complaints } = await example("Max pooling 2 × 2");
    await cell(page, "delta", "0,0").focus();
    await page.keyboard.press("7");
    await page.keyboard.press("Enter");
    await expect.poll(() => cell(page, "dx", "0,0").getAttribute("data-value")).toBe("7");
    await page.reload();
    await expect.poll(() => cell(page, "dx", "0,0").getAttribute("data-value")).toBe("7");
    expect(complaints).toEqual([]);
  });

  it("height and width go apart, and together again", async () => {
    const { page } = await open("#/pooling?padding=0");
    await page.getByRole("button", { name: "Kernel: height and width apart" }).click();
    await page.getByRole("button", { name: "Kernel, width: one less" }).click();
    await expect.poll(() => page.url()).toContain("kernel=3,2");
    expect((await numbersOf(page, "y")).length).toBe(2 * 3);
    await page.getByRole("button", { name: "Kernel: height and width apart" }).click();
    await expect.poll(() => page.url()).not.toContain("kernel");
  });

  it("settings that do not fit are refused in place, in the library's words", async () => {
    const { page, complaints } = await open("#/pooling?kernel=2&padding=2");
    expect(await page.getByRole("alert").innerText()).toContain("more than half the kernel");
    await page.getByRole("button", { name: "Padding: one less" }).click();
    await cell(page, "y", "0,0").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("pool and ReLU swapped are the same; average pool and ReLU are not", async () => {
    const { page } = await example("Pool and ReLU swapped");
    await expect.poll(() => said(page, "value error")).toBe("0");
    expect(await said(page, "gradient error")).toBe("0");
    expect(await numbersOf(page, "pool first dx")).toEqual(
      await numbersOf(page, "activation first dx"),
    );
    await page.getByText("average", { exact: true }).click();
    await expect.poll(() => said(page, "value error")).not.toBe("0");
    await choose(page, "ReLU′(0) = 0");
    await expect.poll(() => said(page, "slope here")).toContain("f(0) = 0, f′(0) = 0.");
  });

  it("a shifted picture moves its map along and changes the pooled map less", async () => {
    const { page, complaints } = await example("Shift the input");
    await expect.poll(() => said(page, "inside")).toBe("0");
    const changes = async () =>
      Promise.all(
        ["map change", "pooled change", "strongest change"].map((name) => said(page, name)),
      );
    const [map, pooled, strongest] = (await changes()).map(Number);
    expect(pooled!).toBeLessThan(map!);
    expect(strongest).toBe(0);
    await page.getByLabel("Shift down").focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.url()).toContain("down=1");
    expect(await said(page, "inside")).toBe("0");
    expect(complaints).toEqual([]);
  });

  it("every example opens without a complaint, also at 360 pixels", async () => {
    const { page, complaints } = await open("#/pooling", { width: 360, dark: true });
    const examples = await everyExample(page, async () => {
      await page.locator(".card .matrix").first().waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
    });
    expect(examples.length).toBeGreaterThan(10);
    expect(complaints).toEqual([]);
  });
});

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { chooseExample, explorer, numbersOf } from "./page.ts";

const MODES = { forward: "Forward: y", weights: "Backward: ∂E/∂w", input: "Backward: ∂E/∂x" };
const choose = (page: Page, mode: keyof typeof MODES) =>
  page.getByText(MODES[mode], { exact: true }).click();
const cell = (page: Page, name: string, place: string) =>
  page.locator(`.matrix[data-name=${JSON.stringify(name)}] [data-place="${place}"]`);
const lit = (page: Page, name: string) =>
  page
    .locator(`.matrix[data-name=${JSON.stringify(name)}] .cell.lit`)
    .evaluateAll((all) => all.map((one) => one.dataset["place"]!));
const spot = (page: Page) => page.locator(".story h2").getAttribute("data-spot");
const sums = async (page: Page) =>
  (
    await page
      .locator(".story tfoot [data-sum]")
      .evaluateAll((all) => all.map((one) => one.dataset["value"]))
  ).map(Number);

describe.skipIf(!executablePath)(`the convolution view in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it("lights an output's window, with its padding, and pins it on a click", async () => {
    const { page } = await open("#/convolution");
    await cell(page, "y", "0,1").hover();
    expect(await spot(page)).toBe("y,0,0,1");
    const window = ["-1,1", "-1,2", "-1,3", "0,1", "0,2", "0,3", "1,1", "1,2", "1,3"];
    expect(await lit(page, "x")).toEqual(window);
    expect(await lit(page, "w")).toHaveLength(9);
    const [bias, sum, value] = await sums(page);
    expect(sum).toBe(value);
    expect((await numbersOf(page, "b"))[0]).toBe(bias);
    expect((await numbersOf(page, "y"))[1]).toBe(value);
    await cell(page, "y", "0,1").click();
    expect(page.url()).toContain("at=y,0,0,1");
    await page.mouse.move(0, 0);
    expect(await spot(page)).toBe("y,0,0,1");
  });

  it("lights every δ·x of a weight, every δ·w of a pixel with its region Q, and the δ of a bias", async () => {
    const { page } = await open("#/convolution?mode=weights");
    await cell(page, "dW", "1,2").hover();
    const inserted = ["0,0", "0,2", "0,4", "2,0", "2,2", "2,4", "4,0", "4,2", "4,4"];
    expect(await lit(page, "delta with inserted zeros")).toEqual(inserted);
    expect((await lit(page, "x"))[0]).toBe("0,1");
    const [sum, gradient] = await sums(page);
    expect(sum).toBe(gradient);
    expect((await numbersOf(page, "dW"))[5]).toBe(gradient);
    await cell(page, "db", "0,0").hover();
    expect((await numbersOf(page, "delta")).reduce((a, b) => a + b, 0)).toBe((await sums(page))[1]);
    await choose(page, "input");
    await cell(page, "dX", "1,3").hover();
    expect(await lit(page, "delta")).toEqual(["0,1", "0,2", "1,1", "1,2"]);
    expect(await page.locator('.matrix[data-name="delta"] .box').count()).toBe(1);
    expect((await numbersOf(page, "dX"))[8]).toBe((await sums(page))[1]);
  });

  it("says why the gradient of a pixel that no window covers is 0", async () => {
    const { page } = await open("#/convolution");
    await chooseExample(page, "uncovered");
    expect(await page.locator(".story").innerText()).toMatch(/= 0\s+No window covers x\[0, 6, 6\]/);
    expect(await page.locator(".size").innerText()).toContain("row at the bottom");
  });

  it("is edited by the keyboard, NaN included, and the address keeps it", async () => {
    const { page } = await open("#/convolution");
    await cell(page, "x", "0,0").focus();
    await page.keyboard.type("7");
    await page.keyboard.press("Enter");
    await page.locator('.matrix[data-name="x"] [data-place="0,0"]:focus').waitFor();
    expect((await numbersOf(page, "x"))[0]).toBe(7);
    await cell(page, "x", "4,4").focus();
    await page.keyboard.press("Enter");
    await page.locator(".cell input:focus").waitFor();
    await page.keyboard.type("NaN");
    await page.keyboard.press("Enter");
    await page.locator('.matrix[data-name="x"] [data-place="4,4"]:focus').waitFor();
    const y = await numbersOf(page, "y");
    expect(y.map(Number.isNaN)).toEqual([...Array(8).fill(false), true]);
    const again = await open(new URL(page.url()).hash);
    expect(await numbersOf(again.page, "y")).toEqual(y);
    await cell(page, "delta", "0,0").dblclick();
    await page.locator(".cell input:focus").waitFor();
    await page.keyboard.type("5");
    await page.keyboard.press("Enter");
    expect((await numbersOf(page, "delta"))[0]).toBe(5);
    expect(page.url()).toContain("delta=5,");
    await page.getByRole("button", { name: "New numbers" }).click();
    expect(new URL(page.url()).hash).toMatch(/^#\/convolution\?seed=2(&at=[^&]*)?$/);
  });

  it("walks step by step, by hand and by itself", async () => {
    const { page } = await open("#/convolution?mode=input&size=2&kernel=1&stride=1&padding=0");
    await page.getByLabel("One step forward").click();
    expect(await spot(page)).toBe("x,0,0,1");
    await page.getByText("Play", { exact: true }).click();
    await page.locator('.story h2[data-spot="x,0,1,1"]').waitFor();
    await page.getByText("Play", { exact: true }).waitFor();
    await page.getByLabel("Step", { exact: true }).press("Home");
    expect(await spot(page)).toBe("x,0,0,0");
  });

  it("walks on under a pointer that rests on a cell, and keeps what is pinned when the layer changes", async () => {
    const { page } = await open("#/convolution");
    await cell(page, "y", "1,1").hover();
    expect(await spot(page)).toBe("y,0,1,1");
    await page.getByLabel("One step forward").focus();
    await page.keyboard.press("Enter");
    expect(await spot(page)).toBe("y,0,0,1");
    await page.keyboard.press("Enter");
    expect(await spot(page)).toBe("y,0,0,2");
    await page.getByLabel("stride s: one less").click();
    expect(await spot(page)).toBe("y,0,0,2");
    expect(await numbersOf(page, "y")).toHaveLength(25);
  });

  it("keeps its element between two cells, and its state where a browser refuses to replace addresses", async () => {
    const { page, complaints } = await open("#/convolution");
    const { x, y, width, height } = (await cell(page, "y", "1,1").boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.move(x + width + 1, y + height / 2);
    expect(await spot(page)).toBe("y,0,1,1");
    await page.mouse.move(0, 0);
    expect(await spot(page)).toBe("y,0,0,0");
    await page.evaluate(() => {
      history.replaceState = () => {
        throw new DOMException("too many", "SecurityError"); // Safari, after a hundred
      };
    });
    await page.getByLabel("stride s: one less").click();
    await page.waitForURL(/stride=1/);
    expect(await numbersOf(page, "y")).toHaveLength(25);
    expect(complaints).toEqual([]);
  });

  it("begins with what to do, and reaches images that are pictures by its steppers", async () => {
    const { page } = await open("#/convolution?size=12");
    await page.getByLabel("height H: one more").click();
    await page.locator('.heat[data-name="x"]').waitFor();
    expect(await numbersOf(page, "w")).toHaveLength(9);
    await page.goto(new URL("#/", page.url()).href);
    await page.locator(".examples [data-example=start]").waitFor();
  });

  it("takes a step: the new weight is w − lr·gradient, and the error falls", async () => {
    const { page } = await open("#/convolution");
    await chooseExample(page, "step");
    const row = page.locator(".descent tbody td");
    const numbers = async () =>
      (await row.evaluateAll((all) => all.map((one) => one.dataset["value"]))).map(Number);
    const [before, gradient, lr, after] = (await numbers()) as [number, number, number, number];
    expect(after).toBe(before - lr * gradient);
    const loss = async () => Number(await page.locator("[data-loss]").getAttribute("data-loss"));
    const first = await loss();
    await page.getByRole("button", { name: "Take the step" }).click();
    expect((await numbers())[0]).toBe(after);
    expect(await loss()).toBeLessThan(first);
  });

  it("shows the library's refusal in place, and goes on", async () => {
    const { page, complaints } = await open("#/convolution");
    await chooseExample(page, "too-large");
    expect(await page.getByRole("alert").innerText()).toContain("does not fit the padded input");
    await page.getByLabel("padding p: one more").click();
    expect(await numbersOf(page, "y")).toHaveLength(4);
    await page.getByLabel("groups: one more").click();
    expect(await page.getByRole("alert").innerText()).toContain("groups");
    expect(complaints).toEqual([]);
  });

  it("tells why a gradient is its sum, line by line, and what each channel adds", async () => {
    const { page } = await open("#/convolution");
    await chooseExample(page, "weights");
    expect(await page.locator(".derivation li").count()).toBe(4);
    await page.getByLabel("lines shown: one less").click();
    expect(await page.locator(".derivation li").count()).toBe(3);
    expect(page.url()).toContain("line=3");
    await chooseExample(page, "channels");
    const parts = await page
      .locator(".channels [data-value]")
      .evaluateAll((all) => all.map((one) => Number(one.dataset["value"])));
    const bias = (await numbersOf(page, "b"))[0]!;
    expect(parts).toHaveLength(3);
    expect(parts.reduce((a, b) => a + b, bias)).toBe((await sums(page))[2]);
  });

  it("lights a letter's loop and its cells", async () => {
    const { page } = await open("#/convolution?loops=yes&at=y,0,1,2");
    await page.locator('[data-symbol-key="u"]').focus();
    expect(await page.locator(".loops code.lit").first().innerText()).toContain("for (let u");
    expect(await lit(page, "y")).toEqual(["1,0", "1,1", "1,2"]);
    await page.locator('.equation [data-symbol="p"]').first().hover();
    expect(await lit(page, "x")).toHaveLength(24);
  });

  it("shows Diego's case as pictures, pair by pair, which the keyboard reads", async () => {
    const { page, complaints } = await open("#/convolution");
    await chooseExample(page, "diego");
    await page.locator(".pairs").waitFor();
    expect(await page.locator('.pairs .heat[data-name^="dW"]').count()).toBe(18);
    const picture = page.locator('.heat[data-name="dW, filter 5, channel 2"] .picture');
    await picture.focus();
    await page.keyboard.press("ArrowRight");
    expect(await spot(page)).toBe("w,5,2,0,1");
    const [sum, gradient] = await sums(page);
    expect(gradient).toBe(Number(await picture.getAttribute("data-value")));
    expect(Math.abs(sum! - gradient!)).toBeLessThan(1e-9 * Math.abs(gradient!));
    expect(complaints).toEqual([]);
  });
});

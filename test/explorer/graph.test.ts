import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { expectNumbers, explorer, numbersOf } from "./page.ts";

const heading = (page: Page) => page.locator(".node-panel h2").innerText();
const choose = (page: Page, label: string) =>
  page.locator(`.graph-frame [aria-label^="${label}"]`).first().click();

describe.skipIf(!executablePath)(`the graph view in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it("a click chooses a node, and the address keeps it", async () => {
    const { page, complaints } = await open("#/graph?step=99");
    await choose(page, "relu ");
    await expect.poll(() => heading(page)).toContain("relu");
    await choose(page, "w ");
    await expect.poll(() => heading(page)).toContain("w");
    expect(page.url()).toContain("at=1");
    expect(complaints).toEqual([]);
  });

  it("walks back node by node: gradients arrive, are added up, and are passed on", async () => {
    const { page } = await open("#/graph");
    const said = page.locator(".said");
    expect(await said.innerText()).toContain("begins at the loss");
    await page.getByRole("button", { name: "Next node" }).click();
    expect(await heading(page)).toContain("mul of mse");
    expect(await page.locator(".graph-frame .visited").count()).toBe(1);
    for (let step = 2; step <= 5; step++)
      await page.getByRole("button", { name: "Next node" }).click();
    expect(await said.innerText()).toContain("sub of mse takes its δ, the sum of 2 parts,");
    await choose(page, "x ");
    expect(await page.locator(".node-panel").innerText()).toContain("has not arrived yet");
    await page.getByRole("slider").fill("15");
    await page.getByRole("button", { name: "One node back" }).click();
    expect(page.url()).toContain("step=14");
    await page.getByRole("button", { name: "Next node" }).click();
    await page.getByRole("button", { name: "Play again" }).click();
    await page.getByText("Step 2 of 15").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
  });

  it("goes through the nodes with the arrow keys", async () => {
    const { page } = await open("#/graph?at=0");
    await page.locator(".graph-frame [tabindex='0']").focus();
    for (const name of ["w", "b", "relu"]) {
      await page.keyboard.press("ArrowDown");
      expect(await heading(page)).toContain(name);
      expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toContain(
        name,
      );
    }
    await page.keyboard.press("End");
    expect(await heading(page)).toContain("mul of mse");
    await page.keyboard.press("Home");
    expect(await heading(page)).toContain("x");
  });

  it("takes other numbers, also from the address, and lets bad ones be", async () => {
    const { page } = await open("#/graph?b=0.5&w=1,2,3");
    expectNumbers(await numbersOf(page, "input b"), [0.5]);
    expectNumbers(await numbersOf(page, "input w"), [4, 0, -4, -4]);
    const cell = page.locator(".matrix[data-name='input b'] .cell");
    await cell.dblclick();
    await cell.locator("input").fill("2");
    await page.keyboard.press("Enter");
    await cell.locator("input").waitFor({ state: "detached" });
    expect(page.url()).toContain("b=2");
    const hostile = await open("#/graph?loss=evil&step=99999&at=77777&plane=1e9&zoom=-4&x=;drop");
    expect(await hostile.page.locator(".graph-frame .node").count()).toBe(15);
    expect(hostile.complaints).toEqual([]);
  });

  it("shows δ from layer to layer, norms and the softmax's gradient", async () => {
    const { page } = await open("#/graph?loss=net&detail=layers&step=99");
    const layers = page.locator(".delta-strip button");
    expect(await layers.locator("strong").allInnerTexts()).toEqual([
      ...["crossEntropy", "dense", "reshape", "maxPool", "relu", "conv2d"],
      ...["maxPool", "relu", "conv2d"],
    ]);
    await layers.nth(5).click();
    expect(await heading(page)).toContain("conv2d");
    expect(await page.locator(".norms tr").count()).toBe(7);
    const gradients = await page
      .locator(".softmax [data-value]")
      .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLElement).dataset["value"])));
    expect(gradients[0]).toBeLessThan(0);
    expect(Math.abs(gradients.reduce((sum, g) => sum + g, 0))).toBeLessThan(1e-12);
  });

  it("shows the trainer's networks, and why one does not fit", async () => {
    const { page } = await open("#/graph?loss=own&detail=layers&net=conv2k5s2-relu-flat-dense10");
    const layers = page.locator(".delta-strip strong");
    expect(await layers.allInnerTexts()).toEqual([
      ...["crossEntropy", "dense", "reshape", "relu", "conv2d"],
    ]);
    expect(await page.locator(".softmax tbody tr").count()).toBe(10);
    await page.getByLabel("Right class", { exact: true }).fill("7");
    await page.keyboard.press("Enter");
    await page.locator(".softmax tbody th", { hasText: "7 ← label" }).waitFor();
    const fewer = await open("#/graph?loss=net&detail=layers&label=7");
    await fewer.page.locator(".softmax tbody th", { hasText: "2 ← label" }).waitFor();
    const unbiased = await open("#/graph?loss=deep&detail=layers&at=1");
    const said = await unbiased.page.locator(".node-panel, .graph-frame").allInnerTexts();
    expect(said.join()).toContain("dense");
    expect(said.join()).not.toMatch(/\bb\b/);
    const wrong = await open("#/graph?loss=own&net=conv2k15-conv2k15-flat-dense10");
    expect(await wrong.page.getByRole("alert").innerText()).toMatch(
      /^conv2d: kernel 15×15 does not fit the padded input 14×14/,
    );
    expect(wrong.complaints).toEqual([]);
  });

  it("opens every preset", async () => {
    const { page, complaints } = await open("#/graph");
    const links = await page.locator(".presets a").all();
    expect(links.length).toBeGreaterThan(8);
    for (const link of links) {
      const hash = await link.getAttribute("href");
      await link.click();
      expect(page.url()).toContain(hash);
      await page.locator(".graph-frame .node.chosen").waitFor();
      expect(await page.locator("main").innerText()).not.toContain("could not be shown");
    }
    expect(complaints).toEqual([]);
  });
});

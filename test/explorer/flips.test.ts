import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { chooseExample, expectNumbers, explorer, numbersOf } from "./page.ts";

interface Golden {
  readonly name: string;
  readonly outputs: Record<string, { data: number[] }> & { E_eq9: number };
  readonly grads: Record<string, { data: number[] }>;
  readonly traps: Record<string, { data: number[] }>;
}
const file = new URL("../golden/data/seed_equations.json", import.meta.url);
const cases: Golden[] = JSON.parse(readFileSync(file, "utf8")).cases;
const golden = (name: string) => cases.find((c) => c.name === name)!;
const said = (page: Page, name: string) => page.locator(`[data-name="${name}"]`).innerText();
const cell = (page: Page, name: string, place: string) =>
  page.locator(`.matrix[data-name=${JSON.stringify(name)}] [data-place="${place}"]`);

/** Follows an example by its title. */
const choose = (page: Page, label: string) => chooseExample(page, { label });

describe.skipIf(!executablePath)(`flips in Chromium ${NEEDS}`, () => {
  const open = explorer();
  /** Opens the view and follows one of its examples. */
  const example = async (title: string) => {
    const opened = await open("#/flips");
    await choose(opened.page, title);
    return opened;
  };

  it("⊗ and ∗ differ, agree for a symmetric kernel, and say their sums", async () => {
    const { page, complaints } = await example("⊗ and ∗ side by side");
    const [correlation, convolution] = [
      await numbersOf(page, "x ⊗ w"),
      await numbersOf(page, "x ∗ w"),
    ];
    expect(convolution).not.toEqual(correlation);
    expect(await numbersOf(page, "x ⊗ rot180 w")).toEqual(convolution);
    expect(await page.locator(".pointed").innerText()).toContain(
      `= ${correlation[4]}`.replace("-", "−"),
    );
    await page.getByRole("button", { name: "Make the kernel symmetric" }).click();
    await page.getByText("Here x ⊗ w = x ∗ w").waitFor();
    expect(await numbersOf(page, "x ∗ w")).toEqual(await numbersOf(page, "x ⊗ w"));
    await page.reload();
    expect(await numbersOf(page, "x ∗ w")).toEqual(await numbersOf(page, "x ⊗ w"));
    expect(complaints).toEqual([]);
  });

  it("a kernel that does not fit is refused in place, with the library's words", async () => {
    const { page, complaints } = await open("#/flips?rows=2&k1=3&part=weights");
    expect(await page.getByRole("alert").innerText()).toMatch(/conv2d.*kernel/i);
    await page.getByRole("button", { name: "Rows: one more", exact: true }).click();
    await cell(page, "dw", "0,0").waitFor();
    expect(complaints).toEqual([]);
  });

  it("eq. (13) = eq. (14), the golden matrix, with error 0; a weight explains itself", async () => {
    const { outputs, grads } = golden("article_4x4_k2_relu_integers");
    const { page, complaints } = await example("Eq. (13) = eq. (14)");
    for (const name of ["dw", "eq. (13)", "eq. (14)"])
      expectNumbers(await numbersOf(page, name), grads["eq13_dW"]!.data);
    expectNumbers(await numbersOf(page, "delta"), outputs["delta"]!.data);
    expectNumbers(await numbersOf(page, "x next"), outputs["x_next"]!.data);
    expect(Number(await said(page, "E"))).toBe(outputs.E_eq9);
    expect(await said(page, "error of eq. (14)")).toBe("0");
    expect(await page.locator(".pointed").innerText()).toContain("∂E/∂w[1, 0]");
    await cell(page, "dw", "0,0").focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => page.locator(".pointed").innerText()).toContain("∂E/∂w[0, 1]");
    expect(await page.locator('[data-name="o"] .box').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it("an edited number goes through, into the address", async () => {
    const { page } = await example("Eq. (13) = eq. (14)");
    await cell(page, "x", "3,3").dblclick();
    await page.keyboard.type("10");
    await page.keyboard.press("Enter");
    await expect.poll(() => cell(page, "o", "3,3").getAttribute("data-value")).toBe("10");
    expect(page.url()).toContain(",10&");
    expect(await said(page, "error of eq. (14)")).toBe("0");
  });

  it("eq. (20): two maps and their product, the golden gradient", async () => {
    const { grads } = golden("article_6x5_k3x2_tanh");
    const { page } = await example("Eq. (20) as three heat maps");
    const [dx, full, slope] = [
      await numbersOf(page, "dx"),
      await numbersOf(page, "delta ∗ w"),
      await numbersOf(page, "slope"),
    ];
    expectNumbers(dx, grads["eq20_dX"]!.data);
    expectNumbers(
      full.map((v, i) => v * slope[i]!),
      dx,
    );
    await cell(page, "dx", "2,1").click();
    await expect.poll(() => page.url()).toContain("pin=x:2,1".replace(":", "%3A"));
    expect(await page.locator(".pointed").innerText()).toContain("(δ ∗ w)[2, 1]");
  });

  it("the four cases hold, and not with the other product", async () => {
    const { page } = await example("Who is turned when");
    for (const name of ["⊗, ∂E/∂w", "⊗, ∂E/∂o", "∗, ∂E/∂w", "∗, ∂E/∂o"]) {
      expect(await page.locator(`[data-name=${JSON.stringify(name)}] .wrong`).count()).toBe(0);
      expect(Number(await said(page, `otherwise of ${name}`))).toBeGreaterThan(0.1);
    }
  });

  it("the erratum: (21) and (22) to the letter are wrong, corrected they are eq. (20)", async () => {
    const { grads, traps } = golden("article_4x4_k2_relu_integers");
    const { page } = await example("Erratum of eq. (21) and (22)");
    const right = grads["eq20_dX"]!.data;
    for (const name of ["eq. (20)", "eq. (21) corrected", "eq. (22) corrected"])
      expectNumbers(await numbersOf(page, name), right);
    const trap = traps["eq22_read_literally_full_CONVOLUTION_with_rot180_w"]!.data;
    expectNumbers(await numbersOf(page, "eq. (22) printed"), trap);
    expect(await numbersOf(page, "eq. (21) printed")).not.toEqual(right);
    expect(Number(await said(page, "error of eq. (21) printed"))).toBeGreaterThan(1);
    await cell(page, "eq. (20)", "2,2").hover();
    await expect.poll(() => page.locator(".pointed").innerText()).toContain("eq. (20) 44");
    expect(await cell(page, "eq. (22) printed", "2,2").getAttribute("class")).toContain("lit");
  });

  it("three layers: a cell's origin is boxed in every later map", async () => {
    const { page } = await example("δ through three layers");
    await cell(page, "dx", "4,4").waitFor();
    expect(await page.locator(".chain .box").count()).toBe(3);
    await cell(page, "delta 2", "1,1").hover();
    await expect.poll(() => page.locator(".chain .box").count()).toBe(1);
    expect(await page.locator(".pointed").innerText()).toContain("δ2[1, 1]");
    await cell(page, "delta 3", "0,0").hover();
    await expect
      .poll(() => page.locator(".pointed").innerText())
      .toContain("the error begins here");
  });

  it("the twins have the same loss at every step, to the bit, and mirrored filters", async () => {
    const { page, complaints } = await open("#/flips?part=twins");
    await page.getByRole("button", { name: "Train 200 steps" }).click();
    await expect.poll(() => said(page, "steps")).toBe("200");
    expect(await page.locator(".notice.good").innerText()).toContain("to the bit");
    expect(await said(page, "mirror")).toBe("0");
    const [plain, flipped] = [
      await numbersOf(page, "filter 0 of ⊗"),
      await numbersOf(page, "filter 0 of ∗"),
    ];
    expect(flipped).toEqual(plain.toReversed());
    expect(page.url()).toContain("steps=200");
    expect(complaints).toEqual([]);
  });

  it("every example opens without a complaint, also at 360 pixels", async () => {
    const { page, complaints } = await open("#/flips", { width: 360, dark: true });
    const titles = await page
      .getByLabel("Example")
      .locator("option:not([value=''])")
      .allInnerTexts();
    expect(titles.length).toBeGreaterThan(10);
    for (const title of titles) {
      await choose(page, title);
      await page.locator(".card .matrix").first().waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBe(0);
      expect(await page.getByRole("alert").count()).toBe(0);
    }
    expect(complaints).toEqual([]);
  });
});

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { chooseExample, everyExample, expectNumbers, explorer, numbersOf } from "./page.ts";

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

  it("eq. (13) = eq. (14), with error 0; a weight explains itself", async () => {
    const { page, complaints } = await example("Eq. (13) = eq. (14)");
    expect(await said(page, "E")).toBe("777");
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

  it("eq. (20): two maps and their product", async () => {
    const { page } = await example("Eq. (20) as three heat maps");
    const [dx, full, slope] = [
      await numbersOf(page, "dx"),
      await numbersOf(page, "delta ∗ w"),
      await numbersOf(page, "slope"),
    ];
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
    const { page } = await example("Erratum of eq. (21) and (22)");
    for (const name of ["eq. (21) corrected", "eq. (22) corrected"])
      expect(await said(page, `error of ${name}`)).toBe("0");
    expect(Number(await said(page, "error of eq. (22) printed"))).toBeGreaterThan(1);
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
    const examples = await everyExample(page, async () => {
      await page.locator(".card .matrix").first().waitFor();
      expect(await page.getByRole("alert").count()).toBe(0);
    });
    expect(examples.length).toBeGreaterThan(10);
    expect(complaints).toEqual([]);
  });
});

import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { everyExample, expectNumbers, explorer, numbersOf } from "./page.ts";

/** What a story's element holds, as numbers. */
async function storyOf(page: Page, called: string) {
  const story = page.locator(`.story[data-name="${called}"]`);
  const data = await story.evaluate((element) => ({ ...element.dataset }));
  return {
    text: await story.innerText(),
    lowestStep: Number(data["lowestStep"]),
    lowest: Number(data["lowest"]),
    passed: data["passed"],
    last: Number(data["last"]),
  };
}

const verdictsOf = (page: Page) =>
  page
    .locator(".gradcheck tr[data-verdict]")
    .evaluateAll((rows) => rows.map((row) => row.dataset["verdict"]));

/** Unfolds what stands below the forward passes. */
const more = (page: Page, title: string) => page.getByText(title, { exact: true }).click();

/** Waits until the trainings have come to a step. */
const reached = (page: Page, step: number) => expect.poll(() => stepShown(page)).toBe(step);
const stepShown = (page: Page) => page.locator("[data-name=step]").innerText().then(Number);

describe.skipIf(!executablePath)(`the bug lab in Chromium ${NEEDS}`, () => {
  const open = explorer();
  /** Opens the lab and waits until its trainings have come to a step. */
  const opened = async (hash: string, step?: number) => {
    const found = await open(hash);
    await found.page.locator(".training .story").first().waitFor();
    if (step !== undefined) await reached(found.page, step);
    return found;
  };

  it("every example opens without a complaint, on a narrow screen too", async () => {
    const { page, complaints } = await open("#/bugs", { width: 360 });
    const examples = await everyExample(page, async () => {
      await page.locator(".training .story").first().waitFor();
      expect(await page.locator("main").innerText()).not.toContain("could not be shown");
    });
    expect(examples.length).toBeGreaterThan(15);
    await more(page, "The article's erratum");
    const [eq20, corrected] = await Promise.all(
      ["eq. (20)", "eq. (22) corrected"].map((name) => numbersOf(page, name)),
    );
    expect(corrected).toEqual(eq20);
    expect(complaints).toEqual([]);
  });

  it("as asked: the error falls, then runs away; gradcheck is red and names an element", async () => {
    const { page } = await opened("#/bugs?step=300", 300);
    const { lowestStep, last } = await storyOf(page, "as asked");
    expect(lowestStep).toBe(12);
    expect(last).toBeGreaterThan(1e12);
    expect((await storyOf(page, "right")).last).toBeLessThan(1e-2);
    expect(await verdictsOf(page)).toEqual(["red", "red", "red"]);
    const row = page.locator(".gradcheck tr.now");
    const place = /w\[(\d), (\d)\]/.exec(await row.innerText())!;
    const wrong = page.locator(
      `.matrix[data-name="gradient by eq. (2)"] [data-place="${place[1]},${place[2]}"]`,
    );
    expect(await wrong.getAttribute("class")).toContain("wrong");
    const analytic = Number(await row.locator("td.number").first().getAttribute("data-value"));
    expect(Number(await wrong.getAttribute("data-value"))).toBeCloseTo(analytic, 9);
  });

  it("the answer is green at stride 1, red at 2 and 3, and still runs away; the mended one is green", async () => {
    const { page } = await opened("#/bugs?step=300");
    await page.getByText("1 · The accepted answer").click();
    await reached(page, 300);
    expect(await verdictsOf(page)).toEqual(["green", "red", "red"]);
    expect((await storyOf(page, "as answered")).last).toBeGreaterThan(1e6);
    await page.getByRole("button", { name: "Use stride 1" }).click();
    await reached(page, 300);
    expect((await storyOf(page, "as answered")).last).toBeLessThan(1e-2);
    await page.getByText("2 · The stride mended").click();
    await reached(page, 300);
    expect(await verdictsOf(page)).toEqual(["green", "green", "green"]);
    for (const stride of [1, 2, 3])
      expect((await storyOf(page, `stride ${stride}`)).last).toBeLessThan(1e-2);
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(await page.locator(".forward").count()).toBe(1);
    const [equation2, own] = await Promise.all(
      ["gradient by eq. (2)", "gradient of this forward"].map((name) => numbersOf(page, name)),
    );
    expectNumbers(equation2!, own!);
  });

  it("plays, pauses, steps and resets, and keeps the step in the address", async () => {
    const { page } = await opened("#/bugs?step=0&steps=200");
    const before = await numbersOf(page, "filter, as asked");
    await page.getByRole("button", { name: "Play" }).click();
    await expect.poll(() => stepShown(page)).toBeGreaterThan(5);
    await page.getByRole("button", { name: "Pause" }).click();
    const paused = await stepShown(page);
    expect(page.url()).toContain(`step=${paused}`);
    expect(await numbersOf(page, "filter, as asked")).not.toEqual(before);
    await page.getByRole("button", { name: "One step" }).click();
    expect(await stepShown(page)).toBe(paused + 1);
    await page.getByRole("button", { name: "Reset" }).click();
    expect(await stepShown(page)).toBe(0);
    expect(await numbersOf(page, "filter, as asked")).toEqual(before);
    await page.getByText("300", { exact: true }).click();
    await page.getByRole("button", { name: "Play" }).click();
    await reached(page, 200);
    await page.getByRole("button", { name: "Play" }).waitFor();
  });

  it("pointing at an output cell lights both windows; a click pins it in the address", async () => {
    const { page } = await opened("#/bugs?lab=answered&stride=2");
    const lit = (called: string) =>
      page
        .locator(`.matrix[data-name="image, ${called}"] .lit`)
        .evaluateAll((cells) => cells.map((cell) => cell.dataset["place"]));
    await page.locator(`.matrix[data-name="output, right"] [data-place="0,1"]`).hover();
    expect(await lit("right")).toEqual(["0,2", "0,3", "0,4", "1,2", "1,3", "1,4", "2,2", "2,3", "2,4"]); // biome-ignore format: a window
    expect(await lit("as answered")).toEqual(["0,1", "0,3", "0,5", "2,1", "2,3", "2,5", "4,1", "4,3", "4,5"]); // biome-ignore format: a window
    expect(await page.locator(".reads").innerText()).toContain("y[0, 1] reads rows 0, 2, 4");
    await page.locator(`.matrix[data-name="output, right"] [data-place="0,0"]`).click();
    await page.mouse.move(0, 0);
    expect(page.url()).toContain("pin=y%3A0,0");
    expect((await lit("right"))[0]).toBe("0,0");
    await page.locator(`.matrix[data-name="output, right"] [data-place="0,0"]`).focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator(".reads").innerText()).toContain("y[1, 0] reads");
  });

  it("an edited pixel changes both outputs; the reduction changes the gradient", async () => {
    const { page } = await opened("#/bugs?step=0");
    const before = await numbersOf(page, "output, right");
    const cell = page.locator(`.matrix[data-name="image, right"] [data-place="0,0"]`);
    await cell.focus();
    await page.keyboard.press("7");
    await cell.locator("input:focus").waitFor();
    await page.keyboard.press("Enter");
    await expect.poll(() => numbersOf(page, "output, right")).not.toEqual(before);
    expect((await numbersOf(page, "image, as asked"))[0]).toBe(7);
    await more(page, "The error and its gradient");
    const half = await numbersOf(page, "loss: gradient");
    await page.getByRole("button", { name: "sum", exact: true }).click();
    expectNumbers(
      await numbersOf(page, "loss: gradient"),
      half.map((v) => 2 * v),
    );
    await more(page, "From gradient to new weight");
    const [w, g, after] = await Promise.all(
      ["filter before", "filter gradient", "filter after"].map((name) => numbersOf(page, name)),
    );
    expectNumbers(
      after!,
      w!.map((v, i) => v - 0.01 * g![i]!),
    );
  });

  it("padding 1 leads past the filter: NaN marked, errors named, the right one still learns", async () => {
    const { page } = await opened("#/bugs?padding=1&step=50", 50);
    const alerts = await page.getByRole("alert").allInnerTexts();
    expect(alerts[0]).toMatch(/^ShapeError: .* row 4 of a filter of 3 rows/);
    expect(alerts[1]).toMatch(/^AnomalyError: .* mul held NaN at \[0, 0, 0, 3\]/);
    await page.locator(".forward q", { hasText: "TypeError" }).waitFor();
    const sums = await numbersOf(page, "output of plain arrays");
    expect(sums.slice(0, 5).map(Number.isNaN)).toEqual([false, false, false, true, true]);
    expect(await verdictsOf(page)).toEqual(["refused", "red", "red"]);
    expect((await storyOf(page, "right")).lowestStep).toBe(50);
  });

  it("nothing in an address breaks the view", async () => {
    const bad = [
      "#/bugs?side=3&k=5",
      "#/bugs?image=NaN,1,Infinity&lr=-1&steps=1e9&pin=y:99,99&more=all&axes=8,200&lab=none",
      `#/bugs?image=${Array(25).fill("NaN").join(",")}&step=9999`,
      `#/bugs?image=${Array(25).fill("1e300").join(",")}&step=20`,
    ];
    const { page, complaints } = await open("#/bugs");
    for (const hash of [...bad, bad[0]!]) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await page.locator(".bug-lab").waitFor();
      expect(await page.locator("main").innerText()).not.toContain("could not be shown");
    }
    expect(complaints).toEqual([]);
    expect(await page.getByRole("alert").innerText()).toMatch(/^conv2d: .*does not fit/);
  });
});

import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { caseAt, type Preset, SIGHTS, type Sight } from "./goldenSights.ts";
import { explorer } from "./page.ts";

/** All numbers of the page by their names, in full precision. */
const shownOn = (page: Page) =>
  page.locator("main").evaluate((main) => {
    const all = (selector: string, within: Element = main) =>
      Array.from(within.querySelectorAll<HTMLElement>(selector));
    for (const details of all(".training details")) details.setAttribute("open", "");
    const numbers: Record<string, (string | undefined)[]> = {};
    for (const one of all(".matrix[data-name]")) {
      const cells = all(".cell:not(.padding)", one);
      numbers[one.dataset["name"]!] = cells.map((cell) => cell.dataset["value"]);
    }
    for (const { dataset, innerText } of all("[data-name]:is(output, span, strong)"))
      numbers[dataset["name"]!] = [dataset["value"] ?? innerText];
    for (const { dataset } of all("[data-loss]")) numbers["E"] = [dataset["loss"]];
    for (const { dataset } of all("[data-difference]"))
      numbers["difference"] = [dataset["difference"]];
    for (const { dataset: story } of all(".story[data-name]"))
      numbers[`story of ${story["name"]}`] = ["lowestStep", "lowest", "passed", "last"].map(
        (part) => story[part],
      );
    for (const { dataset } of all("td[data-run]"))
      numbers[`E, ${dataset["run"]}, ${dataset["step"]}`] = [dataset["value"]];
    return { numbers, alert: all("[role=alert]").map(({ innerText }) => innerText)[0] ?? "" };
  });

/** What of a sight is not on the page. */
async function missing(page: Page, { numbers, alert }: Sight): Promise<readonly string[]> {
  const shown = await shownOn(page);
  const off = Object.entries(numbers).flatMap(([name, golden]) => {
    const found = shown.numbers[name]?.map(Number);
    const close = (v: number, i: number) =>
      Math.abs(v - golden[i]!) <= 1e-11 + 1e-9 * Math.abs(golden[i]!);
    const all = found?.length === golden.length && found.every(close);
    return all ? [] : [`${name}: ${found} is not ${golden}`];
  });
  return alert && !alert.test(shown.alert) ? [...off, `alert: ${shown.alert}`] : off;
}

/** How many presets are compared with golden numbers, by their views. */
const COMPARED = { convolution: 13, bugs: 11, flips: 11, graph: 2, pooling: 16 };
/** Parts of addresses that hold numbers. */
const INPUTS = ["x", "w", "b", "t", "image", "filter", "target", "delta"];
/** Presets with numbers of their own, of which nothing is known beforehand. */
const OWN_NUMBERS = ["A symmetric kernel", "ReLU′(0) = 0", "Logits of ±1000 stay finite"];
/** Rows of lessons whose presets hold no golden inputs, and why. */
const WITHOUT: Readonly<Record<number, string>> = {
  12: "A training of 200 steps from a seed; flips.test.ts sees it equal to its twin's to the bit.",
  27: "Deeper than any golden case; flips' models.test.ts and graph's walk.test.ts add up each δ from those after it.",
  28: "No golden case has 6 × 3 pairs of maps; convolution.test.ts compares a gradient with the sum of its terms.",
  30: "Padding by name, on numbers of a seed; net.test.ts compares gradients with their identities.",
  35: "Numbers of a seed; pooling.test.ts sees both orders equal to the bit.",
};
const ROWS = [
  ...[1, 2, 3, 4, 5],
  ...[9, 10, 11, 12],
  ...Array.from({ length: 16 }, (_, i) => 20 + i),
];

describe.skipIf(!executablePath)(`golden numbers in the explorer, in Chromium ${NEEDS}`, () => {
  const open = explorer();

  /** All presets that the lessons link to. */
  async function presetsOf(page: Page): Promise<readonly Preset[]> {
    await page.locator("[data-row='43']").waitFor();
    await page.waitForFunction(`(() => {
      const more = document.querySelectorAll(".preset-links button");
      for (const button of more) button.click();
      return more.length === 0;
    })()`);
    const links = await page
      .locator("[data-row] .preset-links a")
      .evaluateAll((all) =>
        all.map((link) => [
          (link.closest("[data-row]") as HTMLElement).dataset["row"]!,
          link.getAttribute("href")!,
          (link as HTMLElement).innerText,
        ]),
      );
    const presets = new Map<string, Preset>();
    for (const [row, href, title] of links as [string, string, string][]) {
      const [view, query] = href.slice(2).split("?");
      if (!presets.has(href))
        presets.set(href, { rows: [], title, view: view!, query: new URLSearchParams(query) });
      presets.get(href)!.rows.push(Number(row));
    }
    return [...presets.values()];
  }

  let opened: Promise<{ readonly page: Page; readonly presets: readonly Preset[] }>;
  const complaints: (readonly string[])[] = [];
  const rowsWith = new Set<number>();
  const own: string[] = [];
  beforeAll(() => {
    opened = open("#/lessons").then(async ({ page, complaints: made }) => {
      complaints.push(made);
      return { page, presets: await presetsOf(page) };
    });
    return opened;
  });

  it.each(Object.entries(COMPARED))(
    "%s: all %d presets with golden inputs",
    async (view, count) => {
      const { page, presets } = await opened;
      const seen = new Set<string>();
      let compared = 0;
      for (const preset of presets.filter((one) => one.view === view)) {
        const { query, rows, title } = preset;
        const golden = caseAt(preset);
        if (!golden) {
          if (INPUTS.some((name) => query.has(name))) own.push(title);
          continue;
        }
        for (const [i, sight] of SIGHTS[view]!(golden, query).entries()) {
          const key = JSON.stringify([golden.name, query.get("detail"), sight]);
          if (i === 0 || !seen.has(key)) await see(page, preset, sight);
          seen.add(key);
        }
        compared++;
        for (const row of rows) rowsWith.add(row);
      }
      expect(compared).toBe(count);
    },
  );

  it("every row is compared, or it is said why not", async () => {
    await opened;
    expect(own.toSorted()).toEqual(OWN_NUMBERS.toSorted());
    const without = ROWS.filter((row) => !rowsWith.has(row));
    expect(without, "rows without a golden comparison").toEqual(Object.keys(WITHOUT).map(Number));
    expect(complaints.flat()).toEqual([]);
  });
});

/** Opens the address of a sight, and waits until all of it is there. */
async function see(page: Page, { view, query, title }: Preset, sight: Sight): Promise<void> {
  const now = new URLSearchParams(query);
  for (const [name, value] of Object.entries(sight.change)) now.set(name, value);
  const hash = `#/${view}?${now}`;
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  if (sight.node) {
    await page.locator(`.graph-frame [aria-label^="${sight.node} "]`).first().click();
  }
  await expect
    .poll(() => missing(page, sight), { message: `${title}, ${hash}`, timeout: 30_000 })
    .toEqual([]);
}

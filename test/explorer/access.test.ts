import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

/** A state of the explorer, and how it is reached from its address. */
interface State {
  readonly name: string;
  readonly hash: string;
  /** What the page shows once it has come. */
  readonly shows: string;
  readonly act?: (page: Page) => Promise<void>;
}

const STATES: readonly State[] = [
  {
    name: "forward, two filters, uneven padding, dilation; the loops unfolded",
    hash: "#/convolution?size=5&channels=2&filters=2&padding=2,1,0,2&dilation=2&loops=yes&at=y,1,0,0",
    shows: ".loops pre",
  },
  {
    name: "∂E/∂w in groups, a weight pinned, a symbol lit",
    hash: "#/convolution?mode=weights&at=w,0,0,1,1&filters=2&groups=2&channels=2&kind=decimal",
    shows: '[data-spot="w,0,0,1,1"]',
    act: (page) => page.locator(".symbol-key button").nth(3).focus(),
  },
  {
    name: "∂E/∂x, in the middle of its walk, flipped; no number, and very unlike ones",
    hash: "#/convolution?mode=input&flip=yes&size=3&x=NaN,-1234.5678,1e-12,4,5,1e9,7,8,9&at=x,0,0,1",
    shows: '[data-spot="x,0,0,1"]',
    act: async (page) => {
      await page.getByRole("button", { name: "Play", exact: true }).click();
      await page.locator('[data-spot="x,0,0,2"]').waitFor();
      await page.getByRole("button", { name: "Pause", exact: true }).click();
    },
  },
  {
    name: "a large image as pictures",
    hash: "#/convolution?size=20&filters=2&channels=2&mode=input&at=x,1,4,4",
    shows: "table.pairs canvas",
  },
  {
    name: "settings that do not fit",
    hash: "#/convolution?groups=3",
    shows: "main [role=alert]",
  },
  {
    name: "max pooling with ties, a window pinned",
    hash: `#/pooling?pin=y:1,1&x=${Array.from({ length: 36 }, (_, i) => i % 3)}`,
    shows: ".cell.tie",
  },
  {
    name: "average pooling, a pixel pinned",
    hash: "#/pooling?kind=avg&pin=x:3,3",
    shows: ".cell.chosen",
  },
  { name: "pool and tanh swapped", hash: "#/pooling?part=swap&f=tanh&pin=x:1,1", shows: ".orders" },
  {
    name: "the input shifted",
    hash: "#/pooling?part=shift&right=2&down=1",
    shows: '[data-name="pooled change"]',
  },
  {
    name: "both products, a cell pinned",
    hash: "#/flips?pin=y:1,1",
    shows: ".pointed .sum",
  },
  {
    name: "∂E/∂w and who is turned",
    hash: "#/flips?part=weights&pin=w:1,1",
    shows: ".pointed .sum",
  },
  {
    name: "∂E/∂x and its region Q",
    hash: "#/flips?part=input&pin=x:1,1",
    shows: ".pointed .sum",
  },
  { name: "four cases", hash: "#/flips?part=cases", shows: ".reading.right" },
  { name: "the erratum", hash: "#/flips?part=erratum", shows: ".reading.off" },
  { name: "three layers", hash: "#/flips?part=chain&pin=m1:2,2", shows: ".pointed .sum" },
  {
    name: "the twins, trained",
    hash: "#/flips?part=twins&steps=50",
    shows: ".notice.good",
  },
  {
    name: "the bug as asked, all unfolded",
    hash: "#/bugs?stride=2&step=300",
    shows: ".forwards .matrix",
    act: async (page) => {
      for (const summary of await page.locator("main summary").all()) await summary.click();
      await page.locator('[data-run="right"]').first().waitFor();
    },
  },
  {
    name: "the bug refused",
    hash: "#/bugs?padding=2&k=2&more=update",
    shows: '[data-name="output of plain arrays"]',
  },
  {
    name: "the bug as answered, and the loss",
    hash: "#/bugs?lab=answered&stride=2&more=loss&step=40&pin=y:0,0",
    shows: "[data-reduction]",
  },
  {
    name: "layers that do not fit",
    hash: "#/train?network=conv3k9-max9-conv3k9-flat-dense10",
    shows: ".fault",
  },
  {
    name: "a trained net, a cell and a count pinned, the program unfolded",
    hash: "#/train?network=conv4k5p2-relu-max2-flat-dense10&epochs=1&program=yes&at=0,1,5,5",
    shows: ".program pre",
    act: async (page) => {
      await page.locator('.state[data-state="ready"], .state[data-state="paused"]').waitFor();
      await page.getByRole("button", { name: "Run", exact: true }).click();
      await page.locator('.state[data-state="done"]').waitFor();
      await page.getByLabel("Or take one of the samples").selectOption({ index: 3 });
      await page.locator(".draw .guess").waitFor();
      await page.locator(".confusion-cell").nth(3).click();
    },
  },
  {
    name: "one layer's graph, half of the way back",
    hash: "#/graph?step=6",
    shows: ".node.visited",
  },
  {
    name: "a net's graph by layers, with softmax",
    hash: "#/graph?loss=net&detail=layers&step=6&at=3",
    shows: ".delta-strip .visited",
  },
  { name: "a search", hash: "#/lessons?find=stride", shows: ".lesson-list .card" },
  { name: "a search that finds nothing", hash: "#/lessons?find=zzzz", shows: "text=No lesson" },
  { name: "a view that is none", hash: "#/nowhere", shows: "text=There is no view" },
];

const viewOf = ({ hash }: State) => /\w+/.exec(hash)![0];
const VIEWS = [...new Set(STATES.map(viewOf))];

/** All of WCAG 2.2 to AA, and what axe-core calls good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Those of them that see colours and sizes. */
const LOOKS = [
  "color-contrast",
  "link-in-text-block",
  "scrollable-region-focusable",
  "target-size",
];
const OFF = {
  // The name of a cell says more digits than the cell has room for, and that of a node more than its box.
  "label-content-name-mismatch": { enabled: false },
};

/** What axe-core finds in the page as it is: a line for each element. */
async function violations(page: Page, runOnly: string[]): Promise<string[]> {
  const { violations: found } = (await page.evaluate(
    ([runOnly, rules]) =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(
        { exclude: [".katex"] }, // read as MathML, in the colour of what is around it
        { runOnly, rules, resultTypes: ["violations"] },
      ),
    [runOnly, OFF] as const,
  )) as { violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] };
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
  );
}

describe.skipIf(!executablePath)(`the explorer for everybody, in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it.each(VIEWS)(
    "axe-core has nothing against any state of #/%s, light and dark, wide and narrow",
    async (view) => {
      const { page, complaints } = await open("#/lessons");
      await page.evaluate(axe.source);
      // Numbers of one digit are read like others.
      await page.evaluate(`axe.configure({ checks: [{ id: "color-contrast", options: {
        ...axe._audit.checks["color-contrast"].options, ignoreLength: true, ignoreUnicode: false
      } }] })`);
      for (const { name, hash, shows, act } of STATES.filter((one) => viewOf(one) === view)) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await page.locator(shows).first().waitFor();
        await act?.(page);
        for (const [colorScheme, width, rules] of [
          ["light", 1280, RULES],
          ["dark", 360, LOOKS],
        ] as const) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 900 });
          const state = `${name}, ${colorScheme}, ${width} pixels: `;
          // What follows the page's size comes a frame later.
          await expect
            .poll(async () => (await violations(page, rules)).map((found) => state + found), {
              timeout: 20_000,
            })
            .toEqual([]);
        }
      }
      expect(complaints).toEqual([]);
    },
  );

  it("the end of a walk keeps the focus, and what plays is not read out", async () => {
    const { page } = await open("#/convolution?mode=weights&at=w,0,0,2,2");
    const story = page.locator(".story > [aria-live]");
    await expect.poll(() => story.getAttribute("aria-live")).toBe("polite");
    const forward = page.getByRole("button", { name: "One step forward" });
    await forward.focus();
    await page.keyboard.press("Enter");
    await story.locator('[data-spot="b,0"]').waitFor();
    await expect.poll(() => forward.getAttribute("aria-disabled")).toBe("true");
    expect(await forward.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.keyboard.press("Enter"); // there is nothing further
    expect(await story.locator('[data-spot="b,0"]').count()).toBe(1);
    await page.getByRole("button", { name: "Play", exact: true }).click();
    await expect.poll(() => story.getAttribute("aria-live")).toBe("off");
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await expect.poll(() => story.getAttribute("aria-live")).toBe("polite");
  });

  it("a box is a stop of the tab key while it scrolls, and only then", async () => {
    const { page } = await open("#/convolution?mode=weights");
    const box = page.locator(".descent .scroll");
    await box.waitFor();
    await expect.poll(() => box.getAttribute("tabindex")).toBe(null);
    await page.setViewportSize({ width: 360, height: 900 });
    await expect.poll(() => box.getAttribute("tabindex")).toBe("0");
    await box.focus();
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => box.evaluate((one) => one.scrollLeft)).toBeGreaterThan(0);
  });

  it("a view looks the same whichever were seen before", async () => {
    const { page } = await open("#/graph?loss=net&detail=layers");
    const strip = page.locator(".delta-strip");
    const height = () => strip.evaluate((list) => list.clientHeight);
    await strip.waitFor();
    const before = await height();
    for (const other of ["#/pooling", "#/flips", "#/bugs", "#/train", "#/lessons"]) {
      await page.evaluate(`location.hash = ${JSON.stringify(other)}`);
      await strip.waitFor({ state: "detached" });
      await page.locator("main > p[role=status]").waitFor({ state: "detached" });
    }
    await page.evaluate(`location.hash = "#/graph?loss=net&detail=layers"`);
    await strip.waitFor();
    await expect.poll(height).toBe(before);
  });
});

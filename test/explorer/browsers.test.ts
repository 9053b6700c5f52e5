import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

// What other browsers and their settings lack, taken away from Chromium.

const REFUSED = `Object.defineProperty(globalThis, "NAME", { get() { throw new DOMException("refused", "SecurityError"); } });`;

describe.skipIf(!executablePath)(`with less than Chromium has ${NEEDS}`, () => {
  const open = explorer();

  it.each([
    [
      "no service workers",
      `Object.defineProperty(navigator, "serviceWorker", { value: undefined });`,
    ],
    [
      "service workers, a storage and caches that refuse",
      `Object.defineProperty(navigator, "serviceWorker", { get() { throw new DOMException("refused", "SecurityError"); } });
       ${REFUSED.replace("NAME", "localStorage")} ${REFUSED.replace("NAME", "caches")}`,
    ],
  ])("%s: the page works all the same, training too", async (_, before) => {
    const { page, complaints } = await open("#/train?network=flat-dense10&epochs=1", {
      before,
      first: true,
    });
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.locator('.state[data-state="done"]').waitFor();
    await page.getByRole("button", { name: /^Colours: auto/ }).click();
    await page.locator('html[data-theme="light"]').waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(["Array.prototype.with", "globalThis.DecompressionStream"])(
    "a browser without %s reads that it is too old",
    async (what) => {
      const { page } = await open("#/lessons", { before: `delete ${what};`, first: true });
      const said = page.getByRole("alert").first();
      await said.waitFor();
      expect(await said.innerText()).toMatch(/too old .* Chrome or Edge \d+, Firefox \d+, Safari/);
    },
  );

  it("a view whose program fails says why, and not that it was not fetched", async () => {
    const before = `Intl.NumberFormat = function () { throw new RangeError("invalid language tag: C"); };`;
    const { page } = await open("#/flips", { before, first: true });
    const said = page.getByRole("alert").first();
    await said.waitFor();
    expect(await said.innerText()).toContain("could not be shown: invalid language tag: C");
  });
});

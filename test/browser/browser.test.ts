import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BITS } from "../bits/expected.ts";
import { executablePath, launch, NEEDS, open } from "./chromium.ts";
import { bundle, pageOf, type Site, serve } from "./site.ts";

// The library's sources in a real browser; ../packed has the packages.

let browser: Browser;
let site: Site;

beforeAll(async () => {
  if (!executablePath) return;
  const files: Record<string, string> = {};
  for (const name of ["init", "loader", "memory", "older"]) {
    files[`${name}.js`] = await bundle(new URL(`pages/${name}.ts`, import.meta.url));
  }
  files["bits.js"] = await bundle(new URL("../bits/page.ts", import.meta.url));
  for (const name of Object.keys(files)) files[name.replace(".js", ".html")] = pageOf(name);
  site = await serve(files);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

async function resultOf(path: string): Promise<Record<string, unknown>> {
  const { result, complaints } = await open(browser, site.origin + path);
  expect(complaints).toEqual([]);
  return result;
}

const NOT_ISOLATED = /not cross-origin isolated; serve it with Cross-Origin-/;

describe.skipIf(!executablePath)(`in Chromium ${NEEDS}`, () => {
  it.each([1, 2, 3])("training comes to Node's bits on %i threads", async (threads) => {
    const result = await resultOf(`/isolated/bits.html?threads=${threads}`);
    expect(result).toEqual({ name: "wasm", threads, trouble: null, ...BITS });
  });

  it("a page that is not cross-origin isolated gets one thread, the reason, and the same bits", async () => {
    const result = await resultOf("/plain/bits.html?threads=2");
    expect(result).toMatchObject({ name: "wasm", threads: 1, ...BITS });
    expect(result["trouble"]).toMatch(NOT_ISOLATED);
  });

  const filled = {
    name: "wasm",
    means: [
      expect.closeTo(8 * ((9 * 62 * 62 + 4 * 6 * 62 + 4 * 4) / 64 ** 2), 3),
      expect.any(Number),
    ],
    sums: Array.from({ length: 24 }, (_, i) => i),
    early: [1, 2, 3],
    same: true,
    relaxed: [],
  };

  it.each([1, 2])("shared memory grows under %i threads", async (threads) => {
    const result = await resultOf(`/isolated/memory.html?threads=${threads}`);
    expect(result).toEqual({ ...filled, threads, trouble: null });
  });

  it("memory of one's own grows, though that takes all views of it away", async () => {
    const result = await resultOf("/plain/memory.html?threads=1");
    expect(result).toEqual({ ...filled, threads: 1, trouble: null });
  });

  it("several pages do not disturb each other", async () => {
    const paths = ["/isolated/memory.html?threads=2", "/plain/memory.html?threads=2"];
    const results = await Promise.all([...paths, ...paths].map(resultOf));
    expect(results.map((result) => result["threads"])).toEqual([2, 1, 2, 1]);
    for (const result of results) expect(result).toMatchObject(filled);
  });

  it("init may be called again and again, before the first use or after it", async () => {
    const reports = Object.values(await resultOf("/isolated/init.html"));
    const weights = (reports[0] as { weights: string }).weights;
    const common = { name: "wasm", trouble: null, fallbacks: [] };
    expect(reports.slice(1)).toMatchObject(
      [2, 3, 1, 2, 3, 2, 2].map((threads, i) => ({
        ...common,
        threads,
        weights: i === 5 ? "of the machine" : weights,
      })),
    );
  });

  it.each(["isolated", "plain", "isolated+csp"])(
    "a worker makes the images of a loader, page %s",
    async (kind) => {
      const { augmented, worked } = await resultOf(`/${kind}/loader.html`);
      expect(augmented).toBe(BITS.augmented);
      expect(worked).toBeGreaterThan(0);
    },
  );

  it("a page that forbids workers comes to the same images without", async () => {
    const { result } = await open(browser, `${site.origin}/csp-without-blob/loader.html`);
    expect(result).toEqual({ augmented: BITS.augmented, worked: 0 });
  });

  it("an older Chromium needs init, and says so", async () => {
    const result = await resultOf("/isolated/older.html");
    expect(result).toMatchObject({
      before: {
        name: "reference",
        fallbacks: [{ name: "wasm", reason: expect.stringContaining("use await init(") }],
      },
      sum: 6,
      after: { name: "wasm", threads: 2, trouble: null, fallbacks: [] },
    });
  });
});

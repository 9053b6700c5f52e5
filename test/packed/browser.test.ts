import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { executablePath, launch, NEEDS, type Outcome, open } from "../browser/chromium.ts";
import { type Site, serve } from "../browser/site.ts";
import { BUNDLERS, PAGES } from "./bundlers.ts";
import { manifests, run } from "./project.ts";

// The packed packages in a browser: bundled, and as they are.

const project = inject("project");
let browser: Browser;
let site: Site;
/** What training comes to everywhere. */
let trained: object;

beforeAll(async () => {
  if (!executablePath) return;
  const { first, last, weights } = JSON.parse(run(project, "node", "node.js", "1"));
  trained = { name: "wasm", fallbacks: [], first, last, weights };
  expect(last).toBeLessThan(first / 2);
  for (const [name, bundle] of Object.entries(BUNDLERS)) await bundle(project, `out/${name}`);
  const imports = Object.fromEntries(
    manifests.map(({ name }) => [name, `./node_modules/${name}/dist/index.js`]),
  );
  writeFileSync(
    join(project, "unbundled.html"),
    `<!doctype html><title>convgrad</title>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="page.js"></script>`,
  );
  site = await serve(project);
  browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

const visit = (path: string): Promise<Outcome> => open(browser, site.origin + path);

describe.skipIf(!executablePath)(`in Chromium ${NEEDS}`, () => {
  describe.each(Object.keys(BUNDLERS))("bundled by %s", (bundler) => {
    it.each(PAGES)("%s.html trains on two threads where it is isolated", async (page) => {
      const { result, complaints } = await visit(`/isolated/out/${bundler}/${page}.html?threads=2`);
      expect(complaints).toEqual([]);
      expect(result).toEqual({ ...trained, threads: 2, trouble: null });
    });

    it.each(PAGES)("%s.html trains on one thread where it is not", async (page) => {
      const { result, complaints } = await visit(`/plain/out/${bundler}/${page}.html?threads=2`);
      expect(complaints).toEqual([]);
      const trouble = expect.stringMatching(/not cross-origin isolated; serve it with/);
      expect(result).toEqual({ ...trained, threads: 1, trouble });
    });

    it("page.html trains without init", async () => {
      const { result, complaints } = await visit(`/isolated/out/${bundler}/page.html`);
      expect(complaints).toEqual([]);
      expect(result).toMatchObject({ ...trained, trouble: null });
    });

    it.each(PAGES)("%s.html trains under a strict content security policy", async (page) => {
      const { result, complaints } = await visit(
        `/isolated+csp/out/${bundler}/${page}.html?threads=2`,
      );
      expect(complaints).toEqual([]);
      expect(result).toEqual({ ...trained, threads: 2, trouble: null });
    });
  });

  it("a policy that forbids blob: workers leaves one thread, and the reason", async () => {
    const { result, complaints } = await visit(
      "/isolated+csp-without-blob/out/vite/page.html?threads=3",
    );
    expect(result).toEqual({
      ...trained,
      threads: 1,
      trouble: expect.stringContaining("worker-src blob:"),
    });
    // The browser's own words; nothing else.
    for (const complaint of complaints) expect(complaint).toMatch(/Content Security Policy/);
  });

  it("a policy that forbids WebAssembly leaves the reference backend, and the reason", async () => {
    const { result } = await visit("/isolated+csp-without-wasm/out/vite/page.html?threads=2");
    expect(result).toMatchObject({ name: "reference", threads: 1 });
    expect(result["fallbacks"]).toEqual([
      expect.stringMatching(/^wasm: .*Content Security Policy/),
    ]);
  });

  it("a page without a bundler trains, and asks for nothing that it does not need", async () => {
    const { result, complaints, requests } = await visit("/isolated/unbundled.html?threads=2");
    expect(complaints).toEqual([]);
    expect(result).toEqual({ ...trained, threads: 2, trouble: null });
    expect(requests.filter((request) => /relaxed/.test(request))).toEqual([]);
  });
});

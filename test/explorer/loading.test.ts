import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, inject, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer, type Opened } from "./page.ts";

const VIEWS = ["convolution", "pooling", "flips", "bugs", "train", "graph", "lessons"];
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Notes when a frame has shown the first cell of a matrix. */
const WATCH = `new MutationObserver((_, observer) => {
  if (!document.querySelector(".matrix .cell")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { globalThis.numbersAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true });`;

/** Until the browser keeps the whole app, and gives the page its files. */
async function keeps({ page }: Opened): Promise<void> {
  await page.evaluate("navigator.serviceWorker.ready.then(() => undefined)");
  await page.waitForFunction("navigator.serviceWorker.controller !== null");
}

describe.skipIf(!executablePath)(`the explorer in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it.each(["isolated", "plain"] as const)(
    "opens all views without a network after one visit, below a sub-path with %s headers",
    async (headers) => {
      const opened = await open("#/convolution", { headers, first: true });
      const { page, complaints } = opened;
      await keeps(opened);
      await page.context().setOffline(true);
      expect(await page.evaluate("fetch('./elsewhere').then(() => 'came', () => 'failed')")).toBe(
        "failed",
      );
      const before = complaints.length; // that one
      for (const view of VIEWS) {
        await page.evaluate(`location.hash = "#/${view}"`);
        await page.locator(`nav a[aria-current][href="#/${view}"]`).waitFor();
        await page.locator("main > p[role=status]").waitFor({ state: "detached" });
        expect(await page.locator("main").innerText()).not.toContain("could not be shown");
      }
      await page.evaluate("location.hash = '#/convolution'");
      await page.reload();
      await page.locator(".matrix .cell").first().waitFor();
      expect(await page.evaluate("crossOriginIsolated")).toBe(headers === "isolated");
      expect(await page.evaluate("document.querySelector('.brand img').naturalWidth")).not.toBe(0);
      // The browser asks for the tab's icon itself, past the service worker.
      const others = complaints.slice(before).filter((text) => !/^failed: .*icon\.svg$/.test(text));
      expect(others).toEqual([]);
    },
  );

  it("keeps one version, with every file that was built", async () => {
    const opened = await open("#/lessons", { first: true });
    await keeps(opened);
    const kept = await opened.page.evaluate(async () => {
      const names = await caches.keys();
      const requests = await (await caches.open(names[0]!)).keys();
      return { names, urls: requests.map(({ url }) => url) };
    });
    expect(kept.names).toHaveLength(1);
    expect(kept.names[0]).toMatch(/^convgrad http.*\/isolated\/ [0-9a-f]{16}$/);
    const folder = `${inject("explorerOrigin")}/isolated/`;
    expect(kept.urls).toContain(folder);
    expect(kept.urls.some((url) => url.endsWith(".woff2"))).toBe(true);
    expect(kept.urls.some((url) => url.startsWith(`${folder}digits/`))).toBe(true);
    expect(kept.urls.filter((url) => /\.(?:woff|ttf|html|map)$/.test(url))).toEqual([]);
  });

  it("loads less than 350 kB, gzipped, before the front page stands", async () => {
    const { page, requests } = await open("#/", { first: true });
    await page.locator(".matrix .cell").first().waitFor();
    await page.waitForLoadState("networkidle");
    const sizes = await Promise.all(
      [...new Set(requests)].map(async (url) => {
        const body = await (await fetch(url)).arrayBuffer();
        return url.endsWith(".woff2") ? body.byteLength : gzipSync(new Uint8Array(body)).length;
      }),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    console.log(`front page: ${sizes.length} files, ${(total / 1000).toFixed(1)} kB gzipped`);
    expect(total).toBeLessThan(350_000);
  });

  // Whatever else the machine does only adds to the times: the best visit is nearest to what the page itself needs.
  it("shows the first numbers within 1.5 s where it never was", async () => {
    const times: { first: number; numbers: number }[] = [];
    const best = () => Math.min(...times.map(({ numbers }) => numbers));
    for (let visit = 0; visit < 3 || (visit < 8 && best() >= 1500); visit++) {
      const { page } = await open("#/", { before: WATCH, first: true });
      await page.waitForFunction("globalThis.numbersAt");
      const [first, numbers] = await page.evaluate(() => [
        performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
        Reflect.get(globalThis, "numbersAt") as number,
      ]);
      times.push({ first: first!, numbers: numbers! });
    }
    const list = times.map(({ first, numbers }) => `${first.toFixed(0)}/${numbers.toFixed(0)}`);
    console.log(`first paint/first numbers, ms: ${list.join(", ")}`);
    expect(best()).toBeLessThan(1500);
  });

  it("is isolated with the headers, and not without", async () => {
    const isolated = await open("#/");
    expect(await isolated.page.evaluate("crossOriginIsolated")).toBe(true);
    const plain = await open("#/", { headers: "plain" });
    expect(await plain.page.evaluate("crossOriginIsolated")).toBe(false);
    expect(plain.complaints).toEqual([]);
  });
});

describe("npm run explorer", () => {
  let served: ChildProcess | undefined;
  afterAll(() => {
    if (served?.pid) process.kill(-served.pid); // npm, its shell and the server
  });

  it("builds, prints the address, and serves it with the headers that threads need", async () => {
    served = spawn("npm", ["run", "explorer"], { cwd: root, detached: true });
    const address = await new Promise<string>((resolve, reject) => {
      let said = "";
      const hear = (data: Buffer) => {
        said += data;
        // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
        const found = /http:\/\/[\w.:[\]]+\//.exec(said.replaceAll(/\x1b\[[\d;]*m/g, ""));
        if (found) resolve(found[0]);
      };
      served!.stdout!.on("data", hear);
      served!.stderr!.on("data", hear);
      served!.on("exit", () => reject(new Error(said)));
    });
    const response = await fetch(address);
    expect(response.status).toBe(200);
    expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(response.headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect(await response.text()).toContain("convgrad explorer");
  });
});

// The README's pictures of the explorer, taken again: `npm run explorer:pictures` (needs Chromium).

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { build, preview } from "vite";
import { launch } from "../browser/chromium.ts";

interface Shot {
  readonly name: string;
  readonly hash: string;
  readonly height: number;
  readonly dark?: boolean;
  readonly before?: (page: Page) => Promise<void>;
}

const SHOTS: readonly Shot[] = [
  {
    name: "explorer-convolution",
    hash: "#/convolution?mode=input&at=x,0,1,1",
    height: 1010,
  },
  {
    name: "explorer-training",
    hash: "#/train",
    height: 1010,
    dark: true,
    before: async (page) => {
      await page.getByRole("button", { name: "Run" }).first().click();
      await page.getByText("Done after").waitFor({ timeout: 120_000 });
      await drawSeven(page);
    },
  },
];

/** A stroke across the top of the board and one down. */
async function drawSeven(page: Page): Promise<void> {
  const board = await page.getByLabel("Drawing").locator("canvas").first().boundingBox();
  const { x, y, width } = board!;
  const [first, ...more] = [
    [0.25, 0.25],
    [0.7, 0.25],
    [0.45, 0.8],
  ].map(([across, down]) => [x + across! * width, y + down! * width] as const);
  await page.mouse.move(...first!);
  await page.mouse.down();
  for (const place of more) await page.mouse.move(...place, { steps: 12 });
  await page.mouse.up();
}

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const configFile = at("packages/explorer/vite.config.ts");
await build({ configFile, logLevel: "warn" });
const server = await preview({ configFile, logLevel: "warn" });
const browser = await launch();
await mkdir(at("docs/pictures"), { recursive: true });
for (const { name, hash, height, dark, before } of SHOTS) {
  const colorScheme = dark ? "dark" : "light";
  const page = await browser.newPage({ viewport: { width: 1440, height }, colorScheme });
  await page.goto(`${server.resolvedUrls!.local[0]}${hash}`, { waitUntil: "networkidle" });
  await before?.(page);
  await page.waitForTimeout(500); // what moves has come to rest
  const path = at(`docs/pictures/${name}.png`);
  await page.screenshot({ path });
  console.log(path);
}
await browser.close();
await server.close();

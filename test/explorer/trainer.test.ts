import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { executablePath, NEEDS } from "../browser/chromium.ts";
import { explorer } from "./page.ts";

/** Waits until the network is there. */
async function ready(page: Page): Promise<void> {
  await page.locator(".run .state", { hasText: "Ready" }).waitFor();
}

const card = (page: Page, index: number) => page.locator(`.layers [data-card="${index}"]`);
const shapeOf = (page: Page, index: number) => card(page, index).locator("output").innerText();
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

async function learn(page: Page): Promise<void> {
  await button(page, "Run").click();
  await page.locator(".run .state", { hasText: "Done" }).waitFor({ timeout: 60_000 });
}

describe.skipIf(!executablePath)(`the trainer in Chromium ${NEEDS}`, () => {
  const open = explorer();

  it("learns at a press of Run, and shows what it learns", async () => {
    const { page, complaints } = await open("#/train?epochs=4");
    await ready(page);
    expect(await shapeOf(page, 3)).toBe("[16, 10, 10]");
    expect(await page.locator(".network .foot p").innerText()).toBe("61,706 parameters");
    await learn(page);
    const right = await page.locator('[data-figure="validation accuracy"] dd').innerText();
    expect(Number.parseFloat(right)).toBeGreaterThan(80);
    const norms = page.locator(".norm-bars li");
    expect(await norms.count()).toBe(5);
    // Below the fold nobody sees it grow; on paper it is what it is when it comes into sight.
    const chart = page.locator(".norms canvas");
    const drawn = () => chart.evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
    await page.evaluate("scrollTo(0, 0)");
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    const printed = await drawn();
    await chart.scrollIntoViewIfNeeded();
    for (let frame = 0; frame < 3; frame++)
      await page.evaluate("new Promise(requestAnimationFrame)");
    expect(await drawn()).toBe(printed);
    const confusion = page.locator(".confusion-cell");
    const counts = await confusion.evaluateAll((all) => all.map((one) => one.dataset["value"]));
    expect(counts.map(Number).reduce((a, b) => a + b, 0)).toBe(400);
    await confusion.nth(0).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.locator(".confusion .said").innerText()).toMatch(
      /^0 taken for 1: (once|\d+ times), [\d.]+ % of 40\.$/,
    );
    expect(await page.locator(".run code").getAttribute("data-hash")).toMatch(/^[0-9a-f]{64}$/);
    expect(complaints).toEqual([]);
  });

  it("a layer that does not fit says so in its card, and the others stay", async () => {
    const { page, complaints } = await open("#/train");
    await ready(page);
    const kernel = card(page, 3).getByLabel("kernel");
    await kernel.fill("15");
    await kernel.press("Enter");
    const fault = card(page, 3).getByRole("alert");
    await fault.waitFor();
    expect(await fault.innerText()).toContain("(14 + 2·0 − 15 < 0); lower the kernel");
    expect(await shapeOf(page, 2)).toBe("[6, 14, 14]");
    expect(await button(page, "Run").isDisabled()).toBe(true);
    await kernel.fill("3");
    await kernel.press("Enter");
    await fault.waitFor({ state: "detached" });
    await ready(page);
    expect(await shapeOf(page, 3)).toBe("[16, 12, 12]");
    expect(page.url()).toContain("conv16k3");
    expect(complaints).toEqual([]);
  });

  it("the keyboard moves, adds and removes layers, and the focus goes with them", async () => {
    const { page } = await open("#/train?network=conv4k3-relu-max2-flat-dense10");
    await ready(page);
    await card(page, 1).getByRole("button", { name: "down" }).focus();
    await page.keyboard.press("Enter");
    await card(page, 2).locator("strong", { hasText: "ReLU" }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    await expect.poll(focused).toBe("Move ReLU, layer 3 down");
    await page.keyboard.press("Enter");
    await expect.poll(focused).toBe("Move ReLU, layer 4 down");
    await page.getByLabel("Layer to add").selectOption("dropout");
    await button(page, "Add layer").press("Enter");
    await card(page, 4).locator("strong", { hasText: "Dropout" }).waitFor();
    expect(page.url()).toContain("network=conv4k3-max2-flat-relu-drop25-dense10");
    await button(page, "Remove ReLU, layer 4").press("Enter");
    await expect.poll(() => page.url()).toContain("conv4k3-max2-flat-drop25-dense10");
    await expect.poll(focused).toContain("Dropout, layer 4");
    await ready(page);
  });

  it("a layer can be dragged to another place", async () => {
    const { page } = await open("#/train?network=conv4k3-relu-max2-flat-dense10", { height: 1400 });
    await ready(page);
    const from = (await card(page, 1).locator(".handle").boundingBox())!;
    const to = (await card(page, 3).boundingBox())!;
    await page.mouse.move(from.x + 4, from.y + 8);
    await page.mouse.down();
    await page.mouse.move(from.x + 8, from.y + 40, { steps: 3 });
    await page.mouse.move(to.x + 60, to.y + 20, { steps: 3 });
    await page.mouse.up();
    await expect.poll(() => page.url()).toContain("network=conv4k3-max2-flat-relu-dense10");
  });

  it("an address restores the recipe, and a hostile one harms nothing", async () => {
    const { page } = await open(
      "#/train?network=flat-dense32-tanh-dense10&seed=7&batch=64&optimizer=adam&lr=0.002&epochs=2",
    );
    await ready(page);
    const fields = ["Seed", "Images per step", "Learning rate", "Epochs"];
    const values = await Promise.all(
      fields.map((name) => page.getByLabel(name, { exact: true }).inputValue()),
    );
    expect(values).toEqual(["7", "64", "0.002", "2"]);
    expect(await page.getByLabel("Adam").isChecked()).toBe(true);
    expect(await page.locator(".layers strong").allInnerTexts()).toEqual(
      expect.arrayContaining(["Flatten", "Dense", "Tanh"]),
    );
    const hostile = await open(
      "#/train?network=conv999999k-1&seed=-1&lr=NaN&at=9,9,99,-1&image=1e9&data=%3Cb%3E",
    );
    await ready(hostile.page);
    expect(await shapeOf(hostile.page, 0)).toBe("[6, 28, 28]");
    expect(hostile.complaints).toEqual([]);
  });

  it("edits while it has learned wait for a reset, and can be taken back", async () => {
    const { page } = await open("#/train?network=flat-dense10&epochs=3");
    await ready(page);
    const program = page.locator(".machine", { hasText: "the same bits in Node" });
    await button(page, "Step").click();
    await page.locator(".run .state", { hasText: "Paused after step 1." }).waitFor();
    expect(await program.count()).toBe(0); // it goes on to the last epoch
    await learn(page);
    await program.waitFor();
    await page.getByLabel("Seed: one more").click();
    const notice = page.locator(".run .notice", { hasText: "as it was before" });
    await notice.waitFor();
    expect(await program.count()).toBe(0); // it has the edits
    await button(page, "Take the edits back").click();
    await notice.waitFor({ state: "detached" });
    expect(await page.getByLabel("Seed", { exact: true }).inputValue()).toBe("1");
    await page.getByLabel("Seed: one more").click();
    await button(page, "Reset to the edited one").click();
    await ready(page);
    expect(page.url()).toContain("seed=2");
  });

  it("a forged file is refused with its reason, and nothing changes", async () => {
    const { page, complaints } = await open("#/train?network=flat-dense10");
    await ready(page);
    const before = await page.locator(".data .hint").first().innerText();
    const forged = Buffer.from([0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28, 0, 0, 0, 28]);
    await page.locator(".data input[type=file]").setInputFiles([
      { name: "train-images-idx3-ubyte", mimeType: "", buffer: forged },
      { name: "train-labels-idx1-ubyte", mimeType: "", buffer: Buffer.from([0, 0, 8, 1]) },
    ]);
    const alert = page.locator(".data").getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toContain("train-images-idx3-ubyte");
    expect(await page.locator(".data .hint").first().innerText()).toBe(before);
    await page
      .locator(".files input[type=file]")
      .setInputFiles([{ name: "model.safetensors", mimeType: "", buffer: forged }]);
    await page.locator(".files").getByRole("alert").waitFor();
    await button(page, "Step").click();
    await page.locator(".run .state", { hasText: "Paused after step 1." }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("images of fewer classes take the place of those that it learned", async () => {
    const { page, complaints } = await open("#/train?network=flat-dense12&epochs=1");
    const [count, classes] = [600, 12];
    const idx = (name: string, sizes: readonly number[], valueAt: (at: number) => number) => {
      const head = Buffer.from([0, 0, 8, sizes.length, ...sizes.flatMap((n) => [0, 0, n >> 8, n])]);
      const length = sizes.reduce((product, n) => product * n);
      const values = Uint8Array.from({ length }, (_, at) => valueAt(at));
      return { name, mimeType: "", buffer: Buffer.concat([head, values]) };
    };
    await page
      .locator(".data input[type=file]")
      .setInputFiles([
        idx("my-images-idx3-ubyte", [count, 28, 28], (at) => at % 251),
        idx("my-labels-idx1-ubyte", [count], (at) => at % classes),
      ]);
    await page.locator(".run .state", { hasText: "540 images" }).waitFor();
    await learn(page);
    await page.locator('.confusion-cell[data-place="11,11"]').click();
    const said = page.locator(".confusion .said");
    await said.filter({ hasText: /^11 recognised/ }).waitFor();
    await page.getByLabel("Learn from").selectOption("shipped");
    await page.locator(".data .hint", { hasText: "1,600 images" }).waitFor();
    await card(page, 1).getByLabel("units").fill("10");
    await card(page, 1).getByLabel("units").press("Enter");
    await ready(page);
    await learn(page);
    await said.filter({ hasText: /^Rows:/ }).waitFor();
    expect(await page.locator('.confusion-cell[tabindex="0"]').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it("where a set is not beside the page, the digits that ship take its place, and the reason stays", async () => {
    const { page, complaints } = await open("#/train?data=mnist&network=flat-dense10");
    await ready(page);
    expect(await page.locator(".data").getByRole("alert").innerText()).toContain(
      "MNIST is not beside this page",
    );
    expect(await page.locator(".run .state").innerText()).toContain("1,600 images");
    expect(page.url()).not.toContain("data=");
    expect(complaints).toEqual([]);
  });

  it("without a layer there is no network, and the page says so", async () => {
    const { page } = await open("#/train?network=");
    await page.locator(".run .state", { hasText: "There is no network yet." }).waitFor();
    expect(await page.locator(".run").getByRole("alert").innerText()).toContain("add some");
  });

  it("a worker that cannot go on says so, and is started again at a press", async () => {
    const before = `{
      const Own = Worker;
      let count = 0;
      globalThis.Worker = class extends Own {
        constructor(address, options) {
          super(count++ === 0 ? "data:text/javascript,throw Error('out of order')" : address, options);
        }
      };
    }`;
    const { page } = await open("#/train?network=flat-dense10&seed=4", { before });
    const alert = page.locator(".run").getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/has stopped: .*out of order/);
    const own = [{ name: "images", mimeType: "", buffer: Buffer.from([0, 0, 8, 3]) }];
    await page.locator(".data input[type=file]").setInputFiles(own); // nobody takes them
    await button(page, "Start it again").click();
    await ready(page);
    expect(page.url()).toContain("seed=4");
    await button(page, "Step").click();
    await page.locator(".run .state", { hasText: "Paused after step 1." }).waitFor();
  });

  it("a training whose loss is no number any more stops and says so; a reset begins anew", async () => {
    const { page, complaints } = await open("#/train?network=conv16k5-conv16k5-flat-dense10&lr=10");
    await ready(page);
    await button(page, "Run").click();
    const alert = page.locator(".run").getByRole("alert");
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(/the loss is .* lower the learning rate/);
    expect(await page.locator(".run .state").innerText()).toMatch(/^Stopped after step \d+\.$/);
    await button(page, "Reset").click();
    await ready(page);
    expect(await alert.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("what was learned waits, paused, while another view is looked at", async () => {
    const { page, complaints } = await open("#/train?epochs=500&seed=3");
    await ready(page);
    await button(page, "Run").click();
    const step = page.locator('[data-figure="step"] dd');
    const stepNow = async () => Number((await step.innerText()).replaceAll(",", ""));
    await expect.poll(stepNow).toBeGreaterThan(20);
    const menu = page.getByRole("navigation", { name: "Views" });
    await menu.getByRole("link", { name: "Pooling" }).click();
    await page.locator("h1", { hasText: "Pooling" }).waitFor();
    await menu.getByRole("link", { name: "Train" }).click();
    await page.locator(".run .state", { hasText: "Paused" }).waitFor();
    expect(page.url()).toMatch(/#\/train\?.*seed=3/);
    const paused = await stepNow();
    expect(paused).toBeGreaterThan(20);
    await page.waitForTimeout(300);
    expect(await stepNow()).toBe(paused);
    await button(page, "Run").click();
    await expect.poll(stepNow).toBeGreaterThan(paused);
    expect(complaints).toEqual([]);
  });

  it("asks before it is left with what no file has, and only then", async () => {
    const { page } = await open("#/train?network=flat-dense10&epochs=1");
    const asked: string[] = [];
    page.on("dialog", (dialog) => {
      asked.push(dialog.type());
      void dialog.accept();
    });
    await ready(page);
    await button(page, "Reset").focus();
    await page.keyboard.press("Tab"); // somebody is there
    await page.reload();
    await ready(page);
    expect(asked).toEqual([]);
    await learn(page);
    await page.getByRole("link", { name: "Pooling" }).click();
    await page.locator("h1", { hasText: "Pooling" }).waitFor();
    expect(asked).toEqual([]); // it is kept there
    await page.reload();
    expect(asked).toEqual(["beforeunload"]);

    await page.getByRole("link", { name: "Train" }).click();
    await ready(page);
    await learn(page);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      button(page, "Save as safetensors").click(),
    ]);
    await download.path();
    // The page takes note in the frame after the file.
    await page.evaluate("new Promise(requestAnimationFrame)");
    await page.reload();
    expect(asked).toEqual(["beforeunload"]); // that one
  });

  it("a drawn digit is classified, and so is a sample without a pointer", async () => {
    const { page, complaints } = await open(
      "#/train?network=conv8k3p1-relu-max2-flat-dense10&epochs=3",
    );
    await ready(page);
    await learn(page);
    const sketch = page.locator(".sketch");
    const { width, height } = (await sketch.boundingBox())!;
    for (const part of [0.15, 0.85]) {
      await sketch.hover({ position: { x: width / 2, y: part * height } });
      await (part < 0.5 ? page.mouse.down() : page.mouse.up());
    }
    const said = page.locator(".draw .said");
    await expect.poll(() => said.innerText()).toContain("taken for 1.");
    const bars = page.locator(".draw .bars li");
    const shares = await bars.evaluateAll((all) => all.map((one) => Number(one.dataset["value"])));
    expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    await button(page, "Clear").click();
    await expect.poll(() => said.innerText()).toBe("");
    await page.getByLabel("Or take one of the samples").selectOption({ label: "0, sample 1" });
    await expect.poll(() => said.innerText()).toContain("taken for 0.");
    expect(complaints).toEqual([]);
  });

  it("a saved model opens again: the same layers and the same weights", async () => {
    const { page, complaints } = await open("#/train?network=flat-dense16-relu-dense10&epochs=2");
    await ready(page);
    await learn(page);
    const hash = page.locator(".run code");
    const learned = await hash.getAttribute("data-hash");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      button(page, "Save as safetensors").click(),
    ]);
    const bytes = await readFile(await download.path());
    expect(download.suggestedFilename()).toMatch(/\.safetensors$/);
    await page.getByLabel("Begin with").selectOption("linear");
    await button(page, "Reset").click();
    await ready(page);
    await expect.poll(() => hash.getAttribute("data-hash")).not.toBe(learned);
    await page
      .locator(".files input[type=file]")
      .setInputFiles([{ name: "model.safetensors", mimeType: "", buffer: bytes }]);
    await expect.poll(() => hash.getAttribute("data-hash")).toBe(learned);
    await expect.poll(() => page.url()).toContain("network=flat-dense16-relu-dense10");
    const [onnx] = await Promise.all([
      page.waitForEvent("download"),
      button(page, "Export ONNX").click(),
    ]);
    expect((await readFile(await onnx.path())).length).toBeGreaterThan(10_000);
    expect(complaints).toEqual([]);
  });

  it("a cell of a map shows what it sees of the image, by pointer, keyboard and address", async () => {
    const { page } = await open("#/train?at=3,0,4,4");
    await ready(page);
    const said = page.locator(".watched .said");
    // Two windows of 5, the second over cells two apart: 5 + 1 + 4·2 = 14 rows and columns.
    const expected = "sees 14 × 14 of the image: rows 6 to 19, columns 6 to 19.";
    await expect.poll(() => said.innerText()).toContain(expected);
    const map = page.getByRole("button", { name: /^map 0 of layer 1/ });
    await map.focus();
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => said.innerText()).toContain("Cell [13, 14] of map 0 of layer 1");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.url()).toContain("at=0,0,13,14");
  });
});

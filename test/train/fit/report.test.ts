import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manualSeed, ValueError } from "@convgrad/core";
import { DataLoader, tensorDataset } from "@convgrad/data";
import { SGD } from "@convgrad/optim";
import {
  compareReceipts,
  type FitOptions,
  fit,
  type RunReceipt,
  readReceipt,
} from "@convgrad/train";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallNet, threeKinds } from "../runs.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convgrad-fit-report-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const data = threeKinds(30);

async function run(name: string, more: Partial<FitOptions> = {}): Promise<RunReceipt> {
  manualSeed(1);
  const model = smallNet();
  await fit(model, {
    loader: new DataLoader(data, { batch: 8, shuffle: true, seed: 1 }),
    validation: new DataLoader({ ...tensorDataset(data), classes: ["up", "down", "no"] }),
    optimizer: new SGD(model.parameters(), { lr: 0.05 }),
    epochs: 2,
    progress: false,
    directory: join(folder, name),
    inspectEvery: 1,
    ...more,
  });
  return read(name);
}

async function read(name: string): Promise<RunReceipt> {
  return readReceipt(await readFile(join(folder, name, "run.json"), "utf8"));
}
const page = (name: string) => readFile(join(folder, name, "report.html"), "utf8");

describe("what fit leaves in its directory", () => {
  it("is a receipt and a report, beside checkpoints and weights", async () => {
    const receipt = await run("whole", {
      report: { title: "kinds", data: "test", settings: { lr: 0.05 } },
    });
    expect((await readdir(join(folder, "whole"))).toSorted()).toEqual([
      "checkpoints",
      "model.safetensors",
      "report.html",
      "run.json",
    ]);
    expect(receipt).toMatchObject({ stopped: "epochs", resumed: [], seeds: { global: 1 } });
    expect(receipt.epochs.map(({ step }) => step)).toEqual([4, 8]);
    expect(receipt.settings).toMatchObject({ lr: 0.05, fit: { epochs: 2, loss: "crossEntropy" } });
    expect(receipt.data["train"]).toMatch(/^[0-9a-f]{64}$/);
    const text = await page("whole");
    expect(text).toContain("<h1>kinds</h1>");
    expect(text).toContain("test accuracy");
    for (const name of ["up", "down", "no"]) expect(text).toContain(`>${name}</th>`);
    expect(text).toContain('id="chart-gradients"');
    expect(text).toContain('id="matrix"');
  });

  it("is equal to the bit when it is done again, also in parts", async () => {
    const whole = await run("first");
    const again = await run("second");
    expect(compareReceipts(whole, again)).toMatchObject({ equal: true, figures: [], causes: [] });
    const cut = {
      onStep: (r: { step: number; stop(): void }) => {
        if (r.step === 3) r.stop();
      },
    };
    const part = await run("parts", { callbacks: [cut] });
    expect(part).toMatchObject({ stopped: "callback", epochs: [], weightsHash: null });
    const resumed = await run("parts", { resume: true });
    expect(resumed).toMatchObject({ resumed: [3], started: part.started, stopped: "epochs" });
    expect(compareReceipts(whole, resumed)).toMatchObject({ equal: true, weights: [{}, {}, {}] });
    expect(await page("parts")).toContain("resumed at step 3");
  });

  it("says that a run was resumed, also where it was killed early or its receipt is lost", async () => {
    let atFirst: RunReceipt | undefined;
    const look = {
      onStep: async ({ step }: { step: number }) => {
        if (step === 1) atFirst = await read("early");
      },
    };
    const cut = {
      onStep: (r: { step: number; stop(): void }) => (r.step === 3 ? r.stop() : undefined),
    };
    await run("early", { callbacks: [look, cut] });
    expect(atFirst).toMatchObject({ stopped: null, epochs: [], resumed: [] });
    await rm(join(folder, "early/run.json"));
    expect(await run("early", { resume: true })).toMatchObject({ resumed: [3], stopped: "epochs" });
  });

  it("is left as it is where a finished run is resumed", async () => {
    await run("done");
    const before = await readFile(join(folder, "done/run.json"), "utf8");
    await run("done", { resume: true });
    expect(await readFile(join(folder, "done/run.json"), "utf8")).toBe(before);
  });

  it("says why a run broke off", async () => {
    const loss = () => {
      throw new Error("no <loss>");
    };
    await expect(run("broken", { loss })).rejects.toThrow("no <loss>");
    expect((await read("broken")).stopped).toBe("error: no <loss>");
    expect(await page("broken")).toContain("stopped: error: no &lt;loss&gt;");
  });

  it("is less where less is wanted or known", async () => {
    manualSeed(1);
    const model = smallNet();
    const optimizer = new SGD(model.parameters(), { lr: 0.05 });
    const loader = new DataLoader(data, { batch: 8 });
    const options = { loader, optimizer, epochs: 1, progress: false };
    await fit(model, { ...options, directory: join(folder, "bare"), report: false });
    expect((await readdir(join(folder, "bare"))).toSorted()).toEqual([
      "checkpoints",
      "model.safetensors",
    ]);
    await fit(model, { ...options, directory: join(folder, "alone") });
    expect(await page("alone")).not.toContain('id="matrix"');
  });

  it("does not end a run when it cannot be written: that is a warning", async () => {
    const directory = join(folder, "blocked");
    await run("blocked", { epochs: 1 });
    await rm(join(directory, "run.json"));
    await rm(join(directory, "report.html"));
    await writeFile(join(directory, "x"), "");
    const { mkdir } = await import("node:fs/promises");
    await mkdir(join(directory, "run.json"));
    manualSeed(1);
    const model = smallNet();
    const { warnings, epochs } = await fit(model, {
      loader: new DataLoader(data, { batch: 8, shuffle: true, seed: 1 }),
      validation: new DataLoader(data),
      optimizer: new SGD(model.parameters(), { lr: 0.05 }),
      epochs: 2,
      progress: false,
      inspectEvery: 1,
      directory,
      resume: true,
    });
    expect(epochs).toHaveLength(2);
    expect(warnings.some((warning) => /^no report: .*run\.json/.test(warning))).toBe(true);
  });

  it.each<[object, string]>([
    [{ report: { titel: "x" } }, 'no option "titel"; known: data, title, settings, seeds'],
    [{ report: { title: 3 } }, "the title of the report is 3; it must be a text"],
    [{ report: "yes" }, "the options are"],
    [{ classes: "abc" }, 'classes is "abc"; it must be a list of names, one for each class'],
  ])("refuses %j", async (more, message) => {
    await expect(run("refused", more as never)).rejects.toThrow(ValueError);
    await expect(run("refused", more as never)).rejects.toThrow(message);
  });

  it("needs a directory", async () => {
    const model = smallNet();
    const optimizer = new SGD(model.parameters(), { lr: 0.05 });
    const options = { loader: new DataLoader(data), optimizer, epochs: 1, report: true };
    await expect(fit(model, options)).rejects.toThrow(
      "report has no use without a folder; pass directory",
    );
  });
});

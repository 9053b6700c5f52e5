import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { keep, type Tensor, tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";
import { DataLoader, normalize, randomAffine, randomCrop, randomErasing } from "./index.ts";
import { type PixelJob, pixelProgram } from "./pixelProgram.ts";
import { PixelWorker } from "./pixelWorker.ts";

const job = (): PixelJob => ({
  pixels: Uint8Array.from({ length: 32 }, (_, i) => 8 * i),
  shape: [2, 1, 4, 4],
  steps: [
    {
      kind: "affine",
      fill: 0.5,
      draws: Float64Array.of(0.9, 0.1, 0, -0.1, 0.9, 1, 1, 0, 0, 0, 1, 9),
    },
    { kind: "normalize", mean: [0.5], std: [0.25] },
  ],
});

async function started(worker: PixelWorker): Promise<PixelWorker> {
  while (!worker.ready) await sleep(1);
  return worker;
}

describe("the worker", () => {
  it("comes to the bits that the main thread comes to, in the order that it was asked", async () => {
    const worker = await started(new PixelWorker());
    const expected = pixelProgram()(job());
    const order: number[] = [];
    const runs = [0, 1, 2].map(async (k) => {
      expect(await worker.run(job())).toEqual(expected);
      order.push(k);
    });
    await Promise.all(runs);
    expect(order).toEqual([0, 1, 2]);
    worker.end("the test is over");
    expect(worker.ready).toBe(false);
  });

  it("takes the job's memory along", async () => {
    const worker = await started(new PixelWorker());
    const work = job();
    const run = worker.run(work);
    expect(work.pixels.length).toBe(0);
    await run;
    worker.end("the test is over");
  });

  it("ends with an error, and tells all who wait, when it cannot", async () => {
    const worker = await started(new PixelWorker());
    const impossible = { ...job(), shape: null } as unknown as PixelJob;
    const runs = [worker.run(impossible), worker.run(job())];
    const results = await Promise.allSettled(runs);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(worker.ready).toBe(false);
  });
});

const list = [
  randomCrop({ padding: 1 }),
  randomAffine({ degrees: 20 }),
  randomErasing(),
  normalize({ mean: 0.5, std: 0.25 }),
];
const data = (n: number) => ({
  images: keep(
    tensor(
      Uint8Array.from({ length: n * 64 }, (_, i) => (i * 89) % 256),
      { shape: [n, 1, 8, 8] },
    ),
  ),
});

async function all(loader: AsyncIterable<{ images: Tensor }>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { images } of loader) seen.push(...images.toTypedArray());
  return seen;
}

describe("a loader with a list of transforms", () => {
  const make = (prefetch: number) =>
    new DataLoader(data(40), { batch: 4, seed: 2, shuffle: true, transform: list, prefetch });

  it("has the same bits before the worker is there, with it, and after its death", async () => {
    const expected = await all(make(0));
    const worker = PixelWorker.shared;
    expect(await all(make(2))).toEqual(expected);
    await started(worker);
    expect(await all(make(3))).toEqual(expected);
    const loader = make(3);
    const seen: number[] = [];
    for await (const { images } of loader) {
      seen.push(...images.toTypedArray());
      if (seen.length === 3 * images.size) worker.end("an accident");
    }
    expect(seen).toEqual(expected);
    expect(worker.ready).toBe(false);
    expect(await all(make(3))).toEqual(expected);
  });

  it("resumes to the bit in the middle of an epoch", async () => {
    const whole = await all(make(2));
    const loader = make(2);
    loader.loadStateDict({ epoch: 0, batch: 7 });
    expect(await all(loader)).toEqual(whole.slice(7 * 4 * 64));
  });
});

/** What a process prints that runs this text in an async function; it has to end by itself. */
async function printed(program: string): Promise<string> {
  const source = `
    import * as cg from "@convgrad/data";
    import { memory, tensor } from "@convgrad/core";
    const images = tensor(new Uint8Array(64 * 784), { shape: [64, 1, 28, 28] });
    const transform = [cg.randomAffine({ degrees: 10 }), cg.normalize({ mean: 0.1, std: 0.3 })];
    const make = () => new cg.DataLoader({ images }, { batch: 8, transform });
    ${program}`;
  const args = ["--conditions=source", "--import", "tsx", "--input-type=module", "--eval", source];
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, timeout: 30_000 });
  return stdout.trim();
}

describe("a process with a worker", () => {
  it.each(["break", "throw", "end"])("ends by itself after %s", async (leave) => {
    const text = await printed(`
      const loop = async () => {
        for await (const { images: x } of make()) {
          await new Promise((resolve) => setTimeout(resolve, 40));
          if (${leave === "break"}) break;
          if (${leave === "throw"}) throw new Error("on purpose");
        }
      };
      await loop().catch(({ message }) => console.log(message));
      console.log("over");`);
    expect(text).toBe(leave === "throw" ? "on purpose\nover" : "over");
  });

  it("waits for the worker where nothing else keeps it alive, over a thousand batches in flat memory", async () => {
    const text = await printed(`
      let batches = 0, early = 0, size = 0;
      const before = memory();
      for (let epoch = 0; epoch < 150; epoch++) {
        for await (const { images: x } of make()) batches++;
        if (epoch === 50) early = process.memoryUsage().rss;
      }
      const grown = (process.memoryUsage().rss - early) / 2 ** 20;
      console.log(batches, memory().bytes <= before.bytes, grown < 40 ? "flat" : grown);`);
    expect(text).toBe("1200 true flat");
  });

  it("works where there are no workers", async () => {
    const text = await printed(`
      const all = async () => {
        let sum = 0;
        for await (const { images: x } of make()) sum += x.sum().item();
        return sum;
      };
      const builtIn = process.getBuiltinModule;
      process.getBuiltinModule = (name) => (/worker/.test(name) ? undefined : builtIn(name));
      globalThis.Worker = undefined;
      console.log(Number.isFinite(await all()));`);
    expect(text).toBe("true");
  });
});

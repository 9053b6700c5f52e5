import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  type Buffer as Block,
  gradients,
  MemoryError,
  manualSeed,
  memory,
  randn,
  randomState,
  scope,
  setBackend,
  setRandomState,
  type Tensor,
  tensor,
} from "@convgrad/core";
import * as layers from "@convgrad/layers";
import { Adam, ExponentialMovingAverage, SGD } from "@convgrad/optim";
import { createKernels, type WasmKernels } from "@convgrad/wasm";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { trainer } from "./trainer.ts";

const run = promisify(execFile);
const programOf = (name: string) => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

/** Watches the blocks that a heap has given, and lets the nth from now fail. */
function watch({ engine: { heap } }: WasmKernels): { given: number; failAt: number } {
  const watched = { given: 0, failAt: -1 };
  const [take, give] = [heap.take.bind(heap), heap.give.bind(heap)];
  vi.spyOn(heap, "give").mockImplementation((address, sizeClass) => {
    watched.given--;
    give(address, sizeClass);
  });
  vi.spyOn(heap, "take").mockImplementation((sizeClass) => {
    if (watched.failAt-- === 0) throw new MemoryError("allocate", "no block for the test");
    watched.given++;
    return take(sizeClass);
  });
  return watched;
}

afterEach(() => {
  vi.restoreAllMocks();
  setBackend("reference");
});

it("10,000 steps run in flat memory", async () => {
  const options = ["--expose-gc", "--conditions=source", "--import", "tsx", programOf("flat")];
  const { stdout } = await run(process.execPath, options);
  const { moved, finite, growth } = JSON.parse(stdout);
  expect(moved).toEqual({ memory: 0, heap: 0 });
  expect(finite).toBe(true);
  expect(growth).toBeLessThan(40 * 2 ** 20);
});

describe("memory that ends in the middle of a step", () => {
  const sgd = (p: Tensor[]) => new SGD(p, { lr: 0.05, momentum: 0.9 });
  const adam = (p: Tensor[]) => new Adam(p, { weightDecay: 1e-4, amsgrad: true });
  it.each([
    { name: "SGD", optimizerOf: sgd, done: 0 },
    { name: "SGD", optimizerOf: sgd, done: 2 },
    { name: "Adam", optimizerOf: adam, done: 0 },
    { name: "Adam", optimizerOf: adam, done: 2 },
  ])(
    "whichever block is missing after $done steps of $name: a MemoryError, and the step has not been",
    ({ optimizerOf, done }) => {
      const start = () => {
        const kernels = createKernels({ threads: 1 });
        const blocks = watch(kernels);
        setBackend(kernels);
        const net = trainer({ optimizerOf });
        for (let step = 0; step < done; step++) net.step();
        scope(() => net.optimizer.zeroGrad());
        return { kernels, blocks, net };
      };
      const undisturbed = start();
      undisturbed.net.step();
      const expected = undisturbed.net.weights();

      const { blocks, net } = start();
      let failed = 0;
      for (let nth = 0; ; nth++) {
        const before = { live: live(), weights: net.weights() };
        blocks.failAt = nth;
        try {
          net.step();
          break;
        } catch (error) {
          expect(error).toBeInstanceOf(MemoryError);
        }
        blocks.failAt = -1;
        failed++;
        scope(() => net.optimizer.zeroGrad());
        expect(live()).toEqual(before.live);
        expect(Buffer.compare(net.weights(), before.weights)).toBe(0);
      }
      expect(failed).toBeGreaterThan(50);
      expect(Buffer.compare(net.weights(), expected)).toBe(0);
      expect(blocks.given).toBe(undisturbed.blocks.given);
      const [state, wanted] = [net, undisturbed.net].map(({ optimizer }) => optimizer.stateDict());
      expect(JSON.stringify(state) === JSON.stringify(wanted)).toBe(true);
    },
  );

  it("whichever block is missing of normalisation, dropout, hooks and second order: the weights are as before", () => {
    const start = () => {
      const kernels = createKernels({ threads: 1 });
      const blocks = watch(kernels);
      setBackend(kernels);
      return { blocks, net: penalized() };
    };
    const undisturbed = start();
    undisturbed.net.step();
    const expected = undisturbed.net.weights();

    const { blocks, net } = start();
    let failed = 0;
    for (let nth = 0; ; nth++) {
      const before = { live: live(), weights: net.weights() };
      blocks.failAt = nth;
      try {
        net.step();
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(MemoryError);
      }
      blocks.failAt = -1;
      failed++;
      net.zeroGrad();
      expect(live()).toEqual(before.live);
      expect(net.weights()).toEqual(before.weights);
    }
    expect(failed).toBeGreaterThan(300);
    expect(net.weights()).toEqual(expected);
    expect(blocks.given).toBe(undisturbed.blocks.given);
    const after = live();
    for (let step = 0; step < 100; step++) net.step();
    expect(live()).toEqual(after);
  });

  it("when all 4 GiB are given: training goes on with a smaller batch", () => {
    const kernels = createKernels({ threads: 1 });
    setBackend(kernels);
    const net = trainer({ batch: 64, size: 28 });
    net.step();
    scope(() => net.optimizer.zeroGrad());
    const [weights, before] = [net.weights(), live()];
    const taken = fill(kernels);
    try {
      net.step(1); // in what the first step left behind
      scope(() => net.optimizer.zeroGrad());
      const small = net.weights();
      // Blocks that fit one sample are there; those for all are in the hands of others.
      expect(() => net.step()).toThrow(MemoryError);
      scope(() => net.optimizer.zeroGrad());
      expect(live()).toEqual(before);
      expect(Buffer.compare(net.weights(), small)).toBe(0);
      expect(Buffer.compare(small, weights)).not.toBe(0);
      expect(net.step(1)).toBeLessThan(5);
      expect(kernels.engine.heap.reserved).toBeGreaterThan(2 ** 32 - 2 ** 20);
    } finally {
      for (const block of taken) kernels.release(block);
    }
    expect(net.step()).toBeLessThan(5);
    scope(() => net.optimizer.zeroGrad());
    expect(live()).toEqual(before);
  });
});

/** A net of the catalogue under a gradient penalty, with a hook and averaged weights. */
function penalized() {
  manualSeed(6);
  const model = new layers.Sequential(
    new layers.Conv2D(1, 4, 3, { padding: 1, bias: false }),
    new layers.BatchNorm2D(4),
    new layers.ReLU(),
    new layers.Dropout(0.3),
    new layers.Residual(
      new layers.Sequential(
        new layers.Conv2D(4, 4, 3, { padding: 1, groups: 4 }),
        new layers.BatchNorm2D(4, { affine: false }),
        new layers.GELU(),
      ),
    ),
    new layers.GroupNorm(2, 4),
    new layers.PReLU(4),
    new layers.LpPool(2, 2),
    new layers.Flatten(),
    new layers.Dense(36, 5),
  );
  const parameters = model.parameters();
  const optimizer = new Adam(parameters, { lr: 0.01 });
  const average = new ExponentialMovingAverage(parameters, { decay: 0.9 });
  parameters[0]!.onGradient((g) => g.mul(0.5));
  const images = randn([3, 1, 6, 6], { requiresGrad: true });
  const labels = tensor(Int32Array.of(0, 1, 2));
  const state = randomState();
  const zeroGrad = () => {
    optimizer.zeroGrad();
    images.grad = null;
  };
  const step = () => {
    setRandomState(state);
    zeroGrad();
    const y = model.forward(images);
    const [slope] = gradients(y.sum(), [images], { createGraph: true });
    const penalty = slope.square().sum().sqrt().sub(1).square();
    layers.crossEntropy(y, labels, { labelSmoothing: 0.1 }).add(penalty).backward();
    optimizer.step();
    average.update();
  };
  return {
    step: () => scope(step),
    zeroGrad: () => scope(zeroGrad),
    weights: () => parameters.map((w) => Array.from(w.toTypedArray())),
  };
}

/** Takes all blocks of 1 MiB and more; nobody touches them, so the host gives no page for them. */
function fill(kernels: WasmKernels): Block[] {
  const taken: Block[] = [];
  for (let bytes = 2 ** 30; bytes >= 2 ** 18; bytes /= 2) {
    try {
      for (;;) taken.push(kernels.allocate("uint8", bytes));
    } catch (error) {
      expect(error).toBeInstanceOf(MemoryError);
    }
  }
  return taken;
}

describe.skipIf(process.platform === "win32")("where the address space is tight", () => {
  const folder = mkdtempSync(join(tmpdir(), "convgrad-"));
  const bundle = join(folder, "tight.mjs");
  beforeAll(async () => {
    await build({
      entryPoints: [programOf("tight")],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["source"],
      logLevel: "error",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  // V8 sets 8 GiB and more of addresses aside for a memory, however little of it is used.
  it.each([
    { gigabytes: 1.5, name: "reference" },
    { gigabytes: 4, name: "reference" },
    { gigabytes: 8, name: "reference" },
    { gigabytes: 24, name: "wasm" },
  ])(
    "$gigabytes GB: training runs on $name, and the reason is told",
    async ({ gigabytes, name }) => {
      const limit = Math.round(gigabytes * 1e6);
      const { stdout } = await run("bash", [
        "-c",
        `ulimit -v ${limit}; exec "$0" "$1"`,
        process.execPath,
        bundle,
      ]);
      const found = JSON.parse(stdout);
      expect(found).toMatchObject({ name, left: 0 });
      expect(found.losses.every(Number.isFinite)).toBe(true);
      const reasons = found.fallbacks.map(({ reason }: { reason: string }) => reason);
      expect(reasons).toEqual(name === "wasm" ? [] : [expect.stringMatching(/memory/)]);
    },
  );
});

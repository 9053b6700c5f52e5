import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { init, setBackend, tensor, zeros } from "@convgrad/core";
import { createKernels, type WasmKernels, WorkerError } from "@convgrad/wasm";
import { afterEach, describe, expect, it } from "vitest";

const run = promisify(execFile);
const RANDOM = 300;

function draw(kernels: WasmKernels, count: number): Float32Array {
  const buffer = kernels.allocate("float32", count);
  const view = { buffer, dtype: "float32", shape: [count], strides: [1], offset: 0 } as const;
  kernels.random("normal", { seed: 7, stream: 3 }, view);
  const values = kernels.read(view);
  kernels.release(buffer);
  return values as Float32Array;
}

/** Element by element `toEqual` takes seconds. */
const sameBits = (a: Float32Array, b: Float32Array) =>
  Buffer.compare(new Uint8Array(a.buffer), new Uint8Array(b.buffer)) === 0;

/** A region whose second part writes beyond the memory. */
function trap(kernels: WasmKernels): void {
  const { engine } = kernels;
  const half = 1 << 18;
  const last = engine.heap.reserved - 4 * half;
  engine.words.set([last, 2 * half, 1, 0, 0, 0, 0, half]);
  engine.run(RANDOM, 2, 8);
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it never came about");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

afterEach(() => setBackend("reference"));

describe("threads", () => {
  it("give the same bits, however many they are", async () => {
    const expected = draw(createKernels({ threads: 1 }), 100_001);
    for (const threads of [2, 3]) {
      const kernels = createKernels({ threads });
      await kernels.settle?.();
      expect(kernels.engine.threads).toBe(threads);
      expect(sameBits(draw(kernels, 100_001), expected)).toBe(true);
    }
  });

  it("join while they can, and are told to `init`", async () => {
    expect((await init({ backend: "wasm", threads: 3 })).threads).toBe(3);
    expect((await init({ backend: "wasm", threads: 1 })).threads).toBe(1);
    const info = await init({ backend: "wasm", threads: 2 });
    expect(info).toMatchObject({ name: "wasm", threads: 2, trouble: null });
  });

  it("keep tensors where they are when their number changes", async () => {
    await init({ backend: "wasm", threads: 1 });
    const x = tensor([1, 2, 3]);
    const { buffer } = x.storage.block;
    await init({ backend: "wasm", threads: 2 });
    expect(x.add(zeros([3])).toArray()).toEqual([1, 2, 3]);
    expect(x.storage.block.buffer).toBe(buffer);
  });

  it("let the program end by itself", async () => {
    const program = fileURLToPath(new URL("programs/exits.ts", import.meta.url));
    const { stdout } = await run(
      process.execPath,
      ["--conditions=source", "--import", "tsx", program],
      { timeout: 20_000 },
    );
    expect(stdout.trim()).toBe("2 threads, 2500");
  });
});

describe("a worker that dies", () => {
  it("between two operations is not missed", async () => {
    const kernels = createKernels({ threads: 3 });
    const { pool } = kernels.engine;
    await pool.settled();
    const expected = draw(kernels, 50_000);
    pool.kill(0);
    await until(() => pool.size === 1);
    expect(kernels.trouble).toMatch(/ended with exit code 1/);
    expect(kernels.threads).toBe(2);
    expect(sameBits(draw(kernels, 50_000), expected)).toBe(true);
  });

  it("while work goes on is no hang: either nobody needed it, or a WorkerError says so", async () => {
    const kernels = createKernels({ threads: 2 });
    kernels.engine.deadAfter = 300;
    await kernels.settle?.();
    const expected = draw(kernels, 3_000_000);
    kernels.engine.pool.kill(0);
    let found: Float32Array | null = null;
    try {
      found = draw(kernels, 3_000_000);
    } catch (error) {
      expect(error).toBeInstanceOf(WorkerError);
    }
    if (found) expect(sameBits(found, expected)).toBe(true);
    expect(sameBits(draw(kernels, 3_000_000), expected)).toBe(true);
  });

  it("of a trap is a WorkerError, after which one thread goes on", async () => {
    const kernels = createKernels({ threads: 2 });
    await kernels.settle?.();
    const expected = draw(kernels, 50_000);
    expect(() => trap(kernels)).toThrow(WorkerError);
    expect(kernels.threads).toBe(1);
    expect(kernels.trouble).toMatch(/trapped/);
    expect(sameBits(draw(kernels, 50_000), expected)).toBe(true);
    kernels.engine.pool.resize(1);
    await kernels.settle?.();
    expect(sameBits(draw(kernels, 50_000), expected)).toBe(true);
    expect(kernels).toMatchObject({ threads: 2, trouble: null });
  });
});

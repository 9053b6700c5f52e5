import { contract, manualSeed, randn, scope, withBackend } from "@convgrad/core";
import { afterEach, describe, expect, it } from "vitest";
import { SCRATCH, SCRATCH_STRIDE } from "../assembly/abi.ts";
import { createKernels } from "./load.ts";

const kernels = createKernels({ threads: 1 });
const { engine } = kernels;
const { pool } = engine;
afterEach(() => pool.dismiss(null));

/** A product large enough for every thread to have parts, and to need its scratch memory. */
function product(size: number): number {
  return withBackend(kernels, () =>
    scope(() => {
      manualSeed(size);
      const [a, b] = [randn([size, size]), randn([size, size])];
      return contract("ik, kj -> ij", a, b).abs().sum().item();
    }),
  );
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) await new Promise((done) => setTimeout(done, 5));
  expect(condition()).toBe(true);
}

describe("the worker pool", () => {
  it("parks workers that are not wanted, and wakes them when they are", async () => {
    const expected = product(200);
    for (const size of [3, 1, 2, 0, 3, 2]) {
      pool.resize(size);
      await pool.settled();
      expect(product(200)).toBe(expected);
      await until(() => pool.ready === size);
      expect(pool).toMatchObject({ size, highest: 3, trouble: null });
    }
  });

  it("may change its size faster than workers start or leave", async () => {
    const expected = product(200);
    for (let round = 0; round < 50; round++) {
      pool.resize(round % 4);
      expect(product(200)).toBe(expected);
    }
    pool.resize(2);
    await pool.settled();
    expect(pool).toMatchObject({ size: 2, ready: 2, highest: 3, trouble: null });
  });

  it("gives a new worker the number of the dead one, and nobody else's", async () => {
    const expected = [200, 500].map(product);
    pool.resize(3);
    await pool.settled();
    pool.kill(0);
    await until(() => pool.size === 2);
    expect(pool.highest).toBe(3);
    engine.reserveScratch(1 << 22);
    const [start, stride] = [SCRATCH, SCRATCH_STRIDE].map((at) => engine.cells.i32[at / 4]!);
    const next = engine.allocate("uint8", 1 << 25);
    expect(next.address).toBeGreaterThanOrEqual(start! + 4 * stride!); // number 3 has scratch memory
    engine.release(next);
    expect([200, 500].map(product)).toEqual(expected);
    pool.resize(3);
    await pool.settled();
    expect(pool).toMatchObject({ size: 3, highest: 3, trouble: null });
    expect([200, 500].map(product)).toEqual(expected);
  });
});

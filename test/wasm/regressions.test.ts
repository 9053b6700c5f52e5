import {
  contract,
  full,
  gradients,
  init,
  ones,
  reference,
  scope,
  setBackend,
  tensor,
  withBackend,
} from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";

// Mistakes that were made once, each by a program that showed it.

describe("the wasm backend", () => {
  it("packs all of an operand although a worker becomes ready in the middle of an operation", () => {
    const kernels = createKernels({ threads: 1 });
    let reads = 0;
    Object.defineProperty(kernels.engine, "threads", { get: () => 1 + (reads++ % 2) });
    for (let first = 0; first < 2; first++) {
      reads = first;
      withBackend(kernels, () => {
        const product = ones([48, 4096]).matmul(ones([4096, 48]));
        expect([product.min().item(), product.max().item()]).toEqual([4096, 4096]);
      });
    }
  });

  it("does not take a plan without a bias for one with a single number", () => {
    withBackend(createKernels({ threads: 1 }), () => {
      const [a, b] = [ones([32]), ones([32])];
      expect(contract("k, k ->", a, b).relu().item()).toBe(32);
      expect(contract("k, k ->", a, b).add(tensor(100)).item()).toBe(132);
    });
  });

  it("refuses scratch memory beyond 4 GiB and goes on", () => {
    const kernels = createKernels({ threads: 1 });
    expect(() => kernels.engine.reserveScratch(2 ** 32 + 1)).toThrow("more than the 4 GiB");
    withBackend(kernels, () => expect(tensor([5, 6, 7]).toArray()).toEqual([5, 6, 7]));
  });

  it("needs no more columns than threads have parts for", () => {
    const kernels = createKernels({ threads: 1 });
    withBackend(kernels, () => {
      const x = ones([1, 4, 300, 300]);
      x.requiresGrad = true;
      conv2d(x, ones([2, 4, 7, 7]))
        .sum()
        .backward();
      expect(x.grad!.max().item()).toBe(98);
    });
    expect(kernels.engine.heap.reserved).toBeLessThan(2 ** 27);
  });

  it("joins what is free before it takes more memory", () => {
    const { engine } = createKernels({ threads: 1 });
    const classOf = (mebibytes: number) => engine.allocate("uint8", mebibytes * 2 ** 20);
    for (let mebibytes = 1; mebibytes <= 64; mebibytes *= 2) {
      const blocks = Array.from({ length: 4 }, () => classOf(mebibytes));
      for (const block of blocks) engine.release(block);
    }
    expect(engine.heap.reserved).toBeLessThan(300 * 2 ** 20); // 4 × 64, not 4 × (64 + 32 + …)
  });

  it("keeps its options when it is selected again", async () => {
    await init({ backend: "wasm", threads: 1, winograd: false });
    setBackend("reference");
    setBackend("wasm");
    const info = await init({ backend: "wasm" });
    expect(info).toMatchObject({ name: "wasm", threads: 1 });
    await init({ backend: "wasm", winograd: true });
    setBackend(reference);
  });
});

describe("init", () => {
  it("refuses switches that are no switches", async () => {
    const wrong = { backend: "wasm", winograd: "no" } as unknown as { backend: string };
    await expect(init(wrong)).rejects.toThrow('init: winograd is "no"; it must be true or false');
    await expect(init({ relaxed: 1 } as never)).rejects.toThrow("relaxed is 1");
  });

  it("fills the rows that no window shows, where stride and dilation are both 2", () => {
    const gradient = () => {
      const x = ones([4, 9, 12, 18], { requiresGrad: true });
      const w = ones([17, 9, 3, 3]);
      const y = conv2d(x, w, null, { stride: [2, 1], dilation: [2, 1] });
      return Array.from(gradients(y, [x], { gradient: ones(y.shape) })[0].toTypedArray());
    };
    const rubbish = withBackend(createKernels({ threads: 1 }), () => {
      scope(() => Array.from({ length: 9 }, () => full([4, 9, 12, 18], 7)).length);
      return gradient();
    });
    expect(rubbish).toEqual(withBackend(reference, gradient));
  });
});

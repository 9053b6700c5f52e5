import { type Kernels, reference, tensor, withBackend } from "@convgrad/core";
import { Adam, AdamW } from "@convgrad/optim";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Draw } from "./randomPrograms.ts";

// A law: the kernel of Adam makes the bits that its composition makes.

const kernels = createKernels({ threads: 3 });
const { adam: _, ...others } = kernels.fused!;
const composing: Kernels = { ...kernels, fused: others };
beforeAll(() => kernels.settle?.());
afterAll(() => kernels.engine.pool.resize(0));

interface Run {
  readonly seed: number;
  readonly size: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
}

/** The bits of weight and state after three steps, as text. */
function bitsOf(on: Kernels, { seed, size, weightDecay, decoupled }: Run): string[] {
  return withBackend(on, () => {
    const draw = new Draw(seed);
    const values = () => tensor(Float32Array.from({ length: size }, () => 2 * draw.next() - 1));
    const w = values();
    w.requiresGrad = true;
    const optimizer = new (decoupled ? AdamW : Adam)([w], { lr: 0.1, weightDecay });
    for (let step = 0; step < 3; step++) {
      w.grad = values();
      optimizer.step();
    }
    const { parameters } = optimizer.stateDict();
    return [w, ...Object.values(parameters[0]!.tensors)].map((x) =>
      Buffer.from(Float32Array.from(x.toTypedArray()).buffer).toString("base64"),
    );
  });
}

describe("the kernel of Adam", () => {
  const runs = fc.record({
    seed: fc.nat(2 ** 31),
    size: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(60_001)),
    weightDecay: fc.constantFrom(0, 0.1),
    decoupled: fc.boolean(),
  });

  it("makes the same bits as its composition, in parts or not", () => {
    fc.assert(
      fc.property(runs, (run) => {
        expect(bitsOf(kernels, run)).toEqual(bitsOf(composing, run));
      }),
      { numRuns: 20 },
    );
  });

  it("leaves the neighbours of what it updates alone", () => {
    withBackend(kernels, () => {
      const all = tensor(new Float32Array(11).fill(1));
      const w = all.slice([3], [8]);
      w.requiresGrad = true;
      w.grad = tensor(new Float32Array(5).fill(1));
      new Adam([w], { lr: 0.5 }).step();
      const values = all.toArray() as number[];
      expect(values.slice(0, 3).concat(values.slice(8))).toEqual(new Array(6).fill(1));
      expect(values.slice(3, 8)).toEqual(new Array(5).fill(expect.closeTo(0.5, 5)));
    });
  });

  it("is not asked where the gradient lies otherwise", () => {
    const step = (on: Kernels) =>
      withBackend(on, () => {
        const w = tensor(new Float32Array(12).fill(1), { shape: [3, 4], requiresGrad: true });
        w.grad = tensor(
          Float32Array.from({ length: 12 }, (_, i) => i - 5),
          { shape: [4, 3] },
        ).transpose();
        new Adam([w], { lr: 0.5 }).step();
        return Array.from(w.toTypedArray(), (value) => expect.closeTo(value, 5));
      });
    expect(step(kernels)).toEqual(step(reference));
  });
});

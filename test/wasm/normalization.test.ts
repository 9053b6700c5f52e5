import {
  GraphError,
  gradcheck,
  gradients,
  type Kernels,
  keep,
  memory,
  noGrad,
  reference,
  scope,
  setBackend,
  type Tensor,
  tensor,
  withBackend,
} from "@convgrad/core";
import { batchNorm2d } from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Draw } from "./randomPrograms.ts";

// Laws: the kernels of batch normalisation do what its sentence says, in values and in gradients of both orders.

const alone = createKernels({ threads: 1 });
const together = createKernels({ threads: 3 });
beforeAll(() => together.settle?.());
afterAll(() => together.engine.pool.resize(0));
afterEach(() => setBackend("reference"));

/** `[N, C, H, W]`, at times with the axes in another order in memory, or every other cell. */
function images(draw: Draw, shape: readonly number[], mean: number): Tensor {
  const [n, c, h, w] = shape as [number, number, number, number];
  const values = Float32Array.from({ length: 2 * n * c * h * w }, () => mean + 2 * draw.next() - 1);
  const wide = (sizes: number[]) => tensor(values.slice(0, n * c * h * w), { shape: sizes });
  const made = [
    () => wide([n, c, h, w]),
    () => wide([n, h, w, c]).permute([0, 3, 1, 2]),
    () => wide([c, n, h, w]).permute([1, 0, 2, 3]),
    () =>
      tensor(values, { shape: [n, c, h, 2 * w] }).slice(
        [0, 0, 0, 0],
        [n, c, h, 2 * w],
        [1, 1, 1, 2],
      ),
    () => wide([n, c, h, w]).flip([3]),
  ];
  return draw.pick(made)();
}

interface Case {
  readonly seed: number;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly given: boolean;
  readonly weight: boolean;
  readonly bias: boolean;
}

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(2 ** 31),
  shape: fc.oneof(
    fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 7 }), fc.nat(8), fc.nat(12)),
    fc.constantFrom([2, 1, 0, 0], [1, 3, 0, 1], [20, 2, 40, 44], [3, 2, 150, 130]),
  ),
  mean: fc.constantFrom(0, 0, 3, -40),
  given: fc.boolean(),
  weight: fc.boolean(),
  bias: fc.boolean(),
});

/** Value, gradients, and gradients of a sum of them. */
function numbersOf(kernels: Kernels, { seed, shape, mean, ...has }: Case): Float32Array[] {
  return withBackend(kernels, () =>
    scope(() => {
      const draw = new Draw(seed);
      const [n, c, h, w] = shape as [number, number, number, number];
      const x = images(draw, [n, c, h + 1, w + 1], mean);
      const list = (from: number) =>
        tensor(
          Float32Array.from({ length: c }, () => from + draw.next()),
          { requiresGrad: true },
        );
      x.requiresGrad = true;
      const [weight, bias] = [has.weight ? list(0.5) : null, has.bias ? list(-0.5) : null];
      const given = has.given ? { mean: list(mean), variance: list(0.3) } : {};
      const g = images(draw, [n, c, h + 1, w + 1], 0);
      const y = batchNorm2d(x, weight, bias, { epsilon: 0.01, ...given });
      const inputs = [x, weight, bias, ...Object.values(given)].filter((input) => input !== null);
      const first = gradients(y, inputs, { gradient: g, retainGraph: true });
      const recorded = gradients(y, inputs, { gradient: g, createGraph: true });
      const loss = recorded
        .map((gradient) => gradient.mul(gradient).mean())
        .reduce((p, q) => p.add(q));
      const second = loss.node ? gradients(loss, inputs) : [];
      return [y, ...first, ...recorded, ...second].map((t) => Float32Array.from(t.toTypedArray()));
    }),
  );
}

function expectClose(actual: readonly Float32Array[], expected: readonly Float32Array[], of: Case) {
  expect(actual.length).toBe(expected.length);
  // float32 cells around a mean carry its rounding.
  const rounding = 3e-5 * (1 + Math.abs(of.mean));
  for (const [k, xs] of expected.entries()) {
    const largest = xs.reduce((most, x) => Math.max(most, Math.abs(x)), 0.1);
    const worst = xs.reduce((most, x, i) => Math.max(most, Math.abs(x - actual[k]![i]!)), 0);
    expect(worst / largest, `tensor ${k}`).toBeLessThan(rounding);
  }
}

describe("batch normalisation", () => {
  it("has the value and the gradients, of both orders, of its sentence", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        expectClose(numbersOf(alone, drawn), numbersOf(reference, drawn), drawn);
      }),
      { numRuns: 60 },
    );
  });

  it("has the same bits on one thread and on three", () => {
    for (const shape of [
      [33, 5, 19, 22],
      [64, 3, 7, 7],
      [4, 2, 150, 130],
    ]) {
      const drawn = { seed: 5, shape, mean: 1, given: false, weight: true, bias: true };
      expect(numbersOf(together, drawn)).toEqual(numbersOf(alone, drawn));
    }
  });

  it("loses nothing of a variance that is small beside the mean", () => {
    const values = Float32Array.from({ length: 4096 }, (_, i) => 1000 + (i % 2));
    withBackend(alone, () => {
      const y = batchNorm2d(tensor(values, { shape: [4, 1, 32, 32] }), null, null, { epsilon: 0 });
      expect(y.min().item()).toBeCloseTo(-1, 5);
      expect(y.max().item()).toBeCloseTo(1, 5);
    });
  });

  it("gives NaN for the channel that has one, and for no other", () => {
    withBackend(alone, () => {
      const values = Float32Array.from({ length: 2 * 3 * 25 }, (_, i) =>
        i === 30 ? Number.NaN : i % 7,
      );
      const y = batchNorm2d(tensor(values, { shape: [2, 3, 5, 5] })).toTypedArray();
      const isNaNs = Array.from(y, (_, i) => Math.floor(i / 25) % 3 === 1);
      expect(Array.from(y, (value) => Number.isNaN(value))).toEqual(isNaNs);
    });
  });

  it("passes gradcheck where the sentence does, in float64", () => {
    setBackend(alone);
    const x = tensor(
      Float64Array.from({ length: 24 }, (_, i) => Math.sin(i)),
      { shape: [2, 3, 2, 2] },
    );
    const w = tensor(Float64Array.of(1, 2, 0.5));
    gradcheck((x: Tensor, w: Tensor) => batchNorm2d(x, w, w), [x, w], { order: 2 });
  });
});

describe("a fusion", () => {
  const [x, w] = [
    keep(
      tensor(
        Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
        { shape: [2, 2, 2, 4], requiresGrad: true },
      ),
    ),
    keep(tensor([1, 2], { requiresGrad: true })),
  ];

  it("keeps derivatives of inputs that the first pass did not ask for", () => {
    const mixed = (kernels: Kernels) =>
      withBackend(kernels, () => {
        const [gx] = gradients(batchNorm2d(x, w).pow(2).sum(), [x], { createGraph: true });
        return gradients(gx.mul(gx).sum(), [w])[0].toArray() as number[];
      });
    const [found, expected] = [mixed(alone), mixed(reference)];
    found.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });

  it("does not count the way from one input to another", () => {
    withBackend(alone, () => {
      const doubled = w.mul(2);
      const y = batchNorm2d(x.mul(w.reshape([2, 1, 1])), doubled);
      const [a] = gradients(y.mul(x).sum(), [doubled], { createGraph: true });
      const [b] = gradients(
        batchNorm2d(x.mul(w.reshape([2, 1, 1])), w.mul(2))
          .mul(x)
          .sum(),
        [w],
      );
      // Scale does not matter to what is normalised: all of ∂w is that of the weight.
      a.mul(2)
        .toTypedArray()
        .forEach((value, i) => {
          expect(b.toTypedArray()[i]).toBeCloseTo(value, 3);
        });
    });
  });

  it("notices that an input changed after it was saved", () => {
    withBackend(alone, () => {
      const weight = tensor([1, 2], { requiresGrad: true });
      const y = batchNorm2d(x, weight).sum();
      noGrad(() => weight.assign(3));
      expect(() => gradients(y, [x])).toThrow(GraphError);
      expect(() => gradients(y, [x])).toThrow("run backward before modifying it");
    });
  });

  it("leaves nothing behind", () => {
    withBackend(alone, () => {
      const before = memory();
      scope(() => {
        gradients(batchNorm2d(x, w).sum(), [x, w]);
        gradients(batchNorm2d(x, w).sum(), [x], { createGraph: true });
      });
      expect(memory()).toEqual(before);
    });
  });
});

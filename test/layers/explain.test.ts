import {
  customOp,
  GraphError,
  gradients,
  manualSeed,
  memory,
  noGrad,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  withBackend,
} from "@convgrad/core";
import {
  avgPool,
  BatchNorm2D,
  Conv2D,
  type Conv2DOptions,
  conv2d,
  crossEntropy,
  dense,
  type Explanation,
  explain,
  Flatten,
  lpPool,
  maxPool,
  mse,
  Sequential,
} from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const float64 = { dtype: "float64" } as const;

/** Whole numbers from −3 to 3, as leaves: sums of their products are exact. */
function integers(seed: number, ...shapes: (readonly number[])[]): Tensor[] {
  manualSeed(seed);
  return shapes.map((shape) => {
    const whole = Array.from(randn(shape).toTypedArray(), (v) =>
      Math.max(-3, Math.min(3, Math.round(2 * v)) || 0),
    );
    return tensor(whole, { shape, ...float64, requiresGrad: true });
  });
}

/** A loss whose δ are whole numbers. */
function lossOf(y: Tensor, seed = 9): Tensor {
  const [g] = integers(seed, y.shape);
  return y.mul(g!.detach()).sum();
}

function at(x: Tensor, index: readonly number[]): number {
  return x
    .slice(
      index,
      index.map((i) => i + 1),
    )
    .item();
}

function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, n) => all.flatMap((head) => Array.from({ length: n }, (_, i) => [...head, i])),
    [[]],
  );
}

/** The sum is the gradient to the bit, and each factor stands where its source says. */
function expectExact(e: Explanation, others: { input?: Tensor; weight?: Tensor }): void {
  expect(e.sum + 0).toBe(e.gradient + 0);
  for (const term of e.terms) {
    expect(term.value).toBe(term.delta * term.factor);
    if (term.kind === "padding") expect([term.factor + 0, term.source]).toEqual([0, null]);
    if (term.kind === "input" || term.kind === "weight") {
      expect(at(others[term.kind]!, term.source!)).toBe(term.factor);
    }
  }
}

describe("explain a convolution", () => {
  const sizes = fc.record({
    n: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 2 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    extra: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 1 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
    flip: fc.boolean(),
    seed: fc.nat(),
  });

  it("sums to the gradient exactly, for any stride, padding, dilation, groups and flip", () => {
    fc.assert(
      fc.property(sizes, ({ n, groups, channels, filters, kernel, extra, seed, ...sliding }) => {
        const [h, w] = kernel.map((k, i) => (k - 1) * sliding.dilation[i]! + 1 + extra[i]!) as [
          number,
          number,
        ];
        const [x, k, b] = integers(
          seed,
          [n, groups * channels, h, w],
          [groups * filters, channels, ...kernel],
          [groups * filters],
        ) as [Tensor, Tensor, Tensor];
        const options: Conv2DOptions = { ...sliding, groups };
        const y = conv2d(x, k, b, options);
        const loss = lossOf(y);
        const [, , oh, ow] = y.shape as [number, number, number, number];
        const pick = <T>(list: T[]) => list[seed % list.length]!;
        const others = { input: x, weight: k };

        const ofWeight = explain(k, pick(indices(k.shape)), { of: loss });
        expectExact(ofWeight, others);
        expect(ofWeight.terms).toHaveLength(n * oh * ow); // one per output of its filter, padding too

        const ofInput = explain(x, pick(indices(x.shape)), { of: loss });
        expectExact(ofInput, others);
        for (const { output, source, kind, sample } of ofInput.terms) {
          expect(kind).toBe("weight");
          expect(sample).toBe(ofInput.index[0]);
          const [o, , i, j] = source as [number, number, number, number];
          expect(o).toBe(output[1]);
          const tap = sliding.flip ? [kernel[0] - 1 - i, kernel[1] - 1 - j] : [i, j];
          for (const axis of [0, 1] as const) {
            const cell =
              output[2 + axis]! * sliding.stride[axis] +
              tap[axis]! * sliding.dilation[axis] -
              sliding.padding[axis];
            expect(cell).toBe(ofInput.index[2 + axis]);
          }
        }

        const ofBias = explain(b, [seed % b.size], { of: loss });
        expectExact(ofBias, others);
        expect(ofBias.terms.map(({ kind, factor }) => [kind, factor])).toEqual(
          Array.from({ length: n * oh * ow }, () => ["one", 1]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("lists a padding cell with factor 0 and no source, and a zero of the image with its place", () => {
    const x = tensor([[[[0, 2], [3, 4]]]], { ...float64, requiresGrad: true }); // biome-ignore format: a matrix
    const [w] = integers(1, [1, 1, 3, 3]) as [Tensor];
    const loss = conv2d(x, w, null, { padding: 1 }).sum();
    const { terms } = explain(w, [0, 0, 0, 0], { of: loss });
    expect(terms.map(({ output, kind, source, factor }) => [output, kind, source, factor])).toEqual(
      [
        [[0, 0, 0, 0], "padding", null, 0],
        [[0, 0, 0, 1], "padding", null, 0],
        [[0, 0, 1, 0], "padding", null, 0],
        [[0, 0, 1, 1], "input", [0, 0, 0, 0], 0],
      ],
    );
  });

  it("adds up the taps of an image that is padded with itself", () => {
    const [x, w] = integers(4, [1, 1, 3, 3], [1, 1, 3, 3]) as [Tensor, Tensor];
    for (const paddingMode of ["reflect", "replicate", "circular"] as const) {
      const loss = lossOf(conv2d(x, w, null, { padding: 1, paddingMode }));
      for (const index of indices(x.shape)) {
        expectExact(explain(x, index, { of: loss }), { input: x, weight: w });
      }
      const ofWeight = explain(w, [0, 0, 0, 2], { of: loss });
      expectExact(ofWeight, { input: x, weight: w });
      expect(ofWeight.terms.every(({ kind }) => kind === "input")).toBe(true);
    }
  });

  it("lists the terms of all uses: shared weights, and a shortcut", () => {
    const [x, w] = integers(5, [1, 1, 4, 4], [1, 1, 3, 3]) as [Tensor, Tensor];
    const twice = conv2d(conv2d(x, w, null, { padding: 1 }), w, null, { padding: 1 });
    const shared = explain(w, [0, 0, 1, 2], { of: lossOf(twice) });
    expect(shared.sum).toBe(shared.gradient);
    expect(shared.terms).toHaveLength(2 * 16);
    const residual = conv2d(x, w, null, { padding: 1 }).add(x);
    const e = explain(x, [0, 0, 0, 0], { of: lossOf(residual) });
    expectExact(e, { weight: w });
    expect(e.terms.map(({ operation }) => operation)).toEqual([
      "conv2d",
      "conv2d",
      "conv2d",
      "conv2d",
      "add",
    ]);
  });

  it("finds its way through views, casts and hooked modules", () => {
    const [x, w] = integers(6, [2, 9], [1, 1, 2, 2]) as [Tensor, Tensor];
    const loss = lossOf(conv2d(x.reshape([2, 1, 3, 3]).transpose(2, 3), w, null));
    const e = explain(x, [1, 3], { of: loss });
    expectExact(e, { weight: w });
    expect(e.terms.map(({ output }) => output)).toEqual([
      [1, 0, 0, 0],
      [1, 0, 0, 1],
    ]);
    const conv = new Conv2D(1, 1, 2);
    conv.onBackward(() => undefined);
    const hooked = explain(conv.weight, [0, 0, 0, 0], {
      of: conv.forward(randn([1, 1, 3, 3])).sum(),
    });
    expect(hooked.terms).toHaveLength(4);
    expect(hooked.sum).toBeCloseTo(hooked.gradient, 5);
  });

  it("works on the fast backend, in float32 to rounding", () => {
    withBackend(createKernels({ threads: 1 }), () => {
      manualSeed(3);
      const model = new Sequential(new Conv2D(2, 3, 3, { padding: 1 }), new Flatten());
      const [conv] = model.layers as [Conv2D];
      const x = randn([2, 2, 6, 6], { requiresGrad: true });
      const loss = crossEntropy(model.forward(x), tensor(new Int32Array([5, 50])));
      for (const e of [
        explain(conv.weight, [1, 0, 2, 2], { of: loss }),
        explain(x, [1, 1, 0, 3], { of: loss }),
      ]) {
        expect(e.sum).toBeCloseTo(e.gradient, 6);
      }
    });
  });
});

describe("what is not finite", () => {
  /** Every term of every element: the factor is what stands at its source, to the bit. */
  function expectOwnFactors(x: Tensor, w: Tensor, options: Conv2DOptions): void {
    const loss = lossOf(conv2d(x, w, null, options));
    for (const [tensor, other, kind] of [[x, w, "weight"], [w, x, "input"]] as const) // biome-ignore format: a table
      for (const index of indices(tensor.shape).filter((_, i) => i % 3 === 0)) {
        for (const term of explain(tensor, index, { of: loss }).terms) {
          const own = term.source ? at(other, term.source) : 0;
          expect([term.factor, term.kind]).toEqual([own, term.source ? kind : "padding"]); // −0 is not 0 here
          expect(term.value).toBe(term.delta * own);
        }
      }
  }

  it("is the factor of the terms that meet it, and of no other", () => {
    for (const strange of [Number.NaN, Infinity, -Infinity, -0]) {
      for (const options of [
        { padding: 1 },
        { padding: 1, flip: true },
        { stride: 2, dilation: 2, padding: 2 },
        { groups: 2, padding: 1 },
      ]) {
        const channels = 2 / (options.groups ?? 1);
        const [x, w] = integers(3, [2, 2, 4, 4], [2, channels, 2, 2]) as [Tensor, Tensor];
        const strangers = (of: Tensor, place: number) =>
          tensor(Array.from(of.toTypedArray()).with(place, strange), {
            shape: of.shape,
            ...float64,
            requiresGrad: true,
          });
        expectOwnFactors(strangers(x, 21), w, options);
        expectOwnFactors(x, strangers(w, 3), options);
      }
    }
  });

  it("of a convolution whose image needs no gradient, or is padded with itself, and of a dense layer", () => {
    const data = tensor([[[[Number.NaN, 2, 3], [4, 5, 6], [7, 8, 9]]]], float64); // biome-ignore format: a matrix
    const w = tensor([[[[1, 2], [3, Infinity]]]], { ...float64, requiresGrad: true }); // biome-ignore format: a matrix
    const ofWeight = explain(w, [0, 0, 1, 1], { of: conv2d(data, w).sum() });
    expect(ofWeight.terms.map(({ factor }) => factor)).toEqual([5, 6, 8, 9]);
    expect(ofWeight.sum).toBe(28);
    const x = tensor([[[[1, 2], [3, 4]]]], { ...float64, requiresGrad: true }); // biome-ignore format: a matrix
    const around = conv2d(x, w, null, { padding: 1, paddingMode: "replicate" });
    const corner = explain(x, [0, 0, 0, 0], { of: around.sum() }).terms;
    expect(corner.map(({ factor, kind }) => [factor, kind])).toEqual([
      [Infinity, "taps"],
      [4, "taps"],
      [3, "taps"],
      [1, "weight"],
    ]);
    const square = tensor([[1, Number.NaN], [3, 4]], { ...float64, requiresGrad: true }); // biome-ignore format: a matrix
    const y = dense(square, square.detach().clone().mul(2));
    expect(explain(square, [1, 0], { of: y.slice([0, 0], [2, 1]).sum() }).terms).toMatchObject([
      { output: [1, 0], delta: 1, factor: 2 },
      { output: [1, 1], delta: 0, factor: Number.NaN },
    ]);
  });

  it("does not spread to the windows, the channels and the elements beside it", () => {
    const plane = [[1, 2, 0, 3], [4, 3, 1, 2], [5, 1, 2, 2], [0, 2, 1, Number.NaN]]; // biome-ignore format: a matrix
    const x = tensor([[plane]], { ...float64, requiresGrad: true });
    const factors = (y: Tensor, index: readonly number[], of = x) =>
      explain(of, index, { of: y.sum() }).terms.map(({ output, factor }) => [output, factor]);
    expect(factors(maxPool(x, 2), [0, 0, 1, 0])).toEqual([[[0, 0, 0, 0], 1]]);
    expect(factors(avgPool(x, 2), [0, 0, 1, 0])).toEqual([[[0, 0, 0, 0], 0.25]]);
    expect(factors(lpPool(x, 1, 2), [0, 0, 1, 0])).toEqual([[[0, 0, 0, 0], 1]]);
    expect(factors(x.mul(x), [0, 0, 1, 0])).toEqual([[[0, 0, 1, 0], 8]]);
    expect(factors(x.mul(x), [0, 0, 3, 3])).toEqual([[[0, 0, 3, 3], Number.NaN]]);
    expect(factors(x.relu(), [0, 0, 0, 2])).toEqual([[[0, 0, 0, 2], 0]]);
    const scale = tensor([2, 3, 4, 5], { ...float64, requiresGrad: true });
    expect(factors(x.mul(scale), [1], scale).map(([, factor]) => factor)).toEqual([2, 3, 1, 2]);
    const images = tensor([[[[1, 2], [3, 5]], [[1, 2], [3, Number.NaN]]]], { ...float64, requiresGrad: true }); // biome-ignore format: two planes
    const normal = new BatchNorm2D(2).to("float64").forward(images).pow(3);
    const first = explain(images, [0, 0, 1, 0], { of: normal.slice([0, 0], [1, 1]).sum() });
    expect(first.terms.map(({ output }) => output[1])).toEqual([0, 0, 0, 0]);
    expect(first.sum).toBeCloseTo(first.gradient, 10);
  });
});

describe("explain other operations", () => {
  it("a dense layer, also with several leading axes", () => {
    const [x, w, b] = integers(7, [2, 3, 4], [4, 2], [2]) as [Tensor, Tensor, Tensor];
    const loss = lossOf(dense(x, w, b));
    const ofWeight = explain(w, [2, 1], { of: loss });
    expectExact(ofWeight, { input: x, weight: w });
    expect(ofWeight.terms.map(({ source }) => source)).toEqual(
      indices([2, 3]).map((i) => [...i, 2]),
    );
    const ofInput = explain(x, [1, 2, 3], { of: loss });
    expectExact(ofInput, { input: x, weight: w });
    expect(ofInput.terms.map(({ output, source }) => [output, source])).toEqual([
      [
        [1, 2, 0],
        [3, 0],
      ],
      [
        [1, 2, 1],
        [3, 1],
      ],
    ]);
    expect(explain(b, [0], { of: loss }).terms).toHaveLength(6);
  });

  it("the winner of a pool takes all, a mean is shared evenly", () => {
    const x = tensor([[[[1, 5, 2], [4, 3, 0], [0, 1, 6]]]], { ...float64, requiresGrad: true }); // biome-ignore format: a matrix
    const pooled = maxPool(x, 2, { stride: 1 });
    const winner = explain(x, [0, 0, 0, 1], { of: lossOf(pooled) });
    expect(
      winner.terms.map(({ operation, output, factor }) => [operation, output, factor]),
    ).toEqual([
      ["maxPool", [0, 0, 0, 0], 1],
      ["maxPool", [0, 0, 0, 1], 1],
    ]);
    expect(winner.sum).toBe(winner.gradient);
    expect(explain(x, [0, 0, 0, 0], { of: pooled.sum() }).terms).toEqual([]);
    const shared = explain(x, [0, 0, 1, 1], { of: avgPool(x, 2, { stride: 1 }).sum() });
    expect(shared.terms.map(({ factor }) => factor)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(shared.sum).toBe(1);
  });

  it("an elementwise operation, also where its slope is 0", () => {
    const x = tensor([-1, 2], { ...float64, requiresGrad: true });
    const loss = x
      .relu()
      .mul(tensor([7, 8], float64))
      .sum();
    expect(explain(x, [0], { of: loss }).terms).toMatchObject([
      { operation: "relu", delta: 7, factor: 0, value: 0 },
    ]);
    expect(explain(x, [1], { of: loss }).terms).toMatchObject([
      { delta: 8, factor: 1, kind: "slope" },
    ]);
    const y = x.mul(x);
    expect(explain(x, [1], { of: y.sum() }).terms).toMatchObject([{ operation: "mul", factor: 4 }]);
    expect(explain(y, [1], { of: y.sum() }).terms).toMatchObject([
      { operation: "sum", delta: 1, factor: 1 },
    ]);
  });

  it("the weight of a batch normalisation, whatever it is made of", () => {
    const norm = new BatchNorm2D(2).to("float64");
    manualSeed(8);
    const x = randn([3, 2, 2, 2], { ...float64, requiresGrad: true });
    const loss = norm.forward(x).pow(3).sum();
    for (const e of [
      explain(norm.weight!, [1], { of: loss }),
      explain(norm.bias!, [0], { of: loss }),
      explain(x, [1, 0, 1, 0], { of: loss }),
    ]) {
      expect(e.terms.length).toBeGreaterThan(0);
      expect(e.sum).toBeCloseTo(e.gradient, 10);
    }
  });

  it("a normalisation that the backend does in one", () => {
    withBackend(createKernels({ threads: 1 }), () => {
      const norm = new BatchNorm2D(2);
      manualSeed(8);
      const x = randn([3, 2, 4, 4], { requiresGrad: true });
      const loss = norm.forward(x).pow(3).sum();
      const e = explain(norm.weight!, [1], { of: loss });
      expect(e.terms).toHaveLength(3 * 4 * 4);
      expect(Math.abs(e.sum - e.gradient)).toBeLessThan(1e-4 * (1 + Math.abs(e.gradient)));
    });
  });

  it("the logits of a loss, and a user's own operation", () => {
    const logits = tensor([[1, 2, 3]], { ...float64, requiresGrad: true });
    const loss = crossEntropy(logits, tensor(new Int32Array([0])));
    const e = explain(logits, [0, 2], { of: loss });
    expect(e.terms).toMatchObject([
      { operation: "crossEntropy", sample: null, output: [], delta: 1 },
    ]);
    expect(e.sum).toBeCloseTo(logits.softmax().toTypedArray()[2]!, 12);
    const cube = customOp({
      name: "cube",
      forward: (x) => x.mul(x).mul(x),
      backward: (g, { inputs: [x] }) => [g.mul(x!.mul(x!).mul(3))],
    });
    expect(explain(logits, [0, 1], { of: cube(logits).sum() }).terms).toMatchObject([
      { operation: "cube", factor: 12 },
    ]);
  });
});

describe("where explain finds the loss", () => {
  const net = () => {
    const [x, w] = integers(2, [1, 1, 3, 3], [1, 1, 2, 2]) as [Tensor, Tensor];
    const hidden = conv2d(x, w);
    return {
      x,
      w,
      hidden,
      loss: mse(hidden, integers(3, [1, 1, 2, 2])[0]!.detach(), { reduction: "sum" }),
    };
  };

  it("is the last backward pass that came by and retained the graph", () => {
    const { x, w, hidden, loss } = net();
    loss.backward(undefined, { retainGraph: true });
    const other = w.sum();
    other.backward(); // freed: does not count
    for (const [t, index] of [
      [w, [0, 0, 1, 1]],
      [x, [0, 0, 1, 1]],
      [hidden, [0, 0, 0, 0]],
    ] as const) {
      const e = explain(t, index);
      expect(e.sum).toBe(e.gradient);
      expect(e.gradient).toBe(at(gradients(loss, [t], { retainGraph: true })[0], index));
    }
  });

  it("leaves every grad and the memory alone", () => {
    const { w, loss } = net();
    const before = memory().tensors;
    explain(w, [0, 0, 0, 0], { of: loss });
    expect(w.grad).toBeNull();
    expect(memory().tensors).toBe(before);
    loss.backward(); // the graph is still there
  });

  it("is asked for otherwise", () => {
    const { x, w, loss } = net();
    expect(() => explain(w, [0, 0, 0, 0])).toThrow(GraphError);
    expect(() => explain(w, [0, 0, 0, 0])).toThrow(
      /pass \{ of: loss \} before its backward pass, or run loss\.backward\(undefined, \{ retainGraph: true \}\)/,
    );
    loss.backward(undefined, { retainGraph: true });
    loss.backward();
    expect(() => explain(w, [0, 0, 0, 0])).toThrow(
      /freed by an earlier backward pass.*retainGraph/,
    );
    expect(() => explain(x.detach(), [0, 0, 0, 0], { of: loss })).toThrow(/requires no gradient/);
    const [stranger] = integers(1, [2]) as [Tensor];
    expect(() => explain(stranger, [0], { of: loss })).toThrow(/does not depend on this tensor/);
    expect(() => explain(stranger, [0], { of: stranger })).toThrow(/no term of itself/);
    expect(() => explain(stranger, [0], { of: stranger.mul(2) })).toThrow(
      /\[2\], not a scalar; reduce it/,
    );
    expect(() => explain(stranger, [0], { of: 3 as never })).toThrow(ValueError);
  });

  it("refuses what is no index, and to work under noGrad", () => {
    const { w, loss } = net();
    for (const index of [[0], [0, 0, 2, 0], [0, 0, -1, 0], [0, 0, 0.5, 0], "0000"]) {
      expect(() => explain(w, index as number[], { of: loss })).toThrow(ShapeError);
    }
    expect(() => explain(w, [0], { of: loss })).toThrow(
      /\[0\] is no element of \[1, 1, 2, 2\]; give/,
    );
    const slopes = w.exp().sum();
    expect(() => noGrad(() => explain(w, [0, 0, 0, 0], { of: slopes }))).toThrow(
      /call explain outside noGrad/,
    );
    const outside = explain(w, [0, 0, 0, 0], { of: loss });
    expect(noGrad(() => explain(w, [0, 0, 0, 0], { of: loss }))).toEqual(outside);
  });
});

describe("the table", () => {
  it("aligns the terms over their sum, and shortens long ones", () => {
    const x = tensor([[[[1, 2], [3, 4]]]], { requiresGrad: true }); // biome-ignore format: a matrix
    const w = tensor([[[[0.5]]]], { requiresGrad: true });
    const loss = conv2d(x, w).mul(tensor([[-10, 20], [30, 40]])).sum(); // biome-ignore format: a matrix
    expect(String(explain(w, [0, 0, 0, 0], { of: loss })).split("\n")).toEqual([
      "∂L/∂x[0, 0, 0, 0] = 280, x [1, 1, 1, 1]",
      "operation  output          δ  factor  which is            δ·factor",
      "──────────────────────────────────────────────────────────────────",
      "conv2d     [0, 0, 0, 0]  -10       1  input [0, 0, 0, 0]       -10",
      "conv2d     [0, 0, 0, 1]   20       2  input [0, 0, 0, 1]        40",
      "conv2d     [0, 0, 1, 0]   30       3  input [0, 0, 1, 0]        90",
      "conv2d     [0, 0, 1, 1]   40       4  input [0, 0, 1, 1]       160",
      "──────────────────────────────────────────────────────────────────",
      "sum        4 terms                                             280",
    ]);
    const long = conv2d(randn([4, 1, 8, 8]), w).sum();
    const text = String(explain(w, [0, 0, 0, 0], { of: long }));
    expect(text).toContain("… 240 more");
    expect(text.split("\n")).toHaveLength(3 + 12 + 1 + 4 + 2);
  });
});

import {
  gradients,
  manualSeed,
  memory,
  randn,
  reference,
  scope,
  steps,
  type Tensor,
  tensor,
  withBackend,
} from "@convgrad/core";
import {
  BatchNorm2D,
  batchNorm2d,
  Conv2D,
  GroupNorm,
  groupNorm,
  Sequential,
} from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

const wasm = createKernels({ threads: 2 });
const backends = [reference, wasm];
const close = { rtol: 1e-5, atol: 1e-5 };

const numbers = (x: Tensor | null) => [...x!.toTypedArray()];

describe("BatchNorm2D", () => {
  it("gives every channel of a batch mean 0 and variance 1", () => {
    manualSeed(1);
    const y = new BatchNorm2D(3).forward(randn([8, 3, 5, 4]).mul(3).add(7));
    expectNumbers("means", y.mean([0, 2, 3]).toTypedArray(), [0, 0, 0], close);
    const variances = y.variance([0, 2, 3], false, 0).toTypedArray();
    expectNumbers("variances", variances, [1, 1, 1], { rtol: 1e-4, atol: 0 });
  });

  it.each(backends)("gathers the same statistics on $name, with any momentum", (kernels) => {
    withBackend(kernels, () => {
      for (const momentum of [0.3, null]) {
        const layer = new BatchNorm2D(2, { momentum });
        layer.forward(tensor([1, 3, 5, 5], { shape: [2, 2, 1, 1] })); // means 3 and 4, variances 8 and 2
        layer.forward(tensor([0, 0, 2, 4], { shape: [2, 2, 1, 1] })); // means 1 and 2, variances 2 and 8
        const [m, n] = momentum === null ? [0.5, 1] : [0.3, 0.3]; // shares of the newest batch
        const blend = (start: number, first: number, second: number) =>
          (1 - m) * ((1 - n) * start + n * first) + m * second;
        const means = [blend(0, 3, 1), blend(0, 4, 2)];
        const variances = [blend(1, 8, 2), blend(1, 2, 8)];
        expectNumbers("means", numbers(layer.runningMean), means, close);
        expectNumbers("variances", numbers(layer.runningVar), variances, close);
        expect(layer.batchesTracked!.item()).toBe(2);
      }
    });
  });

  it("normalises by what it gathered after eval(), and gathers no more", () => {
    const layer = new BatchNorm2D(1);
    layer.loadStateDict({
      weight: tensor([2]),
      bias: tensor([1]),
      runningMean: tensor([3]),
      runningVar: tensor([4 - 1e-5]),
      batchesTracked: tensor(Int32Array.of(7), { shape: [] }),
    });
    const y = layer.eval().forward(tensor([3, 5], { shape: [1, 1, 1, 2] }));
    expectNumbers("y", y.toTypedArray(), [1, 3], close);
    expect([layer.runningMean!.item(), layer.batchesTracked!.item()]).toEqual([3, 7]);
  });

  it("normalises by the batch also after eval() without running statistics", () => {
    const layer = new BatchNorm2D(1, { trackRunningStatistics: false }).eval();
    expect(Object.keys(layer.stateDict())).toEqual(["weight", "bias"]);
    const y = layer.forward(tensor([3, 5], { shape: [1, 1, 1, 2] }));
    expectNumbers("y", y.toTypedArray(), [-1, 1], close);
  });

  it("has state with names, of which a float64 model keeps the counter whole", () => {
    const layer = new BatchNorm2D(2).to("float64");
    const types = Object.entries(layer.stateDict()).map(([name, { dtype }]) => [name, dtype]);
    expect(types).toEqual([
      ["weight", "float64"],
      ["bias", "float64"],
      ["runningMean", "float64"],
      ["runningVar", "float64"],
      ["batchesTracked", "int32"],
    ]);
    layer.forward(randn([2, 2, 2, 2], { dtype: "float64" }));
    expect(layer.batchesTracked!.item()).toBe(1);
    expect(new BatchNorm2D(2, { affine: false }).parameters()).toEqual([]);
  });

  it.each(backends)("holds no memory on $name: neither its graph nor its updates", (kernels) => {
    withBackend(kernels, () => {
      const layer = new BatchNorm2D(2);
      const x = randn([2, 2, 3, 3]);
      const live: number[] = [];
      for (const _ of steps(4)) {
        layer.forward(x).sum().backward();
        for (const p of layer.parameters()) p.grad = null;
        live.push(memory().tensors);
      }
      expect(new Set(live.slice(1)).size).toBe(1);
      expect(layer.runningMean!.requiresGrad).toBe(false);
    });
  });

  it("leaves the statistics alone in a summary, and is a cell wide there", () => {
    const model = new Sequential(new Conv2D(3, 4, 3, { bias: false }), new BatchNorm2D(4));
    const { rows, parameters } = model.summary([3, 8, 8]);
    expect(rows[1]).toMatchObject({
      layer: "BatchNorm2D(4)",
      parameters: 8,
      parametersIfDense: null,
      receptiveField: [3, 3],
    });
    expect(parameters).toBe(4 * 27 + 8);
    const layer = model.layers[1] as BatchNorm2D;
    expect(layer.batchesTracked!.item()).toBe(0);
    expect(numbers(layer.runningVar)).toEqual([1, 1, 1, 1]);
  });

  it("names its settings", () => {
    const options = { momentum: null, affine: false, epsilon: 0.001 };
    expect(String(new BatchNorm2D(4, options))).toBe(
      "BatchNorm2D(4, epsilon 0.001, plain average, not affine)",
    );
    const other = new BatchNorm2D(4, { momentum: 0.5, trackRunningStatistics: false });
    expect(String(other)).toBe("BatchNorm2D(4, momentum 0.5, no running statistics)");
  });

  it("knows that a shift of the batch changes nothing", () => {
    const x = randn([4, 1, 2, 2], { dtype: "float64", requiresGrad: true });
    const g = randn([4, 1, 2, 2], { dtype: "float64" });
    const [gx] = gradients(batchNorm2d(x), [x], { gradient: g });
    expect(gx.sum().item()).toBeCloseTo(0, 12);
  });
});

describe("GroupNorm", () => {
  it("is PyTorch's", () => {
    const x = tensor([1, 2, 4, -3, 0, 5, -1, 2], { shape: [1, 4, 1, 2], requiresGrad: true });
    const [w, b] = [tensor([1, 2, -1, 0.5]), tensor([0, 1, 2, 3])];
    const g = tensor([1, 2, 3, 4, 5, 6, 7, 8], { shape: x.shape });
    for (const kernels of backends) {
      withBackend(kernels, () => {
        const y = groupNorm(x, 2, w, b);
        // computed by PyTorch 2.13
        const expected = [0, 0.392232, 3.353392, -2.137856, 2.654653, 0.472476, 2.454456, 3.109109];
        expectNumbers("y", y.toTypedArray(), expected, close);
        const [gx] = gradients(y, [x], { gradient: g });
        const slopes = [
          -1.274754, -0.701492, 1.229495, 0.74675, -2.431567, -0.763765, 0.857286, 2.338046,
        ];
        expectNumbers("gx", gx.toTypedArray(), slopes, close);
      });
    }
  });

  it("does not depend on the other images of the batch, nor on training", () => {
    const x = randn([3, 4, 2, 2]);
    const layer = new GroupNorm(2, 4);
    const whole = layer.forward(x).slice([1], [2]);
    expect(
      layer
        .eval()
        .forward(x.slice([1], [2]))
        .toArray(),
    ).toEqual(whole.toArray());
    expect(String(layer)).toBe("GroupNorm(2 groups of 2)");
    expect(String(new GroupNorm(1, 4, { affine: false, epsilon: 0.1 }))).toBe(
      "GroupNorm(1 groups of 4, epsilon 0.1, not affine)",
    );
    expect(new GroupNorm(1, 4, { affine: false }).parameters()).toEqual([]);
  });

  it("takes vectors of channels, images and batches of none", () => {
    expect(groupNorm(randn([5, 6]), 3).shape).toEqual([5, 6]);
    expect(groupNorm(randn([2, 6, 3]), 2).shape).toEqual([2, 6, 3]);
    expect(scope(() => groupNorm(randn([0, 6, 3, 3]), 2).shape)).toEqual([0, 6, 3, 3]);
  });
});

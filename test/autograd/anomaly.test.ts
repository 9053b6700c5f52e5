import {
  AnomalyError,
  axpby,
  customOp,
  detectAnomaly,
  full,
  GraphError,
  memory,
  noGrad,
  scope,
  type Tensor,
  tensor,
  ValueError,
  withBackend,
  zeros,
} from "@convgrad/core";
import * as layers from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";

const leaf = (values: number | number[] | number[][]): Tensor =>
  tensor(values, { requiresGrad: true });

function anomalyOf(fn: () => unknown): AnomalyError {
  try {
    detectAnomaly(fn);
  } catch (error) {
    if (error instanceof AnomalyError) return error;
    throw error;
  }
  throw new Error("no anomaly was found");
}

describe("detectAnomaly in the forward pass", () => {
  it("names the first operation, with element, value and the shapes of its inputs", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 0, 6],
    ]);
    const error = anomalyOf(() => x.mul(1).log().mul(0).sum());
    expect(error.message).toMatch(
      /^log: made -Infinity at \[1, 1\] of its output \[2, 3\] from finite inputs \[2, 3\]; .*clamp/,
    );
    const { created, ...details } = error.details;
    expect(details).toEqual({
      operation: "log",
      phase: "forward",
      index: [1, 1],
      value: Number.NEGATIVE_INFINITY,
      shape: [2, 3],
    });
    expect(created!.split("\n")[0]).toContain("anomaly.test.ts");
    expect(created).not.toMatch(/primitive\.ts|packages\/core/);
  });

  it("finds what overflows, and the NaN of 0/0", () => {
    expect(anomalyOf(() => tensor([1, 100]).exp()).details.index).toEqual([1]);
    expect(anomalyOf(() => tensor([3e38]).add(tensor([3e38]))).operation).toBe("add");
    expect(anomalyOf(() => tensor([1e300], { dtype: "float64" }).to("float32")).operation).toBe(
      "to",
    );
    const error = anomalyOf(() => tensor([1, 0]).div(tensor([1, 0])));
    expect(error.details).toMatchObject({ operation: "div", index: [1], value: Number.NaN });
    expect(error.message).toContain("from finite inputs [2] and [2]");
  });

  it("says so when the NaN came in with the data", () => {
    const data = tensor([
      [1, 2],
      [Number.NaN, 3],
    ]);
    const error = anomalyOf(() =>
      tensor([[1], [1]])
        .add(data.reshape([2, 2]))
        .sum(),
    );
    expect(error.message).toMatch(
      /^input: operand 1 \[2, 2\] of add held NaN at \[1, 0\] before any operation made it/,
    );
    expect(error.details).toMatchObject({
      operation: "input",
      phase: "forward",
      index: [1, 0],
      value: Number.NaN,
      shape: [2, 2],
    });
  });

  it("lets a NaN pass that a mask takes out", () => {
    const x = tensor([1, Number.NaN]);
    expect(detectAnomaly(() => x.where(x.equal(x), 0).toArray())).toEqual([1, 0]);
  });

  it("lets infinities pass that were asked for, until a NaN comes of them", () => {
    const { POSITIVE_INFINITY: infinity } = Number;
    detectAnomaly(() => {
      full([2], infinity).add(1).neg().maximum(0).sum();
      expect(
        tensor([[1]])
          .pad([[1, 1]], -infinity)
          .max()
          .item(),
      ).toBe(1);
      const masked = tensor([1, 2, 1]).where(tensor([1, 0, 1]).equal(1), -infinity);
      const [first, second] = masked.softmax().toTypedArray();
      expect(first).toBeCloseTo(0.5, 6);
      expect(second).toBe(0);
    });
    const error = anomalyOf(() => full([2], infinity).mul(tensor([1, 0])));
    expect(error.message).toMatch(
      /^mul: made NaN at \[1\] .* from inputs \[2\], infinite at \[0\], and \[2\]/,
    );
    expect(error.details.operation).toBe("mul");
  });

  it("looks into custom operations, and under noGrad", () => {
    const careless = customOp({
      name: "careless",
      forward: () => tensor([Number.NaN]),
      backward: (g) => [g],
    });
    expect(anomalyOf(() => careless(leaf([1]))).operation).toBe("careless");
    expect(anomalyOf(() => noGrad(() => leaf([0]).log())).operation).toBe("log");
  });
});

describe("detectAnomaly in the backward pass", () => {
  it("names the operation, the forward one and where that was called", () => {
    const x = leaf([4, 0]);
    const y = () => x.sqrt().sum();
    const error = anomalyOf(() => y().backward());
    expect(error.message).toMatch(
      /^div: made Infinity at \[1\] .*in the backward pass of sqrt \[2\] created at .*anomaly\.test\.ts/s,
    );
    expect(error.details).toMatchObject({
      operation: "div",
      phase: "backward",
      index: [1],
      value: Number.POSITIVE_INFINITY,
      shape: [2],
    });
    expect(error.details.created).toContain("at y (");
    expect(error.details.created).not.toMatch(/packages\/core/);
  });

  it("leaves every grad and all memory as before", () => {
    const [a, b] = [leaf([0]), leaf([2])];
    b.mul(5).sum().backward();
    const before = memory().tensors;
    anomalyOf(() => scope(() => a.sqrt().sum().add(b.mul(3).sum()).backward()));
    expect(a.grad).toBeNull();
    expect(b.grad!.toArray()).toEqual([5]);
    expect(memory().tensors).toBe(before);
  });

  it("tells when the forward pass was not watched", () => {
    const loss = leaf([0]).sqrt().sum();
    const error = anomalyOf(() => loss.backward());
    expect(error.message).toContain("created before detectAnomaly was on");
    expect(error.details.created).toBeNull();
  });

  it("looks at what a custom backward returns, and at sums of gradients", () => {
    const careless = customOp({
      name: "careless",
      forward: (x) => x.mul(2),
      backward: () => [tensor([Number.NaN])],
    });
    const error = anomalyOf(() =>
      careless(leaf([1]))
        .sum()
        .backward(),
    );
    expect(error.details).toMatchObject({ operation: "careless", phase: "backward", index: [0] });
    const hooked = anomalyOf(() => {
      const x = leaf([1]);
      x.onGradient(() => tensor([Number.NaN]));
      x.mul(3).sum().backward();
    });
    expect(hooked.details).toMatchObject({ operation: "onGradient", phase: "backward" });
    const x = leaf([1]);
    const large = anomalyOf(() => x.mul(3e38).add(x.mul(3e38)).sum().mul(0.5).mul(2).backward());
    expect(large.operation).toBe("add");
  });
});

describe("the mode", () => {
  it("returns the result, ends with fn, and nests", () => {
    expect(detectAnomaly(() => detectAnomaly(() => 5))).toBe(5);
    anomalyOf(() => tensor([0]).log());
    expect(tensor([0]).log().toArray()).toEqual([Number.NEGATIVE_INFINITY]);
  });

  it("stays on for loops that await, until it is told to stop", async () => {
    const stop = detectAnomaly();
    const nested = detectAnomaly();
    nested();
    nested();
    await Promise.resolve();
    expect(() => tensor([0]).log()).toThrow(AnomalyError);
    stop();
    expect(tensor([0]).log().item()).toBe(Number.NEGATIVE_INFINITY);
  });

  it("refuses async functions and what is no function", () => {
    expect(() => detectAnomaly(async () => 1)).toThrow(GraphError);
    expect(() => detectAnomaly(5 as never)).toThrow(ValueError);
    expect(tensor([0]).log().item()).toBe(Number.NEGATIVE_INFINITY);
  });

  it("sees a parameter that an update ruined when it is next used", () => {
    const w = leaf([1]);
    const error = anomalyOf(() => {
      noGrad(() => axpby(1, tensor([Number.NaN]), 1, w));
      w.mul(2);
    });
    expect(error.operation).toBe("input");
    expect(error.message).toMatch(/an update wrote it, so clean the data or lower the learning/);
  });

  it("does at once what a fast backend would put off, so that the guilty one is named", () => {
    withBackend(createKernels({ threads: 1 }), () => {
      const [x, w, b] = [full([1, 1, 2, 2], 1e30), full([1, 1, 2, 2], 1e30), zeros([1])];
      const wide = full([2, 1, 2, 2], 3e30).mul(tensor([[[1]], [[-1]]]).unsqueeze(1));
      expect(anomalyOf(() => layers.batchNorm2d(wide)).operation).toBe("mul"); // of the variance
      const error = anomalyOf(() => layers.conv2d(x, w, b).relu().sum());
      expect(error.details).toMatchObject({
        operation: "contract",
        value: Number.POSITIVE_INFINITY,
      });
    });
  });
});

describe("ordinary use of every layer and loss", () => {
  const images = tensor(
    Float32Array.from({ length: 2 * 2 * 6 * 6 }, (_, i) => Math.sin(i)),
    { shape: [2, 2, 6, 6], requiresGrad: true },
  );
  const logits = leaf([
    [1, -2, 300],
    [0, 0, 0],
  ]);
  const labels = tensor(new Int32Array([2, -100]));
  const none = tensor(new Int32Array([0, 1]));
  const cases: Record<string, () => Tensor> = {
    "conv2d, padded": () =>
      new layers.Conv2D(2, 4, 3, { padding: "same", stride: 2, groups: 2, flip: true }).forward(
        images,
      ),
    dense: () => new layers.Dense(72, 3).forward(images.flatten(1)),
    "maxPool with padding": () => layers.maxPool(images, 3, { padding: 1 }),
    "avgPool in ceil mode": () =>
      layers.avgPool(images, 4, { padding: 2, ceilMode: true, countIncludePad: false }),
    globalAvgPool: () => layers.globalAvgPool(images),
    "lpPool of zeros": () =>
      layers.lpPool(zeros([1, 1, 4, 4], { requiresGrad: true }), 2, 2, { padding: 1 }),
    "lpPool of zeros, p = 1.5": () =>
      layers.lpPool(zeros([1, 1, 4, 4], { requiresGrad: true }), 1.5, 2),
    "relu of zeros": () => layers.relu(zeros([3], { requiresGrad: true })),
    softmax: () => layers.softmax(logits),
    "masked cross-entropy": () => layers.crossEntropy(logits, labels),
    "smoothed, weighted cross-entropy": () =>
      layers.crossEntropy(logits, none, { labelSmoothing: 0.1, weight: tensor([1, 2, 0]) }),
    "cross-entropy of masked logits": () =>
      layers.crossEntropy(
        logits.where(tensor([[1, 0, 1]]).equal(1), Number.NEGATIVE_INFINITY),
        labels,
      ),
    mse: () => layers.mse(logits, zeros([2, 3])),
    l1: () => layers.l1(logits, logits.detach()),
    huber: () => layers.huber(logits, logits.detach()),
    smoothL1: () => layers.smoothL1(logits, logits.detach()),
    "bce, certain and right": () => layers.bce(leaf([0, 1]), tensor([0, 1])),
    "bce, certain and wrong": () => layers.bce(leaf([0, 1]), tensor([1, 0])),
    bceWithLogits: () => layers.bceWithLogits(logits, zeros([2, 3])),
    convTranspose2d: () => new layers.ConvTranspose2D(2, 3, 3, { stride: 2 }).forward(images),
    batchNorm2d: () => layers.batchNorm2d(images),
    groupNorm: () => layers.groupNorm(images, 2),
    "adaptive pools": () =>
      layers.adaptiveAvgPool(images, 4).add(layers.adaptiveMaxPool(images, 4)),
    upsample: () => layers.upsample(images, { scale: 1.5, mode: "bilinear" }),
    dropout: () => layers.dropout2d(layers.dropout(images, 0.9), 1),
    "activations at 0 and far out": () =>
      [layers.elu, layers.gelu, layers.leakyRelu, layers.silu, layers.sigmoid, layers.tanh]
        .map((f) => f(leaf([-300, 0, 300])))
        .reduce((p, q) => p.add(q)),
    "powers at 0": () =>
      leaf([0, 1, 2])
        .pow(2)
        .add(leaf([0, 1, 2]).pow(1))
        .add(leaf([0, 1, 2]).pow(0)),
    "a power with a trained exponent at 0": () => tensor([0, 1, 2]).pow(leaf([1, 2, 3])),
    "variance, maximum, norm": () => images.variance([0, 2, 3]).add(1e-5).sqrt().maximum(0),
  };

  it.each(Object.entries(cases))("%s", (_, make) => {
    detectAnomaly(() => {
      const y = make();
      y.mul(y).sum().backward();
    });
  });
});

import { gradients, reference, tensor, withBackend } from "@convgrad/core";
import * as layers from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

const wasm = createKernels({ threads: 2 });
const at = [-100, -2, -0.5, 0, 0.5, 2, 100];

/** A layer, and its values and derivatives `at` these places, computed by PyTorch 2.13. */
const cases: readonly (readonly [
  layers.Module,
  y: readonly number[],
  slopes: readonly number[],
])[] = [
  [new layers.ReLU(), [0, 0, 0, 0, 0.5, 2, 100], [0, 0, 0, 0, 1, 1, 1]],
  [new layers.LeakyReLU(), [-1, -0.02, -0.005, 0, 0.5, 2, 100], [0.01, 0.01, 0.01, 0.01, 1, 1, 1]],
  [new layers.PReLU(), [-25, -0.5, -0.125, 0, 0.5, 2, 100], [0.25, 0.25, 0.25, 0.25, 1, 1, 1]],
  [
    new layers.ELU(0.5),
    [-0.5, -0.4323324, -0.1967347, 0, 0.5, 2, 100],
    [0, 0.0676676, 0.3032653, 0.5, 1, 1, 1],
  ],
  [
    new layers.SiLU(),
    [0, -0.2384058, -0.1887703, 0, 0.3112297, 1.7615942, 100],
    [0, -0.0907842, 0.2600388, 0.5, 0.7399612, 1.0907842, 1],
  ],
  [
    new layers.GELU(),
    [0, -0.0455003, -0.1542688, 0, 0.3457312, 1.9544997, 100],
    [0, -0.0852318, 0.1325049, 0.5, 0.8674951, 1.0852318, 1],
  ],
  [
    new layers.GELU({ approximate: "tanh" }),
    [0, -0.0454023, -0.154286, 0, 0.345714, 1.9545977, 100],
    [0, -0.0860993, 0.1326301, 0.5, 0.8673699, 1.0860993, 1],
  ],
];

describe.each([
  { kernels: reference, dtype: "float64" },
  { kernels: reference, dtype: "float32" },
  { kernels: wasm, dtype: "float32" },
] as const)("activations on $kernels.name in $dtype", ({ kernels, dtype }) => {
  it.each(cases)("%s is PyTorch's, at 0 too", (layer, y, slopes) => {
    withBackend(kernels, () => {
      const x = tensor(at, { dtype, requiresGrad: true });
      const found = layer.to(dtype).forward(x);
      expectNumbers("y", found.toTypedArray(), y, { rtol: 1e-6, atol: 1e-6 });
      const [gx] = gradients(found.sum(), [x]);
      expectNumbers("gx", gx.toTypedArray(), slopes, { rtol: 1e-6, atol: 1e-6 });
    });
  });

  it.each(cases)("%s stays finite far out, with both its derivatives", (layer) => {
    withBackend(kernels, () => {
      const end = dtype === "float64" ? 1e300 : 1e38;
      const x = tensor([-end, -1e20, -1e4, -89, 89, 1e4, 1e20, end], { dtype, requiresGrad: true });
      const y = layer.to(dtype).forward(x);
      const [slope] = gradients(y.sum(), [x], { createGraph: true });
      const [bend] = slope.requiresGrad ? gradients(slope.sum(), [x]) : [slope];
      for (const values of [y, slope, bend])
        expect(values.toTypedArray().every(Number.isFinite), String(values)).toBe(true);
      const right = slope.toTypedArray().slice(4);
      expectNumbers("slopes on the right", right, [1, 1, 1, 1], { rtol: 1e-6, atol: 0 });
    });
  });
});

describe("the smooth ones", () => {
  it("keep NaN", () => {
    for (const [layer] of cases)
      expect(
        layer
          .to("float32")
          .forward(tensor([Number.NaN]))
          .item(),
      ).toBeNaN();
  });

  it("elu has all its digits near 0", () => {
    const y = layers.elu(tensor([-1e-6])).item();
    expect(y / Math.expm1(Math.fround(-1e-6))).toBeCloseTo(1, 6);
  });

  it("say their settings", () => {
    const names = [
      new layers.LeakyReLU(0.2),
      new layers.ELU(2),
      new layers.ELU(),
      new layers.GELU(),
      new layers.GELU({ approximate: "tanh" }),
      new layers.PReLU(3),
      new layers.Sigmoid(),
      new layers.Tanh(),
      new layers.LogSoftmax(1),
      new layers.Softmax(),
    ].map(String);
    expect(names).toEqual([
      "LeakyReLU(0.2)",
      "ELU(2)",
      "ELU",
      "GELU",
      "GELU(tanh)",
      "PReLU(3)",
      "Sigmoid",
      "Tanh",
      "LogSoftmax(axis 1)",
      "Softmax",
    ]);
  });
});

describe("prelu", () => {
  it("has a slope per channel, and PyTorch's gradient of it", () => {
    const x = tensor([1, -2, -3, 4, 0, -1], { shape: [1, 3, 2], requiresGrad: true });
    const layer = new layers.PReLU(3);
    layer.loadStateDict({ weight: tensor([0.5, 0.25, 2]) });
    const y = layer.forward(x);
    const [gx, gw] = gradients(y, [x, layer.weight], {
      gradient: tensor([1, 2, 3, 4, 5, 6], { shape: [1, 3, 2] }),
    });
    // computed by PyTorch 2.13
    expect([...y.toTypedArray()]).toEqual([1, -1, -0.75, 4, 0, -2]);
    expect([...gx.toTypedArray()]).toEqual([1, 1, 0.75, 4, 10, 12]);
    expect([...gw.toTypedArray()]).toEqual([-4, -9, -6]);
  });

  it("begins with 0.25, or as asked", () => {
    expect(new layers.PReLU().weight.toArray()).toEqual([0.25]);
    expect(new layers.PReLU(2, 0.5).weight.toArray()).toEqual([0.5, 0.5]);
  });
});

import { gradients, randn, reference, type Tensor, tensor, withBackend } from "@convgrad/core";
import * as layers from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

const backends = [reference, createKernels({ threads: 2 })];
const close = { rtol: 1e-6, atol: 1e-6 };

/** A result, and the gradient of its input for the upstream 1, 2, 3, … */
interface Expected {
  readonly shape: readonly number[];
  readonly y: readonly number[];
  readonly gx: readonly number[];
}

function expectOnAll(x: Tensor, call: (x: Tensor) => Tensor, { shape, y, gx }: Expected): void {
  for (const kernels of backends) {
    withBackend(kernels, () => {
      const found = call(x);
      expect(found.shape).toEqual(shape);
      expectNumbers(`y (${kernels.name})`, found.toTypedArray(), y, close);
      const upstream = tensor(
        y.map((_, i) => i + 1),
        { shape },
      );
      const [slope] = gradients(found, [x], { gradient: upstream });
      expectNumbers(`gx (${kernels.name})`, slope.toTypedArray(), gx, close);
    });
  }
}

describe("upsample is PyTorch's interpolate", () => {
  const x = tensor([1, 2, 4, -3, 0, 6], { shape: [1, 1, 2, 3], requiresGrad: true });
  // computed by PyTorch 2.13
  it.each<[options: layers.UpsampleOptions, expected: Expected]>([
    [
      { size: [3, 4], mode: "bilinear" },
      {
        shape: [1, 1, 3, 4],
        y: [1, 1.625, 2.75, 4, -1, 0.25, 2.5, 5, -3, -1.125, 2.25, 6],
        gx: [5.375, 7.1875, 10.4375, 16.375, 17.1875, 21.4375],
      },
    ],
    [
      { size: [3, 4], mode: "bilinear", alignCorners: true },
      {
        shape: [1, 1, 3, 4],
        y: [1, 5 / 3, 8 / 3, 4, -1, 1 / 3, 7 / 3, 5, -3, -1, 2, 6],
        gx: [31 / 6, 23 / 3, 61 / 6, 95 / 6, 55 / 3, 125 / 6],
      },
    ],
    [
      { size: [3, 4] },
      {
        shape: [1, 1, 3, 4],
        y: [1, 1, 2, 4, 1, 1, 2, 4, -3, -3, 0, 6],
        gx: [14, 10, 12, 19, 11, 12],
      },
    ],
    [
      { size: [1, 2], mode: "bilinear" },
      { shape: [1, 1, 1, 2], y: [-0.5, 4], gx: [0.375, 0.375, 0.75, 0.375, 0.375, 0.75] },
    ],
    [{ size: [1, 2] }, { shape: [1, 1, 1, 2], y: [1, 2], gx: [1, 2, 0, 0, 0, 0] }],
    [
      { scale: 1.5, mode: "bilinear" },
      {
        shape: [1, 1, 3, 4],
        y: [1, 1.5, 7 / 3, 11 / 3, -1, 0, 5 / 3, 13 / 3, -3, -1.5, 1, 5],
        gx: [6, 9.25, 7.75, 18, 21.25, 15.75],
      },
    ],
    [
      { scale: [2, 1] },
      {
        shape: [1, 1, 4, 3],
        y: [1, 2, 4, 1, 2, 4, -3, 0, 6, -3, 0, 6],
        gx: [5, 7, 9, 17, 19, 21],
      },
    ],
  ])("%j", (options, expected) => {
    expectOnAll(x, (input) => new layers.Upsample(options).forward(input), expected);
  });

  it("is the average of the images that it blends: rows of weights sum to 1", () => {
    const ones = tensor(new Float32Array(12).fill(1), { shape: [1, 1, 3, 4] });
    for (const alignCorners of [false, true]) {
      const y = layers.upsample(ones, { size: [7, 2], mode: "bilinear", alignCorners });
      expectNumbers("y", y.toTypedArray(), new Array(14).fill(1), close);
    }
  });

  it("names its settings", () => {
    expect(String(new layers.Upsample({ scale: 2 }))).toBe("Upsample(scale 2×2, nearest)");
    expect(
      String(new layers.Upsample({ size: [8, 9], mode: "bilinear", alignCorners: true })),
    ).toBe("Upsample(to 8×9, bilinear, corners aligned)");
  });

  it("repeats whole numbers too", () => {
    const bytes = tensor(Uint8Array.of(1, 2), { shape: [1, 1, 1, 2] });
    expect([...layers.upsample(bytes, { scale: 2 }).toTypedArray()]).toEqual([
      1, 1, 2, 2, 1, 1, 2, 2,
    ]);
  });
});

describe("convTranspose2d", () => {
  it("is PyTorch's, with stride, padding, output padding and bias", () => {
    const x = tensor([1, 2, 3, 4], { shape: [1, 1, 2, 2], requiresGrad: true });
    const w = tensor([1, 2, -1, 3, 0, 1, 2, -2, 1], { shape: [1, 1, 3, 3], requiresGrad: true });
    const options = { stride: 2, padding: 1, outputPadding: 1 };
    for (const kernels of backends) {
      withBackend(kernels, () => {
        const y = layers.convTranspose2d(x, w, tensor([0.5]), options);
        // computed by PyTorch 2.13
        expect([...y.toTypedArray()]).toEqual([
          0.5, 7.5, 0.5, 2.5, 4.5, 6.5, 4.5, -1.5, 0.5, 15.5, 0.5, 4.5, -5.5, 11.5, -7.5, 4.5,
        ]);
        const g = tensor([...Array(16).keys()], { shape: [1, 1, 4, 4] });
        const [gx, gw] = gradients(y, [x, w], { gradient: g });
        expect([...gx.toTypedArray()]).toEqual([-2, 11, 1, 61]);
        expect([...gw.toTypedArray()]).toEqual([20, 36, 43, 38, 68, 78, 62, 108, 118]);
      });
    }
  });

  it("is PyTorch's, with groups, holes and more output padding than stride", () => {
    const x = tensor([1, 2, 3, 4], { shape: [1, 2, 1, 2] });
    const w = tensor([1, -1, 2, 3], { shape: [2, 1, 1, 2] });
    const options = { groups: 2, dilation: [1, 2], outputPadding: [0, 1] } as const;
    const y = layers.convTranspose2d(x, w, null, options);
    expect(y.shape).toEqual([1, 2, 1, 5]);
    // computed by PyTorch 2.13
    expect([...y.toTypedArray()]).toEqual([1, 2, -1, -2, 0, 6, 8, 9, 12, 0]);
  });

  it("is the adjoint of conv2d: ⟨conv(x), g⟩ = ⟨x, convTranspose(g)⟩", () => {
    const upTo = (most: number) => fc.integer({ min: 1, max: most });
    const settings = fc.record({
      n: upTo(2),
      groups: upTo(2),
      size: fc.tuple(upTo(4), upTo(4)),
      kernel: fc.tuple(upTo(3), upTo(3)),
      stride: upTo(3),
      dilation: upTo(2),
      over: fc.nat(2),
    });
    fc.assert(
      fc.property(settings, ({ n, groups, size, kernel, stride, dilation, over }) => {
        const outputPadding = Math.min(over, stride - 1); // the cells that no window of the convolution reaches
        const options = { stride, dilation, groups };
        const dtype = "float64";
        const g = randn([n, 2 * groups, ...size], { dtype });
        const w = randn([2 * groups, 1, ...kernel], { dtype });
        const back = layers.convTranspose2d(g, w, null, { ...options, outputPadding });
        const x = randn(back.shape, { dtype });
        const y = layers.conv2d(x, w, null, options);
        expect(y.shape).toEqual(g.shape);
        expect(y.mul(g).sum().item()).toBeCloseTo(x.mul(back).sum().item(), 9);
      }),
    );
  });

  it("counts its multiply-adds: every input cell times every tap it stamps", () => {
    const layer = new layers.ConvTranspose2D(4, 6, [3, 2], { stride: 2, groups: 2, bias: false });
    const { rows, parameters, multiplyAdds } = layer.summary([4, 5, 5]);
    expect(rows[0]).toMatchObject({
      layer: "ConvTranspose2D(4 → 6, 3×2, stride 2×2, 2 groups, no bias)",
      outputShape: [1, 6, 11, 10],
    });
    expect([parameters, multiplyAdds]).toEqual([4 * 3 * 6, 25 * 4 * 3 * 6]);
  });

  it("begins within ±1/√(filters·kh·kw) as PyTorch, and says its settings", () => {
    const settings = { padding: 1, outputPadding: 1, dilation: 2, stride: 2 } as const;
    const layer = new layers.ConvTranspose2D(16, 4, 3, settings);
    expect(layer.weight.abs().max().item()).toBeLessThanOrEqual(1 / 6);
    expect(layer.weight.abs().max().item()).toBeGreaterThan(0.98 / 6);
    expect(String(layer)).toBe(
      "ConvTranspose2D(16 → 4, 3×3, stride 2×2, padding 1, output padding 1×1, dilation 2×2)",
    );
  });
});

describe("conv2d with other padding", () => {
  const x = tensor([1, 2, 3, 4, 5, 6], { shape: [1, 1, 2, 3] });
  const w = tensor([1, 2, 0, -1, 1, 3, 0, 1, -2], { shape: [1, 1, 3, 3] });
  // computed by PyTorch 2.13
  it.each([
    ["reflect", [12, 17, 20, 15, 20, 23]],
    ["replicate", [3, 8, 12, 12, 17, 21]],
    ["circular", [12, 17, 19, 15, 20, 22]],
  ] as const)("%s is PyTorch's, also for same", (paddingMode, expected) => {
    for (const padding of [1, "same"] as const) {
      const y = layers.conv2d(x, w, null, { padding, paddingMode });
      expect([...y.toTypedArray()]).toEqual(expected);
    }
    const layer = new layers.Conv2D(1, 1, 3, { padding: 1, paddingMode });
    expect(String(layer)).toBe(`Conv2D(1 → 1, 3×3, padding 1, ${paddingMode})`);
    expect(layer.forward(x).shape).toEqual([1, 1, 2, 3]);
  });
});

describe("adaptive pools", () => {
  const x = tensor([1, 2, 4, -3, 0, 4, 9, -1, 5, 2, 4, 9], {
    shape: [1, 1, 3, 4],
    requiresGrad: true,
  });
  // computed by PyTorch 2.13
  it.each<[size: [number, number], avg: Expected, max: Expected]>([
    [
      [2, 3],
      {
        shape: [1, 1, 2, 3],
        y: [1.75, 4.75, 2.25, 2.75, 4.75, 5.25],
        gx: [0.25, 0.75, 1.25, 0.75, 1.25, 3, 4, 2.25, 1, 2.25, 2.75, 1.5],
      },
      {
        shape: [1, 1, 2, 3],
        y: [4, 9, 9, 5, 9, 9],
        gx: [0, 0, 0, 0, 0, 1, 16, 0, 4, 0, 0, 0], // of the two nines the first, not the last
      },
    ],
    [
      [1, 2],
      {
        shape: [1, 1, 1, 2],
        y: [7 / 3, 11 / 3],
        gx: [1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2].map((n) => n / 6),
      },
      { shape: [1, 1, 1, 2], y: [5, 9], gx: [0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 0, 0] },
    ],
    [
      [4, 5],
      {
        shape: [1, 1, 4, 5],
        y: [
          1, 1.5, 3, 0.5, -3, 0.5, 1.75, 4.75, 2.25, -2, 2.5, 2.75, 4.75, 5.25, 4, 5, 3.5, 3, 6.5,
          9,
        ],
        gx: [6.75, 6.25, 7.75, 14.25, 13.25, 10, 11, 18.25, 33, 23.75, 25.25, 40.5],
      },
      {
        shape: [1, 1, 4, 5],
        y: [1, 2, 4, 4, -3, 1, 4, 9, 9, -1, 5, 5, 9, 9, 9, 5, 5, 4, 9, 9],
        gx: [7, 2, 7, 5, 0, 7, 44, 10, 56, 0, 18, 54],
      },
    ],
  ])("to %j are PyTorch's", (size, avg, max) => {
    expectOnAll(x, (input) => new layers.AdaptiveAvgPool(size).forward(input), avg);
    expectOnAll(x, (input) => new layers.AdaptiveMaxPool(size).forward(input), max);
  });

  it("are plain and global pools where these do the same", () => {
    const images = randn([2, 3, 6, 4]);
    const same = (a: Tensor, b: Tensor) => expect(a.toArray()).toEqual(b.toArray());
    same(layers.adaptiveMaxPool(images, [3, 2]), layers.maxPool(images, 2));
    same(layers.adaptiveAvgPool(images, [3, 2]), layers.avgPool(images, 2));
    same(layers.adaptiveMaxPool(images, 1), new layers.GlobalMaxPool().forward(images));
    same(layers.globalMaxPool(images), images.max([2, 3], true));
    expect(layers.adaptiveAvgPool(images.reshape([6, 6, 4]), 5).shape).toEqual([6, 5, 5]);
  });

  it("keep NaN and whole numbers", () => {
    const holed = tensor([1, Number.NaN, 2, 3, 4], { shape: [1, 5] });
    expect([...layers.adaptiveMaxPool(holed, [1, 2]).toTypedArray()]).toEqual([Number.NaN, 4]);
    const bytes = tensor(Uint8Array.of(1, 7, 2, 3, 4), { shape: [1, 5] });
    expect([...layers.adaptiveMaxPool(bytes, [1, 2]).toTypedArray()]).toEqual([7, 4]);
  });

  it("say their settings", () => {
    expect([new layers.AdaptiveAvgPool(7), new layers.AdaptiveMaxPool([1, 2])].map(String)).toEqual(
      ["AdaptiveAvgPool(7×7)", "AdaptiveMaxPool(1×2)"],
    );
    const rows = new layers.Sequential(new layers.GlobalMaxPool()).summary([3, 5, 5]).rows;
    expect(rows[0]).toMatchObject({ layer: "GlobalMaxPool", receptiveField: "all" });
  });
});

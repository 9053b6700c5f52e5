import { manualSeed } from "@convgrad/core";
import * as layers from "@convgrad/layers";
import fc from "fast-check";
import { type Call, pair, upTo } from "./call.ts";

const transposed: fc.Arbitrary<Call> = fc
  .record({
    n: upTo(2),
    groups: upTo(2),
    perGroup: upTo(2),
    size: pair(3),
    kernel: pair(2),
    stride: pair(3),
    dilation: pair(2),
    crop: fc.boolean(),
    grow: fc.boolean(),
  })
  .map(({ n, groups, perGroup, size, kernel, crop, grow, ...stamping }) => ({
    shapes: [[n, groups, ...size], [groups, perGroup, ...kernel], [groups * perGroup]],
    apply: (x, w, b) => {
      const outputPadding = [0, 1].map((i) =>
        grow ? Math.max(stamping.stride[i]!, stamping.dilation[i]!) - 1 : 0,
      );
      const left = [0, 1].map(
        (i) =>
          (size[i]! - 1) * stamping.stride[i]! +
          stamping.dilation[i]! * (kernel[i]! - 1) +
          outputPadding[i]!,
      );
      const padding = left.map((n) => (crop && n > 1 ? 1 : 0));
      return layers.convTranspose2d(x!, w!, b, {
        ...stamping,
        groups,
        padding: [padding[0]!, padding[1]!],
        outputPadding: [outputPadding[0]!, outputPadding[1]!],
      });
    },
  }));

const framed: fc.Arbitrary<Call> = fc
  .record({
    size: pair(3, 2),
    padding: pair(1, 0),
    paddingMode: fc.constantFrom("reflect" as const, "replicate" as const, "circular" as const),
    stride: upTo(2),
    same: fc.boolean(),
  })
  .map(({ size, same, padding, ...rest }) => ({
    shapes: [
      [1, 2, ...size],
      [1, 2, 2, 2],
    ],
    apply: (x, w) => layers.conv2d(x!, w!, null, { ...rest, padding: same ? "same" : padding }),
  }));

const sizes = fc
  .tuple(pair(4), pair(6))
  .map(([size, output]) => ({ shapes: [[1, 2, ...size]], output }));

const nearest: fc.Arbitrary<Call> = sizes.map(({ shapes, output: size }) => ({
  shapes,
  apply: (x) => layers.upsample(x!, { size }),
}));

const bilinear: fc.Arbitrary<Call> = fc
  .tuple(sizes, fc.boolean())
  .map(([{ shapes, output: size }, alignCorners]) => ({
    shapes,
    apply: (x) => layers.upsample(x!, { size, mode: "bilinear", alignCorners }),
  }));

const scaled: fc.Arbitrary<Call> = fc
  .record({
    size: pair(3),
    scale: fc.tuple(fc.constantFrom(1, 1.5, 2, 3, 2.2), fc.constantFrom(1, 1.3, 2)),
    mode: fc.constantFrom("nearest" as const, "bilinear" as const),
  })
  .map(({ size, ...options }) => ({
    shapes: [[2, 1, ...size]],
    apply: (x) => layers.upsample(x!, options),
  }));

/** The layers that look at images in other ways than plain convolution and pooling. */
export const imageCalls: Readonly<Record<string, fc.Arbitrary<Call>>> = {
  convTranspose2d: transposed,
  "conv2d, other padding": framed,
  "upsample, nearest": nearest,
  "upsample, bilinear": bilinear,
  "upsample by a scale": scaled,
  adaptiveAvgPool: sizes.map(({ shapes, output }) => ({
    shapes,
    apply: (x) => layers.adaptiveAvgPool(x!, output),
  })),
  adaptiveMaxPool: sizes.map(({ shapes, output }) => ({
    shapes,
    apply: (x) => layers.adaptiveMaxPool(x!, output),
  })),
  globalMaxPool: sizes.map(({ shapes }) => ({ shapes, apply: (x) => layers.globalMaxPool(x!) })),
  "lpPool with holes": pair(3, 3).map((size) => ({
    shapes: [[1, 1, ...size]],
    apply: (x) => layers.lpPool(x!, 2, 2, { dilation: 2, stride: 1 }),
  })),
  dropout: fc.tuple(sizes, fc.constantFrom(0, 0.3, 0.9, 1)).map(([{ shapes }, p]) => ({
    shapes,
    apply: (x) => {
      manualSeed(3);
      return layers.dropout(x!, p);
    },
  })),
  dropout2d: fc.tuple(sizes, fc.constantFrom(0, 0.5, 1)).map(([{ shapes }, p]) => ({
    shapes,
    apply: (x) => {
      manualSeed(4);
      return layers.dropout2d(x!, p);
    },
  })),
};

import { ConvgradError, gradients, tensor } from "@convgrad/core";
import { avgPool, conv2d, lpPool, maxPool, type PaddingOption } from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "./closeness.ts";
import {
  avgRule,
  type Convolution,
  convolve,
  convolveBackward,
  lpRule,
  maxRule,
  type PoolRule,
  placesOf,
  pool,
  poolWindows,
  type Sliding,
  samePadding,
} from "./loops.ts";

const FLOATS = {
  float64: { rtol: 1e-9, atol: 1e-9 },
  float32: { rtol: 1e-4, atol: 1e-4 },
} as const;

type Float = keyof typeof FLOATS;

const pairOf = (least: number, most: number) =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }));

/** Numbers on a grid of halves, so that windows hold ties and zeros; the same ones for the same seed. */
function numbers(float: Float, length: number, seed: number) {
  const array = float === "float64" ? new Float64Array(length) : new Float32Array(length);
  let state = seed + 1;
  return array.map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (Math.floor((state / 2 ** 32) * 13) - 6) / 2;
  });
}

/** Image sides that hold at least one window, and up to five cells more. */
function sizes(s: Omit<Sliding, "image">, extra: readonly [number, number]) {
  return ([0, 1] as const).map((axis) => {
    const extent = (s.kernel[axis] - 1) * s.dilation[axis] + 1;
    return Math.max(extent - s.padding[axis][0] - s.padding[axis][1], 1) + extra[axis];
  }) as [number, number];
}

/** A convolution with its padding as the caller writes it. */
interface ConvolutionCase extends Convolution {
  readonly option: PaddingOption;
  readonly bias: boolean;
  readonly seed: number;
}

const convolutions: fc.Arbitrary<ConvolutionCase> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 3 }),
    filters: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    kernel: pairOf(1, 4),
    stride: pairOf(1, 3),
    dilation: pairOf(1, 2),
    sides: fc.tuple(pairOf(0, 2), pairOf(0, 2)),
    style: fc.constantFrom("sides", "pair", "number", "same", "valid"),
    extra: pairOf(0, 5),
    flip: fc.boolean(),
    bias: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ batch, channels, filters, sides, style, extra, ...rest }) => {
    const [[top, n], [left]] = sides;
    const both = (vertical: number, horizontal: number): Sliding["padding"] => [
      [vertical, vertical],
      [horizontal, horizontal],
    ];
    const styles: Record<string, [PaddingOption, Sliding["padding"]]> = {
      sides: [sides, sides],
      pair: [[top, left], both(top, left)],
      number: [n, both(n, n)],
      same: ["same", both(0, 0)],
      valid: ["valid", both(0, 0)],
    };
    const [option, padding] = styles[style]!;
    const [h, w] = sizes({ ...rest, padding }, extra);
    const image = [batch, channels * rest.groups, h, w] as const;
    const sliding = { ...rest, image };
    const resolved: Sliding["padding"] =
      option === "same" ? [samePadding(sliding, 0), samePadding(sliding, 1)] : padding;
    return { ...sliding, filters: filters * rest.groups, padding: resolved, option };
  });

describe.each(Object.keys(FLOATS) as Float[])("%s against plain loops", (float) => {
  const tolerance = FLOATS[float];

  it("conv2d: forward, ∂x, ∂w, ∂b", () => {
    fc.assert(
      fc.property(convolutions, (s) => {
        const [, C] = s.image;
        const shape = [s.filters, C / s.groups, ...s.kernel];
        const output = [s.image[0], s.filters, placesOf(s, 0), placesOf(s, 1)];
        const [xs, ws, bs, gs] = [s.image, shape, [s.filters], output].map((size, i) =>
          numbers(
            float,
            size.reduce((a, b) => a * b, 1),
            s.seed + i,
          ),
        ) as [Float64Array, Float64Array, Float64Array, Float64Array];

        const x = tensor(xs, { shape: s.image, requiresGrad: true });
        const w = tensor(ws, { shape, requiresGrad: true });
        const b = tensor(bs, { requiresGrad: true });
        const { stride, dilation, groups, flip, option: padding } = s;
        const y = conv2d(x, w, s.bias ? b : null, { stride, padding, dilation, groups, flip });
        expect(y.shape).toEqual(output);
        expectNumbers(
          "y",
          y.toTypedArray(),
          convolve(s, xs, ws, s.bias ? bs : undefined),
          tolerance,
        );

        const [dx, dw, db] = gradients(y, s.bias ? [x, w, b] : [x, w], {
          gradient: tensor(gs, { shape: output }),
        });
        const expected = convolveBackward(s, xs, ws, gs);
        expectNumbers("∂x", dx!.toTypedArray(), expected.dx, tolerance);
        expectNumbers("∂w", dw!.toTypedArray(), expected.dw, tolerance);
        if (s.bias) expectNumbers("∂b", db!.toTypedArray(), expected.db, tolerance);
      }),
      { numRuns: 300 },
    );
  });

  it("maxPool: forward and ∂x, with ties", () => checkPool("max", float));
  it("avgPool: forward and ∂x, padding counted or not", () => checkPool("avg", float));
  it("lpPool: forward and ∂x for p = 1, 2, 3", () => checkPool("lp", float));
});

/** A pooling. */
const poolings = fc.record({
  planes: pairOf(1, 2),
  kernel: pairOf(1, 4),
  stride: fc.option(pairOf(1, 4), { nil: undefined }),
  dilation: pairOf(1, 2),
  sides: fc.tuple(pairOf(0, 2), pairOf(0, 2)),
  extra: pairOf(0, 5),
  ceilMode: fc.boolean(),
  countIncludePad: fc.boolean(),
  p: fc.constantFrom(1, 2, 3),
  seed: fc.nat(),
});

function checkPool(kind: "max" | "avg" | "lp", float: Float): void {
  fc.assert(
    fc.property(poolings, ({ planes, sides, extra, ...rest }) => {
      const dilation: [number, number] = kind === "max" ? rest.dilation : [1, 1];
      // Padding is at most half the window, as the layers want it.
      const padding = ([0, 1] as const).map((axis) =>
        sides[axis].map((n) =>
          Math.min(n, Math.floor(((rest.kernel[axis] - 1) * dilation[axis] + 1) / 2)),
        ),
      ) as unknown as Sliding["padding"];
      const window = { ...rest, dilation, padding, stride: rest.stride ?? rest.kernel };
      const s: Sliding = { ...window, image: [...planes, ...sizes(window, extra)] };
      const { ceilMode, countIncludePad, p, kernel, stride } = rest;

      const cells = s.image.reduce((a, b) => a * b, 1);
      // Now and then most of the image is −∞, which the maximum must not take for padding.
      const holes = kind === "max" && rest.seed % 4 === 0;
      const xs = numbers(float, cells, rest.seed).map((v) => (holes && v < 2 ? -1 / 0 : v));
      const x = tensor(xs, { shape: s.image, requiresGrad: true });
      const options = { stride, padding, ceilMode };
      // The taps of a dilated window can straddle a narrow image: there is nothing to take the maximum of.
      if (poolWindows(s, ceilMode).some(({ cells }) => cells.length === 0)) {
        expect(() => maxPool(x, kernel, { ...options, dilation })).toThrow(ConvgradError);
        return;
      }
      const [y, rule]: [typeof x, PoolRule] =
        kind === "max"
          ? [maxPool(x, kernel, { ...options, dilation }), maxRule]
          : kind === "avg"
            ? [avgPool(x, kernel, { ...options, countIncludePad }), avgRule(countIncludePad)]
            : [lpPool(x, p, kernel, options), lpRule(p)];

      const upstream = (size: number) => numbers(float, size, rest.seed + 1);
      const expected = pool(s, ceilMode, rule, xs, upstream);
      expectNumbers("y", y.toTypedArray(), expected.y, FLOATS[float]);
      const gradient = tensor(upstream(y.size), { shape: y.shape });
      const [dx] = gradients(y, [x], { gradient });
      expectNumbers("∂x", dx!.toTypedArray(), expected.dx, FLOATS[float]);
    }),
    { numRuns: 300 },
  );
}

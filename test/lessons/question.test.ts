/**
 * The question: "Backpropagation in a convolutional neural network with stride and padding". Its mathematics is right,
 * its program is not, and the accepted answer mends half of it. Rows 1 to 8 of the lessons.
 */
import {
  AnomalyError,
  ConvgradError,
  detectAnomaly,
  GraphError,
  gradcheck,
  gradients,
  noGrad,
  ShapeError,
  scope,
  steps,
  type Tensor,
  tensor,
  windowCount,
} from "@convgrad/core";
import { conv2d, mse } from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import {
  correlate,
  correlateAsAnswered,
  correlateAsAsked,
  filterGradient,
  outputSide,
  type Slide,
  withEquation2,
} from "../../examples/lessons/question.ts";
import { expectNumbers } from "../oracle/closeness.ts";
import { convolve } from "../oracle/loops.ts";
import { draw, image, leaf, ROUNDING } from "./article.ts";

const float64 = { dtype: "float64" } as const;

const pairs = (list: string) =>
  list.split(" ").map((pair) => pair.split("×").map(Number) as [number, number]);

describe("row 1: the strided, padded cross-correlation", () => {
  // O[u, v] = Σ_{i, j} I[u·s + i − p, v·s + j − p] · F[i, j]                                             eq. (1)
  it("equals six plain loops, with each axis its own size, stride and padding", () => {
    for (const [h, w] of pairs("5×7 8×4"))
      for (const [kh, kw] of pairs("3×2 1×4"))
        for (const [sh, sw] of pairs("1×1 2×1 1×3 3×2"))
          for (const [ph, pw] of pairs("0×0 1×0 0×2 2×1")) {
            const [x, k] = draw(1, [2, 3, h, w], [4, 3, kh, kw]) as [Tensor, Tensor];
            const y = conv2d(x, k, null, { stride: [sh, sw], padding: [ph, pw] });
            const loops = convolve(
              {
                image: [2, 3, h, w],
                filters: 4,
                kernel: [kh, kw],
                stride: [sh, sw],
                padding: [
                  [ph, ph],
                  [pw, pw],
                ],
                dilation: [1, 1],
                groups: 1,
                flip: false,
              },
              x.toTypedArray(),
              k.toTypedArray(),
            );
            expectNumbers("O", y.toTypedArray(), loops, ROUNDING);
          }
  });
});

describe("row 2: the output size", () => {
  // W1 = ⌊(I − F + 2p) / s⌋ + 1, for each axis its own
  it("counts the places where the filter fits", () => {
    for (let size = 1; size <= 9; size++)
      for (let k = 1; k <= size; k++)
        for (let s = 1; s <= 4; s++) {
          let places = 0;
          for (let start = 0; start + k <= size; start += s) places++;
          expect(windowCount(size, k, s, 1)).toBe(places);
        }
  });

  it("is [2, 3] for a 5×7 image, a 4×3 filter and stride 2 with padding [1, 0]", () => {
    const [x, w] = draw(2, [1, 1, 5, 7], [1, 1, 4, 3]) as [Tensor, Tensor];
    expect(conv2d(x, w, null, { stride: 2, padding: [1, 0] }).shape).toEqual([1, 1, 2, 3]);
  });

  it("refuses a filter larger than the padded image, with the arithmetic", () => {
    const [x, w] = draw(2, [1, 1, 4, 4], [1, 1, 5, 5]) as [Tensor, Tensor];
    expect(() => conv2d(x, w)).toThrow(ShapeError);
    expect(() => conv2d(x, w)).toThrow(
      /5×5 does not fit the padded input 4×4 \(4 \+ 2·0 − 5 < 0\)/,
    );
  });
});

describe("row 3: the mistake that was asked about", () => {
  const slide: Slide = { stride: 1, padding: 0 };
  const [I, F] = draw(3, [5, 5], [3, 3]) as [Tensor, Tensor];

  it("gradcheck refuses F[y][x], naming the element with both its gradients", () => {
    const asked = withEquation2(correlateAsAsked, slide);
    const check = () => gradcheck((f) => asked(I, f), [F]);
    expect(check).toThrow(GraphError);
    expect(check).toThrow(
      /gradient of input 0 at \[\d, \d\] is -?[\d.]+ by backward but -?[\d.]+ by central differences/,
    );
    const report = gradcheck((f) => asked(I, f), [F], { throws: false });
    expect(report.ok).toBe(false);
    expect(report.worst!.analytic).not.toBeCloseTo(report.worst!.numeric, 1);
  });

  it("gradcheck accepts F[j][i]: the mathematics of eq. (2) was right all along", () => {
    const mended = withEquation2(correlate, slide);
    expect(gradcheck((f) => mended(I, f), [F]).checked).toBe(9);
  });

  it("the mistaken forward has a gradient too, only not eq. (2): left to autograd it checks", () => {
    expect(gradcheck((f) => correlateAsAsked(I, f, slide), [F]).ok).toBe(true);
  });
});

describe("row 4: it starts descending, then goes up and never stops", () => {
  // F ← F − 0.01·∂E/∂F on a 5×5 image with a 3×3 filter, and E = ½ Σ (O − target)²
  const slide: Slide = { stride: 1, padding: 0 };

  function train(forward: typeof correlate, count: number): number[] {
    const [I, F, wish] = draw(8, [5, 5], [3, 3], [3, 3]) as [Tensor, Tensor, Tensor];
    const target = correlate(I, wish, slide);
    const errors: number[] = [];
    for (const _ of steps(count)) {
      const O = forward(I, F, slide);
      errors.push(mse(O, target, { reduction: "halfSum" }).item());
      const dF = filterGradient(I, O.sub(target), F, slide); // eq. (2) for either forward
      noGrad(() => F.assign(F.sub(dF.mul(0.01))));
    }
    return errors;
  }

  it("the mistaken forward falls to a minimum, then rises beyond a million", () => {
    const errors = train(correlateAsAsked, 1500);
    const lowest = errors.indexOf(Math.min(...errors));
    expect(lowest).toBeGreaterThan(2);
    expect(lowest).toBeLessThan(100);
    for (let step = 1; step <= lowest; step++) expect(errors[step]).toBeLessThan(errors[step - 1]!);
    expect(errors.at(-1)).toBeGreaterThan(1e6);
  });

  it("the right forward falls at every step, towards 0", () => {
    const errors = train(correlate, 1500);
    errors.slice(1).forEach((error, i) => {
      expect(error).toBeLessThanOrEqual(errors[i]!);
    });
    expect(errors.at(-1)).toBeLessThan(1e-3 * errors[0]!);
  });
});

describe("row 5: the accepted answer", () => {
  const [I, F] = draw(5, [7, 7], [3, 3]) as [Tensor, Tensor];
  const passes = (forward: typeof correlate, slide: Slide) => {
    const operation = withEquation2(forward, slide);
    return gradcheck((f) => operation(I, f), [F], { throws: false }).ok;
  };

  it("passes at stride 1 and fails at 2 and 3: the stride still multiplies the filter index", () => {
    for (const padding of [0, 1, 2]) {
      expect(passes(correlateAsAnswered, { stride: 1, padding })).toBe(true);
      expect(passes(correlateAsAnswered, { stride: 2, padding })).toBe(false);
      expect(passes(correlateAsAnswered, { stride: 3, padding })).toBe(false);
    }
  });

  it("computes, at stride 2, a filter with holes: a dilation where a stride was meant", () => {
    const n = outputSide(7, 3, { stride: 2, padding: 0 });
    const answered = correlateAsAnswered(I, F, { stride: 2, padding: 0 });
    const holes = conv2d(image(I), image(F), null, { dilation: 2 });
    const corner = holes.slice([0, 0, 0, 0], [1, 1, n, n]).reshape([n, n]);
    expectNumbers("O", answered.toTypedArray(), corner.toTypedArray(), ROUNDING);
  });

  it("a[y·s + j − p][x·s + i − p] · f[j][i] passes at every stride and padding, and so does conv2d", () => {
    for (const stride of [1, 2, 3])
      for (const padding of [0, 1, 2]) {
        expect(passes(correlate, { stride, padding })).toBe(true);
        const [x, w] = [image(I), image(F)];
        const options = { stride, padding };
        expect(gradcheck((...at) => conv2d(at[0]!, at[1]!, null, options), [x, w]).checked).toBe(
          58,
        );
      }
  });
});

describe("row 6: no raw JavaScript error and no silent NaN", () => {
  it("in plain arrays an index past the filter is undefined, and undefined · 1 is NaN", () => {
    const row: number[] = [1, 2];
    expect(1 * row[2]!).toBeNaN();
  });

  it("the same mistake on tensors is refused by name", () => {
    const [I, F] = draw(6, [4, 4], [2, 2]) as [Tensor, Tensor]; // p = 1: the output is 5×5, the filter 2×2
    expect(() => correlateAsAsked(I, F, { stride: 1, padding: 1 })).toThrow(ShapeError);
  });

  it("whatever does not fit is an error of ours, with a sentence", () => {
    const [x, w] = draw(6, [1, 2, 4, 4], [1, 2, 3, 3]) as [Tensor, Tensor];
    const wrong: (() => unknown)[] = [
      () => conv2d(x.reshape([2, 4, 4]), w),
      () => conv2d(x, w.reshape([2, 3, 3])),
      () => conv2d(x, w, tensor([1, 2], float64)),
      () => conv2d(x, w, null, { stride: 0 }),
      () => conv2d(x, w, null, { padding: -1 }),
      () => conv2d(x, w.to("float32")),
      () => x.add(tensor([1, 2, 3], float64)),
    ];
    for (const call of wrong) {
      expect(call).toThrow(ConvgradError);
      expect(call).toThrow(/^\w+: .{20,}/);
    }
  });
});

describe("row 6: the first NaN has a name", () => {
  it("detectAnomaly says which operation made it, and where", () => {
    const [x, w] = draw(6, [1, 1, 4, 4], [1, 1, 3, 3]) as [Tensor, Tensor];
    const run = () => conv2d(x, w).mul(0).log().mul(0).relu().sum();
    expect(run().item()).toBeNaN(); // silent without it
    expect(() => detectAnomaly(run)).toThrow(AnomalyError);
    expect(() => detectAnomaly(run)).toThrow(/log/);
  });
});

describe("row 7: padding by bounds, not by truth", () => {
  // `if (a[r] && a[r][c])` skips what lies outside, and also zeros, where that is harmless, and NaN, where it is not.
  it("a NaN in the image reaches exactly the outputs whose windows show it", () => {
    const x = tensor(new Float64Array(25).fill(1), { shape: [1, 1, 5, 5] });
    const values = x.toTypedArray();
    values[2 * 5 + 4] = Number.NaN; // row 2, column 4
    const [w] = draw(7, [1, 1, 3, 3]) as [Tensor];
    const y = conv2d(tensor(values, { shape: [1, 1, 5, 5] }), w, null, { padding: 1 });
    y.toTypedArray().forEach((value, at) => {
      const [u, v] = [Math.floor(at / 5), at % 5];
      const shows = Math.abs(u - 2) <= 1 && Math.abs(v - 4) <= 1;
      expect(Number.isNaN(value)).toBe(shows);
    });
  });

  it("padding adds exactly nothing", () => {
    const [w] = draw(7, [1, 1, 3, 3]) as [Tensor];
    const one = tensor([[[[1]]]], float64);
    const y = conv2d(one, w, null, { padding: 1 });
    expect(y.item()).toBe(w.toTypedArray()[4]);
  });
});

describe("row 8: the squared error", () => {
  const [y, t] = draw(8, [3, 4], [3, 4]) as [Tensor, Tensor];
  const gradientOf = (reduction: "halfSum" | "sum" | "mean") =>
    scope(() => {
      const x = leaf(y);
      return gradients(mse(x, t, { reduction }), [x])[0]!;
    });

  // E = ½ Σ_p (t_p − y_p)²,   ∂E/∂y_p = y_p − t_p                                                        eq. (9)
  it("halfSum has the gradient y − t, to the bit", () => {
    expect(gradientOf("halfSum").toArray()).toEqual(y.sub(t).toArray());
  });

  it("sum doubles it, mean divides that by the number of elements", () => {
    const difference = y.sub(t);
    expect(gradientOf("sum").toArray()).toEqual(difference.mul(2).toArray());
    const mean = difference.mul(2 / 12).toTypedArray();
    expectNumbers("∂ mean", gradientOf("mean").toTypedArray(), mean, ROUNDING);
  });
});

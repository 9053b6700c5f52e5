/**
 * The article's derivation, equation by equation, and the question's extension of it to strides and padding.
 * o is the layer's input, w its kernel, x its pre-activation, δ = ∂E/∂x. Rows 9, 10, 19 to 21, 23 to 27 and 29.
 */
import { dilate, gradcheck, gradients, type Tensor } from "@convgrad/core";
import { conv2d, mse } from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";
import { type Convolution, convolveBackward } from "../oracle/loops.ts";
import {
  convolve,
  convolveFull,
  correlate,
  correlateFull,
  differs,
  draw,
  expectSame,
  image,
  integers,
  leaf,
  plane,
  ROUNDING,
  rot180,
} from "./article.ts";

/** 144 ways to slide a k × k kernel over an H × H image, with whole numbers for x, w and δ. */
function eachSlide(
  check: (c: { x: Tensor; w: Tensor; delta: Tensor; s: number; p: number; rest: number }) => void,
): void {
  for (const h of [4, 5, 6, 7])
    for (const k of [1, 2, 3, 4])
      for (const s of [1, 2, 3])
        for (const p of [0, 1, 2]) {
          const side = Math.floor((h - k + 2 * p) / s) + 1;
          const [x, w, delta] = integers(h * k + s * p, [h, h], [k, k], [side, side]);
          // The last rows that no window reaches.
          const rest = (h + 2 * p - k) % s;
          check({ x: leaf(x!), w: leaf(w!), delta: delta!, s, p, rest });
        }
}

const slide = (x: Tensor, w: Tensor, s: number, p: number) =>
  plane(conv2d(image(x), image(w), null, { stride: s, padding: p }));

describe("row 9: the filter gradient with stride and padding", () => {
  // ∂E/∂w = pad(x, p) ⊗ dilate(δ, s): δ with s − 1 zeros between its cells becomes the kernel.         eq. (2)
  it("holds exactly for 144 sizes, kernels, strides and paddings", () => {
    eachSlide(({ x, w, delta, s, p }) => {
      const [dw] = gradients(slide(x, w, s, p), [w], { gradient: delta });
      const padded = x.detach().pad([
        [p, p],
        [p, p],
      ]);
      const sum = correlate(padded, dilate(delta, [s - 1, s - 1]));
      expectSame(dw!, sum.slice([0, 0], w.shape)); // what lies beyond belongs to no weight
    });
  });
});

describe("row 10: the input gradient, which the question's program lacks", () => {
  // ∂E/∂x = crop_p( dilate(δ, s) ⊗full rot180 w )
  it("holds exactly for 144 sizes, kernels, strides and paddings", () => {
    eachSlide(({ x, w, delta, s, p, rest }) => {
      const [dx] = gradients(slide(x, w, s, p), [x], { gradient: delta });
      const spread = correlateFull(dilate(delta, [s - 1, s - 1]), rot180(w.detach()));
      const covered = spread.pad([
        [0, rest],
        [0, rest],
      ]);
      const [h] = x.shape as [number];
      expectSame(dx!, covered.slice([p, p], [p + h, p + h]));
    });
  });

  it("rows that no window shows get exactly 0", () => {
    let uncovered = 0;
    eachSlide(({ x, w, delta, s, p }) => {
      const [dx] = gradients(slide(x, w, s, p), [x], { gradient: delta });
      const [h, k] = [x.shape[0]!, w.shape[0]!];
      for (let row = 0; row < h; row++) {
        const starts = Array.from({ length: delta.shape[0]! }, (_, u) => u * s - p);
        if (starts.some((start) => start <= row && row < start + k)) continue;
        uncovered++;
        expect(
          dx!
            .slice([row], [row + 1])
            .abs()
            .sum()
            .item(),
        ).toBe(0);
      }
    });
    expect(uncovered).toBeGreaterThan(50);
  });
});

describe("the derivation for stride 1", () => {
  const [o, w, target] = integers(13, [6, 5], [3, 2], [4, 4]) as [Tensor, Tensor, Tensor];
  const kernel = leaf(w);
  const x = correlate(o, kernel);
  const E = mse(x, target, { reduction: "halfSum" });
  const [dw, delta] = gradients(E, [kernel, x]) as [Tensor, Tensor];

  it("row 19: a weight's gradient is a sum of one term per output, eq. (10) to (13)", () => {
    // ∂E/∂w[m, n] = Σ_{i, j} δ[i, j] · o[i + m, j + n]
    for (const [m, n] of [
      [0, 0],
      [2, 1],
      [1, 0],
    ] as const) {
      const terms: number[] = [];
      for (let i = 0; i < 4; i++)
        for (let j = 0; j < 4; j++)
          terms.push(delta.toTypedArray()[i * 4 + j]! * o.toTypedArray()[(i + m) * 5 + (j + n)]!);
      expect(terms).toHaveLength(4 * 4);
      const sum = terms.reduce((a, b) => a + b);
      expect(dw.toTypedArray()[m * 2 + n]).toBe(sum);
    }
  });

  it("row 20: eq. (13) = eq. (14), a convolution does turn δ: rot180{δ} ∗ o = o ⊗ δ", () => {
    expectSame(correlate(o, delta), dw);
    expectSame(convolve(o, rot180(delta)), dw);
    expect(differs(convolve(o, delta), dw)).toBe(true); // and without the turn it is wrong
  });
});

describe("row 21: which flip where", () => {
  const [o, w, delta] = integers(21, [6, 6], [3, 3], [4, 4]) as [Tensor, Tensor, Tensor];
  const [x, k] = [leaf(o), leaf(w)];
  const backward = (y: Tensor) => gradients(y, [k, x], { gradient: delta }) as [Tensor, Tensor];

  it("forward ⊗: the weights take o ⊗ δ", () => {
    expectSame(backward(correlate(x, k))[0], correlate(o, delta));
  });
  it("forward ⊗: the input takes δ ∗full w", () => {
    expectSame(backward(correlate(x, k))[1], convolveFull(delta, w));
  });
  it("forward ∗: the weights take rot180{o ⊗ δ}", () => {
    expectSame(backward(convolve(x, k))[0], rot180(correlate(o, delta)));
  });
  it("forward ∗: the input takes δ ⊗full w", () => {
    expectSame(backward(convolve(x, k))[1], correlateFull(delta, w));
  });
});

describe("row 23: the bias", () => {
  // ∂E/∂b[d] = Σ_{n, i, j} δ[n, d, i, j]
  it("a filter's bias gets the sum of its δ, over the batch and all positions", () => {
    const [x, w, delta] = integers(23, [2, 1, 5, 5], [3, 1, 2, 2], [2, 3, 4, 4]);
    const b = leaf(integers(24, [3])[0]!);
    const [db] = gradients(conv2d(x!, w!, b), [b], { gradient: delta });
    expectSame(db!, delta!.sum([0, 2, 3]));
    gradcheck((bias) => conv2d(x!, w!, bias), [b]);
  });
});

describe("row 24: the region Q", () => {
  // Pixel (i′, j′) reaches the outputs from (i′ − k1 + 1, j′ − k2 + 1) to (i′, j′).            eq. (15) to (17)
  it("is exactly where the outputs' gradients show the pixel", () => {
    const [h, w, k1, k2] = [6, 5, 3, 2] as const;
    const x = leaf(draw(24, [h, w])[0]!);
    const kernel = draw(25, [k1, k2])[0]!;
    for (let i = 0; i <= h - k1; i++)
      for (let j = 0; j <= w - k2; j++) {
        const y = correlate(x, kernel).slice([i, j], [i + 1, j + 1]);
        const slopes = gradients(y.sum(), [x])[0]!.toTypedArray();
        slopes.forEach((slope, at) => {
          const [row, column] = [Math.floor(at / w), at % w]; // (i′, j′)
          const rows = row - k1 + 1 <= i && i <= row;
          const columns = column - k2 + 1 <= j && j <= column;
          expect(slope !== 0).toBe(rows && columns);
        });
      }
  });
});

describe("rows 25 and 26: the input gradient through an activation", () => {
  const [x0, w, delta] = draw(26, [6, 5], [3, 2], [4, 4]) as [Tensor, Tensor, Tensor];
  const x = leaf(x0);
  const o = x.tanh();
  const [dx, dO] = gradients(correlate(o, w), [x, o], { gradient: delta, retainGraph: true });
  const slope = gradients(o.sum(), [x])[0]!;

  it("row 25: eq. (20) is a product of two maps, δ ∗full w and f′(x)", () => {
    // ∂E/∂x[i′, j′] = Σ_{m, n} δ[i′ − m, j′ − n] · w[m, n] · f′(x[i′, j′])
    expectSame(dO!, convolveFull(delta, w), ROUNDING);
    expectSame(slope, o.mul(o).neg().add(1).detach(), ROUNDING); // tanh′ = 1 − tanh²
    expectSame(dx!, dO!.mul(slope), ROUNDING);
  });

  it("row 26: eq. (22) is right as a full cross-correlation with rot180 w", () => {
    expectSame(correlateFull(delta, rot180(w)).mul(slope), dx!, ROUNDING);
  });

  it("row 26: eq. (21) and (22) to the letter, with ∗ as a true convolution, are not the gradient", () => {
    const eq21 = rot180(correlateFull(delta, w)).mul(slope);
    const eq22 = convolveFull(delta, rot180(w)).mul(slope);
    expect(differs(eq21, dx!)).toBe(true);
    expect(differs(eq22, dx!)).toBe(true);
  });

  it("row 26: with a point-symmetric kernel nobody would notice, which is how such errors live", () => {
    const symmetric = w.add(rot180(w));
    expectSame(convolveFull(delta, rot180(symmetric)), convolveFull(delta, symmetric), ROUNDING);
  });
});

describe("row 27: δ of a layer is a convolution of the δ after it, three layers deep", () => {
  const sizes = [
    [2, 9, 8],
    [3, 7, 6],
    [3, 5, 4],
    [2, 3, 2],
  ] as const; // channels and plane per layer
  const [x, ...ws] = draw(27, [1, ...sizes[0]], [3, 2, 3, 3], [3, 3, 3, 3], [2, 3, 3, 3]);
  const layer = (l: number): Convolution => ({
    image: [1, ...sizes[l]!],
    filters: sizes[l + 1]![0],
    kernel: [3, 3],
    stride: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    dilation: [1, 1],
    groups: 1,
    flip: false,
  });

  it("agrees with plain loops walked backwards by hand", () => {
    const leaves = ws.map(leaf);
    const z1 = conv2d(x!, leaves[0]!);
    const z2 = conv2d(z1.relu(), leaves[1]!);
    const z3 = conv2d(z2.relu(), leaves[2]!);
    const E = z3.mul(z3).sum().mul(0.5); // ∂E/∂z3 = z3
    const found = gradients(E, [z1, z2, z3, ...leaves], { retainGraph: true });

    const numbers = (t: Tensor) => t.toTypedArray();
    const step = (l: number, input: Tensor, delta: ArrayLike<number>) =>
      convolveBackward(layer(l), numbers(input), numbers(ws[l]!), delta);
    const through = (dx: Float64Array, z: Tensor) => dx.map((g, i) => (numbers(z)[i]! > 0 ? g : 0));
    const three = step(2, z2.relu(), numbers(z3));
    const delta2 = through(three.dx, z2);
    const two = step(1, z1.relu(), delta2);
    const delta1 = through(two.dx, z1);
    const one = step(0, x!, delta1);

    const expected = [delta1, delta2, numbers(z3), one.dw, two.dw, three.dw];
    found.forEach((g, i) => {
      expectNumbers(`gradient ${i}`, numbers(g), expected[i]!, { rtol: 1e-10, atol: 1e-10 });
    });
  });
});

describe("row 29: a stride above 1", () => {
  it("pulls δ apart: s − 1 zeros between neighbours", () => {
    const [delta] = integers(29, [2, 2]) as [Tensor];
    const [[a, b], [c, d]] = delta.toArray() as [[number, number], [number, number]];
    expect(dilate(delta, [1, 2]).toArray()).toEqual([
      [a, 0, 0, b],
      [0, 0, 0, 0],
      [c, 0, 0, d],
    ]);
  });

  it("passes gradcheck to second order", () => {
    const [x, w] = draw(30, [1, 2, 6, 7], [2, 2, 3, 2]) as [Tensor, Tensor];
    const options = { stride: [2, 3], padding: 1 } as const;
    gradcheck((...at) => conv2d(at[0]!, at[1]!, null, options), [x, w], { order: 2 });
  });
});

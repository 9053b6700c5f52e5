/**
 * The sums of the derivation, term by term: `explain` on the article's own equations. Rows 9, 10, 19, 23 and 24.
 */
import { gradients, type Tensor } from "@convgrad/core";
import { conv2d, explain, mse } from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { correlate, image, integers, leaf, plane } from "./article.ts";

describe("row 19: a weight's gradient is a sum of one term per output, eq. (10) to (13)", () => {
  // ∂E/∂w[m, n] = Σ_{i, j} δ[i, j] · o[i + m, j + n]
  it("explain lists δ, the cell under the tap and their product, and the sum is the gradient", () => {
    const [o, w, target] = integers(13, [6, 5], [3, 2], [4, 4]) as [Tensor, Tensor, Tensor];
    const kernel = leaf(w);
    const E = mse(correlate(o, kernel), target, { reduction: "halfSum" });
    const delta = correlate(o, w).sub(target).toTypedArray();
    const [dw] = gradients(E, [kernel], { retainGraph: true });
    for (let m = 0; m < 3; m++)
      for (let n = 0; n < 2; n++) {
        const { terms, sum, gradient } = explain(kernel, [m, n], { of: E });
        expect(terms).toHaveLength(4 * 4);
        for (const term of terms) {
          const [, , i, j] = term.output as [number, number, number, number];
          expect(term.delta).toBe(delta[i * 4 + j]);
          expect(term.source).toEqual([0, 0, i + m, j + n]);
          expect(term.factor).toBe(o.toTypedArray()[(i + m) * 5 + (j + n)]);
        }
        expect([sum, gradient]).toEqual(Array(2).fill(dw.toTypedArray()[m * 2 + n]));
      }
  });
});

describe("rows 9, 10 and 23: with stride and padding", () => {
  const [x0, w0, b0] = integers(9, [1, 1, 6, 5], [2, 1, 3, 2], [2]) as [Tensor, Tensor, Tensor];
  const [x, w, b] = [leaf(x0), leaf(w0), leaf(b0)];
  const [s, p] = [2, 1];
  const y = conv2d(x, w, b, { stride: s, padding: p });
  const [delta] = integers(10, y.shape) as [Tensor];
  const E = y.mul(delta).sum();
  const [, , oh, ow] = y.shape as [number, number, number, number];

  it("row 9: the cell under tap (m, n) at output (u, v) is (u·s + m − p, v·s + n − p), or padding", () => {
    const { terms, sum, gradient } = explain(w, [1, 0, 0, 1], { of: E });
    expect(terms).toHaveLength(oh * ow);
    for (const { output, source, factor } of terms) {
      const [row, column] = [output[2]! * s + 0 - p, output[3]! * s + 1 - p];
      const isInside = row >= 0 && row < 6 && column >= 0 && column < 5;
      expect(source).toEqual(isInside ? [0, 0, row, column] : null);
      if (!isInside) expect(factor).toBe(0);
    }
    expect(sum).toBe(gradient);
  });

  it("row 10: a pixel meets tap (i′ + p − u·s, j′ + p − v·s) of each filter; rows never covered have no term", () => {
    const { terms, sum, gradient } = explain(x, [0, 0, 3, 2], { of: E });
    for (const { output, source } of terms) {
      const [o, u, v] = output.slice(1) as [number, number, number];
      expect(source).toEqual([o, 0, 3 + p - u * s, 2 + p - v * s]);
    }
    expect(sum).toBe(gradient);
    const wide = conv2d(x, w, null, { stride: 4 }).sum(); // rows 0 to 2 only
    expect(explain(x, [0, 0, 5, 0], { of: wide })).toMatchObject({
      terms: [],
      sum: 0,
      gradient: 0,
    });
  });

  it("row 23: a bias has δ·1 for every output of its filter", () => {
    const { terms, sum, gradient } = explain(b, [1], { of: E });
    expect(terms.map((term) => [term.output[1], term.factor])).toEqual(Array(oh * ow).fill([1, 1]));
    expect([sum, gradient]).toEqual(Array(2).fill(delta.slice([0, 1]).sum().item()));
  });
});

describe("row 24: the region Q", () => {
  // Pixel (i′, j′) reaches the outputs from (i′ − k1 + 1, j′ − k2 + 1) to (i′, j′).            eq. (15) to (17)
  it("affectedOutputs is the box of the article, and the support of the Jacobian's column", () => {
    const [h, wide, k1, k2] = [6, 5, 3, 2] as const;
    const x = leaf(integers(24, [h, wide])[0]!);
    const kernel = integers(25, [k1, k2])[0]!.abs().add(1); // nowhere 0
    const outputs = plane(conv2d(image(x), image(kernel)));
    const cells = [...Array(outputs.size).keys()].map(
      (at) => [Math.floor(at / 4), at % 4] as const,
    );
    const column = cells.map(([u, v]) => {
      const unit = outputs.slice([u, v], [u + 1, v + 1]).sum();
      return gradients(unit, [x], { retainGraph: true })[0].toTypedArray();
    });
    for (let i = 0; i < h; i++)
      for (let j = 0; j < wide; j++) {
        const { affectedOutputs } = explain(x, [i, j], { of: outputs.sum() });
        const Q = cells.filter(([u, v]) => i - k1 + 1 <= u && u <= i && j - k2 + 1 <= v && v <= j);
        expect(affectedOutputs).toEqual(Q.map(([u, v]) => [0, 0, u, v]));
        const support = cells.filter((_, at) => column[at]![i * wide + j] !== 0);
        expect(support).toEqual(Q);
      }
  });
});

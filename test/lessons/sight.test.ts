/**
 * What a unit sees, and what happens when the picture moves. Rows 17 and 18.
 */
import { gradients, type Tensor } from "@convgrad/core";
import { AvgPool, Conv2D, conv2d, maxPool, Sequential } from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { correlate, differs, draw, expectSame, leaf } from "./article.ts";

describe("row 17: sparse connectivity and the receptive field", () => {
  it("a unit of a 2×2 convolution is connected to 4 cells", () => {
    const x = leaf(draw(17, [4, 4])[0]!);
    const unit = correlate(x, draw(18, [2, 2])[0]!).slice([1, 1], [2, 2]);
    const slopes = gradients(unit.sum(), [x])[0]!.toTypedArray();
    expect(slopes.filter((slope) => slope !== 0)).toHaveLength(4);
  });

  it("layer upon layer: the formula of summary() is the support of an output's gradient", () => {
    const layers = [
      new Conv2D(1, 2, 3, {
        padding: [
          [2, 0],
          [1, 1],
        ],
      }),
      new AvgPool(2),
      new Conv2D(2, 2, [3, 1], { stride: [1, 2] }),
      new Conv2D(2, 1, 2, { dilation: [2, 1] }),
    ];
    const size = [1, 1, 24, 24] as const;
    for (let depth = 1; depth <= layers.length; depth++) {
      const model = new Sequential(...layers.slice(0, depth));
      const row = model.summary(size).rows.at(-1)!;
      const first = support(model, size, 2, 2); // beyond the padding, which has no gradient
      const next = support(model, size, 3, 3);
      expect([first.rows, first.columns]).toEqual(row.receptiveField);
      expect([next.top - first.top, next.left - first.left]).toEqual(row.receptiveStride);
      const [down, right] = row.receptiveStride!;
      expect([first.top - 2 * down, first.left - 2 * right]).toEqual(row.receptiveOffset);
    }
  });

  /** The box of input cells that one output cell depends on. */
  function support(model: Sequential, size: readonly number[], u: number, v: number) {
    const x = leaf(draw(19, size)[0]!.to("float32"));
    const y = model.forward(x).slice([0, 0, u, v], [1, 1, u + 1, v + 1]);
    const cells = gradients(y.sum(), [x])[0]!.toTypedArray();
    const width = size[3]!;
    const seen = [...cells.keys()].filter((at) => cells[at] !== 0);
    const rows = seen.map((at) => Math.floor(at / width));
    const columns = seen.map((at) => at % width);
    const [top, left] = [Math.min(...rows), Math.min(...columns)];
    return {
      top,
      left,
      rows: Math.max(...rows) - top + 1,
      columns: Math.max(...columns) - left + 1,
    };
  }
});

describe("row 18: translation", () => {
  // A small picture on an empty canvas, moved down by d and right by d.
  const [picture, w] = draw(18, [1, 1, 4, 4], [1, 1, 3, 3]) as [Tensor, Tensor];
  const moved = (d: number) =>
    picture.pad([
      [4 + d, 8 - d],
      [4 + d, 8 - d],
    ]);
  const inside = (y: Tensor, d: number, size: number) =>
    y.slice([0, 0, 2 + d, 2 + d], [1, 1, 2 + d + size, 2 + d + size]);

  it("convolution is equivariant: what moves in the input moves in the output", () => {
    const [y, shifted] = [conv2d(moved(0), w), conv2d(moved(3), w)];
    expectSame(inside(shifted, 3, 8), inside(y, 0, 8));
    expect(differs(shifted, y)).toBe(true); // and that is not invariance
  });

  it("pooling is roughly invariant: equivariant for its stride, near for less, invariant when global", () => {
    const pooled = (d: number) => maxPool(conv2d(moved(d), w), 2);
    expectSame(inside(pooled(2), 1, 4), inside(pooled(0), 0, 4));
    // Moved by one cell, a pooled value is at most the largest of the pools around it.
    const around = maxPool(pooled(0), 3, { stride: 1, padding: 1 });
    expect(pooled(1).sub(around).max().item()).toBeLessThanOrEqual(0);
    expect(differs(pooled(1), pooled(0))).toBe(true);
    const strongest = (d: number) => conv2d(moved(d), w).max().item();
    expect(strongest(3)).toBe(strongest(0));
  });
});

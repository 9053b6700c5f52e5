/**
 * Pooling: nothing is learned, and the error finds its way back through the winner, through everyone, or in proportion.
 * Rows 31 to 35.
 */
import { gradcheck, gradients, type Tensor, tensor } from "@convgrad/core";
import {
  AvgPool,
  avgPool,
  GlobalAvgPool,
  LpPool,
  lpPool,
  MaxPool,
  maxPool,
  maxPoolWithIndices,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";
import { draw, EXACT, integers, leaf, ROUNDING } from "./article.ts";

const grid = (rows: number[][]) => leaf(tensor(rows, { dtype: "float64" }));

/** ∂x for a given δ of the pooled map. */
const routed = (y: Tensor, x: Tensor, delta: number[][]) =>
  gradients(y, [x], { gradient: tensor(delta, { dtype: "float64" }) })[0]!.toArray();

describe("row 31: max pooling", () => {
  it("the winning unit takes the whole error; the others did not contribute", () => {
    const x = grid([
      [1, 5, 2, 0],
      [3, 4, 8, 7],
    ]);
    const { y, indices } = maxPoolWithIndices(x, 2);
    expect(y.toArray()).toEqual([[5, 8]]);
    expect(indices.toArray()).toEqual([[1, 6]]); // noted in the forward pass, row · width + column
    expect(routed(y, x, [[10, 20]])).toEqual([
      [0, 10, 0, 0],
      [0, 0, 20, 0],
    ]);
  });

  it("among equals the first in reading order wins", () => {
    const x = grid([
      [2, 2],
      [2, 2],
    ]);
    expect(routed(maxPool(x, 2), x, [[1]])).toEqual([
      [1, 0],
      [0, 0],
    ]);
  });

  it("where windows overlap, a winner of several windows collects from each", () => {
    const x = grid([
      [0, 0, 0],
      [0, 9, 0],
      [0, 0, 0],
    ]);
    const y = maxPool(x, 2, { stride: 1 });
    expect(
      routed(y, x, [
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([
      [0, 0, 0],
      [0, 10, 0],
      [0, 0, 0],
    ]);
  });

  it("padding never wins, not even over negative numbers", () => {
    const x = grid([
      [-4, -3],
      [-2, -1],
    ]);
    const y = maxPool(x, 2, { padding: 1 });
    expect(y.toArray()).toEqual([
      [-4, -3],
      [-2, -1],
    ]);
  });

  it("a window of nothing but −∞ still has a winner in the image, and a NaN always wins", () => {
    const x = grid([
      [-1 / 0, -1 / 0],
      [-1 / 0, Number.NaN],
    ]);
    const { y, indices } = maxPoolWithIndices(x, 2, { padding: 1 });
    expectNumbers("y", y.toTypedArray(), [-1 / 0, -1 / 0, -1 / 0, Number.NaN], EXACT);
    expect(indices.toArray()).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

describe("row 32: average pooling", () => {
  it("each cell of an N×N block gets δ / (N·N)", () => {
    const x = grid([
      [1, 5, 2, 0],
      [3, 4, 8, 7],
    ]);
    const y = avgPool(x, 2);
    expect(y.toArray()).toEqual([[13 / 4, 17 / 4]]);
    expect(routed(y, x, [[4, 8]])).toEqual([
      [1, 1, 2, 2],
      [1, 1, 2, 2],
    ]);
  });

  it("padding counts as cells, or does not, as asked", () => {
    const x = grid([
      [6, 2],
      [4, 8],
    ]);
    const corner = (countIncludePad: boolean) =>
      avgPool(x, 2, { padding: 1, stride: 3, countIncludePad }).toArray();
    expect(corner(true)).toEqual([[6 / 4]]);
    expect(corner(false)).toEqual([[6]]);
  });

  it("passes gradcheck", () => {
    gradcheck((x) => avgPool(x, 3, { stride: 2, padding: 1 }), draw(32, [1, 2, 5, 6]));
  });
});

describe("row 33: L2-norm pooling", () => {
  // y = (Σ x²)^½,   ∂y/∂x = x / y
  it("gives to each in proportion to its size", () => {
    const x = grid([
      [3, 0],
      [0, -4],
    ]);
    const y = lpPool(x, 2, 2);
    expectNumbers("y", y.toTypedArray(), [5], ROUNDING);
    const [dx] = gradients(y, [x], { gradient: tensor([[10]], { dtype: "float64" }) });
    expectNumbers("∂x", dx!.toTypedArray(), [6, 0, 0, -8], ROUNDING);
  });

  it("gives 0, not NaN, where the norm is 0", () => {
    const x = grid([
      [0, 0, 1, 0],
      [0, 0, 0, 0],
    ]);
    const y = lpPool(x, 2, 2);
    expect(y.toArray()).toEqual([[0, 1]]);
    const [dx] = gradients(y, [x], { gradient: tensor([[1, 1]], { dtype: "float64" }) });
    expectNumbers("∂x", dx!.toTypedArray(), [0, 0, 1, 0, 0, 0, 0, 0], EXACT);
  });

  it("passes gradcheck away from 0, to second order", () => {
    for (const p of [2, 3]) gradcheck((x) => lpPool(x, p, 2), draw(33, [1, 1, 4, 4]), { order: 2 });
  });
});

describe("row 34: no learning takes place on the pooling layers", () => {
  it("they have no parameters", () => {
    for (const layer of [new MaxPool(2), new AvgPool(2), new LpPool(2, 2), new GlobalAvgPool()])
      expect(layer.parameters()).toHaveLength(0);
  });
});

describe("row 35: must δ be multiplied by the activation on its way through max pooling?", () => {
  // No: pooling routes δ, the ReLU node multiplies it by f′. The two may even change places.
  it("relu(maxPool(x)) and maxPool(relu(x)) agree in value and gradient, ties and all, 2000 times", () => {
    const [planes, deltas] = integers(35, [2000, 1, 4, 4], [2000, 1, 2, 2]) as [Tensor, Tensor];
    const x = leaf(planes);
    const [first, second] = [maxPool(x, 2).relu(), maxPool(x.relu(), 2)];
    expectNumbers("values", first.toTypedArray(), second.toTypedArray(), EXACT);
    const [a] = gradients(first, [x], { gradient: deltas });
    const [b] = gradients(second, [x], { gradient: deltas });
    expectNumbers("gradients", a!.toTypedArray(), b!.toTypedArray(), EXACT);
    expect(a!.abs().sum().item()).toBeGreaterThan(1000); // and they say something
  });

  it("with overlapping windows too", () => {
    const x = leaf(integers(36, [50, 1, 6, 6])[0]!);
    const options = { stride: 1, padding: 1 };
    const a = gradients(maxPool(x, 3, options).relu().sum(), [x])[0]!;
    const b = gradients(maxPool(x.relu(), 3, options).sum(), [x])[0]!;
    expectNumbers("gradients", a.toTypedArray(), b.toTypedArray(), EXACT);
  });
});

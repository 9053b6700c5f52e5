import { memory, ones, scope, type Tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";

const CELLS = 2 ** 16;
const BYTES = CELLS * 4;

/** How many tensors' worth the peak rises above the level at which backward began. */
function rise(depth: number, layer: (x: Tensor) => Tensor): number {
  return scope(() => {
    const x = ones([CELLS], { requiresGrad: true });
    let y = x;
    for (let i = 0; i < depth; i++) y = layer(y);
    const loss = y.sum();
    // A block as large as the former peak puts the peak where memory is now.
    const { bytes, peakBytes } = memory();
    const ballast = ones([Math.max(peakBytes - bytes, 0) / 4]);
    const level = memory().bytes;
    expect(memory().peakBytes).toBe(level);
    loss.backward();
    const above = memory().peakBytes - level;
    expect(x.grad!.size).toBe(CELLS);
    // Read only now, so that the ballast was in memory all along.
    expect(ballast.sum().item()).toBe(ballast.size);
    return above / BYTES;
  });
}

describe("intermediate gradients are released as backward goes", () => {
  it.each([
    ["neg", (x: Tensor) => x.neg()],
    ["exp", (x: Tensor) => x.mul(0.5).tanh()],
    ["diamonds", (x: Tensor) => x.mul(0.5).add(x.mul(0.5))],
    [
      "views",
      (x: Tensor) =>
        x
          .reshape([2, CELLS / 2])
          .transpose()
          .flip()
          .add(1)
          .reshape([CELLS]),
    ],
  ])("in a chain of %s", (_, layer) => {
    const [shallow, deep] = [rise(5, layer), rise(50, layer)];
    expect(deep).toBeLessThan(6.5);
    expect(deep).toBeLessThan(shallow + 1);
  });

  it("leaves only the gradients of leaves", () => {
    scope(() => {
      const [x, w] = [ones([3], { requiresGrad: true }), ones([3], { requiresGrad: true })];
      const loss = x.mul(w).exp().relu().sum();
      const before = memory().tensors;
      loss.backward();
      expect(memory().tensors).toBe(before + 2 + 1); // two gradients and the seed
    });
  });
});

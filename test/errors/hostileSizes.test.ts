import { tensor, zeros } from "@convgrad/core";
import {
  AdaptiveAvgPool,
  AdaptiveMaxPool,
  adaptiveAvgPool,
  adaptiveMaxPool,
  confusionMatrix,
  leNet5,
  resNet,
  simpleCnn,
  Upsample,
  upsample,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";

// Sizes that no machine has room for are refused before a table or a layer of them is made: in a moment, by an error of
// the library, not by the engine's, nor by the end of the process.

const x = () => zeros([1, 1, 3, 3]);
const labels = () => tensor(new Int32Array(2));

type Case = [what: string, call: () => unknown, kind: string, message: string];

const SIDE = "a side has at most 16777216";

describe("a size beyond all memory", () => {
  it.each<Case>([
    [
      "adaptiveAvgPool",
      () => adaptiveAvgPool(x(), 2 ** 31),
      "ShapeError",
      `adaptiveAvgPool: an output of 2147483648×2147483648 cells is too large (${SIDE}); lower the output`,
    ],
    ["adaptiveMaxPool", () => adaptiveMaxPool(x(), [2, 2 ** 31]), "ShapeError", SIDE],
    [
      "adaptiveMaxPool, of all cells",
      () => adaptiveMaxPool(x(), 2 ** 20),
      "ShapeError",
      "adaptiveMaxPool: an output [1, 1, 1048576, 1048576] is too large (a tensor has at most 2147483647 elements)",
    ],
    [
      "adaptiveAvgPool, in its table",
      () => adaptiveAvgPool(zeros([1, 129]).broadcastTo([1000, 129]), [2 ** 22 + 1, 1]),
      "ShapeError",
      "adaptiveAvgPool: the table of weights [4194305, 1000] is too large",
    ],
    ["AdaptiveAvgPool", () => new AdaptiveAvgPool(2 ** 31).forward(x()), "ShapeError", SIDE],
    ["AdaptiveMaxPool", () => new AdaptiveMaxPool(2 ** 31).forward(x()), "ShapeError", SIDE],
    [
      "upsample to a size",
      () => upsample(x(), { size: 2 ** 31 }),
      "ShapeError",
      `upsample: an output of 2147483648×2147483648 cells is too large (${SIDE}); lower the size or the scale`,
    ],
    ["upsample further", () => upsample(x(), { size: 2 ** 40 }), "ShapeError", SIDE],
    ["upsample on an axis", () => upsample(x(), { size: [2 ** 31, 3] }), "ShapeError", SIDE],
    ["upsample by a scale", () => upsample(x(), { scale: 1e300 }), "ShapeError", SIDE],
    [
      "upsample, bilinear",
      () => upsample(x(), { size: 2 ** 31, mode: "bilinear" }),
      "ShapeError",
      SIDE,
    ],
    ["Upsample", () => new Upsample({ size: 2 ** 40 }).forward(x()), "ShapeError", SIDE],
    [
      "Upsample, as loops",
      () => new Upsample({ size: 2 ** 40 }).toLoops([1, 3, 3]),
      "ShapeError",
      SIDE,
    ],
    [
      "confusionMatrix",
      () => confusionMatrix(labels(), labels(), { classes: 2 ** 31 }),
      "ValueError",
      "confusionMatrix: classes is 2147483648; a matrix [K, K] has at most 46340, so count them in groups",
    ],
    [
      "resNet",
      () => resNet(2 ** 31),
      "ValueError",
      "resNet: depth is 2147483648; it must be at most 10000",
    ],
    [
      "simpleCnn",
      () => simpleCnn({ size: 2 ** 31 }),
      "ShapeError",
      "simpleCnn: size 2147483648 must be at most 2048, as filters double with each halving; resize the images",
    ],
    ["channels of simpleCnn", () => simpleCnn({ channels: 2 ** 31 }), "MemoryError", "no memory"],
    ["classes of leNet5", () => leNet5({ classes: 2 ** 31 }), "MemoryError", "no memory"],
  ])("of %s is refused at once", (_, call, kind, message) => {
    const before = performance.now();
    expect(call).toThrow(expect.objectContaining({ name: kind }));
    expect(call).toThrow(message);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

it("large sizes that there is room for are none of them", () => {
  const row = tensor([[1, 2, 3]]);
  expect(upsample(row.reshape([1, 1, 1, 3]), { size: [1, 100_000] }).shape).toEqual([1, 1, 1, 1e5]);
  for (const pool of [adaptiveAvgPool, adaptiveMaxPool]) {
    expect(pool(row, [1, 100_000]).slice([0, 99_998]).toArray()).toEqual([[3, 3]]);
  }
});

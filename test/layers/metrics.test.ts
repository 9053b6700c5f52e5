import {
  DTypeError,
  manualSeed,
  memory,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { accuracy, confusionMatrix, precisionRecallF1, topK } from "@convgrad/layers";
import { describe, expect, it } from "vitest";

const ints = (values: number[], shape?: number[]) =>
  tensor(Int32Array.from(values), shape ? { shape } : {});

describe("topK", () => {
  const logits = tensor([
    [1, 5, 3, 4],
    [9, 1, 2, 3],
    [0, 0, 0, 0],
  ]);
  const truth = ints([2, 3, 1]);

  it("counts labels among the k largest; of equal logits the first class goes first", () => {
    expect([1, 2, 3, 4].map((k) => topK(logits, truth, k))).toEqual([0, 2 / 3, 1, 1]);
  });

  it("is the accuracy for k = 1, NaN and ties included, and never falls with k", () => {
    manualSeed(1);
    const x = randn([40, 5, 3]).mul(2).to("int32").to("float32");
    const holes = x.where(x.equal(0).equal(0), Number.NaN);
    const truth = ints(
      Array.from({ length: 120 }, (_, i) => (i * 7) % 5),
      [40, 3],
    );
    for (const logits of [x, holes]) {
      const rates = [1, 2, 3, 4, 5].map((k) => topK(logits, truth, k));
      expect(rates[0]).toBeCloseTo(accuracy(logits, truth), 6);
      expect(rates).toEqual(rates.toSorted((a, b) => a - b));
      expect(rates[4]).toBe(1);
    }
  });

  it("is NaN for no labels", () => {
    expect(topK(zeros([0, 3]), ints([]), 1)).toBeNaN();
  });
});

describe("confusionMatrix", () => {
  it("has the truth in rows, from logits or class numbers", () => {
    const truth = ints([0, 0, 1, 2, 2]);
    const expected = [
      [1, 1, 0],
      [0, 1, 0],
      [1, 0, 1],
    ];
    const numbers = confusionMatrix(ints([0, 1, 1, 0, 2]), truth, { classes: 3 });
    expect([numbers.dtype, numbers.toArray()]).toEqual(["int32", expected]);
    const logits = tensor(
      [
        [1, 0, 0],
        [0, 1, 0],
        [0, 2, 1],
        [3, 0, 0],
        [0, 0, 1],
      ],
      { requiresGrad: true },
    );
    const matrix = confusionMatrix(logits, truth);
    expect(matrix.toArray()).toEqual(expected);
    expect(matrix.requiresGrad).toBe(false);
  });

  it("counts positions, and its trace is the accuracy", () => {
    manualSeed(2);
    const logits = randn([6, 4, 3]);
    const truth = ints(
      Array.from({ length: 18 }, (_, i) => i % 4),
      [6, 3],
    );
    const m = confusionMatrix(logits, truth).toArray() as number[][];
    expect(m.flat().reduce((sum, n) => sum + n)).toBe(18);
    const hits = m.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(hits / 18).toBeCloseTo(accuracy(logits, truth), 6);
  });
});

describe("precisionRecallF1", () => {
  // scikit-learn's numbers follow from the definitions: class 0: TP 1, FP 1, FN 1; 1: 1, 1, 0; 2: 1, 0, 1.
  const matrix = ints([1, 1, 0, 0, 1, 0, 1, 0, 1], [3, 3]);

  it("per class and averaged", () => {
    const { perClass, macro, micro, weighted } = precisionRecallF1(matrix);
    expect(perClass).toEqual([
      { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
      { precision: 0.5, recall: 1, f1: 2 / 3, support: 1 },
      { precision: 1, recall: 0.5, f1: 2 / 3, support: 2 },
    ]);
    expect(micro).toEqual({ precision: 0.6, recall: 0.6, f1: 0.6 });
    expect(macro.precision).toBeCloseTo(2 / 3, 12);
    expect(macro.recall).toBeCloseTo(2 / 3, 12);
    expect(macro.f1).toBeCloseTo((0.5 + 4 / 3) / 3, 12);
    expect(weighted.precision).toBeCloseTo((2 * 0.5 + 0.5 + 2) / 5, 12);
    expect(weighted.recall).toBeCloseTo(0.6, 12);
    expect(weighted.f1).toBeCloseTo((1 + 2 / 3 + 4 / 3) / 5, 12);
  });

  it("0/0 is what zeroDivision says; NaN is left out of the means", () => {
    const never = ints([2, 0, 0, 0], [2, 2]); // class 1 is neither there nor named
    expect(precisionRecallF1(never).macro).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
    const one = precisionRecallF1(never, { zeroDivision: 1 });
    expect(one.perClass[1]).toEqual({ precision: 1, recall: 1, f1: 1, support: 0 });
    const nan = precisionRecallF1(never, { zeroDivision: Number.NaN });
    expect(nan.perClass[1]).toEqual({
      precision: Number.NaN,
      recall: Number.NaN,
      f1: Number.NaN,
      support: 0,
    });
    expect(nan.macro).toEqual({ precision: 1, recall: 1, f1: 1 });
    expect(precisionRecallF1(ints([0], [1, 1])).micro).toEqual({ precision: 0, recall: 0, f1: 0 });
  });
});

const logits = (): Tensor => zeros([2, 3]);
it.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
  [
    "k = 0",
    () => topK(logits(), ints([0, 1]), 0),
    ValueError,
    /k is 0; it must be a whole number ≥ 1/,
  ],
  ["k above K", () => topK(logits(), ints([0, 1]), 4), ValueError, /k is 4; there are 3 classes/],
  [
    "other labels",
    () => topK(logits(), ints([0]), 1),
    ShapeError,
    /topK: logits \[2, 3\] want labels \[2\]/,
  ],
  [
    "class numbers alone",
    () => confusionMatrix(ints([0]), ints([0])),
    ValueError,
    /pass \{ classes: K \}/,
  ],
  [
    "a class too many",
    () => confusionMatrix(ints([2]), ints([0]), { classes: 2 }),
    ValueError,
    /label 2 is out of range/,
  ],
  [
    "classes that the logits do not have",
    () => confusionMatrix(logits(), ints([0, 1]), { classes: 2 }),
    ValueError,
    /classes is 2, but the logits are \[2, 3\]; leave it out/,
  ],
  [
    "half a class",
    () => confusionMatrix(ints([0]), ints([0]), { classes: 1.5 }),
    ValueError,
    /classes is 1\.5/,
  ],
  [
    "labels as floats",
    () => confusionMatrix(logits(), zeros([2])),
    DTypeError,
    /labels must be int32/,
  ],
  [
    "a matrix that is not square",
    () => precisionRecallF1(zeros([2, 3])),
    ShapeError,
    /must be \[K, K\], not \[2, 3\]/,
  ],
  ["negative counts", () => precisionRecallF1(ints([-1], [1, 1])), ValueError, /a count is -1/],
  [
    "zeroDivision 2",
    () => precisionRecallF1(ints([1], [1, 1]), { zeroDivision: 2 }),
    ValueError,
    /zeroDivision is 2; it must be 0, 1 or NaN/,
  ],
])("refuses %s", (_, call, kind, message) => {
  const before = memory().tensors;
  expect(call).toThrow(kind);
  expect(call).toThrow(message);
  expect(memory().tensors - before).toBeLessThanOrEqual(4); // the operands of this test
});

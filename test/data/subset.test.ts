import { arange, init, manualSeed, ShapeError, tensor, ValueError } from "@convgrad/core";
import {
  DataLoader,
  type Dataset,
  subset,
  tensorDataset,
  trainValidationSplit,
} from "@convgrad/data";
import "@convgrad/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Samples whose `x` is their number and whose label is given. */
const labelled = (labels: readonly number[]) => ({
  x: arange(labels.length),
  labels: tensor(Int32Array.from(labels)),
});

/** A data set of one's own, without labels. */
const numbers = (length: number): Dataset<number[]> => ({
  length,
  batch: (indices) => [...indices],
});

describe("subset", () => {
  it("has the samples with these numbers, in this order, repeated where they are", async () => {
    const few = subset(labelled([5, 6, 7, 8]), [3, 0, 3]);
    expect(few.length).toBe(3);
    expect([...few.indices]).toEqual([3, 0, 3]);
    expect([...few.labels!]).toEqual([8, 5, 8]);
    const { x, labels } = await few.batch(Int32Array.of(0, 1));
    expect([x.toArray(), labels.toArray()]).toEqual([
      [3, 0],
      [8, 5],
    ]);
    const seen: unknown[] = [];
    for await (const batch of new DataLoader(few, { batch: 2 })) seen.push(batch.x.toArray());
    expect(seen).toEqual([[3, 0], [3]]);
  });

  it("is of any data set, of a subset as well", async () => {
    const half = subset(numbers(10), [0, 2, 4, 6, 8]);
    expect(await subset(half, Uint8Array.of(4, 1)).batch(Int32Array.of(1, 0))).toEqual([2, 8]);
    expect("labels" in half || "fingerprint" in half).toBe(false);
    expect(() => half.batch(Int32Array.of(5))).toThrow(
      "index 0 is 5; the data set has samples 0 to 4",
    );
  });

  it.each<[unknown, string]>([
    [[0, 4], "subset: index 1 is 4; the data set has samples 0 to 3"],
    [[-1], "subset: index 0 is -1"],
    [[0.5], "subset: index 0 is 0.5"],
    [["1"], 'subset: index 0 is "1"'],
    [[], "subset: the indices are empty; pass some in an array: [0, 1, 2]"],
    [3, "subset: the indices are 3"],
    ["12", 'subset: the indices are "12"'],
    [null, "subset: the indices are null"],
  ])("refuses %j", (indices, message) => {
    expect(() => subset(numbers(4), indices as number[])).toThrow(ValueError);
    expect(() => subset(numbers(4), indices as number[])).toThrow(message);
  });

  it("refuses columns of different lengths in its own name", () => {
    const wrong = { x: arange(3), labels: tensor([1, 2]) };
    expect(() => subset(wrong, [0])).toThrow(ShapeError);
    expect(() => subset(wrong, [0])).toThrow("subset: x has 3 rows, labels 2");
  });
});

describe("trainValidationSplit", () => {
  const settings = fc.record({
    labels: fc.array(fc.integer({ min: -2, max: 4 }), { minLength: 2, maxLength: 60 }),
    seed: fc.nat(),
    share: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  });

  it("puts each sample in one part, in the order of the source, as many as asked for", () => {
    fc.assert(
      fc.property(settings, ({ labels, seed, share }) => {
        const wanted = Math.round(share * labels.length);
        fc.pre(wanted > 0 && wanted < labels.length);
        const { train, validation } = trainValidationSplit(numbers(labels.length), {
          validation: share,
          seed,
        });
        expect(validation.length).toBe(wanted);
        for (const { indices } of [train, validation]) {
          expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
        }
        const all = [...train.indices, ...validation.indices].sort((a, b) => a - b);
        expect(all).toEqual([...labels.keys()]);
      }),
    );
  });

  it("gives each class its share, to within one sample, when stratified", () => {
    fc.assert(
      fc.property(settings, ({ labels, seed, share }) => {
        const wanted = Math.round(share * labels.length);
        fc.pre(wanted > 0 && wanted < labels.length);
        const { validation } = trainValidationSplit(numbers(labels.length), {
          validation: wanted,
          seed,
          stratify: labels,
        });
        expect(validation.length).toBe(wanted);
        for (const each of new Set(labels)) {
          const count = labels.filter((label) => label === each).length;
          const chosen = [...validation.indices].filter((i) => labels[i] === each).length;
          expect(Math.abs(chosen - (count * wanted) / labels.length)).toBeLessThan(1);
        }
      }),
    );
  });

  it("takes the labels of tensors, of subsets and those given", () => {
    const labels = [0, 0, 0, 0, 1, 1, 2, 2];
    const source = labelled(labels);
    const bytes = { x: source.x, labels: tensor(Uint8Array.from(labels)) };
    const whole = { validation: 4, seed: 1 } as const;
    const expected = [0, 0, 1, 2];
    const stratified = [
      trainValidationSplit(source, { ...whole, stratify: true }),
      trainValidationSplit(bytes, { ...whole, stratify: true }),
      trainValidationSplit(tensorDataset(source), { ...whole, stratify: true }),
      trainValidationSplit(subset(source, [7, 6, 5, 4, 3, 2, 1, 0]), { ...whole, stratify: true }),
      trainValidationSplit(source, { ...whole, stratify: source.labels }),
    ];
    for (const { validation } of stratified) {
      expect([...validation.labels!].sort()).toEqual(expected);
    }
  });

  it("follows from the seed alone: that of manualSeed where none is given", () => {
    const split = (seed?: number) => {
      const { validation } = trainValidationSplit(numbers(100), seed === undefined ? {} : { seed });
      return [...validation.indices];
    };
    expect(split(1)).toEqual(split(1));
    expect(split(1)).not.toEqual(split(2));
    expect(split(1)).toHaveLength(10);
    manualSeed(1);
    expect(split()).toEqual(split(1));
    expect(split(1)).toEqual([30, 33, 37, 39, 45, 64, 66, 67, 72, 82]); // the same on every machine and in every version
  });

  it.each<[object, string]>([
    [
      { validation: 0 },
      "trainValidationSplit: validation is 0; it must be a share between 0 and 1, or",
    ],
    [{ validation: 1.5 }, "validation is 1.5"],
    [{ validation: -0.1 }, "validation is -0.1"],
    [{ validation: Number.NaN }, "validation is NaN"],
    [{ validation: "0.1" }, 'validation is "0.1"'],
    [
      { validation: 20 },
      "validation 20 of 20 samples leaves training none; choose from 1 to 19 samples",
    ],
    [{ validation: 0.01 }, "validation 0.01 of 20 samples leaves validation none"],
    [{ seed: -1 }, "seed is -1"],
    [{ stratify: true }, "the data set has no labels; pass them: { stratify: labels }"],
    [{ stratify: [1, 2] }, "stratify has 2 labels; it must be true, false, or 20 labels"],
    [{ stratify: new Array(20).fill(0.5) }, "label 0 is 0.5; labels are whole numbers"],
    [{ stratify: "labels" }, "it must be true, false, or 20 labels"],
    [{ stratify: arange(40).reshape([20, 2]) }, "it must be true, false, or 20 labels"],
    [{ stratified: true }, 'no option "stratified"; known: validation, seed, stratify'],
  ])("refuses %j", (options, message) => {
    expect(() => trainValidationSplit(numbers(20), options)).toThrow(ValueError);
    expect(() => trainValidationSplit(numbers(20), options)).toThrow(message);
  });
});

describe("the fingerprint", () => {
  const of = (source: Parameters<typeof tensorDataset>[0]) => tensorDataset(source).fingerprint!();

  it("of tensors is of names, types, shapes and values, in whatever order they stand", async () => {
    const { x, labels } = labelled([1, 2, 3, 4]);
    const first = await of({ x, labels });
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await of({ labels, x: tensor([0, 1, 2, 3]) })).toBe(first);
    expect(await new DataLoader({ x, labels }).dataset.fingerprint!()).toBe(first);
    expect(await of({ x: x.reshape([2, 2]).transpose().transpose().reshape([4]), labels })).toBe(
      first,
    );
    const others = [
      await of({ y: x, labels }),
      await of({ x: x.reshape([4, 1]), labels }),
      await of({ x: x.to("int32"), labels }),
      await of({ x: tensor([0, 1, 2, 4]), labels }),
      await of({ x: labels, labels: x }),
    ];
    expect(new Set([first, ...others]).size).toBe(6);
  });

  it("of tensors is the same on every backend", async () => {
    const source = () => labelled(Array.from({ length: 1000 }, (_, i) => i % 10));
    const reference = await of(source());
    try {
      await init({ backend: "wasm" });
      expect(await of(source())).toBe(reference);
    } finally {
      await init({ backend: "reference" });
    }
  });

  it("of a subset is of the source and the numbers", async () => {
    const source = labelled([1, 2, 3, 4]);
    const print = (indices: number[], from = source) => subset(from, indices).fingerprint!();
    const first = await print([1, 2]);
    expect(await print([1, 2], labelled([1, 2, 3, 4]))).toBe(first);
    const others = [
      await print([2, 1]),
      await print([1, 2], labelled([1, 2, 3, 5])),
      await of(source),
    ];
    expect(new Set([first, ...others]).size).toBe(4);
  });
});

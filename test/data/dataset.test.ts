import { keep, type Tensor, tensor, ValueError } from "@convgrad/core";
import { DataLoader, type Dataset, tensorDataset } from "@convgrad/data";
import { describe, expect, it } from "vitest";

/** Samples 0 … n − 1: row i of `images` is [i, −i], of `labels` i. */
function numbered(n: number): { images: Tensor; labels: Tensor } {
  return {
    images: keep(
      tensor(
        Int32Array.from({ length: 2 * n }, (_, k) => (k % 2 ? -1 : 1) * (k >> 1)),
        { shape: [n, 2] },
      ),
    ),
    labels: keep(tensor(Int32Array.from({ length: n }, (_, i) => i))),
  };
}

describe("a data set of one's own", () => {
  it("may fetch its batches asynchronously", async () => {
    const squares: Dataset<{ y: Tensor }> = {
      length: 5,
      batch: async (indices) => {
        await null;
        return { y: tensor(indices.map((i) => i * i)) };
      },
    };
    const seen: unknown[] = [];
    for await (const { y } of new DataLoader(squares, { batch: 3 })) seen.push(y.toArray());
    expect(seen).toEqual([
      [0, 1, 4],
      [9, 16],
    ]);
  });

  it("made of tensors gives rows in the order asked for, under the same names", async () => {
    const data = numbered(10);
    const { labels, images } = await tensorDataset(data).batch(Int32Array.of(7, 0, 7));
    expect(labels.toArray()).toEqual([7, 0, 7]);
    expect(images.shape).toEqual([3, 2]);
    expect(() => tensorDataset(data).batch(Int32Array.of(10))).toThrow(ValueError);
  });

  it("made of one nameless tensor is refused", () => {
    const { labels } = numbered(2);
    expect(() => tensorDataset(labels as unknown as { labels: Tensor })).toThrow(
      "tensorDataset: the source is one tensor; pass tensors by name: { images, labels }",
    );
  });

  it("gives copies: writing to a batch does not change the data", async () => {
    const data = numbered(4);
    for await (const { labels } of new DataLoader(data)) labels.assign(9);
    expect(data.labels.toArray()).toEqual([0, 1, 2, 3]);
  });
});

import { memory, randn, ShapeError, type Tensor, tensor, ValueError } from "@convgrad/core";
import { DataLoader } from "@convgrad/data";
import { Conv2D, Dense, Module, Sequential } from "@convgrad/layers";
import { evaluate, inspect, type Picture, weightsHash } from "@convgrad/train";
import { describe, expect, it } from "vitest";
import { smallNet, threeKinds } from "./runs.ts";

/** Logits that are the samples themselves. */
class Echo extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/** Logits from the mean of an image: only class 0 above a half, only class 1 below. */
class Bright extends Module {
  forward(x: Tensor): Tensor {
    const mean = x.mean([1, 2, 3]).reshape([-1, 1]);
    return mean.sub(0.5).mul(tensor([[8, -8]]));
  }
}

function bytesOf({ pixels }: Picture): Uint8Array {
  return Uint8Array.from(Buffer.from(pixels, "base64"));
}

describe("inspect", () => {
  it.each([1, 2, 5])("counts what is taken for what, in batches of %i", async (batch) => {
    const logits = tensor([
      [3, 1, 0],
      [0, 2, 1],
      [1, 0, 4],
      [5, 0, 0],
      [2, 1, 1],
    ]);
    const labels = tensor(Int32Array.of(0, 1, 0, 0, 2));
    const loader = new DataLoader({ images: logits, labels }, { batch });
    const found = await inspect(new Echo(), loader, { classes: ["a", "b", "c"] });
    expect(found.confusion).toEqual([
      [2, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ]);
    const { loss, accuracy, samples } = await evaluate(new Echo(), loader);
    expect(found).toMatchObject({ samples, accuracy, classes: ["a", "b", "c"], filters: null });
    expect(found.loss).toBeCloseTo(loss, 6);
    expect(found.scores.perClass[0]).toMatchObject({ recall: 2 / 3, precision: 2 / 3, support: 3 });
    expect(found.mistakes.map(({ index, label, predicted }) => [index, label, predicted])).toEqual([
      [2, 0, 2],
      [4, 2, 0],
    ]);
    expect(found.mistakes[0]!.confidence).toBeCloseTo(Math.exp(4) / (Math.exp(4) + Math.E + 1), 12);
    expect(found.mistakes[0]!.loss).toBeCloseTo(Math.log(Math.exp(4) + Math.E + 1) - 1, 12);
    expect(found.mistakes[0]!.picture).toBeNull(); // no images
  });

  it("keeps the worst mistakes, whatever the batches, with their pictures", async () => {
    const levels = [0.9, 0.1, 0.7, 0.6, 0.3, 0.8, 0.2, 0.55];
    const images = tensor(Float32Array.from(levels.flatMap((x) => [x, x, x, x])), {
      shape: [8, 1, 2, 2],
    });
    const labels = tensor(new Int32Array(8).fill(1)); // the bright ones are mistaken
    for (const batch of [1, 3, 8]) {
      const loader = new DataLoader({ images, labels }, { batch });
      const { mistakes } = await inspect(new Bright(), loader, { mistakes: 3 });
      expect(mistakes.map(({ index }) => index)).toEqual([0, 5, 2]);
      const picture = mistakes[0]!.picture!;
      expect(picture).toMatchObject({ width: 2, height: 2, channels: 1, low: 0, high: 1 });
      expect([...bytesOf(picture)]).toEqual([229, 229, 229, 229]);
    }
    expect((await inspect(new Bright(), [{ images, labels }], { mistakes: 0 })).mistakes).toEqual(
      [],
    );
  });

  it("shows filters and feature maps as they are", async () => {
    const model = smallNet();
    const data = threeKinds(12);
    const found = await inspect(model, [data], { images: 3, maps: 2 });
    const first = model.children()[0]![1] as Conv2D;
    const weights = first.weight.toTypedArray();
    const most = Math.max(...weights.map(Math.abs));
    expect(found.filters).toMatchObject({ layer: "0 Conv2D(1 → 4, 3×3, padding 1)", of: 4 });
    expect(found.filters!.pictures).toHaveLength(4);
    const { low, high } = found.filters!.pictures[1]!;
    expect([low, high]).toEqual([-most, most]);
    expect([...bytesOf(found.filters!.pictures[1]!)]).toEqual(
      Array.from(weights.slice(9, 18), (w) => Math.round((255 * (w + most)) / (2 * most))),
    );
    expect(found.images.map(({ label }) => label)).toEqual([0, 1, 2]); // one of each
    const { maps, index } = found.images[1]!;
    expect(maps.map(({ layer, of }) => [layer.split("(")[0], of])).toEqual([
      ["0 Conv2D", 4],
      ["3 Conv2D", 5],
    ]);
    const output = first.forward(data.images.slice([index], [index + 1])).toTypedArray();
    const map = maps[0]!.pictures[1]!;
    expect(map).toMatchObject({ width: 8, height: 8 });
    const cell = 17;
    const value = map.low + (bytesOf(map)[cell]! / 255) * (map.high - map.low);
    expect(value).toBeCloseTo(output[64 + cell]!, 1);
  });

  it("shows colours as colours, and large pictures smaller", async () => {
    const images = tensor(new Uint8Array(2 * 3 * 100 * 130).fill(200), { shape: [2, 3, 100, 130] });
    const labels = tensor(Int32Array.of(0, 1));
    const model = new Sequential(new Grey(), new Conv2D(3, 2, 1));
    class Flat extends Module {
      readonly inner = model;
      forward(x: Tensor): Tensor {
        return this.inner.forward(x).mean([2, 3]);
      }
    }
    const { images: shown, filters } = await inspect(new Flat(), [{ images, labels }], {
      images: 1,
    });
    expect(shown[0]!.picture).toMatchObject({ width: 44, height: 34, channels: 3, high: 255 });
    expect(new Set(bytesOf(shown[0]!.picture))).toEqual(new Set([200]));
    expect(filters!.pictures[0]).toMatchObject({ width: 1, height: 1, channels: 3 });
  });

  it("gives plain data, the summary and the hash of the weights", async () => {
    const model = smallNet();
    const found = await inspect(model, new DataLoader(threeKinds(12), { batch: 5 }));
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    expect(found.weightsHash).toBe(await weightsHash(model.parameters()));
    expect(found.summary.inputShape).toEqual([1, 1, 8, 8]);
    expect(found.summary.rows).toHaveLength(6);
  });

  it("takes logits that are no numbers as the worst mistakes", async () => {
    const images = tensor([
      [Number.NaN, 1, 0],
      [0, 5, 0],
      [Number.POSITIVE_INFINITY, 0, 0],
    ]);
    const labels = tensor(Int32Array.of(2, 2, 2));
    const { mistakes } = await inspect(new Echo(), [{ images, labels }]);
    expect(
      mistakes
        .map(({ index }) => index)
        .slice(0, 2)
        .toSorted(),
    ).toEqual([0, 2]);
    expect(mistakes[0]).toMatchObject({ loss: null, confidence: null });
  });

  it("puts the model back to its mode, leaves nothing in memory and no hook behind", async () => {
    const model = smallNet();
    const data = threeKinds(12);
    await inspect(model, [data]);
    const before = memory().tensors;
    await inspect(model, [data]);
    expect(model.training).toBe(true);
    expect(memory().tensors).toBeLessThanOrEqual(before);
    expect(Object.hasOwn(model.children()[0]![1], "forward")).toBe(false);
  });

  it.each<[object, string]>([
    [{ picture: 3 }, 'no option "picture"; known: batch, classes, data, images, mistakes, maps'],
    [{ images: -1 }, "images is -1; it must be a whole number ≥ 0"],
    [{ mistakes: 1.5 }, "mistakes is 1.5"],
    [{ maps: Number.NaN }, "maps is NaN"],
    [{ data: 3 }, "data is 3; it must be a text"],
    [{ classes: [1, 2, 3] }, "classes is [1,2,3]; it must be a list of names"],
    [{ classes: ["a"] }, "classes has 1 names, the model tells 3 apart; pass one for each"],
  ])("refuses %j", async (options, message) => {
    const inspection = inspect(smallNet(), [threeKinds(6)], options as never);
    await expect(inspection).rejects.toThrow(ValueError);
    await expect(inspection).rejects.toThrow(`inspect: ${message}`);
  });

  it("refuses what is no model, no batches, no samples or no logits", async () => {
    const data = threeKinds(6);
    await expect(inspect({} as never, [data])).rejects.toThrow(/it must be a Module/);
    await expect(inspect(smallNet(), 3 as never)).rejects.toThrow(/the batches are 3/);
    await expect(inspect(smallNet(), [{}] as never)).rejects.toThrow(/a batch must be/);
    await expect(inspect(smallNet(), [])).rejects.toThrow(/there is no sample/);
    const wide = inspect(new Echo(), [data]);
    await expect(wide).rejects.toThrow(ShapeError);
    await expect(wide).rejects.toThrow("the model gives [6, 1, 8, 8]; logits must be [N, K]");
    const batches = [3, 4].map((k) => ({
      images: randn([2, k]),
      labels: tensor(Int32Array.of(0, 1)),
    }));
    await expect(inspect(new Echo(), batches)).rejects.toThrow("logits must be [N, 3], as before");
    const model = new Sequential(new Dense(4, 2));
    await expect(inspect(model, [data])).rejects.toThrow(ShapeError);
    expect(model.training).toBe(true);
  });
});

/** Bytes as floats. */
class Grey extends Module {
  forward(x: Tensor): Tensor {
    return x.to("float32").div(255);
  }
}

import {
  arange,
  keep,
  memory,
  ShapeError,
  scope,
  steps,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { DataLoader, pixels, randomCrop, randomErasing, scalePixels } from "@convgrad/data";
import fc from "fast-check";
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

async function epochOf(loader: AsyncIterable<{ labels: Tensor }>): Promise<number[][]> {
  const batches: number[][] = [];
  for await (const { labels } of loader) batches.push([...labels.toTypedArray()]);
  return batches;
}

const settings = fc.record({
  n: fc.integer({ min: 1, max: 50 }),
  batch: fc.integer({ min: 1, max: 60 }),
  shuffle: fc.boolean(),
  seed: fc.nat(),
});

describe("an epoch", () => {
  it("has every sample exactly once, in batches of the size asked for and a smaller last one", async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ n, ...options }) => {
        const loader = new DataLoader(numbered(n), options);
        const batches = await epochOf(loader);
        expect(batches.flat().sort((p, q) => p - q)).toEqual([...Array(n).keys()]);
        expect(batches.length).toBe(loader.length);
        expect(batches.slice(0, -1).every(({ length }) => length === options.batch)).toBe(true);
        expect(batches.at(-1)!.length).toBe(n % options.batch || options.batch);
        if (!options.shuffle) expect(batches.flat()).toEqual([...Array(n).keys()]);
      }),
    );
  });

  it("leaves the smaller last batch out with dropLast", async () => {
    await fc.assert(
      fc.asyncProperty(settings, async ({ n, batch, ...options }) => {
        fc.pre(batch <= n);
        const loader = new DataLoader(numbered(n), { ...options, batch, dropLast: true });
        const batches = await epochOf(loader);
        expect(batches.map(({ length }) => length)).toEqual(
          Array(Math.floor(n / batch)).fill(batch),
        );
        expect(new Set(batches.flat()).size).toBe(batches.flat().length);
        expect(loader.length).toBe(batches.length);
      }),
    );
  });

  it("keeps the rows of all tensors together", async () => {
    const loader = new DataLoader(numbered(37), { batch: 5, shuffle: true, seed: 3 });
    for await (const { images, labels } of loader) {
      const expected = [...labels.toTypedArray()].map((i) => [i, i === 0 ? 0 : -i]);
      expect(images.add(0).toArray()).toEqual(expected);
    }
  });

  it("follows from the seed and its number alone", async () => {
    const make = () => new DataLoader(numbered(40), { batch: 7, shuffle: true, seed: 5 });
    const a = make();
    const epochs = [await epochOf(a), await epochOf(a), await epochOf(a)];
    expect(a.epoch).toBe(3);
    expect(new Set(epochs.map(String)).size).toBe(3);
    const resumed = make();
    resumed.epoch = 2;
    expect(await epochOf(resumed)).toEqual(epochs[2]);
    resumed.epoch = 0;
    expect(await epochOf(resumed)).toEqual(epochs[0]);
    const other = new DataLoader(numbered(40), { batch: 7, shuffle: true, seed: 6 });
    expect(await epochOf(other)).not.toEqual(epochs[0]);
  });
});

describe("the position", () => {
  const make = () => new DataLoader(numbered(20), { batch: 6, shuffle: true, seed: 5 }); // four batches

  it("is the batch that comes next", async () => {
    const loader = make();
    expect(loader.stateDict()).toEqual({ epoch: 0, batch: 0 });
    for (const epoch of [0, 1]) {
      const seen: unknown[] = [];
      for await (const _ of loader) seen.push(loader.stateDict());
      expect(seen).toEqual([
        { epoch, batch: 1 },
        { epoch, batch: 2 },
        { epoch, batch: 3 },
        { epoch: epoch + 1, batch: 0 },
      ]);
      expect(loader.stateDict()).toEqual({ epoch: epoch + 1, batch: 0 });
    }
    loader.epoch = 7;
    expect(loader.stateDict()).toEqual({ epoch: 7, batch: 0 });
  });

  it("goes on where another loader stopped, at every batch", async () => {
    const whole = make();
    const expected = [await epochOf(whole), await epochOf(whole), await epochOf(whole)];
    for (let stop = 1; stop <= 8; stop++) {
      const first = make();
      const seen: number[][] = [];
      let state = first.stateDict();
      while (seen.length < stop) {
        for await (const { labels } of first) {
          seen.push([...labels.toTypedArray()]);
          state = first.stateDict();
          if (seen.length === stop) break;
        }
      }
      const second = make();
      second.loadStateDict(JSON.parse(JSON.stringify(state)));
      expect(second.stateDict()).toEqual(state);
      while (second.epoch < 3) seen.push(...(await epochOf(second)));
      expect(seen).toEqual(expected.flat());
    }
  });

  it("after break or a throw is the next epoch", async () => {
    const loader = make();
    for await (const _ of loader) break;
    expect(loader.stateDict()).toEqual({ epoch: 1, batch: 0 });
    const failing = async () => {
      for await (const _ of loader) throw new Error("on purpose");
    };
    await expect(failing()).rejects.toThrow("on purpose");
    expect(loader.stateDict()).toEqual({ epoch: 2, batch: 0 });
    expect(loader.epoch).toBe(2);
  });

  it.each([0, 3])(
    "after a batch that cannot be read is that batch (prefetch %i)",
    async (prefetch) => {
      let isBroken = true;
      const batch = (labels: Int32Array) => {
        if (isBroken && labels[0] === 4) throw new Error("on purpose");
        return { labels: tensor(labels) };
      };
      const loader = new DataLoader({ length: 10, batch }, { batch: 2, prefetch });
      const loop = loader[Symbol.asyncIterator]();
      await loop.next();
      await loop.next();
      await expect(loop.next()).rejects.toThrow("on purpose");
      expect((await loop.next()).done).toBe(true);
      expect([loader.stateDict(), loader.epoch]).toEqual([{ epoch: 0, batch: 2 }, 0]);
      isBroken = false;
      expect((await epochOf(loader)).flat()).toEqual([4, 5, 6, 7, 8, 9]);
    },
  );

  it("is not moved by a loop that began before it was set, nor by an outer one", async () => {
    const loader = make();
    for await (const _ of loader) loader.loadStateDict({ epoch: 4, batch: 2 });
    expect(loader.stateDict()).toEqual({ epoch: 4, batch: 2 });
    for await (const _ of loader) {
      await epochOf(loader);
      break;
    }
    expect(loader.stateDict()).toEqual({ epoch: 6, batch: 0 });
  });

  it.each([
    [
      { epoch: 0, batch: 4 },
      "DataLoader: batch of the state is 4; it must be a whole number from 0 to 3",
    ],
    [{ epoch: 0, batch: -1 }, "batch of the state is -1"],
    [{ epoch: 0.5, batch: 0 }, "epoch of the state is 0.5; it must be a whole number ≥ 0"],
    [{ epoch: 1 }, "batch of the state is undefined"],
    [null, "DataLoader: the state is null; pass what stateDict() gave: { epoch, batch }"],
    [3, "the state is 3"],
  ])("%j is refused, and nothing moves", (state, message) => {
    const loader = make();
    expect(() => loader.loadStateDict(state as never)).toThrow(ValueError);
    expect(() => loader.loadStateDict(state as never)).toThrow(message);
    expect(loader.stateDict()).toEqual({ epoch: 0, batch: 0 });
  });
});

describe("reading ahead", () => {
  const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms));
  /** A data set that takes its time, and what it was asked for. */
  const slow = (n: number, fail = -1) => {
    const asked: number[] = [];
    return {
      asked,
      length: n,
      async batch(indices: Int32Array) {
        asked.push(indices[0]!);
        await tick();
        const labels = tensor(indices);
        await tick();
        if (indices[0] === fail) throw new Error("cannot be read");
        return { labels: labels.add(0) };
      },
    };
  };

  it("begins with the next batches while the loop is busy, two at once unless told", async () => {
    for (const [prefetch, ahead] of [
      [undefined, 2],
      [0, 0],
      [4, 4],
    ] as const) {
      const data = slow(8);
      const loader = new DataLoader(data, {
        batch: 1,
        ...(prefetch !== undefined && { prefetch }),
      });
      const seen: number[] = [];
      for await (const { labels } of loader) {
        seen.push(labels.item());
        const last = Math.min(labels.item() + ahead, 7);
        expect(data.asked).toEqual([...Array(last + 1).keys()]);
        await tick(5);
        expect(labels.add(labels.item()).item()).toBe(2 * seen.at(-1)!); // nothing was released meanwhile
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    }
  });

  it("does not begin what is at hand at once", async () => {
    const asked: number[] = [];
    const batch = (indices: Int32Array) => {
      asked.push(indices[0]!);
      return { labels: tensor(indices) };
    };
    let pass = 0;
    for await (const _ of new DataLoader({ length: 4, batch }, { batch: 1 })) {
      expect(asked.length).toBe(++pass);
    }
  });

  it("throws what went wrong when it is that batch's turn, and leaves nothing behind", async () => {
    const before = memory().tensors;
    const loader = new DataLoader(slow(9, 4), { batch: 1, prefetch: 3 });
    const seen: number[] = [];
    const loop = async () => {
      for await (const { labels } of loader) {
        seen.push(labels.item());
        await tick(5);
      }
    };
    await expect(loop()).rejects.toThrow("cannot be read");
    expect(seen).toEqual([0, 1, 2, 3]);
    await tick(10);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("leaves nothing behind after break, throw and a whole epoch", async () => {
    const list = [randomCrop({ padding: 1 }), randomErasing()];
    const images = keep(tensor(new Uint8Array(10 * 16), { shape: [10, 1, 4, 4] }));
    const before = memory();
    const sources = [
      () => new DataLoader<{ labels: Tensor }>(slow(9), { batch: 2, prefetch: 3 }),
      () =>
        new DataLoader<{ images: Tensor }>({ images }, { batch: 2, prefetch: 3, transform: list }),
    ];
    for (const source of sources) {
      for (const leave of ["break", "throw", "end"]) {
        const loop = async () => {
          for await (const _ of source()) {
            await tick(3);
            if (leave === "break") break;
            if (leave === "throw") throw new Error("on purpose");
          }
        };
        await loop().catch((error: Error) => expect(error.message).toBe("on purpose"));
        await tick(10);
        expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
        expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
      }
    }
  });
});

describe("a loop over a loader", () => {
  it.each([0, 3])("may be left while a batch is on its way (prefetch %i)", async (prefetch) => {
    const data = {
      length: 20,
      batch: async (indices: Int32Array) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        return { labels: tensor(indices) };
      },
    };
    const loader = new DataLoader(data, { batch: 2, prefetch });
    const before = memory().tensors;
    const loop = loader[Symbol.asyncIterator]();
    const pending = loop.next();
    await loop.return?.();
    expect((await pending).done).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(memory().tensors).toBe(before);
    expect(loader.stateDict()).toEqual({ epoch: 1, batch: 0 });
  });

  it("runs in flat memory, epoch after epoch", async () => {
    const loader = new DataLoader(numbered(64), {
      batch: 8,
      shuffle: true,
      transform: scalePixels,
    });
    const before = memory();
    for (const _ of Array(20).keys()) {
      for await (const { images } of loader) images.mul(2).sum();
      expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
      expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
    }
  });

  it("releases its batch on break and throw, and starts afresh afterwards", async () => {
    const loader = new DataLoader(numbered(20), { batch: 6 });
    const before = memory().tensors;
    let escaped: Tensor | null = null;
    for await (const { labels } of loader) {
      escaped = labels;
      break;
    }
    expect(memory().tensors).toBeLessThanOrEqual(before);
    expect(() => escaped!.toTypedArray()).toThrow(/released .*keep/);
    const failing = async () => {
      for await (const _ of loader) throw new Error("on purpose");
    };
    await expect(failing()).rejects.toThrow("on purpose");
    expect(memory().tensors).toBeLessThanOrEqual(before);
    expect((await epochOf(loader)).flat()).toEqual([...Array(20).keys()]);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("may run inside another over the same loader", async () => {
    const loader = new DataLoader(numbered(9), { batch: 4, shuffle: true, seed: 2 });
    for await (const outer of loader) {
      const sum = outer.labels.sum();
      expect((await epochOf(loader)).flat().length).toBe(9);
      expect(sum.item()).toBe([...outer.labels.toTypedArray()].reduce((a, b) => a + b, 0));
    }
  });

  it("may run at the same time as another over the same loader", async () => {
    const loader = new DataLoader(numbered(30), { batch: 4, shuffle: true, seed: 2 });
    const before = memory().tensors;
    const slowly = async () => {
      const seen: number[] = [];
      for await (const { labels } of loader) {
        const kept = labels.add(0);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        seen.push(...kept.toTypedArray());
      }
      return seen;
    };
    const [a, b] = await Promise.all([slowly(), slowly()]);
    expect(a).not.toEqual(b);
    for (const seen of [a, b]) expect(seen!.sort((p, q) => p - q)).toEqual([...Array(30).keys()]);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("lets the event loop have its turn, so that Ctrl-C and timers come through", async () => {
    const loader = new DataLoader(numbered(6), { batch: 1 });
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    for await (const _ of loader) {
      const until = performance.now() + 60;
      while (performance.now() < until);
    }
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(4);
  });
});

describe("transform", () => {
  it("scales pixels to [0, 1] and leaves the rest", async () => {
    const images = tensor(Uint8Array.of(0, 51, 255, 102), { shape: [2, 1, 1, 2] });
    const loader = new DataLoader(
      { images, labels: tensor(Int32Array.of(3, 4)) },
      { transform: scalePixels },
    );
    for await (const batch of loader) {
      expect(batch.images.dtype).toBe("float32");
      expect(batch.images.shape).toEqual([2, 1, 1, 2]);
      expect([...batch.images.toTypedArray()]).toEqual(
        [0, 51 / 255, 1, 102 / 255].map(Math.fround),
      );
      expect(batch.labels.toArray()).toEqual([3, 4]);
    }
    expect(pixels(images).dtype).toBe("float32");
  });

  it("may be async and give anything; its tensors are the loop's", async () => {
    const before = memory().tensors;
    const data = numbered(4);
    const loader = new DataLoader(data, {
      batch: 2,
      transform: async ({ labels }) => {
        await null;
        return [labels.add(1), labels.size] as const;
      },
    });
    const seen: unknown[] = [];
    for await (const [next, size] of loader) seen.push(next.toArray(), size);
    expect(seen).toEqual([[1, 2], 2, [3, 4], 2]);
    expect(memory().tensors).toBeLessThanOrEqual(before + 2);
  });

  it("is not recorded", async () => {
    const w = tensor([2], { requiresGrad: true });
    const data = { x: arange(3).reshape([3, 1]) };
    for await (const { x } of new DataLoader(data, { transform: ({ x }) => ({ x: x.mul(w) }) })) {
      expect(x.requiresGrad).toBe(false);
      expect(x.mul(w).requiresGrad).toBe(true);
    }
  });

  it("ends the loop with its error and leaves nothing behind", async () => {
    const data = numbered(4);
    const before = memory().tensors;
    const loader = new DataLoader(data, {
      transform: ({ labels }) => {
        labels.add(1);
        throw new Error("no");
      },
    });
    await expect(epochOf(loader)).rejects.toThrow("no");
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });
});

describe("before any work", () => {
  const data = numbered(5);
  it.each([
    [{ batch: 0 }, "batch is 0; it must be a whole number ≥ 1"],
    [{ batch: Number.NaN }, "batch is NaN"],
    [{ batch: 2.5 }, "batch is 2.5"],
    [{ batch: Number.POSITIVE_INFINITY }, "batch is Infinity"],
    [{ batch: "4" as unknown as number }, 'batch is "4"; it must be a whole number ≥ 1'],
    [{ prefetch: -1 }, "DataLoader: prefetch is -1; it must be a whole number ≥ 0"],
    [{ prefetch: "2" as never }, 'prefetch is "2"'],
    [{ seed: -1 }, "seed is -1; it must be a whole number ≥ 0"],
    [{ seed: Number.NaN }, "seed is NaN"],
    [{ batch: 6, dropLast: true }, "dropLast leaves nothing: 5 samples, batches of 6"],
    [
      { batchSize: 4 } as object,
      'DataLoader: no option "batchSize"; known: batch, shuffle, seed, dropLast, transform, prefetch',
    ],
    [32 as unknown as object, "DataLoader: the options are 32; pass them by name: { batch: … }"],
    [null as unknown as object, "DataLoader: the options are null"],
  ])("%j is refused", (options, message) => {
    expect(() => new DataLoader(data, options)).toThrow(ValueError);
    expect(() => new DataLoader(data, options)).toThrow(message);
  });

  it("more samples than have numbers are refused", () => {
    const endless = () => new DataLoader({ length: 2 ** 31, batch: (i: Int32Array) => i });
    expect(endless).toThrow(ValueError);
    expect(endless).toThrow("the length of the data set is 2147483648; it must be a whole number");
  });

  it("an epoch that is no number is refused", () => {
    const loader = new DataLoader(data);
    expect(() => {
      loader.epoch = -1;
    }).toThrow("epoch is -1");
    expect(loader.epoch).toBe(0);
  });

  it("tensors that do not belong together, or none, are refused", () => {
    const { images } = data;
    const short = tensor(Int32Array.of(1, 2));
    expect(() => new DataLoader({ images, short })).toThrow(ShapeError);
    expect(() => new DataLoader({ images, short })).toThrow("images has 5 rows, short 2");
    expect(() => new DataLoader({ scalar: tensor(3) })).toThrow(ShapeError);
    expect(() => new DataLoader({})).toThrow(ValueError);
    expect(() => new DataLoader({ none: tensor(new Int32Array(0)) })).toThrow(ValueError);
    expect(() => new DataLoader({ list: [1, 2] as unknown as Tensor })).toThrow(
      "list is no tensor",
    );
  });

  it.each([
    [data.images, "DataLoader: the source is one tensor; pass tensors by name: { images, labels }"],
    [null, "DataLoader: the source is null; pass tensors by name: { images, labels }"],
    [undefined, "DataLoader: the source is undefined"],
    ["train", 'DataLoader: the source is "train"'],
    [[data.images], "DataLoader: the source is an array"],
  ])("a source that is none is refused (%#)", (source, message) => {
    const make = () => new DataLoader(source as unknown as typeof data);
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});

describe("scopes around a loader", () => {
  it("keep their own tensors while a loop inside them releases its own", async () => {
    const data = numbered(6);
    for (const _ of steps(2)) {
      const mine = data.labels.add(1);
      await epochOf(new DataLoader(data, { batch: 2 }));
      expect(mine.toArray()).toEqual([1, 2, 3, 4, 5, 6]);
    }
    const sum = await scope(async () => {
      const total = tensor([0]);
      for await (const { labels } of new DataLoader(data))
        total.assign(total.add(labels.to("float32").sum()));
      return total;
    });
    expect(sum.item()).toBe(15);
  });
});

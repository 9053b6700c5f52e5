import { rand, ShapeError, type Tensor, tensor, ValueError } from "@convgrad/core";
import {
  applyTransforms,
  DataLoader,
  normalize,
  pixels,
  randomAffine,
  randomCrop,
  randomErasing,
  randomHorizontalFlip,
  randomRotation,
  randomVerticalFlip,
  type Transform,
} from "@convgrad/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const values = (x: Tensor): number[] => [...x.toTypedArray()];
/** So many images of float32 in [0, 1). */
const images = (n: number, c = 1, h = 6, w = 5): Tensor => rand([n, c, h, w]);
const small = fc.record({
  n: fc.integer({ min: 1, max: 4 }),
  c: fc.integer({ min: 1, max: 3 }),
  h: fc.integer({ min: 1, max: 9 }),
  w: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(),
});

describe("what leaves images as they are", () => {
  it.each<[string, Transform[]]>([
    ["no transform", []],
    ["two certain flips", [randomHorizontalFlip(1), randomHorizontalFlip(1)]],
    ["two certain vertical flips", [randomVerticalFlip(1), randomVerticalFlip(1)]],
    ["an impossible flip", [randomHorizontalFlip(0), randomVerticalFlip(0)]],
    ["a crop without padding", [randomCrop()]],
    ["a rotation by 0°", [randomRotation(0)]],
    ["an affine map that does nothing", [randomAffine({ fill: 3 })]],
    [
      "a rotation by 360° and one by −180°, twice",
      [360, -180, -180].map((d) => randomRotation([d, d])),
    ],
    ["an impossible erasing", [randomErasing({ p: 0 })]],
    [
      "normalising and back",
      [normalize({ mean: 0.5, std: 0.25 }), normalize({ mean: -2, std: 4 })],
    ],
  ])("%s", (_, list) => {
    fc.assert(
      fc.property(small, ({ n, c, h, w, seed }) => {
        const x = images(n, c, h, w);
        const y = applyTransforms(x, list, { seed });
        expect(y.shape).toEqual(x.shape);
        values(y).forEach((value, i) => {
          expect(value).toBeCloseTo(values(x)[i]!, 6);
        });
      }),
      { numRuns: 20 },
    );
  });

  it("exactly, four turns by 90° of a square", () => {
    const x = images(3, 2, 7, 7);
    const y = applyTransforms(x, Array(4).fill(randomRotation([90, 90])));
    expect(values(y)).toEqual(values(x));
  });
});

describe("pixels", () => {
  it("begin as pixels() has them, bytes scaled and floats as they are", () => {
    const bytes = tensor(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      { shape: [1, 1, 16, 16] },
    );
    expect(values(applyTransforms(bytes, []))).toEqual(values(pixels(bytes)));
    const wide = tensor([0.1, -3], { shape: [1, 1, 1, 2], dtype: "float64" });
    expect(values(applyTransforms(wide, []))).toEqual([0.1, -3].map(Math.fround));
  });

  it("are normalised in float32, as PyTorch does", () => {
    const x = images(2, 3);
    const y = applyTransforms(x, [normalize({ mean: [0.1, 0.2, 0.3], std: [0.5, 2, 3] })]);
    const m = tensor([0.1, 0.2, 0.3], { shape: [3, 1, 1] });
    const s = tensor([0.5, 2, 3], { shape: [3, 1, 1] });
    expect(values(y)).toEqual(values(x.sub(m).div(s)));
  });

  it("are mirrored", () => {
    const x = tensor([1, 2, 3, 4, 5, 6], { shape: [1, 1, 2, 3] });
    expect(values(applyTransforms(x, [randomHorizontalFlip(1)]))).toEqual([3, 2, 1, 6, 5, 4]);
    expect(values(applyTransforms(x, [randomVerticalFlip(1)]))).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it("turn counter-clockwise in a rotation, clockwise in an affine map, as torchvision has it", () => {
    const x = tensor([1, 2, 3, 4], { shape: [1, 1, 2, 2] });
    expect(values(applyTransforms(x, [randomRotation([90, 90])]))).toEqual([2, 4, 1, 3]);
    expect(values(applyTransforms(x, [randomAffine({ degrees: [90, 90] })]))).toEqual([3, 1, 4, 2]);
  });
});

/** The image that M⁻¹ looks up, bilinearly, in loops; M = R(degrees) · shears · scale about the middle. */
function mapped(
  x: readonly number[],
  [h, w]: readonly [number, number],
  map: { degrees: number; scale: number; shear: readonly [number, number]; fill: number },
): number[] {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [r, sx, sy] = [radians(map.degrees), radians(map.shear[0]), radians(map.shear[1])];
  // Torchvision: RSS = R(r) · [[1, 0], [−tan sy, 1]]-like shear written out, then · [[1, −tan sx], [0, 1]].
  const a = Math.cos(r - sy) / Math.cos(sy);
  const b = -a * Math.tan(sx) - Math.sin(r);
  const c = Math.sin(r - sy) / Math.cos(sy);
  const d = -c * Math.tan(sx) + Math.cos(r);
  const [A, B, C, D] = [a, b, c, d].map((m) => m * map.scale) as [number, number, number, number];
  const det = A * D - B * C;
  const at = (i: number, j: number) =>
    i >= 0 && i < h && j >= 0 && j < w ? x[i * w + j]! : map.fill;
  const [cx, cy] = [(w - 1) / 2, (h - 1) / 2];
  return x.map((_, k) => {
    const [dx, dy] = [(k % w) - cx, Math.floor(k / w) - cy];
    const u = (D * dx - B * dy) / det + cx;
    const v = (-C * dx + A * dy) / det + cy;
    const [j, i] = [Math.floor(u), Math.floor(v)];
    const [p, q] = [u - j, v - i];
    return (
      (1 - q) * ((1 - p) * at(i, j) + p * at(i, j + 1)) +
      q * ((1 - p) * at(i + 1, j) + p * at(i + 1, j + 1))
    );
  });
}

describe("an affine map", () => {
  it("is the inverse map looked up bilinearly", () => {
    const angle = fc.double({ min: -60, max: 60, noNaN: true });
    const map = fc.record({
      degrees: fc.double({ min: -400, max: 400, noNaN: true }),
      scale: fc.double({ min: 0.3, max: 3, noNaN: true }),
      shear: fc.tuple(angle, angle),
      fill: fc.constantFrom(0, -2),
    });
    fc.assert(
      fc.property(small, map, ({ h, w }, given) => {
        const x = images(1, 1, h, w);
        const { degrees: d, scale: s, shear, fill } = given;
        const [p, q] = shear;
        const y = applyTransforms(x, [
          randomAffine({ degrees: [d, d], scale: [s, s], shear: [p, p, q, q], fill }),
        ]);
        const expected = mapped(values(x), [h, w], given);
        values(y).forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i]!, 4);
        });
      }),
    );
  });

  it("has the same bits in one pass with what normalises it", () => {
    const x = tensor(
      Uint8Array.from({ length: 2 * 3 * 8 * 9 }, (_, i) => (i * 37) % 256),
      { shape: [2, 3, 8, 9] },
    );
    const turn = randomAffine({ degrees: 40, scale: [0.5, 1], fill: 0.7 });
    const scaled = normalize({ mean: [0.1, 0.2, 0.3], std: [0.3, 0.7, 0.9] });
    const apart = applyTransforms(applyTransforms(x, [turn]), [scaled]);
    expect(values(applyTransforms(x, [turn, scaled]))).toEqual(values(apart));
  });

  it("moves by whole pixels within its bounds, each way", () => {
    const x = tensor([1], { shape: [1, 1, 1, 1] }).pad([
      [5, 5],
      [4, 4],
    ]); // 11 × 9
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const y = values(applyTransforms(x, [randomAffine({ translate: [0.25, 0.1] })], { seed }));
      const at = y.indexOf(1);
      expect(y.filter((value) => value !== 0)).toEqual([1]);
      seen.add(`${(at % 9) - 4},${Math.floor(at / 9) - 5}`);
    }
    const moves = [-2, -1, 0, 1, 2].flatMap((dx) => [-1, 0, 1].map((dy) => `${dx},${dy}`));
    expect([...seen].sort()).toEqual(moves.sort());
  });
});

describe("a crop", () => {
  it.each(["constant", "reflect", "replicate", "circular"] as const)(
    "is a part of the padded image, mode %s",
    (paddingMode) => {
      const x = images(1, 2);
      const crop = randomCrop({
        size: [4, 3],
        padding: [2, 1],
        paddingMode,
        ...(paddingMode === "constant" && { fill: 7 }),
      });
      const padded = x.pad(
        [
          [2, 2],
          [1, 1],
        ],
        paddingMode === "constant" ? 7 : { mode: paddingMode },
      );
      const parts = [...Array(7).keys()].flatMap((i) =>
        [...Array(5).keys()].map((j) =>
          String(values(padded.slice([0, 0, i, j], [1, 2, i + 4, j + 3]))),
        ),
      );
      const seen = new Map<string, number>();
      const draws = 3500;
      const many = x.broadcastTo([draws, 2, 6, 5]);
      const y = values(applyTransforms(many, [crop]));
      for (let n = 0; n < draws; n++) {
        const part = String(y.slice(n * 24, (n + 1) * 24));
        expect(parts).toContain(part);
        seen.set(part, (seen.get(part) ?? 0) + 1);
      }
      expect(seen.size).toBe(new Set(parts).size);
      if (seen.size < 35) return; // what is circular comes round again
      const chiSquare = [...seen.values()].reduce((sum, k) => sum + (k - 100) ** 2 / 100, 0);
      expect(chiSquare).toBeLessThan(65.2); // 34 degrees of freedom: exceeded once in a thousand
    },
  );

  it("says what does not fit", () => {
    const crop = () => applyTransforms(images(1), [randomCrop({ size: 9, padding: 1 })]);
    expect(crop).toThrow(ShapeError);
    expect(crop).toThrow(
      "randomCrop: 9×9 is more than images of 6×5 with padding [1,1] have; crop less",
    );
    const far = () =>
      applyTransforms(images(1), [randomCrop({ padding: 6, paddingMode: "reflect" })]);
    expect(far).toThrow(ShapeError);
    expect(far).toThrow(
      'randomCrop: padding [6,6] with mode "reflect" is more than images of 6×5 can give; pad by less than a side',
    );
    const round = [randomCrop({ padding: [0, 6], paddingMode: "circular" })];
    expect(() => applyTransforms(images(1), round)).toThrow("can give; pad by a side at most");
    expect(
      applyTransforms(images(1), [randomCrop({ padding: [6, 5], paddingMode: "circular" })])
        .shape[2],
    ).toBe(6);
  });
});

describe("erasing", () => {
  it("puts a value in a rectangle of the drawn area and shape", () => {
    const [h, w, n] = [20, 30, 400];
    const x = tensor([1]).broadcastTo([n, 2, h, w]);
    const list = [randomErasing({ p: 1, scale: [0.1, 0.2], ratio: [0.5, 2], value: [-1, -2] })];
    const y = values(applyTransforms(x, list));
    const tops = new Set<number>();
    for (let k = 0; k < n; k++) {
      const [first, second] = [0, 1].map((c) =>
        y.slice((2 * k + c) * h * w, (2 * k + c + 1) * h * w),
      );
      expect(second!.map((value) => (value === -2 ? -1 : value))).toEqual(first);
      const hit = first!.flatMap((value, i) => (value === -1 ? [i] : []));
      const [rows, columns] = [hit.map((i) => Math.floor(i / w)), hit.map((i) => i % w)];
      const height = Math.max(...rows) - Math.min(...rows) + 1;
      const width = Math.max(...columns) - Math.min(...columns) + 1;
      expect(hit.length).toBe(height * width);
      expect(hit.length / (h * w)).toBeGreaterThan(0.085);
      expect(hit.length / (h * w)).toBeLessThan(0.22);
      expect(height / width).toBeGreaterThan(0.44);
      expect(height / width).toBeLessThan(2.3);
      tops.add(Math.min(...rows));
    }
    expect(tops.size).toBeGreaterThan(8);
  });
});

describe("what is drawn", () => {
  const list = [
    randomCrop({ padding: 2 }),
    randomHorizontalFlip(),
    randomAffine({ degrees: 20, translate: [0.2, 0.2], scale: [0.8, 1.2], shear: 5 }),
    randomErasing(),
  ];

  it("is as probable as p says, and not the same for neighbours", () => {
    const n = 4000;
    const x = tensor([0, 1]).broadcastTo([n, 1, 1, 2]);
    for (const p of [0.1, 0.5]) {
      const y = values(applyTransforms(x, [randomHorizontalFlip(p)], { seed: 3 }));
      const flipped = Array.from({ length: n }, (_, i) => y[2 * i]!);
      const share = flipped.reduce((sum, each) => sum + each, 0) / n;
      expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n));
      const both = flipped.slice(1).filter((each, i) => each === 1 && flipped[i] === 1).length / n;
      expect(Math.abs(both - p * p)).toBeLessThan(5 * Math.sqrt((p * p) / n));
    }
  });

  it("depends on seed, epoch, the sample's number and the place in the list, each alone", () => {
    const x = images(1).broadcastTo([3, 1, 6, 5]);
    const base = { seed: 1, epoch: 2, indices: [7, 8, 7] };
    const first = values(applyTransforms(x, list, base));
    expect(values(applyTransforms(x, list, base))).toEqual(first);
    expect(first.slice(60)).toEqual(first.slice(0, 30));
    expect(first.slice(30, 60)).not.toEqual(first.slice(0, 30));
    for (const other of [{ seed: 2 }, { epoch: 3 }, { indices: [9, 10, 9] }]) {
      expect(values(applyTransforms(x, list, { ...base, ...other }))).not.toEqual(first);
    }
    const turned = list.toReversed();
    expect(values(applyTransforms(x, turned, base))).not.toEqual(first);
  });

  it("comes to the same bits in batches of any size, read ahead or not, on through epochs", async () => {
    const n = 23;
    const data = {
      images: tensor(
        Uint8Array.from({ length: n * 30 }, (_, i) => (i * 97) % 256),
        { shape: [n, 1, 6, 5] },
      ),
      labels: tensor(Int32Array.from({ length: n }, (_, i) => i)),
    };
    const rows = async (batch: number, prefetch: number) => {
      const transform = list;
      const loader = new DataLoader(data, { batch, prefetch, shuffle: true, seed: 4, transform });
      loader.epoch = 1;
      const found = new Map<number, string>();
      for await (const { images, labels } of loader) {
        expect(images.dtype).toBe("float32");
        const all = values(images);
        values(labels).forEach((label, i) => {
          found.set(label, String(all.slice(i * 30, (i + 1) * 30)));
        });
        await new Promise((resolve) => setTimeout(resolve, 5)); // the worker has its turn
      }
      return [...found].sort(([a], [b]) => a - b);
    };
    const expected = await rows(1, 0);
    expect(expected.length).toBe(n);
    for (const batch of [2, 7, 64]) {
      for (const prefetch of [0, 1, 5]) expect(await rows(batch, prefetch)).toEqual(expected);
    }
    const together = applyTransforms(data.images, list, { seed: 4, epoch: 1 });
    expect(values(together)).toEqual(expected.flatMap(([, row]) => row.split(",").map(Number)));
  });

  it("is described by plain data that comes back from a file", () => {
    const x = images(4, 1, 9, 9);
    const all = [
      ...list,
      randomVerticalFlip(0.3),
      randomRotation(15, { fill: 1 }),
      normalize({ mean: 0.5, std: [0.2] }),
    ];
    const read = JSON.parse(JSON.stringify(all)) as Transform[];
    expect(read).toEqual(all);
    expect(structuredClone(all)).toEqual(all);
    expect(values(applyTransforms(x, read))).toEqual(values(applyTransforms(x, all)));
  });
});

describe("before any work", () => {
  it.each<[() => unknown, string]>([
    [() => normalize({ mean: 0, std: 0 }), "normalize: std is 0; it must be positive numbers"],
    [() => normalize({ mean: [1, 2], std: [1, 2, 3] }), "normalize: std is [1,2,3]; it must be"],
    [
      () => normalize({ mean: Number.NaN, std: 1 }),
      "normalize: mean is NaN; it must be a finite number",
    ],
    [
      () => normalize({ mean: [], std: 1 }),
      "normalize: mean is []; pass a number, or one for each channel",
    ],
    [
      () => normalize({ mean: 1 } as never),
      "normalize: std is undefined; it must be a finite number",
    ],
    [() => randomCrop({ padding: -1 }), "randomCrop: padding is -1; it must be a whole number"],
    [() => randomCrop({ size: [2, 0] }), "randomCrop: size is 0; it must be a whole number"],
    [() => randomCrop({ size: [2] as never }), "randomCrop: size is [2]; it must be two numbers"],
    [
      () => randomCrop({ paddingMode: "edge" as never }),
      'randomCrop: paddingMode is "edge"; known: "constant", "reflect"',
    ],
    [() => randomCrop(4 as never), "randomCrop: the options are 4; pass them by name: { size: … }"],
    [
      () => randomHorizontalFlip(1.5),
      "randomHorizontalFlip: p is 1.5; it must be a finite number from 0 to 1",
    ],
    [() => randomVerticalFlip("1" as never), 'randomVerticalFlip: p is "1"; it must be'],
    [() => randomRotation(-3), "randomRotation: degrees is -3; it must be a finite number"],
    [
      () => randomRotation([5, 3]),
      "randomRotation: degrees is [5,3]; the lesser number comes first",
    ],
    [
      () => randomRotation(3, { expand: true } as never),
      'randomRotation: no option "expand"; known: fill',
    ],
    [
      () => randomAffine({ scale: [0, 1] }),
      "randomAffine: scale is 0; it must be a finite number from 0.001",
    ],
    [
      () => randomAffine({ shear: 90 }),
      "randomAffine: shear is 90; it must be a finite number from 0 to 89",
    ],
    [
      () => randomAffine({ translate: [2, 0] }),
      "randomAffine: translate is 2; it must be a finite number from 0 to 1",
    ],
    [
      () => randomAffine({ fill: null as never }),
      "randomAffine: fill is null; it must be a finite number",
    ],
    [
      () => randomErasing({ p: 2 }),
      "randomErasing: p is 2; it must be a finite number from 0 to 1",
    ],
    [() => randomErasing({ ratio: [-1, 1] }), "randomErasing: ratio is -1; it must be"],
    [
      () => randomErasing({ value: "random" as never }),
      'randomErasing: value is "random"; it must be',
    ],
    [
      () => applyTransforms(images(1), [{ name: "flip" } as never]),
      "applyTransforms: transform[0] is an object; use normalize,",
    ],
    [
      () => applyTransforms(images(1), [null as never]),
      "applyTransforms: transform[0] is null; use normalize,",
    ],
    [
      () => applyTransforms(images(1), [{ name: "randomCrop", pad: 2 } as never]),
      'randomCrop: no option "pad"; known: size',
    ],
    [
      () => applyTransforms(images(1), randomErasing() as never),
      "applyTransforms: transform is an object; it must be a list",
    ],
    [() => applyTransforms([1] as never, []), "applyTransforms: the images must be a tensor"],
    [
      () => applyTransforms(images(2), [], { indices: [1] }),
      "applyTransforms: the number of indices is 1",
    ],
    [
      () => applyTransforms(images(1), [], { indices: null as never }),
      "applyTransforms: the indices are null; pass a number for each image",
    ],
    [() => randomRotation(1e308), "randomRotation: degrees is 1e+308; it must be a finite number"],
    [() => randomRotation([1e300, 1e300]), "randomRotation: degrees is 1e+300"],
    [() => randomAffine({ degrees: 1e7 }), "randomAffine: degrees is 10000000; it must be"],
    [() => applyTransforms(images(1), [], { indices: [-1] }), "applyTransforms: an index is -1"],
    [() => applyTransforms(images(1), [], { seed: -1 }), "applyTransforms: seed is -1"],
    [() => applyTransforms(images(1), [], { epoch: 0.5 }), "applyTransforms: epoch is 0.5"],
  ])("what is no setting is refused (%#)", (call, message) => {
    expect(call).toThrow(ValueError);
    expect(call).toThrow(message);
  });

  it("images that transforms cannot take are refused", () => {
    const three = () => applyTransforms(rand([3, 4, 5]), []);
    expect(three).toThrow(ShapeError);
    expect(three).toThrow(
      "applyTransforms: transforms take images [N, C, H, W], not [3, 4, 5]; reshape them",
    );
    const whole = () => applyTransforms(tensor(new Int32Array(4), { shape: [1, 1, 2, 2] }), []);
    expect(whole).toThrow(/bytes 0 to 255 as uint8, or floats in \[0, 1\], not int32/);
    const channels = () => applyTransforms(images(1, 2), [normalize({ mean: [1, 2, 3], std: 1 })]);
    expect(channels).toThrow(
      "normalize: 3 means for images of 2 channels [1,2,6,5]; give one number, or 2",
    );
  });

  it("a loader says what its list or its batches lack", async () => {
    const wrong = new DataLoader({ images: images(3) }, { transform: [{ name: "spin" } as never] });
    const epoch = async (loader: AsyncIterable<unknown>) => {
      for await (const _ of loader);
    };
    await expect(epoch(wrong)).rejects.toThrow("DataLoader: transform[0] is an object; use");
    const bare = new DataLoader({ x: images(3) }, { transform: [randomErasing()] });
    await expect(epoch(bare)).rejects.toThrow(
      "DataLoader: the images must be a tensor, not undefined",
    );
  });
});

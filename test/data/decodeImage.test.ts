import { FormatError, ValueError } from "@convgrad/core";
import { decodeImage } from "@convgrad/data";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture, plainPng } from "./pictures.ts";

/** Red above, transparent blue below, 2 × 4 pixels. */
const halves = () => picture(2, 4, (_, y) => (y < 2 ? [200, 0, 0, 255] : [0, 0, 250, 0]));

/** A coloured gradient, of which no two pixels are alike. */
const gradient = (width: number, height: number) =>
  picture(width, height, (x, y) => [(10 * x) % 256, (10 * y) % 256, (x + y) % 256]);

async function refusal(bytes: Uint8Array, options = {}): Promise<FormatError> {
  const error = await decodeImage(bytes, { name: "upload", ...options }).then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(FormatError);
  expect(String(error)).toMatch(/^FormatError: decodeImage: upload: .*; .+$/);
  return error as FormatError;
}

describe("decodeImage", () => {
  it("gives a PNG's pixels, channel by channel", async () => {
    const bytes = await gradient(3, 2).png().toBuffer();
    const image = await decodeImage(bytes);
    expect([image.dtype, image.shape]).toEqual(["uint8", [3, 2, 3]]);
    expect(image.toArray()).toEqual([
      [
        [0, 10, 20],
        [0, 10, 20],
      ],
      [
        [0, 0, 0],
        [10, 10, 10],
      ],
      [
        [0, 1, 2],
        [1, 2, 3],
      ],
    ]);
    const buffer = Uint8Array.from(bytes).buffer;
    expect((await decodeImage(buffer)).toArray()).toEqual(image.toArray());
  });

  it("makes grey as PIL and torchvision do", async () => {
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [17, 17, 17],
    ] as const;
    const bytes = await picture(4, 1, (x) => colours[x]!)
      .png()
      .toBuffer();
    const image = await decodeImage(bytes, { channels: 1 });
    expect(image.toArray()).toEqual([[[76, 150, 29, 17]]]); // Image.convert("L")
  });

  it("reads grey, palettes, 16 bits, JPEG and WebP", async () => {
    const grey = picture(2, 2, (x, y) => [100 * x + 50 * y]);
    const same = [
      [0, 100],
      [50, 150],
    ];
    for (const made of [
      grey.clone().png(),
      grey.clone().png({ palette: true }),
      grey.clone().toColourspace("grey16").png(),
      grey.clone().webp({ lossless: true }),
    ]) {
      const bytes = await made.toBuffer();
      expect((await decodeImage(bytes)).toArray()).toEqual([same, same, same]);
      expect((await decodeImage(bytes, { channels: 1 })).toArray()).toEqual([same]);
    }
    const jpeg = await picture(8, 8, () => [60, 120, 180])
      .jpeg({ quality: 100 })
      .toBuffer();
    const [red, green, blue] = (await decodeImage(jpeg, { size: 1 })).toTypedArray();
    for (const [is, was] of [
      [red, 60],
      [green, 120],
      [blue, 180],
    ]) {
      expect(Math.abs(is! - was!)).toBeLessThanOrEqual(2);
    }
  });

  it("sets photographs upright", async () => {
    const wide = gradient(4, 2).withMetadata({ orientation: 6 });
    const image = await decodeImage(await wide.png().toBuffer());
    expect(image.shape).toEqual([3, 4, 2]); // turned clockwise: the left column is the lowest row, read upwards
    expect(image.slice([0, 0, 0], [1, 4, 2]).toArray()).toEqual([
      [
        [0, 0],
        [10, 10],
        [20, 20],
        [30, 30],
      ],
    ]);
    expect(image.slice([1, 0, 0], [2, 1, 2]).toArray()).toEqual([[[10, 0]]]);
  });

  it("puts a grey behind what is transparent, and around what is contained", async () => {
    const bytes = await halves().png().toBuffer();
    const grey = { channels: 1, background: 9 } as const;
    expect((await decodeImage(bytes, grey)).toArray()).toEqual([
      [
        [60, 60],
        [60, 60],
        [9, 9],
        [9, 9],
      ],
    ]);
    const contained = await decodeImage(bytes, { ...grey, size: 4, fit: "contain" });
    expect(contained.slice([0, 0, 0], [1, 4, 1]).toArray()).toEqual([[[9], [9], [9], [9]]]);
    expect(contained.slice([0, 0, 1], [1, 1, 3]).toArray()).toEqual([[[60, 60]]]);
    expect((await decodeImage(bytes, { channels: 1, size: [1, 1] })).size).toBe(1);
  });

  it("brings every picture to the size, in three ways", async () => {
    const stripes = await picture(40, 20, (x) => (x < 10 ? [250] : [0]))
      .png()
      .toBuffer();
    const left = async (fit: "cover" | "contain" | "fill") => {
      const image = await decodeImage(stripes, { size: [20, 20], fit, channels: 1 });
      expect(image.shape).toEqual([1, 20, 20]);
      return (await image.read())[10 * 20 + 1];
    };
    expect(await left("cover")).toBeLessThan(20); // the stripe was cut off
    expect(await left("fill")).toBeGreaterThan(230);
    expect(await left("contain")).toBeGreaterThan(230);
    const tall = await decodeImage(stripes, { size: [6, 3], fit: "fill" });
    expect(tall.shape).toEqual([3, 6, 3]);
  });

  it("gives the same bytes each time, also with many at once", async () => {
    const jpeg = await gradient(101, 67).jpeg().toBuffer();
    const once = (await decodeImage(jpeg, { size: 32 })).toTypedArray();
    const again = await Promise.all(
      Array.from({ length: 20 }, async () =>
        (await decodeImage(jpeg, { size: 32 })).toTypedArray(),
      ),
    );
    for (const image of again) expect(image).toEqual(once);
  });
});

describe("decodeImage of hostile uploads", () => {
  it("refuses what is no PNG, JPEG or WebP before any decoder sees it", async () => {
    const gif = await (await gradient(2, 2)).gif().toBuffer();
    const svg = new TextEncoder().encode(
      "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
    );
    expect((await refusal(gif)).message).toContain("begins with the bytes 47 49 46 38");
    expect((await refusal(svg)).message).toContain("it must be a PNG, JPEG or WebP picture");
    expect((await refusal(new Uint8Array())).message).toContain("has no bytes");
  });

  it("refuses too many bytes and too many pixels, whatever the file weighs", async () => {
    const create = { width: 3000, height: 3000, channels: 3, background: "black" } as const;
    const large = await sharp({ create }).png().toBuffer();
    expect(large.length).toBeLessThan(50_000);
    const pixels = await refusal(large, { maxPixels: 10 ** 6, size: 8 });
    expect(pixels.message).toContain(
      "pixel limit; it must be a whole PNG, JPEG or WebP picture of at most 1000000 pixels",
    );
    const bytes = await refusal(large, { maxBytes: 1000 });
    expect(bytes.message).toContain("more than 1000; make it smaller, or raise maxBytes");
    expect((await decodeImage(large, { size: 8 })).shape).toEqual([3, 8, 8]);
  });

  it("does not believe a header that announces a huge picture", async () => {
    const bytes = Uint8Array.from(await plainPng(4, [1, 2, 3]));
    new DataView(bytes.buffer).setUint32(16, 2 ** 31 - 1); // the width in IHDR
    await refusal(bytes);
  });

  it("refuses every truncation", async () => {
    for (const made of [gradient(40, 30).png(), gradient(40, 30).jpeg(), gradient(40, 30).webp()]) {
      const whole = await made.toBuffer();
      for (const share of [0.1, 0.5, 0.9]) await refusal(whole.subarray(0, share * whole.length));
    }
  });

  it("meets damage with a FormatError or a picture", async () => {
    const whole = await Promise.all(
      [gradient(20, 15).png(), gradient(20, 15).jpeg(), gradient(20, 15).webp()].map((made) =>
        made.toBuffer(),
      ),
    );
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(2), damage, async (which, changes) => {
        const bytes = Uint8Array.from(whole[which]!);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        try {
          const image = await decodeImage(bytes, { size: 8, maxPixels: 10 ** 6 });
          expect(image.shape).toEqual([3, 8, 8]);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500, seed: 5 },
    );
  });
});

describe("decodeImage before any work", () => {
  it.each<[object, string]>([
    [{ size: 0 }, "the height in size is 0; it must be a whole number from 1 to 16384"],
    [{ size: [8] }, "the width in size is undefined"],
    [{ size: [8, 8, 3] }, "pass one number or [height, width]"],
    [{ size: "8" }, 'the height in size is "8"'],
    [{ channels: 2 }, "channels is 2; it must be 1 (grey) or 3 (red, green, blue)"],
    [{ fit: "inside" }, 'fit is "inside"; it must be "cover", "contain" or "fill"'],
    [{ background: 256 }, "background is 256"],
    [{ maxBytes: 0 }, "maxBytes is 0"],
    [{ maxPixels: Number.NaN }, "maxPixels is NaN"],
    [{ name: 3 }, "name is 3; it must be a text"],
    [
      { width: 3 },
      'no option "width"; known: size, channels, fit, background, maxBytes, maxPixels, name',
    ],
  ])("refuses %j", async (options, message) => {
    const bytes = await plainPng(2, [0]);
    await expect(decodeImage(bytes, options)).rejects.toThrow(ValueError);
    await expect(decodeImage(bytes, options)).rejects.toThrow(message);
  });

  it("refuses what holds no bytes", async () => {
    await expect(decodeImage("cat.png" as never)).rejects.toThrow(
      'decodeImage: the bytes are "cat.png"; pass a Uint8Array or an ArrayBuffer',
    );
  });
});

import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shippedDigits } from "../../build/imageFiles.ts";
import { chooseDigits } from "./digits.ts";
import { type NamedBytes, readImageSets } from "./imageSets.ts";

const title = { name: "Mine", source: "me" };

/** An IDX file of bytes. */
function idx(name: string, shape: readonly number[], data: readonly number[] = []): NamedBytes {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, axis) => void header.writeUInt32BE(size, 4 + 4 * axis));
  const size = shape.reduce((a, b) => a * b, 1);
  const bytes = Buffer.from(Array.from({ length: size }, (_, i) => data[i] ?? i % 7));
  return { name, bytes: Buffer.concat([header, bytes]) };
}
const zipped = ({ name, bytes }: NamedBytes) => ({ name: `${name}.gz`, bytes: gzipSync(bytes) });

const images = idx("train-images-idx3-ubyte", [20, 4, 3]);
const labels = idx("train-labels-idx1-ubyte", [20]);
const later = idx("t10k-images-idx3-ubyte", [5, 4, 3]);
const laterLabels = idx("t10k-labels-idx1-ubyte", [5]);

describe("image files", () => {
  it("are known by their contents and names, in any order, gzipped or not", async () => {
    const files = [zipped(laterLabels), images, zipped(later), labels];
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(files, { minLength: 4 }), async (some) => {
        const { train, validation, classes, imageShape } = await readImageSets(some, title);
        expect(imageShape).toEqual([1, 4, 3]);
        expect(classes).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
        expect([...train.labels.toTypedArray()]).toEqual([...labels.bytes.subarray(8)]);
        expect([...train.images.toTypedArray()]).toEqual([...images.bytes.subarray(16)]);
        expect([...validation.labels.toTypedArray()]).toEqual([...laterLabels.bytes.subarray(8)]);
      }),
      { numRuns: 10 },
    );
  });

  it("without any to validate with, a tenth is held out; those of a test alone are trained on", async () => {
    for (const pair of [
      [images, labels],
      [idx("t10k-x", [20, 4, 3]), idx("t10k-y", [20])],
    ]) {
      const { train, validation } = await readImageSets(pair, title);
      expect(train.images.shape).toEqual([18, 1, 4, 3]);
      expect(validation.images.shape).toEqual([2, 1, 4, 3]);
      expect([...validation.labels.toTypedArray()]).toEqual([...labels.bytes.subarray(8 + 18)]);
    }
  });

  it("may have colours", async () => {
    const set = await readImageSets([idx("x", [4, 3, 2, 2]), idx("y", [4], [0, 0, 0, 0])], title);
    expect(set.imageShape).toEqual([3, 2, 2]);
    expect(set.classes).toEqual(["0", "1"]);
  });

  const damaged = { name: "train-images", bytes: images.bytes.subarray(0, 100) };
  it.each<[string, NamedBytes[], RegExp]>([
    ["none", [], /there is no file of images; choose images and labels together/],
    ["images alone", [images], /no file of labels beside train-images-idx3-ubyte; choose/],
    ["labels alone", [labels], /no file of images beside train-labels/],
    [
      "two of images",
      [images, labels, idx("more", [20, 4, 3])],
      /more all hold images; choose one/,
    ],
    ["other counts", [images, idx("y", [19])], /has 20 images, y 19 labels; take both/],
    ["a damaged one", [damaged, labels], /readIdx: train-images: the header announces 240 bytes/],
    [
      "no IDX file",
      [{ name: "me.png", bytes: Buffer.from("PNG…") }, labels],
      /me\.png: begins with/,
    ],
    ["a matrix", [idx("m", [4, 5]), labels], /m holds uint8 \[4, 5\]; images must be uint8 \[N/],
    ["nothing", [idx("x", [0, 4, 3]), idx("y", [0])], /which is nothing/],
    ["no pixels", [idx("x", [20, 0, 3]), labels], /1 to 256 pixels/],
    ["large images", [idx("x", [2, 1, 257]), idx("y", [2])], /1 to 256 pixels/],
    ["two channels", [idx("x", [2, 2, 3, 3]), idx("y", [2])], /1 channel, or 3/],
    ["a wrong name", [idx("labels", [20, 4, 3]), labels], /images by its shape and labels by its/],
    [
      "an announced gigabyte",
      [
        { name: "bomb.gz", bytes: Buffer.concat([Buffer.from([31, 139]), Buffer.alloc(20, 64)]) },
        labels,
      ],
      /bomb\.gz has 1,029 MiB, the page takes 256 MiB; choose a part/,
    ],
    ["many classes", [images, idx("y", [20], Array(20).fill(255))], /255 is beyond the 64 classes/],
    ["one image", [idx("x", [1, 4, 3]), idx("y", [1])], /one image is too few/],
    ["other shapes", [images, labels, idx("t10k", [5, 3, 4]), laterLabels], /files of one set/],
  ])("are refused with a remedy: %s", async (_, files, message) => {
    await expect(readImageSets(files, title)).rejects.toThrow(message);
    await expect(readImageSets(files, title)).rejects.toMatchObject({ name: "FormatError" });
  });

  it("are refused with a label that no class has", async () => {
    const two = { ...title, classes: ["a", "b"] };
    await expect(readImageSets([images, labels], two)).rejects.toThrow(/label 6 is none of the 2/);
  });
});

describe("the digits that ship", () => {
  it("are 200 real ones of each, and none to validate with is trained on", async () => {
    const files = Object.entries(shippedDigits()).map(([name, bytes]) => ({ name, bytes }));
    const { train, validation } = await readImageSets(files, title);
    const counts = (labels: ArrayLike<number>) =>
      Array.from({ length: 10 }, (_, k) => Array.from(labels).filter((l) => l === k).length);
    expect(counts(train.labels.toTypedArray())).toEqual(Array(10).fill(160));
    expect(counts(validation.labels.toTypedArray())).toEqual(Array(10).fill(40));
    const texts = (x: typeof train) => {
      const bytes = Buffer.from(x.images.toTypedArray() as Uint8Array);
      return Array.from({ length: x.labels.size }, (_, i) =>
        bytes.subarray(784 * i, 784 * (i + 1)).toString("base64"),
      );
    };
    expect(new Set([...texts(train), ...texts(validation)]).size).toBe(2000);
    expect(files.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(400_000);
  });

  it("are chosen in the order of the file", () => {
    const { train, validation } = chooseDigits(Array.from({ length: 500 }, (_, i) => i % 2));
    expect(train).toEqual(Array.from({ length: 320 }, (_, i) => i));
    expect(validation).toEqual(Array.from({ length: 80 }, (_, i) => 320 + i));
  });
});

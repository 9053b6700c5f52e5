import { gzipSync } from "node:zlib";
import { FormatError, ValueError } from "@convgrad/core";
import { type EmnistOptions, emnist } from "@convgrad/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Files, idxFile, temporaryFolders } from "./folders.ts";

let written: (files: Files) => Promise<string>;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ write: written, remove } = await temporaryFolders("emnist"));
});
afterAll(() => remove());

/** One training and one test image whose pixel (row, column), as stored, is 3·row + column. */
function files(split: string, label: number): Files {
  const image = Array.from({ length: 784 }, (_, i) => 3 * Math.floor(i / 28) + (i % 28));
  const set = (name: string): Files => ({
    [`emnist-${split}-${name}-images-idx3-ubyte`]: idxFile([1, 28, 28], image),
    [`emnist-${split}-${name}-labels-idx1-ubyte`]: idxFile([1], [label]),
  });
  return { ...set("train"), ...set("test") };
}

const SPLITS: [EmnistOptions["split"], count: number, last: number, name: string][] = [
  ["balanced", 47, 46, "t"],
  ["byclass", 62, 61, "z"],
  ["bymerge", 47, 36, "a"],
  ["digits", 10, 9, "9"],
  ["letters", 26, 26, "Z"],
  ["mnist", 10, 0, "0"],
];

describe("emnist()", () => {
  it.each(SPLITS)("reads %s, of %i classes", async (split, count, label, name) => {
    const directory = await written(files(split, label));
    const { train, test, classes } = await emnist({ split, directory });
    expect(classes).toHaveLength(count);
    expect(new Set(classes).size).toBe(count);
    expect(classes[train.labels.toTypedArray()[0]!]).toBe(name);
    expect(test.labels.toArray()).toEqual(train.labels.toArray());
    await expect(
      emnist({ split, directory: await written(files(split, split === "letters" ? 27 : count)) }),
    ).rejects.toThrow(FormatError);
  });

  it("sets the images upright", async () => {
    const { train } = await emnist({
      split: "digits",
      directory: await written(files("digits", 1)),
    });
    const pixels = train.images.toTypedArray();
    for (let row = 0; row < 28; row++) {
      for (let column = 0; column < 28; column++) {
        expect(pixels[28 * row + column]).toBe(3 * column + row);
      }
    }
  });

  it("refuses the label 0 among letters, which are 1 to 26 in the files", async () => {
    const directory = await written(files("letters", 0));
    await expect(emnist({ split: "letters", directory })).rejects.toThrow(
      "label 0 is 0; labels of letters are 1 to 26",
    );
  });

  it("finds gzipped files in the folder that the archive makes", async () => {
    const zipped = Object.entries(files("mnist", 3)).map(([name, bytes]) => [
      `gzip/${name}.gz`,
      gzipSync(bytes),
    ]);
    const directory = await written(Object.fromEntries(zipped));
    const { test } = await emnist({ split: "mnist", directory, test: 1 });
    expect(test.labels.toArray()).toEqual([3]);
  });

  it("says where the files come from", async () => {
    const directory = await written({});
    await expect(emnist({ split: "letters", directory })).rejects.toThrow(
      /^emnist: .*emnist-letters-train-images-idx3-ubyte is missing, .*; unpack gzip\.zip of the EMNIST project of NIST/,
    );
    await expect(emnist({ split: "letters" } as never)).rejects.toThrow(
      /^emnist: no directory; pass { directory }: unpack gzip\.zip/,
    );
  });

  it.each([undefined, "letter", "toString", 3])("refuses the split %s", async (split) => {
    const wrong = { split, directory: "." } as never;
    await expect(emnist(wrong)).rejects.toThrow(ValueError);
    await expect(emnist(wrong)).rejects.toThrow(
      "it must be one of balanced, byclass, bymerge, digits, letters, mnist",
    );
  });
});

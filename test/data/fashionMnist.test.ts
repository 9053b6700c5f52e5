import { existsSync } from "node:fs";
import { join } from "node:path";
import { FormatError, ValueError } from "@convgrad/core";
import { fashionMnist } from "@convgrad/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Files, idxFile, temporaryFolders } from "./folders.ts";

let written: (files: Files) => Promise<string>;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ write: written, remove } = await temporaryFolders("fashion"));
});
afterAll(() => remove());

const DEBIAN = "/usr/share/datasets/fashion-mnist";
const installed = existsSync(join(DEBIAN, "train-images-idx3-ubyte.gz"));

function small(): Files {
  return {
    "train-images-idx3-ubyte": idxFile([1, 28, 28], new Array(784).fill(7)),
    "train-labels-idx1-ubyte": idxFile([1], [9]),
    "t10k-images-idx3-ubyte": idxFile([1, 28, 28], new Array(784).fill(8)),
    "t10k-labels-idx1-ubyte": idxFile([1], [0]),
  };
}

describe("fashionMnist()", () => {
  it.skipIf(!installed)(
    "finds the real clothes where Debian's package dataset-fashion-mnist puts them (skipped without it)",
    async () => {
      const { train, test, classes } = await fashionMnist();
      expect(train.images.shape).toEqual([60_000, 1, 28, 28]);
      expect(test.images.shape).toEqual([10_000, 1, 28, 28]);
      for (const [{ labels }, each] of [[train, 6000] as const, [test, 1000] as const]) {
        const counts = new Array<number>(10).fill(0);
        for (const label of labels.toTypedArray()) counts[label]!++;
        expect(counts).toEqual(new Array(10).fill(each));
      }
      const first = [...train.labels.toTypedArray().slice(0, 3)].map((label) => classes[label]);
      expect(first).toEqual(["Ankle boot", "T-shirt/top", "T-shirt/top"]);
      const bytes = train.images.toTypedArray();
      let sum = 0;
      for (const pixel of bytes) sum += pixel;
      expect(sum / bytes.length / 255).toBeCloseTo(0.286, 3); // the mean that everyone normalises by
    },
  );

  it("reads a directory", async () => {
    const { train, test, classes } = await fashionMnist({ directory: await written(small()) });
    expect(train.labels.toArray()).toEqual([9]);
    expect(classes[9]).toBe("Ankle boot");
    expect(test.images.toTypedArray()[0]).toBe(8);
    expect(classes).toHaveLength(10);
  });

  it("says both ways to get it where it is absent", async () => {
    const directory = await written({});
    await expect(fashionMnist({ directory })).rejects.toThrow(ValueError);
    await expect(fashionMnist({ directory })).rejects.toThrow(
      `fashionMnist: ${join(directory, "train-images-idx3-ubyte")} is missing, with .gz and as ` +
        "train-images.idx3-ubyte too; install the Debian or Ubuntu package dataset-fashion-mnist, or pass " +
        "{ directory } with the files of the project zalandoresearch/fashion-mnist: train-images-idx3-ubyte, ",
    );
  });

  it("refuses labels that are none, in its own name", async () => {
    const directory = await written({ ...small(), "t10k-labels-idx1-ubyte": idxFile([1], [10]) });
    const error = await fashionMnist({ directory }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toContain("label 0 is 10; labels are 0 to 9");
    await expect(fashionMnist({ split: "x" } as never)).rejects.toThrow(
      'fashionMnist: no option "split"; known: directory, train, test',
    );
  });
});

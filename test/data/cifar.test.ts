import { FormatError, memory, scope, ValueError } from "@convgrad/core";
import { cifar10, cifar100, DataLoader, readCifar } from "@convgrad/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cifarFile, type Files, temporaryFolders } from "./folders.ts";

let written: (files: Files) => Promise<string>;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ write: written, remove } = await temporaryFolders("cifar"));
});
afterAll(() => remove());

/** Two images in each of the five training files, one in the test file. */
function ten(): Files {
  const names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`);
  const train = names.map((name, i) => [name, cifarFile([[i], [9 - i]])]);
  return { ...Object.fromEntries(train), "test_batch.bin": cifarFile([[3]]) };
}
function hundred(): Files {
  return {
    "train.bin": cifarFile([
      [19, 99],
      [4, 0],
    ]),
    "test.bin": cifarFile([[11, 19]]),
  };
}
const inFolder = (folder: string, files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${folder}/${name}`, bytes]));

describe("cifar10()", () => {
  it("reads the files, in their order, in the directory or its folder", async () => {
    for (const files of [ten(), inFolder("cifar-10-batches-bin", ten())]) {
      const { train, test, classes } = await scope(async () =>
        cifar10({ directory: await written(files) }),
      );
      expect(train.images.shape).toEqual([10, 3, 32, 32]);
      expect(train.images.dtype).toBe("uint8");
      expect(train.labels.toArray()).toEqual([0, 9, 1, 8, 2, 7, 3, 6, 4, 5]);
      expect(train.labels.dtype).toBe("int32");
      const corner = train.images.slice([7, 0, 31, 31], [8, 3, 32, 32]).toTypedArray();
      expect([...corner]).toEqual([1, 2, 3]);
      expect(test.labels.toArray()).toEqual([3]);
      expect(classes[3]).toBe("cat");
    }
  });

  it("reads no more files than it takes", async () => {
    const {
      "data_batch_3.bin": _3,
      "data_batch_4.bin": _4,
      "data_batch_5.bin": _5,
      ...files
    } = ten();
    const directory = await written(files);
    const { train } = await cifar10({ directory, train: 3 });
    expect(train.labels.toArray()).toEqual([0, 9, 1]);
    await expect(cifar10({ directory, train: 5 })).rejects.toThrow(
      /^cifar10: .*data_batch_3\.bin is missing, in its folder cifar-10-batches-bin too; unpack cifar-10-binary\.tar\.gz/,
    );
    await expect(cifar10({ directory, train: 3, test: 2 })).rejects.toThrow("has 1 images, 2 are");
  });

  it.each<[string, Files, string]>([
    ["a file cut short", { "data_batch_2.bin": cifarFile([[1]]).slice(1) }, "has 3072 bytes"],
    ["an empty file", { "data_batch_2.bin": new Uint8Array() }, "has 0 bytes"],
    ["a label beyond 9", { "test_batch.bin": cifarFile([[0], [10]]) }, "label of image 1 is 10"],
  ])("refuses %s, naming it, and makes no tensor", async (_, wrong, message) => {
    const directory = await written({ ...ten(), ...wrong });
    const before = memory().tensors;
    const error = await cifar10({ directory }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toContain(message);
    expect((error as FormatError).message).toContain(Object.keys(wrong)[0]);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("refuses bad options before any work", async () => {
    await expect(cifar10({} as never)).rejects.toThrow(ValueError);
    await expect(cifar10({} as never)).rejects.toThrow(
      /^cifar10: no directory; pass { directory }: unpack cifar-10-binary\.tar\.gz there, .*data_batch_1\.bin to data_batch_5\.bin and test_batch\.bin$/,
    );
    await expect(cifar10({ directory: ".", test: 0 })).rejects.toThrow("test is 0");
    await expect(cifar10({ directory: ".", labels: "fine" } as never)).rejects.toThrow(
      'cifar10: no option "labels"',
    );
  });
});

describe("cifar100()", () => {
  it("has fine and coarse labels", async () => {
    const directory = await written(inFolder("cifar-100-binary", hundred()));
    const fine = await cifar100({ directory });
    expect(fine.train.labels.toArray()).toEqual([99, 0]);
    expect(fine.classes[99]).toBe("worm");
    expect([fine.classes.length, fine.classes[fine.test.labels.toTypedArray()[0]!]]).toEqual([
      100,
      "cattle",
    ]);
    const coarse = await cifar100({ directory, labels: "coarse" });
    expect(coarse.train.labels.toArray()).toEqual([19, 4]);
    expect(coarse.classes).toHaveLength(20);
    expect(coarse.classes[coarse.test.labels.toTypedArray()[0]!]).toBe(
      "large_omnivores_and_herbivores",
    );
    expect(coarse.test.images.toTypedArray()[3071]).toBe(2);
  });

  it("refuses labels of neither kind, and fine labels of another data set", async () => {
    const directory = await written({ ...hundred(), "test.bin": cifarFile([[20, 5]]) });
    await expect(cifar100({ directory, labels: "both" as never })).rejects.toThrow(
      'cifar100: labels is "both"; it must be "fine" or "coarse"',
    );
    await expect(cifar100({ directory })).rejects.toThrow("the coarse label of image 0 is 20");
  });
});

describe("readCifar", () => {
  it("makes tensors of bytes, for a loader", async () => {
    const bytes = cifarFile([[5], [0], [9]]);
    const inside = new Uint8Array([1, 2, 3, ...bytes]).subarray(3);
    for (const given of [bytes, inside, bytes.slice().buffer]) {
      const { images, labels } = readCifar(given, { classes: 10 });
      expect(images.shape).toEqual([3, 3, 32, 32]);
      expect([...images.toTypedArray()]).toEqual(
        [0, 1, 2].flatMap((i) => [...bytes.subarray(i * 3073 + 1, (i + 1) * 3073)]),
      );
      expect(labels.toArray()).toEqual([5, 0, 9]);
    }
    const loader = new DataLoader(readCifar(bytes, { classes: 10 }), { batch: 2 });
    const seen: unknown[] = [];
    for await (const { labels } of loader) seen.push(labels.toArray());
    expect(seen).toEqual([[5, 0], [9]]);
  });

  it.each<[unknown, object, string]>([
    [new Uint8Array(3073), {}, "readCifar: classes is undefined; it must be 10 or 100"],
    [new Uint8Array(3073), { classes: 10, labels: "coarse" }, "CIFAR-10 has no coarse labels"],
    [new Uint8Array(3073), { classes: 10, name: 5 }, "name is 5; it must be a text"],
    [
      new Uint8Array(3073),
      { classes: 10, nme: 5 },
      'no option "nme"; known: classes, labels, name',
    ],
    [[1, 2], { classes: 10 }, "pass a Uint8Array or an ArrayBuffer, as readFile or fetch gives"],
  ])("refuses wrong calls", (bytes, options, message) => {
    expect(() => readCifar(bytes as Uint8Array, options as never)).toThrow(ValueError);
    expect(() => readCifar(bytes as Uint8Array, options as never)).toThrow(message);
  });

  it("names the file in its refusals", () => {
    const read = () => readCifar(new Uint8Array(3074), { classes: 100, name: "upload" });
    expect(() => readCifar(new Uint8Array(3073), { classes: 100 })).toThrow(FormatError);
    expect(read()).toBeDefined(); // 3074 bytes are a record of CIFAR-100
    expect(() => readCifar(new Uint8Array(3075), { classes: 100, name: "upload" })).toThrow(
      "readCifar: upload: has 3075 bytes, no multiple of the 3074 of a record of CIFAR-100; pass a file of the binary version",
    );
  });
});

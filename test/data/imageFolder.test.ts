import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { FormatError, memory, scope, ValueError } from "@convgrad/core";
import { DataLoader, imageFolder, scalePixels, subset, trainValidationSplit } from "@convgrad/data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Files, temporaryFolders } from "./folders.ts";
import { picture, plainPng } from "./pictures.ts";

let written: (files: Files) => Promise<string>;
let remove: () => Promise<void>;
let few: Files;

beforeAll(async () => {
  ({ write: written, remove } = await temporaryFolders("pictures"));
  const jpeg = await picture(9, 5, () => [30, 30, 30])
    .jpeg({ quality: 100 })
    .toBuffer();
  few = {
    "dog/b.png": await plainPng(6, [20]),
    "dog/a.JPG": jpeg,
    "Cat/10.webp": await picture(3, 3, () => [5, 6, 7])
      .webp({ lossless: true })
      .toBuffer(),
    "Cat/9.png": await plainPng(4, [40, 41, 42]),
    "Cat/notes.txt": new Uint8Array(3),
    "Cat/.hidden.png": new Uint8Array(3),
    ".git/config.png": new Uint8Array(3),
    "README.md": new Uint8Array(3),
  };
});
afterAll(() => remove());

describe("imageFolder", () => {
  it("has a class for each folder, and the pictures in the order of their names", async () => {
    const photos = await imageFolder(await written(few), { size: 2 });
    expect(photos.classes).toEqual(["Cat", "dog"]);
    expect(photos.paths).toEqual(["Cat/10.webp", "Cat/9.png", "dog/a.JPG", "dog/b.png"]);
    expect([...photos.labels]).toEqual([0, 0, 1, 1]);
    expect(photos.length).toBe(4);
    const { images, labels } = await photos.batch(Int32Array.of(3, 0, 1, 3));
    expect([images.dtype, images.shape]).toEqual(["uint8", [4, 3, 2, 2]]);
    expect(labels.toArray()).toEqual([1, 0, 0, 1]);
    expect(labels.dtype).toBe("int32");
    const means = images.to("float32").mean([2, 3]).toArray();
    expect(means).toEqual([
      [20, 20, 20],
      [5, 6, 7],
      [40, 41, 42],
      [20, 20, 20],
    ]);
  });

  it("reads more than are read at a time, in the order asked for", async () => {
    const files: Files = {};
    for (let i = 0; i < 30; i++)
      files[`all/${String(i).padStart(2, "0")}.png`] = await plainPng(2, [i]);
    const photos = await imageFolder(await written(files), { size: 1, channels: 1 });
    const loader = new DataLoader(photos, { batch: 13, shuffle: true, seed: 3 });
    const seen: number[] = [];
    for await (const { images } of loader) seen.push(...images.toTypedArray());
    expect(seen).not.toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.toSorted((a, b) => a - b)).toEqual([...Array(30).keys()]);
  });

  it("leaves nothing behind in a loop", async () => {
    const photos = await imageFolder(await written(few), { size: 8, channels: 1 });
    const { tensors } = memory();
    for (let epoch = 0; epoch < 5; epoch++) {
      for await (const { images } of new DataLoader(photos, { batch: 3, transform: scalePixels })) {
        expect(images.dtype).toBe("float32");
      }
    }
    expect(memory().tensors).toBe(tensors);
  });

  it("can be divided by class, keeping what the classes are called", async () => {
    const photos = await imageFolder(await written(few), { size: 2 });
    const { train, validation } = trainValidationSplit(photos, {
      validation: 2,
      seed: 1,
      stratify: true,
    });
    expect([...validation.labels!]).toEqual([0, 1]);
    expect(train.classes).toEqual(["Cat", "dog"]);
    const { labels } = await train.batch(Int32Array.of(1));
    expect(labels.toArray()).toEqual([1]);
    expect([...subset(photos, [2]).labels!]).toEqual([1]);
  });

  it("names the picture that is none, and takes no memory for the batch", async () => {
    const directory = await written({ ...few, "dog/c.png": few["dog/b.png"]!.slice(0, 60) });
    const photos = await imageFolder(directory, { size: 2 });
    const before = memory().tensors;
    const error = await scope(() => photos.batch(Int32Array.of(0, 4, 1)) as Promise<never>).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toContain(`imageFolder: ${join(directory, "dog/c.png")}: `);
    expect(memory().tensors).toBe(before);
    await expect(photos.batch(Int32Array.of(5))).rejects.toThrow(
      "imageFolder: index 0 is 5; the data set has samples 0 to 4",
    );
    await rm(join(directory, "dog/c.png"));
    await expect(photos.batch(Int32Array.of(4))).rejects.toThrow("c.png does not exist any more");
    const small = await imageFolder(directory, { size: 2, maxBytes: 20 });
    await expect(small.batch(Int32Array.of(0))).rejects.toThrow(
      "it must be a picture of less than 21 bytes",
    );
  });

  it("follows links, and names one that leads nowhere", async () => {
    const directory = await written(few);
    const elsewhere = await written({ "x.png": await plainPng(2, [77]) });
    await symlink(elsewhere, join(directory, "linked"));
    await symlink(join(elsewhere, "gone.png"), join(directory, "dog/z.png"));
    await symlink("linked", join(directory, "loop"));
    const photos = await imageFolder(directory, { size: 1, channels: 1 });
    expect(photos.classes).toEqual(["Cat", "dog", "linked", "loop"]);
    const { images } = await photos.batch(Int32Array.of(photos.paths.indexOf("linked/x.png")));
    expect(images.toArray()).toEqual([[[[77]]]]);
    const dangling = photos.batch(Int32Array.of(photos.paths.indexOf("dog/z.png")));
    await expect(dangling).rejects.toThrow(
      /dog\/z\.png does not exist any more, or is a link to nothing/,
    );
  });

  it.runIf(process.platform === "linux")("says why a picture cannot be read", async () => {
    const directory = await written(few);
    await symlink("/proc/self/mem", join(directory, "dog/z.png")); // a file that gives an error
    const photos = await imageFolder(directory, { size: 1 });
    const unreadable = async () => photos.batch(Int32Array.of(4));
    await expect(unreadable()).rejects.toThrow(ValueError);
    await expect(unreadable()).rejects.toThrow(/imageFolder: cannot read .*z\.png \(EIO.*\); give/);
  });

  it("refuses a directory with a name like a picture's", async () => {
    const directory = await written({ "dog/b.png/x.png": few["dog/b.png"]! });
    const photos = await imageFolder(directory, { size: 1 });
    await expect(photos.batch(Int32Array.of(0))).rejects.toThrow(
      "b.png is no file; it must be a picture",
    );
  });

  it("says what a folder lacks", async () => {
    const directory = await written({ "cat.png": few["Cat/9.png"]! });
    await expect(imageFolder(directory, { size: 2 })).rejects.toThrow(
      `imageFolder: ${directory} holds no folders; make one for each class, with its pictures in it`,
    );
    await mkdir(join(directory, "cats"));
    await expect(imageFolder(directory, { size: 2 })).rejects.toThrow(
      `imageFolder: ${join(directory, "cats")} holds no .png, .jpg, .jpeg or .webp; put the pictures of the class right into it`,
    );
    await expect(imageFolder(join(directory, "none"), { size: 2 })).rejects.toThrow(ValueError);
    await expect(imageFolder(join(directory, "none"), { size: 2 })).rejects.toThrow(
      /^imageFolder: cannot read .*ENOENT.*; pass a directory that exists$/,
    );
  });

  it.each<[unknown, object, string]>([
    [".", {}, "imageFolder: no size; pass { size: [height, width] } for all pictures"],
    [".", { size: 2, shuffle: true }, 'no option "shuffle"; known: size, channels, fit'],
    [undefined, { size: 2 }, "imageFolder: no directory; pass { directory }"],
  ])("refuses %j, %j", async (directory, options, message) => {
    const call = () => imageFolder(directory as string, options as never);
    await expect(call()).rejects.toThrow(ValueError);
    await expect(call()).rejects.toThrow(message);
  });
});

describe("the fingerprint of a folder", () => {
  it("is of names, bytes and how pictures are brought to tensors", async () => {
    const of = async (files: Files, options = {}) =>
      (await imageFolder(await written(files), { size: 2, ...options })).fingerprint();
    const first = await of(few);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await of(few)).toBe(first); // in another place
    const { "dog/b.png": b, ...rest } = few;
    const others = [
      await of({ ...rest, "dog/c.png": b! }),
      await of({ ...few, "dog/b.png": few["Cat/9.png"]! }),
      await of(few, { size: 3 }),
      await of(few, { channels: 1 }),
      await of(few, { fit: "fill" }),
      await of(few, { background: 1 }),
    ];
    expect(new Set([first, ...others]).size).toBe(7);
    expect(await of({ ...few, "Cat/notes.txt": new Uint8Array(9) })).toBe(first);
  });
});

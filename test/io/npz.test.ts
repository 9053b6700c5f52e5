import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, deflateRawSync } from "node:zlib";
import {
  FormatError,
  GraphError,
  memory,
  scope,
  type Tensor,
  tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import {
  decodeNpy,
  decodeNpz,
  encodeNpy,
  encodeNpz,
  FileError,
  loadNpy,
  loadNpz,
  saveNpy,
  saveNpz,
} from "@convgrad/io";
import fc from "fast-check";
import { strToU8, unzipSync, zipSync } from "fflate";
import { describe, expect, it } from "vitest";

/** A npy file with this header, and so many bytes of data that count from 0. */
function npy(header: string, data = 0, version = 1): Uint8Array {
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const length = Buffer.alloc(version === 1 ? 2 : 4);
  length.writeUIntLE(header.length, 0, length.length);
  const numbers = Uint8Array.from({ length: data }, (_, i) => i);
  return Buffer.concat([start, length, Buffer.from(header, "latin1"), numbers]);
}

const header = (descr: string, order: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

async function refusal(read: () => unknown): Promise<Error> {
  const before = memory().tensors;
  try {
    await read();
  } catch (error) {
    expect(memory().tensors).toBe(before);
    return error as Error;
  }
  throw new Error("nothing was refused");
}

const told = (x: Tensor) => [x.dtype, x.shape, [...x.toTypedArray()]];

const tensors = fc
  .tuple(
    fc.constantFrom("float32", "float64", "int32", "uint8"),
    fc.array(fc.nat(3), { maxLength: 4 }),
  )
  .map(([dtype, shape]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return tensor(
      Array.from({ length: size }, (_, i) => (i * 13) % 256),
      { dtype, shape },
    );
  });

describe("npy", () => {
  it("gives back type, shape and values, and begins its data at a multiple of 64", async () => {
    await fc.assert(
      fc.asyncProperty(tensors, fc.nat(9), async (x, before) => {
        const bytes = await encodeNpy(x);
        const moved = Buffer.concat([new Uint8Array(before), bytes]).subarray(before);
        expect(told(decodeNpy(moved))).toEqual(told(x));
        expect((bytes.length - x.toTypedArray().byteLength) % 64).toBe(0);
      }),
      { seed: 12 },
    );
  });

  it.each<[string, string, number[]]>([
    ["(3,)", "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }", [3]],
    ["()", "{'shape':(),'fortran_order':False,'descr':'<i4'}", []],
    [
      "Python 2's (3L, 1L)",
      "{'shape': (3L, 1L), 'descr': '<i4', 'fortran_order': False}  ",
      [3, 1],
    ],
    ["Fortran's (3, 1)", "{'shape': (3, 1), 'descr': '<i4', 'fortran_order': True}\n", [3, 1]],
  ])("reads the shape %s", (_, text, shape) => {
    const bytes = npy(text, shape.length ? 12 : 4);
    expect(decodeNpy(bytes).shape).toEqual(shape);
  });

  it.each<[what: string, bytes: Uint8Array, message: string]>([
    ["of nothing", new Uint8Array(0), "does not begin as a npy file does"],
    ["of another kind", Buffer.from("PK\x03\x04 and much more"), "does not begin as a npy file"],
    [
      "of version 4.0",
      npy(header("'<f4'", "False", "()"), 4, 4),
      "is of version 4.0; readable are",
    ],
    [
      "cut in its header",
      npy(header("'<f4'", "False", "()")).subarray(0, 30),
      "announces a header",
    ],
    ["cut in its length", npy("", 0, 2).subarray(0, 10), "announces a header of Infinity bytes"],
    ["of an endless header", npy(" ".repeat(20_000), 0, 2), "here it has at most 10000"],
    ["of an empty header", npy(""), "is no dictionary of descr, fortran_order and shape"],
    ["of a call", npy("__import__('os').system('true')"), "is no dictionary"],
    ["of a call inside", npy(header("f()", "False", "()"), 4), "is no dictionary"],
    ["of a structured type", npy(header("[('a', '<f4')]", "False", "()"), 4), "; save each field"],
    [
      "of objects",
      npy(header("'|O'", "False", "()"), 8),
      "its elements are of type '|O'; readable",
    ],
    ["of texts", npy(header("'<U5'", "False", "()"), 20), "of type '<U5'"],
    ["of int8", npy(header("'|i1'", "False", "()"), 1), "of type '|i1'"],
    ["of complex numbers", npy(header("'<c8'", "False", "()"), 8), "of type '<c8'"],
    ["of no byte order", npy(header("'|f4'", "False", "()"), 4), "of type '|f4'"],
    ["of the machine's byte order", npy(header("'=f4'", "False", "()"), 4), "of type '=f4'"],
    ["of two types", npy("{'descr':'<f4','descr':'<f4','shape':()}", 4), "is no dictionary"],
    ["without a shape", npy("{'descr': '<f4', 'fortran_order': False}", 4), "is no dictionary"],
    [
      "with a key more",
      npy(`${header("'<f4'", "False", "()").slice(0, -3)}'a': ()}`, 4),
      "no dict",
    ],
    ["with 0 as order", npy(header("'<f4'", "0", "()"), 4), "is no dictionary"],
    ["with a text as order", npy(header("'<f4'", "'True'", "()"), 4), "is no dictionary"],
    [
      "with a number as shape",
      npy(header("'<f4'", "False", "3"), 12),
      "its shape is 3; it must be",
    ],
    ["with a number in brackets", npy(header("'<f4'", "False", "(3)"), 12), "is no dictionary"],
    ["with a list as shape", npy(header("'<f4'", "False", "[3]"), 12), "is no dictionary"],
    ["with a negative size", npy(header("'<f4'", "False", "(-3,)"), 12), "is no dictionary"],
    ["with a fraction", npy(header("'<f4'", "False", "(1.5,)"), 12), "is no dictionary"],
    ["with two commas", npy(header("'<f4'", "False", "(3,,)"), 12), "is no dictionary"],
    ["with words after", npy(`${header("'<f4'", "False", "()")}#`, 4), "is no dictionary"],
    ["with odd spaces", npy(header("'<f4'", "False", "\u00a0()"), 4), "is no dictionary"],
    ["with 33 axes", npy(header("'<f4'", "False", `(${"1, ".repeat(33)})`), 4), "up to 32 whole"],
    ["beyond 2⁵³", npy(header("'|u1'", "False", "(99999999999999999999,)")), "up to 32 whole"],
    ["of too many", npy(header("'|u1'", "False", "(4294967296, 4294967296)")), "Infinity bytes"],
    [
      "of too many, and none",
      npy(header("'|u1'", "False", "(0, 9007199254740991, 9)")),
      "Infinity",
    ],
    [
      "with too few bytes",
      npy(header("'<f4'", "False", "(2,)"), 7),
      "announces 8 bytes of data ([2])",
    ],
    ["with bytes after", npy(header("'<f4'", "False", "(2,)"), 9), "the file has 9"],
    [
      "of large integers",
      npy(header("'<i8'", "False", "(1,)"), 8),
      "element 0 is no int32; convert",
    ],
    ["of odd truths", npy(header("'|b1'", "False", "(3,)"), 3), "element 2 is no uint8"],
  ])("%s is refused", async (_, bytes, message) => {
    const error = await refusal(() => decodeNpy(bytes, { name: "x.npy" }));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^decodeNpy: x\.npy: /);
    expect(error.message).toContain(message);
  });

  it("is quick to refuse a header that tempts it to search", async () => {
    const start = performance.now();
    const spaces = `{${"'descr': '<f4'     ".repeat(500)}`;
    expect(await refusal(() => decodeNpy(npy(spaces)))).toBeInstanceOf(FormatError);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

/** A good archive, which tests damage. */
const archive = () =>
  encodeNpz({ a: tensor([1, 2, 3]), b: zeros([100]) }, { compress: true }).then(Buffer.from);

/** The archive with other bytes at a place that follows a mark. */
function patched(file: Buffer, mark: string, offset: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(file);
  copy.set(bytes, copy.lastIndexOf(mark) + offset);
  return copy;
}
const CENTRAL = "PK\x01\x02";
const END = "PK\x05\x06";

describe("npz", () => {
  it("gives back the tensors, deflated or not, to equal bytes", async () => {
    const names = fc.oneof(
      fc.constantFrom("a", "__proto__", "a/b", "0", "", "Ω", "a.npy"),
      fc.string({ unit: "grapheme" }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, tensors), { maxLength: 4 }),
        fc.boolean(),
        async (entries, compress) => {
          const given = Object.fromEntries(entries);
          const bytes = await encodeNpz(given, { compress });
          const read = await decodeNpz(bytes);
          expect(Object.keys(read)).toEqual(Object.keys(given));
          for (const [name, x] of Object.entries(given)) expect(told(read[name]!)).toEqual(told(x));
          expect(Buffer.from(await encodeNpz(given, { compress })).equals(bytes)).toBe(true);
        },
      ),
      { seed: 13 },
    );
  });

  it("is a zip archive of npy files, smaller when compressed", async () => {
    const files = unzipSync(await encodeNpz({ a: zeros([1000]) }));
    expect(Object.keys(files)).toEqual(["a.npy"]);
    expect(decodeNpy(files["a.npy"]!).size).toBe(1000);
    expect((await encodeNpz({ a: zeros([1000]) }, { compress: true })).length).toBeLessThan(500);
  });

  it.each<[what: string, damage: (file: Buffer) => Uint8Array, message: string]>([
    ["of nothing", () => new Uint8Array(0), "has no end as a zip archive has"],
    ["cut", (file) => file.subarray(0, -1), "has no end"],
    ["with bytes after", (file) => Buffer.concat([file, Buffer.of(0)]), "has no end"],
    [
      "with bytes before",
      (file) => Buffer.concat([Buffer.of(0), file]),
      "is not where its end says",
    ],
    ["with files elsewhere", (file) => patched(file, END, 8, 1), "is not where its end says"],
    ["with fewer files", (file) => patched(file, END, 8, 1, 0, 1), "is longer than its 1 files"],
    ["with more files", (file) => patched(file, END, 8, 3, 0, 3), "its directory is damaged"],
    [
      "encrypted",
      (file) => patched(file, CENTRAL, 8, 1),
      '"b.npy" is encrypted or packed by method',
    ],
    [
      "of another packing",
      (file) => patched(file, CENTRAL, 10, 12),
      "packed by method 12; deflate",
    ],
    ["of another sum", (file) => patched(file, CENTRAL, 16, 1, 2, 3, 4), "are not those that were"],
    ["announcing less", (file) => patched(file, CENTRAL, 24, 100, 0), 'the contents of "b.npy"'],
    ["announcing more", (file) => patched(file, CENTRAL, 24, 255, 3), 'the contents of "b.npy"'],
    ["announcing far more", (file) => patched(file, CENTRAL, 24, 0, 0, 99), '"b.npy" cannot be 64'],
    [
      "of a name twice",
      (file) => patched(patched(file, CENTRAL, 46, 97), "b.npy", 0, 97),
      'holds "a.npy" twice',
    ],
    ["of a file that is elsewhere", (file) => patched(file, CENTRAL, 42, 1), "lacks a file that"],
    ["of a file twice", (file) => patched(file, CENTRAL, 42, 0, 0), "lacks a file that"],
    ["of a wrong name", (file) => patched(file, CENTRAL, 46, 0xff), "a name in it is not in UTF-8"],
    ["of a text", () => zipSync({ "a.txt": strToU8("hello") }), 'holds "a.txt", which is no npy'],
    ["of no npy", () => zipSync({ "a.npy": strToU8("hello") }), "a.npy in x.npz: does not begin"],
  ])("%s is refused", async (_, damage, message) => {
    const file = damage(await archive());
    const error = await refusal(() => decodeNpz(file, { name: "x.npz" }));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^decodeNpz: /);
    expect(error.message).toContain(message);
  });

  it("that would inflate to 8 GB, and announces less, is refused at once", async () => {
    // Blocks of zeros, which may follow each other without end.
    const zeros = deflateRawSync(new Uint8Array(2 ** 26), { finishFlush: constants.Z_FULL_FLUSH });
    const bomb = Buffer.concat(Array.from({ length: 128 }, () => zeros));
    const [local, central] = [Buffer.alloc(35), Buffer.alloc(51)];
    local.write("PK\x03\x04");
    local.writeUInt16LE(5, 26);
    local.write("x.npy", 30);
    central.write(CENTRAL);
    central.writeUInt16LE(8, 10);
    central.write("x.npy", 46);
    central.writeUInt32LE(bomb.length, 20);
    central.writeUInt32LE(1000, 24);
    central.writeUInt16LE(5, 28);
    const end = Buffer.from(END.padEnd(22, "\0"), "latin1");
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(central.length, 12);
    end.writeUInt32LE(local.length + bomb.length, 16);
    const file = Buffer.concat([local, bomb, central, end]);
    const start = performance.now();
    const error = await refusal(() => decodeNpz(file));
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain('the contents of "x.npy" are not those that were packed');
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it("of files that share their bytes is refused", async () => {
    const file = await archive();
    // The second entry of the directory made the first once more: its name, its place, its sizes.
    const [first, second] = [file.indexOf(CENTRAL), file.lastIndexOf(CENTRAL)];
    const twice = Buffer.concat([
      file.subarray(0, second),
      file.subarray(first, second),
      file.subarray(second + (second - first)),
    ]);
    expect((await refusal(() => decodeNpz(twice))).message).toContain("overlaps another file");
  });
});

describe("npy and npz files", () => {
  it("are written and read", async () => {
    const directory = mkdtempSync(join(tmpdir(), "npz-"));
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    await saveNpy(join(directory, "x.npy"), x);
    expect((await loadNpy(join(directory, "x.npy"))).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    await saveNpz(join(directory, "x.npz"), { x }, { compress: true });
    expect(Object.keys(await loadNpz(join(directory, "x.npz")))).toEqual(["x"]);
    await expect(loadNpy(join(directory, "y.npy"))).rejects.toThrow(FileError);
    await expect(loadNpz(join(directory, "y.npz"))).rejects.toThrow("loadNpz: ");
    await expect(loadNpz(join(directory, "x.npy"))).rejects.toThrow("has no end as a zip archive");
    rmSync(directory, { recursive: true });
  });

  const one = zeros([1]);
  const released: { x?: Tensor } = {};
  scope(() => {
    released.x = zeros([1]);
  });
  it.each<[what: string, call: () => unknown, error: unknown, message: string]>([
    [
      "a number",
      () => encodeNpy(3 as never),
      ValueError,
      "encodeNpy: the argument must be a tensor",
    ],
    ["a number in a file", () => saveNpy("a", 3 as never), ValueError, "saveNpy: the second arg"],
    ["a released tensor", () => encodeNpy(released.x!), GraphError, "released"],
    [
      "one in an archive",
      () => encodeNpz({ x: released.x! }),
      GraphError,
      "encodeNpz: x was released",
    ],
    [
      "a name beyond what zip holds",
      () => encodeNpz({ ["x".repeat(70_000)]: one }),
      ValueError,
      "encodeNpz: a name has 70004 bytes, more than 65535",
    ],
    ["tensors without names", () => encodeNpz([] as never), ValueError, "pass tensors by name"],
    [
      "a switch of text",
      () => encodeNpz({}, { compress: "no" } as never),
      ValueError,
      "compress is",
    ],
    ["another option", () => saveNpz("a", {}, { level: 9 } as never), ValueError, 'option "level"'],
    ["no bytes", () => decodeNpy([1] as never), ValueError, "pass a Uint8Array"],
    ["no bytes of an archive", () => decodeNpz({} as never), ValueError, "pass a Uint8Array"],
    [
      "a name of 3",
      () => decodeNpz(new Uint8Array(9), { name: 3 } as never),
      ValueError,
      "name is 3",
    ],
  ])("%s is refused", async (_, call, error, message) => {
    const refused = await refusal(call);
    expect(refused).toBeInstanceOf(error);
    expect(refused.message).toContain(message);
  });
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  decodeSafetensors,
  encodeSafetensors,
  FileError,
  loadSafetensors,
  saveSafetensors,
} from "@convgrad/io";
import { parseSafetensorsMetadata } from "@huggingface/hub";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** A file with this header, and so many bytes of data that count from 0. */
function file(header: string | Uint8Array, data = 0): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Uint8Array.from({ length: data }, (_, i) => i)]);
}

const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;
const one = (dtype: string, shape: string, offsets: string) =>
  `{"a":${entry(`"${dtype}"`, shape, offsets)}}`;

function refusal(bytes: Uint8Array): Error {
  const before = memory().tensors;
  try {
    decodeSafetensors(bytes, { name: "weights" });
  } catch (error) {
    expect(memory().tensors).toBe(before);
    return error as Error;
  }
  throw new Error("nothing was refused");
}

const values = (tensors: Record<string, Tensor>) =>
  Object.entries(tensors)
    .map(([name, x]) => [name, x.dtype, x.shape, [...x.toTypedArray()]] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

const names = fc.oneof(
  fc.constantFrom("a", "a.b", "__proto__", "constructor", "0", "", '"\\\n\u0000', "𝄞", "�"),
  fc.string({ unit: "grapheme" }),
);
const tensors = fc
  .tuple(
    fc.constantFrom("float32", "float64", "int32", "uint8"),
    fc.array(fc.nat(3), { maxLength: 4 }),
    fc.nat(1000),
  )
  .map(([dtype, shape, seed]) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const numbers = Array.from({ length: size }, (_, i) => (seed * 7 + i * 13) % 256);
    return tensor(numbers, { dtype, shape });
  });

describe("safetensors", () => {
  it("gives back names, types, shapes, values and texts, wherever the bytes lie", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(names, tensors), { maxLength: 5 }),
        fc.array(fc.tuple(names, names), { maxLength: 3 }),
        fc.nat(9),
        async (entries, texts, before) => {
          const given = Object.fromEntries(entries);
          const metadata = Object.fromEntries(texts);
          const bytes = await encodeSafetensors(given, metadata);
          const moved = Buffer.concat([new Uint8Array(before), bytes]).subarray(before);
          const read = decodeSafetensors(moved);
          expect(values(read.tensors)).toEqual(values(given));
          expect(read.metadata).toEqual(metadata);
          expect(Buffer.from(await encodeSafetensors(given, metadata)).equals(bytes)).toBe(true);
        },
      ),
      { seed: 11 },
    );
  });

  it("orders and aligns as the reference implementation does", async () => {
    const given = {
      u: zeros([3], { dtype: "uint8" }),
      z: zeros([1]),
      b: zeros([]),
      i: zeros([1], { dtype: "int32" }),
      d: zeros([1], { dtype: "float64" }),
    };
    const bytes = await encodeSafetensors(given, { format: "pt" });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(Object.keys(JSON.parse(header))).toEqual(["__metadata__", "d", "b", "z", "i", "u"]);
    expect(Object.keys(decodeSafetensors(bytes).tensors)).toEqual(["d", "b", "z", "i", "u"]);
  });

  it("is read by another reader", async () => {
    const given = { "conv.weight": zeros([4, 1, 3, 3]), "conv.bias": zeros([4]) };
    const bytes = await encodeSafetensors(given, { format: "pt" });
    // A server of this one file, of which any range may be asked.
    const serve: typeof fetch = async (_, request) => {
      const range = new Headers(request?.headers).get("range") ?? `bytes=0-${bytes.length - 1}`;
      const [from, to] = range.slice(6).split("-").map(Number) as [number, number];
      const headers = { etag: '"1"', "content-range": `${range} /${bytes.length}` };
      return new Response(new Uint8Array(bytes.subarray(from, to + 1)), { status: 206, headers });
    };
    const info = await parseSafetensorsMetadata({
      repo: "some/model",
      path: "model.safetensors",
      fetch: serve,
    });
    const { header } = info as { header?: unknown };
    expect(header).toEqual({
      __metadata__: { format: "pt" },
      "conv.weight": { dtype: "F32", shape: [4, 1, 3, 3], data_offsets: [16, 160] },
      "conv.bias": { dtype: "F32", shape: [4], data_offsets: [0, 16] },
    });
  });

  it("reads half precision, truth values and integers exactly", () => {
    const read = (dtype: string, bytes: readonly number[], count: number) => {
      const header = one(dtype, `[${count}]`, `[0,${bytes.length}]`);
      return decodeSafetensors(Buffer.concat([file(header), Uint8Array.from(bytes)])).tensors["a"]!;
    };
    const f16 = read("F16", [0, 0x3c, 1, 0, 0xff, 0x7b, 0, 0xfc, 1, 0x7c, 0, 0x80], 6);
    expect(f16.dtype).toBe("float32");
    expect([...f16.toTypedArray()]).toEqual([
      1,
      2 ** -24,
      65504,
      Number.NEGATIVE_INFINITY,
      NaN,
      -0,
    ]);
    expect(read("BF16", [0x80, 0x3f, 0x49, 0x40], 2).toArray()).toEqual([1, 3.140625]);
    expect(read("BOOL", [0, 1], 2).toArray()).toEqual([0, 1]);
    expect(read("I16", [0xff, 0xff], 1).toArray()).toEqual([-1]);
    expect(read("U16", [0xff, 0xff], 1).toArray()).toEqual([65535]);
    expect(read("I64", [0, 0, 0, 0x80, 255, 255, 255, 255], 1).toArray()).toEqual([-(2 ** 31)]);
    expect(read("U64", [255, 255, 255, 0x7f, 0, 0, 0, 0], 1).toArray()).toEqual([2 ** 31 - 1]);
    expect(() => read("I64", [0, 0, 0, 0x80, 0, 0, 0, 0], 1)).toThrow("is no int32; convert");
    expect(() => read("U32", [0, 0, 0, 0, 0, 0, 0, 0x80], 2)).toThrow('element 1 of "a" (U32)');
    expect(() => read("BOOL", [0, 2], 2)).toThrow("is neither 0 nor 1");
  });

  it("reads many elements in pieces, to the last", () => {
    const count = 2 ** 18 + 3;
    const bytes = Buffer.alloc(2 * count);
    for (let i = 0; i < count; i++) bytes.writeInt16LE((i * 7) % 30000, 2 * i);
    const whole = Buffer.concat([file(one("I16", `[${count}]`, `[0,${2 * count}]`)), bytes]);
    const x = decodeSafetensors(whole).tensors["a"]!.toTypedArray();
    for (let i = 0; i < count; i++) if (x[i] !== (i * 7) % 30000) throw new Error(`element ${i}`);
    const bad = Buffer.alloc(count).fill(1);
    bad[count - 1] = 9;
    const header = one("BOOL", `[${count}]`, `[0,${count}]`);
    expect(refusal(Buffer.concat([file(header), bad])).message).toContain(
      `element ${count - 1} of`,
    );
  });

  it("belongs to the scope it is read in", async () => {
    const bytes = await encodeSafetensors({ a: zeros([2]) });
    const before = memory().tensors;
    scope(() => void decodeSafetensors(bytes));
    expect(memory().tensors).toBe(before);
  });
});

describe("a hostile safetensors file", () => {
  const A = entry('"F32"', "[1]", "[0,4]");
  it.each<[what: string, bytes: Uint8Array, message: string]>([
    ["of nothing", new Uint8Array(0), "has 0 bytes, a safetensors file at least 10"],
    ["of a header longer than it", file("{}").fill(9, 0, 1), "but only 2 follow"],
    ["of a header of 2⁶³ bytes", file("{}").fill(0xff, 0, 8), "more than 100000000"],
    ["not in UTF-8", file(Uint8Array.of(0x7b, 0xff, 0x7d)), "not in UTF-8"],
    ["with a byte order mark", file("\ufeff{}"), "header begins with"],
    ["with spaces before", file("  {}"), "header begins with"],
    ["of a list", file("[1]    "), "header begins with"],
    ["of half an object", file('{"a"   '), 'its header has no ":" at character'],
    ["with a comma too many", file(`{"a":${A},}`, 4), "has no text"],
    ["with words after", file("{} {}"), "goes on after its end"],
    ["with NUL after", file("{}\0\0"), "goes on after its end"],
    ["with a comment", file("{/**/}"), "has no text"],
    ["with a raw newline in a name", file('{"a\n":1}'), "wrong escape or a control character"],
    ["with a name twice", file(`{"a":${A},"a":${A}}`, 4), 'has the key "a" twice'],
    ["with a name twice, written otherwise", file(`{"a":${A},"\\u0061":${A}}`, 4), '"a" twice'],
    ["with a key twice", file('{"a":{"dtype":"F32","dtype":"F32"}}'), 'the key "dtype" twice'],
    [
      "with a long name twice",
      file(`{"${"a".repeat(1000)}":${A},"${"a".repeat(1000)}":${A}}`, 4),
      `has the key "${"a".repeat(80)}…" twice`,
    ],
    ["with metadata twice", file('{"__metadata__":{},"__metadata__":{}}'), "twice"],
    ["with numbers in the metadata", file('{"__metadata__":{"a":1}}'), "has no text"],
    ["with metadata in metadata", file('{"__metadata__":{"a":{}}}'), "has no text"],
    ["with a tensor that is none", file('{"a":[]}'), 'has no "{"'],
    ["with deep lists", file(`{"a":{"shape":${"[".repeat(99)}`), "has no number"],
    ["without a dtype", file('{"a":{"shape":[],"data_offsets":[0,4]}}', 4), "lacks its dtype"],
    ["with one offset", file(one("F32", "[1]", "[4]"), 4), "two data_offsets"],
    ["with three offsets", file(one("F32", "[1]", "[0,4,4]"), 4), "more than 2 numbers"],
    ["with an unknown key", file('{"a":{"type":"F32"}}'), 'has the unknown key "type"'],
    [
      "with an unknown type",
      file(one("F8_E4M3", "[1]", "[0,1]"), 1),
      'of type "F8_E4M3"; readable',
    ],
    ["with a number as type", file(`{"a":${entry("1", "[1]", "[0,4]")}}`, 4), "has no text"],
    ["with a negative size", file(one("F32", "[-1]", "[0,4]"), 4), "has -1, which is no whole"],
    ["with a fraction", file(one("F32", "[1.5]", "[0,4]"), 4), "has 1.5, which is no whole number"],
    ["with an exponent", file(one("F32", "[1e0]", "[0,4]"), 4), "has 1e0, which is no whole"],
    [
      "with a size beyond 2⁵³",
      file(one("F32", "[9007199254740992]", "[0,4]"), 4),
      "no whole number",
    ],
    [
      "with a product beyond 2⁵³",
      file(one("U8", "[134217728,134217728]", "[0,0]")),
      "takes Infinity",
    ],
    [
      "with such a product and a zero",
      file(one("F32", "[0,9007199254740991]", "[0,0]")),
      "Infinity",
    ],
    ["with 33 axes", file(one("F32", `[${"1,".repeat(32)}1]`, "[0,4]"), 4), "more than 32 numbers"],
    ["with text as size", file(one("F32", '["1"]', "[0,4]"), 4), "has no number"],
    [
      "with a shape too large",
      file(one("F32", "[2]", "[0,4]"), 4),
      "takes 8 bytes, its data_offsets",
    ],
    ["with a shape too small", file(one("F32", "[]", "[0,8]"), 8), "takes 4 bytes"],
    ["with offsets turned around", file(one("F32", "[1]", "[4,0]"), 4), "give it -4"],
    ["with negative offsets", file(one("F32", "[1]", "[-4,0]"), 4), "has -4, which is no whole"],
    ["with a hole before", file(one("F32", "[1]", "[4,8]"), 8), "leave a hole before them"],
    [
      "with a hole between",
      file(`{"a":${A},"b":${entry('"U8"', "[1]", "[5,6]")}}`, 6),
      'the data of "b", [5, 6], leave a hole',
    ],
    [
      "with an overlap",
      file(`{"a":${A},"b":${entry('"U8"', "[1]", "[3,4]")}}`, 4),
      'the data of "b", [3, 4], overlap',
    ],
    [
      "with the same bytes twice",
      file(`{"a":${A},"b":${A}}`, 4),
      'the data of "b", [0, 4], overlap',
    ],
    [
      "with too few bytes",
      file(one("F32", "[1]", "[0,4]"), 3),
      "announces 4 bytes of data, the file has 3",
    ],
    ["with bytes after", file(one("F32", "[1]", "[0,4]"), 5), "the file has 5"],
    ["with bytes and no tensor", file("{}", 1), "announces 0 bytes of data, the file has 1"],
  ])("%s is refused", (_, bytes, message) => {
    const error = refusal(bytes);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(/^decodeSafetensors: weights: /);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(400);
  });

  it("of too many tensors, or texts, is refused", () => {
    const many = (member: (i: number) => string) =>
      Array.from({ length: 65_536 }, (_, i) => member(i)).join();
    const tensors = many((i) => `"${i}":${entry('"U8"', "[0]", "[0,0]")}`);
    expect(refusal(file(`{${tensors}}`)).message).toContain(
      "has more than 65535 tensors; split it",
    );
    const texts = `{"__metadata__":{${many((i) => `"${i}":""`)}}}`;
    expect(refusal(file(texts)).message).toContain("has more than 65535 texts in its metadata");
  });

  it("may call tensors what it likes, without harm", () => {
    const text = `{"__proto__":${A},"constructor":${entry('"U8"', "[0]", "[4,4]")}}`;
    const { tensors, metadata } = decodeSafetensors(file(text, 4));
    expect(Object.keys(tensors)).toEqual(["__proto__", "constructor"]);
    expect(Object.getPrototypeOf(tensors)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
  });
});

describe("what is no safetensors", () => {
  const x = zeros([1]);
  const released: { x?: Tensor } = {};
  scope(() => {
    released.x = zeros([1]);
  });
  it.each<[what: string, encode: () => Promise<unknown>, error: unknown, message: string]>([
    [
      "a tensor alone",
      () => encodeSafetensors(3 as never),
      ValueError,
      "the tensors are 3; pass te",
    ],
    ["a list", () => encodeSafetensors([x] as never), ValueError, "pass tensors by name"],
    ["numbers", () => encodeSafetensors({ a: 3 as never }), ValueError, "the entry a must be a te"],
    [
      "a released tensor",
      () => encodeSafetensors({ a: released.x! }),
      GraphError,
      "a was released",
    ],
    ["a reserved name", () => encodeSafetensors({ __metadata__: x }), ValueError, "is reserved by"],
    ["half a character", () => encodeSafetensors({ "\ud800": x }), ValueError, "no valid Unicode"],
    ["numbers as metadata", () => encodeSafetensors({}, { a: 1 } as never), ValueError, 'data "a"'],
    [
      "metadata of nothing",
      () => encodeSafetensors({}, null as never),
      ValueError,
      "are null; pass",
    ],
    [
      "another option",
      () => saveSafetensors("a", {}, { meta: {} } as never),
      ValueError,
      'saveSafetensors: no option "meta"',
    ],
    ["no path", () => saveSafetensors("", {}), ValueError, 'saveSafetensors: the path is ""'],
  ])("%s is refused", async (_, encode, error, message) => {
    const refused = await encode().catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(error);
    expect(String(refused)).toContain(message);
  });

  it("is refused by the reader too", () => {
    expect(() => decodeSafetensors("{}" as never)).toThrow(ValueError);
    expect(() => decodeSafetensors(new ArrayBuffer(8) as never)).toThrow("pass a Uint8Array");
    expect(() => decodeSafetensors(file("{}"), { name: 3 } as never)).toThrow("name is 3");
  });
});

describe("safetensors files", () => {
  it("are written and read", async () => {
    const directory = mkdtempSync(join(tmpdir(), "safetensors-"));
    const path = join(directory, "a.safetensors");
    await saveSafetensors(path, { a: tensor([1, 2]) }, { metadata: { by: "hand" } });
    const { tensors, metadata } = await loadSafetensors(path);
    expect(tensors["a"]!.toArray()).toEqual([1, 2]);
    expect(metadata).toEqual({ by: "hand" });
    await saveSafetensors(path, {});
    expect(readFileSync(path)).toHaveLength(16);
    await expect(loadSafetensors(join(directory, "b"))).rejects.toThrow(FileError);
    await expect(loadSafetensors(join(directory, "b"))).rejects.toThrow("loadSafetensors: ");
    await expect(loadSafetensors(directory)).rejects.toThrow(`${directory} is no file`);
    rmSync(directory, { recursive: true });
  });
});

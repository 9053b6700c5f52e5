import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { FormatError } from "@convgrad/core";
import { readIdx } from "@convgrad/data";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const CODES = { uint8: 0x08, int32: 0x0c, float32: 0x0d, float64: 0x0e } as const;
type Element = keyof typeof CODES;

/** The header of an IDX file. */
function header(code: number, shape: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length);
  bytes.set([0, 0, code, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((n, axis) => {
    view.setUint32(4 + 4 * axis, n);
  });
  return bytes;
}

function idx(dtype: Element, shape: readonly number[], values: readonly number[]): Uint8Array {
  const size = { uint8: 1, int32: 4, float32: 4, float64: 8 }[dtype];
  const data = new DataView(new ArrayBuffer(size * values.length));
  values.forEach((value, i) => {
    if (dtype === "uint8") data.setUint8(i, value);
    if (dtype === "int32") data.setInt32(4 * i, value);
    if (dtype === "float32") data.setFloat32(4 * i, value);
    if (dtype === "float64") data.setFloat64(8 * i, value);
  });
  return concat(header(CODES[dtype], shape), new Uint8Array(data.buffer));
}

function concat(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

async function refusal(bytes: Uint8Array): Promise<FormatError> {
  const error = await readIdx(bytes, { name: "digits" }).then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(FormatError);
  return error as FormatError;
}

const arrays = fc
  .record({
    dtype: fc.constantFrom<Element>("uint8", "int32", "float32", "float64"),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 }),
  })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((size, n) => size * n, 1);
    const value = {
      uint8: fc.integer({ min: 0, max: 255 }),
      int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      float32: fc.float(),
      float64: fc.double(),
    }[dtype];
    const values = fc.array(value, { minLength: length, maxLength: length });
    return fc.record({ dtype: fc.constant(dtype), shape: fc.constant(shape), values });
  });

describe("readIdx", () => {
  it("reads back what was written, gzipped or not, whatever holds the bytes", async () => {
    await fc.assert(
      fc.asyncProperty(arrays, fc.boolean(), fc.nat(5), async (array, zipped, before) => {
        const file = idx(array.dtype, array.shape, array.values);
        const bytes = zipped ? Uint8Array.from(gzipSync(file)) : file;
        const inside = concat(new Uint8Array(before), bytes).subarray(before);
        for (const given of [bytes, inside, bytes.slice().buffer]) {
          const { dtype, shape, data } = await readIdx(given);
          expect({ dtype, shape, values: [...data] }).toEqual(array);
        }
      }),
    );
  });

  it("meets arbitrary bytes with a FormatError or nothing", async () => {
    const start = fc.constantFrom<number[]>(
      [],
      [0, 0],
      [0, 0, 8],
      [0, 0, 8, 1],
      [0x1f, 0x8b],
      [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
    );
    await fc.assert(
      fc.asyncProperty(start, fc.uint8Array({ maxLength: 64 }), async (prefix, rest) => {
        try {
          await readIdx(Uint8Array.of(...prefix, ...rest));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("meets a good file with one byte changed, cut or added with a FormatError or other values", async () => {
    const file = idx("uint8", [3, 2], [1, 2, 3, 4, 5, 6]);
    const zipped = Uint8Array.from(gzipSync(file));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(file, zipped),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.constantFrom("change", "cut", "add"),
        async (good, position, byte, what) => {
          const at = position % good.length;
          const bytes = what === "cut" ? good.slice(0, at) : Uint8Array.from(good);
          if (what === "change") bytes[at] = byte;
          try {
            const { shape, data } = await readIdx(
              what === "add" ? concat(bytes, Uint8Array.of(byte)) : bytes,
            );
            expect(what).toBe("change");
            expect(data.length).toBe(shape.reduce((size, n) => size * n, 1));
          } catch (error) {
            if (!(error instanceof FormatError)) throw error;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    ["no bytes", Uint8Array.of(), "digits: has 0 bytes, an IDX file at least 4"],
    ["a picture", Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "begins with the bytes 89 50"],
    ["signed bytes", header(0x09, [1]), "holds signed bytes (code 09)"],
    ["16-bit integers", header(0x0b, [1]), "holds 16-bit integers (code 0b)"],
    ["a type that does not exist", header(0x77, [1]), "unknown type (code 77)"],
    ["no axis", header(0x08, []), "has no axis"],
    [
      "half a header",
      header(0x08, [1, 2]).slice(0, 9),
      "has 9 bytes, its header of 2 axes takes 12",
    ],
    ["sizes that overflow", header(0x0e, [2 ** 32 - 1, 2 ** 32 - 1]), "4294967295, 4294967295"],
    ["sizes that wrap to nothing", header(0x08, [2 ** 16, 2 ** 16, 2 ** 16, 2 ** 16]), "65536"],
    ["an empty array of endless rows", header(0x08, [0, 2 ** 32 - 1]), "more than 2147483648"],
    [
      "too little",
      idx("int32", [3], [1, 2]),
      "announces 12 bytes of data ([3] int32), the file has 8",
    ],
    [
      "too much",
      idx("uint8", [3], [1, 2, 3, 4]),
      "announces 3 bytes of data ([3] uint8), the file has 4",
    ],
  ])("refuses %s", async (_, bytes, message) => {
    const error = await refusal(bytes);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^readIdx: digits: .*;/);
    expect(error.details).toMatchObject({ name: "digits" });
  });

  it("refuses 255 axes of endless length at once", async () => {
    await refusal(header(0x0e, new Array(255).fill(2 ** 32 - 1)));
  });
});

describe("readIdx of gzipped files", () => {
  const zipped = Uint8Array.from(
    gzipSync(
      idx(
        "uint8",
        [1000],
        Array.from({ length: 1000 }, (_, i) => (i * i) % 251),
      ),
    ),
  );

  it.each([1, 4, 8, 9, 100, 500])("refuses one that lacks its last %i bytes", async (n) => {
    const error = await refusal(zipped.slice(0, -n));
    expect(error.message).toMatch(/damaged|cut short/);
  });

  it.each([1, 3, 4, 1000])("refuses %i bytes after its end", async (n) => {
    const error = await refusal(concat(zipped, new Uint8Array(n).fill(7)));
    expect(error.message).toMatch(/^readIdx: digits: .*bytes after its end.*; download it again$/);
  });

  it("refuses two files in one", async () => {
    await refusal(concat(zipped, Uint8Array.from(gzipSync(Uint8Array.of(1)))));
  });

  it("refuses damage that only the checksum shows", async () => {
    const bytes = Uint8Array.from(zipped);
    bytes[bytes.length - 6]! ^= 1;
    await refusal(bytes);
  });

  it("refuses a bomb with its trailer's word for it", async () => {
    const bomb = gzipSync(concat(header(0x08, [4]), new Uint8Array(64 * 2 ** 20)));
    const error = await refusal(Uint8Array.from(bomb));
    expect(error.details).toMatchObject({ expected: 12, trailer: 64 * 2 ** 20 + 8 });
  });

  it("stops inflating a bomb with a forged trailer", async () => {
    const size = 128 * 2 ** 20;
    const bomb = Uint8Array.from(gzipSync(concat(header(0x08, [4]), new Uint8Array(size))));
    new DataView(bomb.buffer).setUint32(bomb.length - 4, 12, true);
    const before = process.memoryUsage.rss();
    const error = await refusal(bomb);
    expect(error.message).toContain("more than 12 bytes, its header announces 12");
    expect(error.details["received"]).toBeLessThan(2 ** 20);
    expect(process.memoryUsage.rss() - before).toBeLessThan(size / 4);
  });

  it("does not believe a header that announces gigabytes", async () => {
    const claim = Uint8Array.from(gzipSync(header(0x08, [2 ** 31 - 100])));
    new DataView(claim.buffer).setUint32(claim.length - 4, 2 ** 31 - 92, true);
    const before = process.memoryUsage.rss();
    await refusal(claim);
    expect(process.memoryUsage.rss() - before).toBeLessThan(2 ** 28);
  });

  it("does not make room for more than compressed bytes can become", async () => {
    const noise = randomBytes(100_000);
    const claim = Uint8Array.from(gzipSync(concat(header(0x08, [2 ** 31 - 100]), noise)));
    new DataView(claim.buffer).setUint32(claim.length - 4, 2 ** 31 - 92, true);
    const { message } = await refusal(claim);
    expect(message).toMatch(/announces 2147483556 bytes, more than \d+ compressed bytes can hold/);
  });
});

import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { FormatError, scope } from "@convgrad/core";
import { readCifar, readIdx } from "@convgrad/data";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cifarFile, temporaryFolders } from "./folders.ts";

// Files as a damaged disk, a broken download or somebody with bad intentions makes them: 10,000 for each reader. A file
// is read rightly, as a second reader in this test reads it, or refused by a FormatError; nothing else, no hang.
//
// Memory: at most 4 × the size of a file, the file included. A gzip file inflates to 1000 times its size, so for one that
// is what its header announces the measure is 4 × the announced contents; one that is not must not be inflated further
// than its header announces.

const RUNS = { numRuns: 10_000, seed: 2026 };

/** A change of a file. */
type Mutation = (bytes: Buffer) => Buffer;

const EXTREMES = [0, 1, 2, 255, 256, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
const place = fc.nat({ max: 2 ** 20 });
const set = (bytes: Buffer, at: number, change: (byte: number) => number): Buffer => {
  if (bytes.length > 0) bytes[at % bytes.length] = change(bytes[at % bytes.length]!);
  return bytes;
};
const spliced = (bytes: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer => {
  const from = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(from + removed)]);
};

/** Mutations of a file whose fields of 32 bits stand at these places (negative: from the end), with pieces of others. */
function mutations(
  fields: readonly number[],
  others: readonly Uint8Array[],
): fc.Arbitrary<Mutation> {
  return fc.oneof(
    fc.tuple(place, fc.nat(7)).map(
      ([at, bit]): Mutation =>
        (b) =>
          set(b, at, (x) => x ^ (1 << bit)),
    ),
    fc.tuple(place, fc.nat(255)).map(
      ([at, byte]): Mutation =>
        (b) =>
          set(b, at, () => byte),
    ),
    fc.tuple(fc.nat(8), fc.nat(255)).map(
      ([at, byte]): Mutation =>
        (b) =>
          set(b, at, () => byte),
    ),
    place.map(
      (at): Mutation =>
        (b) =>
          b.subarray(0, at % (b.length + 1)),
    ),
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map(
      (more): Mutation =>
        (b) =>
          Buffer.concat([b, more]),
    ),
    fc.tuple(fc.constantFrom(...fields), fc.constantFrom(...EXTREMES), fc.boolean()).map(
      ([field, value, little]): Mutation =>
        (b) => {
          const at = field < 0 ? b.length + field : field;
          if (at < 0 || at + 4 > b.length) return b;
          if (little) b.writeUInt32LE(value, at);
          else b.writeUInt32BE(value, at);
          return b;
        },
    ),
    fc.tuple(fc.constantFrom(...others), place, fc.nat(64), place, fc.nat(64)).map(
      ([other, from, length, at, removed]): Mutation =>
        (b) => {
          const start = from % other.length;
          return spliced(b, at, removed, other.subarray(start, start + length));
        },
    ),
  );
}

/** A good file, or one after up to three mutations. */
function mutated(good: readonly Uint8Array[], fields: readonly number[]): fc.Arbitrary<Buffer> {
  const changes = fc.array(mutations(fields, good), { maxLength: 3 });
  return fc.tuple(fc.constantFrom(...good), changes).map(([file, list]) => {
    let bytes: Buffer = Buffer.from(file);
    for (const change of list) bytes = change(bytes);
    return bytes;
  });
}

/** What came of reading: a value, or the only error that is allowed. */
async function outcome<T>(read: () => T | Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FormatError && /^\w+: \S.*; \S/s.test(error.message)) return null;
    throw error;
  }
}

describe("10,000 mutated IDX files", () => {
  const TYPES = {
    8: ["uint8", 1, "readUInt8"],
    12: ["int32", 4, "readInt32BE"],
    13: ["float32", 4, "readFloatBE"],
    14: ["float64", 8, "readDoubleBE"],
  } as const;

  function idx(code: keyof typeof TYPES, shape: readonly number[]): Buffer {
    const length = TYPES[code][1] * shape.reduce((size, n) => size * n, 1);
    const data = Buffer.from(Array.from({ length }, (_, i) => (37 * i + 11) % 256));
    const head = Buffer.alloc(4 + 4 * shape.length);
    head.set([0, 0, code, shape.length]);
    shape.forEach((n, axis) => {
      head.writeUInt32BE(n, 4 + 4 * axis);
    });
    return Buffer.concat([head, data]);
  }

  /** Type, shape and values as a text; every NaN alike. */
  const told = (dtype: string, shape: readonly number[], values: ArrayLike<number>) =>
    `${dtype} [${shape}] ${Array.from(values)}`;

  /** Another reader; `null` for what is no IDX file. */
  function second(file: Buffer): string | null {
    const [zero0, zero1, code, rank = 0] = file;
    const type = TYPES[code as keyof typeof TYPES];
    const start = 4 + 4 * rank;
    if (zero0 !== 0 || zero1 !== 0 || !type || rank === 0 || file.length < start) return null;
    const shape = Array.from({ length: rank }, (_, axis) => file.readUInt32BE(4 + 4 * axis));
    const sizes = shape.map(BigInt);
    const [dtype, bytes, read] = type;
    const length = BigInt(bytes) * sizes.reduce((size, n) => size * n, 1n);
    // Axes that no file could have, beside one of size 0, count as damage too.
    const largest = BigInt(bytes) * sizes.reduce((size, n) => size * (n || 1n), 1n);
    if (BigInt(file.length - start) !== length || largest > 2n ** 31n) return null;
    const count = (file.length - start) / bytes;
    return told(
      dtype,
      shape,
      Array.from({ length: count }, (_, i) => file[read](start + i * bytes)),
    );
  }

  function secondOfGzip(file: Buffer): string | null {
    try {
      return second(gunzipSync(file, { maxOutputLength: 2 ** 20 }));
    } catch {
      return null;
    }
  }

  const plain = [idx(8, [2, 5, 7]), idx(8, [40]), idx(12, [3, 4]), idx(13, [6]), idx(14, [2, 2])];
  const zipped = plain.map((file) => gzipSync(file));
  const fields = [0, 4, 8, 12, -4, -8];
  const files = fc.oneof(
    mutated(plain, fields),
    mutated(zipped, fields),
    mutated(plain, fields).map((file) => gzipSync(file)),
  );

  it("are read rightly or refused", async () => {
    const seen = { read: 0, refused: 0, readZipped: 0 };
    await fc.assert(
      fc.asyncProperty(files, async (file) => {
        const found = await outcome(() => readIdx(file, { name: "file" }));
        const is = found && told(found.dtype, found.shape, found.data);
        const isZipped = file[0] === 0x1f && file[1] === 0x8b;
        const must = isZipped ? secondOfGzip(file) : second(file);
        // Node's gunzip also takes several files in one, and bytes after the end.
        if (is !== must && (is !== null || !isZipped)) expect(is).toBe(must);
        seen[is === null ? "refused" : isZipped ? "readZipped" : "read"]++;
      }),
      RUNS,
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(500);
  });
});

describe("10,000 mutated CIFAR files", () => {
  const good = {
    10: [cifarFile([[0], [9]]), cifarFile([[3]])],
    100: [
      cifarFile([
        [19, 99],
        [0, 0],
      ]),
      cifarFile([[7, 42]]),
    ],
  };
  /** A file; mostly one whose length is still that of whole records, since the rest is refused at a glance. */
  const files = (classes: 10 | 100) => {
    const record = classes === 10 ? 3073 : 3074;
    const labels = fc.array(fc.tuple(fc.nat(1), fc.nat(1), fc.nat(255)), { maxLength: 3 }).map(
      (list): Mutation =>
        (b) => {
          for (const [image, at, label] of list) set(b, image * record + at, () => label);
          return b;
        },
    );
    const whole: Mutation = (b) =>
      b.length % record === 0
        ? b
        : Buffer.concat([b, Buffer.alloc(record)]).subarray(
            0,
            Math.ceil(b.length / record) * record,
          );
    return fc
      .tuple(mutated(good[classes], [0, record, -4]), labels, fc.boolean())
      .map(([file, relabel, repair]) => (repair ? whole(relabel(file)) : file));
  };
  const calls = fc.constantFrom(10 as const, 100 as const).chain((classes) =>
    fc.record({
      classes: fc.constant(classes),
      labels:
        classes === 10
          ? fc.constant("fine" as const)
          : fc.constantFrom("fine" as const, "coarse" as const),
      file: files(classes),
    }),
  );

  /** Another reader: labels and the images' bytes, or `null`. */
  function second(file: Buffer, classes: 10 | 100, kind: "fine" | "coarse") {
    const head = classes === 10 ? 1 : 2;
    const count = file.length / (head + 3072);
    if (!Number.isInteger(count) || count === 0) return null;
    const records = Array.from({ length: count }, (_, i) => file.subarray(i * (head + 3072)));
    const right = (record: Buffer) =>
      classes === 10 ? record[0]! < 10 : record[0]! < 20 && record[1]! < 100;
    if (!records.every(right)) return null;
    return {
      labels: records.map((record) => record[kind === "fine" ? head - 1 : 0]!),
      images: Buffer.concat(records.map((record) => record.subarray(head, head + 3072))),
    };
  }

  it("are read rightly or refused", async () => {
    const seen = { read: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(calls, async ({ file, classes, labels }) => {
        await scope(async () => {
          const found = await outcome(() => readCifar(file, { classes, labels, name: "file" }));
          const must = second(file, classes, labels);
          seen[found ? "read" : "refused"]++;
          expect(found?.labels.toArray()).toEqual(must?.labels);
          const bytes = found && Buffer.from(found.images.toTypedArray().buffer);
          if (bytes && must && !bytes.equals(must.images)) throw new Error("other pixels");
        });
      }),
      RUNS,
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(2000);
  });
});

describe.skipIf(process.platform !== "linux")(
  "the memory of a process that reads (skipped but on Linux)",
  () => {
    const MiB = 2 ** 20;
    const LARGE = 64 * MiB;
    /** What a process takes for anything: the collector's idleness, buffers of streams. */
    const NOISE = 40 * MiB;
    let folder: Awaited<ReturnType<typeof temporaryFolders>>;
    beforeAll(async () => {
      folder = await temporaryFolders("hostile");
    });
    afterAll(() => folder.remove());

    const header = (code: number, ...shape: number[]) => {
      const head = Buffer.alloc(4 + 4 * shape.length);
      head.set([0, 0, code, shape.length]);
      shape.forEach((n, axis) => {
        head.writeUInt32BE(n, 4 + 4 * axis);
      });
      return head;
    };
    const forged = (zipped: Buffer, length: number) => {
      zipped.writeUInt32LE(length, zipped.length - 4);
      return zipped;
    };

    /** What the process grew by at its peak, in bytes, and whether it read all files. */
    async function peak(
      reader: string,
      ...files: Uint8Array[]
    ): Promise<[growth: number, read: string]> {
      const named = Object.fromEntries(files.map((bytes, i) => [String(i), bytes]));
      const directory = await folder.write(named);
      const program = fileURLToPath(new URL("programs/peak.ts", import.meta.url));
      const paths = files.map((_, i) => join(directory, String(i)));
      const options = ["--conditions=source", "--import", "tsx", program, reader, ...paths];
      const { stdout } = await promisify(execFile)(process.execPath, options);
      const { growth, read } = JSON.parse(stdout);
      return [growth, read.join()];
    }

    const large = randomBytes(LARGE);
    it.each<[name: string, reader: string, file: () => Uint8Array]>([
      ["unsigned bytes", "idx", () => Buffer.concat([header(8, LARGE), large])],
      ["float64", "idx", () => Buffer.concat([header(14, LARGE / 8), large])],
      [
        "gzipped float64",
        "idx",
        () => gzipSync(Buffer.concat([header(14, LARGE / 8), large]), { level: 0 }),
      ],
      [
        "gzipped zeros",
        "idx",
        () => gzipSync(Buffer.concat([header(8, LARGE), Buffer.alloc(LARGE)]), { level: 1 }),
      ],
      ["a CIFAR file", "cifar", () => Buffer.alloc(LARGE - (LARGE % 3073))],
    ])("is at most 4 × %s that are right", async (_, reader, file) => {
      const [growth, read] = await peak(reader, file());
      expect(read).toBe("true");
      expect(growth).toBeLessThan(4 * LARGE);
    });

    it("hardly grows by what is refused: bombs, and headers that announce gigabytes", async () => {
      const zeros = Buffer.alloc(256 * MiB);
      const bomb = gzipSync(Buffer.concat([header(8, 4), zeros]), { level: 1 });
      const [growth, read] = await peak(
        "idx",
        bomb,
        forged(Buffer.from(bomb), 12),
        header(8, 2 ** 31 - 100),
        header(14, 2 ** 14, 2 ** 14),
        forged(gzipSync(header(8, 2 ** 31 - 100)), 2 ** 31 - 92),
        forged(gzipSync(header(14, 2 ** 14, 2 ** 14)), 2 ** 31 + 12),
        forged(gzipSync(Buffer.alloc(0)), 2 ** 31),
        Buffer.concat([header(13, ...new Array(255).fill(2 ** 32 - 1))]),
      );
      expect(read).toBe(new Array(8).fill(false).join());
      expect(growth).toBeLessThan(NOISE);
    });
  },
);

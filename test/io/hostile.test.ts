import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  FormatError,
  manualSeed,
  memory,
  randn,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "@convgrad/core";
import {
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  decodeState,
  encodeNpy,
  encodeNpz,
  encodeSafetensors,
  encodeState,
  type StateTree,
} from "@convgrad/io";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mutated, mutations } from "./mutations.ts";

// Each reader meets 10,000 files that somebody changed: with a FormatError, or with what the file really holds.

const RUNS = { numRuns: 10_000, seed: 20261122 };

manualSeed(3);
const weights: Record<string, Tensor> = {
  weight: randn([4, 3]),
  bias: randn([4], { dtype: "float64" }),
  labels: tensor(Int32Array.of(1, -2, 3)),
  pixels: tensor(Uint8Array.of(0, 1, 200)),
  nothing: zeros([0, 2]),
  step: tensor(7, { dtype: "int32" }),
};

const bytesOf = (x: Tensor): string => {
  const { buffer, byteOffset, byteLength } = x.toTypedArray();
  return Buffer.from(buffer, byteOffset, byteLength).toString("hex");
};
const told = (x: Tensor): string => `${x.dtype} [${x.shape}] ${bytesOf(x)}`;
const toldAll = (tensors: Readonly<Record<string, Tensor>>): string[] =>
  Object.entries(tensors)
    .map(([name, x]) => `${name}: ${told(x)}`)
    .sort();

interface Tally {
  refused: number;
  right: number;
  slowest: number;
}

/** Reads so many changed files; `expected` says what a file holds by another way of reading it. */
async function meet<T>(
  files: readonly Uint8Array[],
  read: (bytes: Uint8Array) => T | Promise<T>,
  check: (result: T, bytes: Uint8Array) => void,
): Promise<Tally> {
  const tally = { refused: 0, right: 0, slowest: 0 };
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...files), mutations, async (good, changes) => {
      const bytes = mutated(good, changes);
      const [tensors, start] = [memory().tensors, performance.now()];
      await scope(async () => {
        try {
          const result = await read(bytes);
          check(result, bytes);
          tally.right++;
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          tally.refused++;
          if (memory().tensors > tensors) throw new Error("something is half loaded");
        }
      });
      tally.slowest = Math.max(tally.slowest, performance.now() - start);
    }),
    RUNS,
  );
  expect(tally.refused + tally.right).toBe(RUNS.numRuns);
  expect(tally.slowest).toBeLessThan(2000);
  return tally;
}

describe("10,000 changed files", () => {
  it("of safetensors", async () => {
    const files = [
      await encodeSafetensors(weights, { format: "pt" }),
      await encodeSafetensors({ "": zeros([]) }),
      await encodeSafetensors({}),
    ];
    const tally = await meet(files, decodeSafetensors, ({ tensors, metadata }, bytes) => {
      // By JSON.parse, whatever it makes of twins: there are none, or their values would be fewer.
      const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
      const { __metadata__: texts = {}, ...entries } = header;
      expect(metadata).toEqual(texts);
      expect(Object.keys(tensors).sort()).toEqual(Object.keys(entries).sort());
      for (const [name, x] of Object.entries(tensors)) {
        const { shape, dtype, data_offsets: offsets } = entries[name];
        expect(x.shape).toEqual(shape);
        const data = bytes.subarray(...offsets.map((at: number) => at + 8 + length));
        if (/^(?:F64|F32|I32|U8)$/.test(dtype))
          expect(bytesOf(x)).toBe(Buffer.from(data).toString("hex"));
      }
    });
    expect(tally.right).toBeGreaterThan(200);
    expect(tally.refused).toBeGreaterThan(5000);
  });

  it("of npy", async () => {
    const files = await Promise.all(Object.values(weights).map(encodeNpy));
    const tally = await meet(files, decodeNpy, (x, bytes) => {
      const text = Buffer.from(bytes).toString("latin1");
      const shape = /'shape' *: *\(([^)]*)\)/.exec(text)?.[1]?.match(/\d+/g) ?? [];
      expect(x.shape.map(String)).toEqual(shape.map((n) => String(Number(n))));
      const descr = /'descr' *: *'(...)'/.exec(text)?.[1];
      const isPlain = /^(?:<f8|<f4|<i4|.u1)$/.test(descr!) && !text.includes("True");
      if (isPlain) expect(Buffer.from(bytes).toString("hex").endsWith(bytesOf(x))).toBe(true);
    });
    expect(tally.right).toBeGreaterThan(200);
    expect(tally.refused).toBeGreaterThan(5000);
  });

  it("of npz, whose sums tell", async () => {
    const files = [await encodeNpz(weights), await encodeNpz(weights, { compress: true })];
    const expected = toldAll(weights);
    const tally = await meet(files, decodeNpz, (tensors) => {
      expect(toldAll(tensors)).toEqual(expected);
    });
    expect(tally.refused).toBeGreaterThan(5000);
  });

  it("of states, whose hash tells", async () => {
    const tree = { model: weights, lr: 0.1, best: Number.POSITIVE_INFINITY, names: ["a", null] };
    const good = await encodeState(tree);
    const tally = await meet<StateTree>([good], decodeState, (_, bytes) => {
      expect(Buffer.from(bytes).equals(Buffer.from(good))).toBe(true);
    });
    expect(tally.refused).toBeGreaterThan(9000);
  });
});

/** In bytes. */
type Peaks = Readonly<Record<string, { size: number; peak: number; outcome: string }>>;

describe.runIf(process.platform === "linux")("large files", () => {
  it("take no more memory than four times their size", async () => {
    const program = join(import.meta.dirname, "programs/peaks.ts");
    const options = ["--expose-gc", "--conditions=source", "--import", "tsx", program];
    const { stdout } = await promisify(execFile)(process.execPath, options);
    const peaks: Peaks = JSON.parse(stdout);
    expect(Object.keys(peaks).length).toBeGreaterThan(12);
    for (const [what, { size, peak, outcome }] of Object.entries(peaks)) {
      expect([what, outcome]).toEqual([what, what.startsWith("good") ? "read" : "FormatError"]);
      // The file is there before; 64 MB for what the collector leaves lying. A number in JSON takes more.
      const most = (what.includes("numbers") ? 8 : 3) * size + 64 * 2 ** 20;
      expect([what, peak < most, peak]).toEqual([what, true, peak]);
    }
  });
});

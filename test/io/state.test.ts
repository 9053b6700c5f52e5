import { createHash } from "node:crypto";
import { FormatError, memory, scope, Tensor, tensor, ValueError, zeros } from "@convgrad/core";
import { decodeSafetensors, decodeState, encodeState, type StateTree } from "@convgrad/io";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Equal to the bit, tensors by type, shape and bytes; `undefined` properties count as absent. */
function same(a: unknown, b: unknown): boolean {
  if (a instanceof Tensor && b instanceof Tensor) {
    const [p, q] = [a.toTypedArray(), b.toTypedArray()];
    const bits = (x: typeof p) => Buffer.from(x.buffer, x.byteOffset, x.byteLength);
    return a.dtype === b.dtype && String(a.shape) === String(b.shape) && bits(p).equals(bits(q));
  }
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
    return Object.is(a, b);
  }
  const [p, q] = [a, b].map((x) => Object.entries(x).filter(([, value]) => value !== undefined));
  return (
    Array.isArray(a) === Array.isArray(b) &&
    p!.length === q!.length &&
    p!.every(([key, value], i) => key === q![i]![0] && same(value, q![i]![1]))
  );
}

const tensors = fc.oneof(
  fc.float32Array({ maxLength: 6 }).map((values) => tensor(values)),
  fc.float64Array({ maxLength: 6 }).map((values) => tensor(values)),
  fc.int32Array({ minLength: 6, maxLength: 6 }).map((values) => tensor(values, { shape: [2, 3] })),
  fc.uint8Array({ maxLength: 7 }).map((values) => tensor(values)),
  fc.double().map((value) => tensor(value)),
);
const keys = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "a.b",
    "$tensor",
    "$number",
    "$$",
    "__proto__",
    "__metadata__",
    "0",
    "",
  ),
  fc.string({ unit: "binary" }),
);
const { tree } = fc.letrec<{ tree: StateTree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.double(), fc.string(), fc.boolean(), fc.constant(null), fc.constant(-0), tensors),
    fc.array(tie("tree"), { maxLength: 4 }),
    fc
      .array(fc.tuple(keys, tie("tree")), { maxLength: 4 })
      .map((entries) => Object.fromEntries(entries) as StateTree),
  ),
}));

const state = async () =>
  encodeState({
    model: {
      "0.weight": tensor([
        [1, 2],
        [3, 4.5],
      ]),
      "0.bias": zeros([2]),
    },
    optimizer: { lr: 0.1, best: Number.NEGATIVE_INFINITY, names: ["0.weight"] },
  });

async function refusal(bytes: Uint8Array): Promise<Error> {
  try {
    await decodeState(bytes, { name: "step-00000100.safetensors" });
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was refused");
}

/** The file with other metadata, and the right hash: what only malice makes. */
function forged(good: Uint8Array, change: (header: string) => string): Uint8Array {
  const length = Number(new DataView(good.buffer).getBigUint64(0, true));
  const header = Buffer.from(change(Buffer.from(good.subarray(8, 8 + length)).toString()));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(header.length));
  const file = Buffer.concat([start, header, good.subarray(8 + length)]);
  const at = file.indexOf('"sha256":"') + 10;
  file.write(
    createHash("sha256")
      .update(file.subarray(at + 64))
      .digest("hex"),
    at,
  );
  return Uint8Array.from(file);
}

describe("a state", () => {
  it("comes back as it was, to the bit", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (value) => {
        expect(same(value, await decodeState(await encodeState(value)))).toBe(true);
      }),
      { numRuns: 300, seed: 5 },
    );
  });

  it("keeps NaN, infinities, −0 and the bits of a NaN in a tensor", async () => {
    const nan = new Float32Array(Uint32Array.of(0x7fc12345).buffer);
    const value = [Number.NaN, -0, 0, Infinity, -Infinity, 1e-320, 1e21, 2 ** 53, tensor(nan)];
    expect(same(value, await decodeState(await encodeState(value)))).toBe(true);
  });

  it("names tensors by their place, so that others find the weights", async () => {
    const { tensors, metadata } = decodeSafetensors(await state());
    expect(Object.keys(tensors)).toEqual(["model.0.bias", "model.0.weight"]);
    expect(metadata["format"]).toBe("convgrad state");
    const places = { a: { b: zeros([1]) }, "a.b": zeros([2]), __metadata__: zeros([3]) };
    const others = decodeSafetensors(await encodeState(places)).tensors;
    expect(Object.entries(others).map(([name, x]) => [name, x.size])).toEqual([
      ["__metadata__~2", 3],
      ["a.b", 1],
      ["a.b~2", 2],
    ]);
    expect(Object.keys(decodeSafetensors(await encodeState(zeros([1]))).tensors)).toEqual([
      "tensor",
    ]);
  });

  it("leaves out properties that are undefined", async () => {
    const value = { a: undefined, b: 1 } as unknown as StateTree;
    expect(await decodeState(await encodeState(value))).toEqual({ b: 1 });
  });

  it("gives equal bytes for equal trees, and reads views of them", async () => {
    const bytes = await state();
    expect(Buffer.from(bytes).equals(Buffer.from(await state()))).toBe(true);
    for (const before of [1, 2, 3, 4]) {
      const moved = new Uint8Array(bytes.length + before);
      moved.set(bytes, before);
      expect(same(await decodeState(bytes), await decodeState(moved.subarray(before)))).toBe(true);
    }
  });

  it.each<[what: string, value: unknown, message: string]>([
    ["a function", { optimizer: { lr: () => 1 } }, "encodeState: optimizer.lr is a function; a st"],
    ["a map", { a: [new Map()] }, "encodeState: a.0 is a Map; a state holds tensors, numbers"],
    ["an array with a hole", { a: [1, undefined] }, "encodeState: a.1 is undefined"],
    ["a typed array", new Float32Array(2), "encodeState: the tree is a Float32Array"],
    ["a bigint", { a: 1n }, "encodeState: a is 1"],
  ])("refuses %s", async (_, value, message) => {
    await expect(encodeState(value as StateTree)).rejects.toThrow(ValueError);
    await expect(encodeState(value as StateTree)).rejects.toThrow(message);
  });

  it("refuses what contains itself, and released tensors", async () => {
    const loop: unknown[] = [];
    loop.push({ loop });
    await expect(encodeState(loop as unknown as StateTree)).rejects.toThrow("more than 64 deep");
    const holder: { x?: Tensor } = {};
    scope(() => {
      holder.x = zeros([2]);
    });
    await expect(encodeState({ x: holder.x! })).rejects.toThrow("encodeState: x was released with");
  });
});

it("is read from memory that threads share", async () => {
  const bytes = await encodeState({ x: 3 });
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  expect(await decodeState(shared)).toEqual({ x: 3 });
});

describe("a damaged state", () => {
  it("is noticed at every single bit", async () => {
    const good = await state();
    const before = memory().tensors;
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = good.slice();
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const error = await refusal(bytes);
      if (!(error instanceof FormatError)) throw error;
      expect(error.message).toMatch(/^decodeState: step-00000100.safetensors: .*damaged/);
    }
    expect(memory().tensors).toBe(before);
  });

  it("is noticed when cut or longer", async () => {
    const good = await state();
    for (let length = 0; length < good.length; length++) {
      expect(await refusal(good.subarray(0, length))).toBeInstanceOf(FormatError);
    }
    expect(await refusal(Uint8Array.from([...good, 0]))).toBeInstanceOf(FormatError);
  });

  it.each<[what: string, change: (header: string) => string, message: string]>([
    ["of a later version", (h) => h.replace('"version":"1"', '"version":"2"'), 'reads version "1"'],
    ["without a tree", (h) => h.replace('"tree":', '"root":'), "of version"],
    ["whose tree names no tensor", (h) => h.replace("model.0.bias\\", "model.9.bias\\"), "lacks"],
    ["with a tensor twice", (h) => h.replace('model.0.bias\\"', 'model.0.weight\\"'), "or has it"],
    ["with an unknown tag", (h) => h.replace("$number", "$bigint"), 'unknown tag "$bigint"'],
    ["with a number that is none", (h) => h.replace("-Infinity", "minus"), 'number "minus"'],
    [
      "with more than a tensor in one place",
      (h) => h.replace('{\\"$tensor\\"', '{\\"a\\":1,\\"$tensor\\"'),
      "other keys beside it",
    ],
    ["with a key twice", (h) => h.replace('names\\"', 'best\\"'), 'has the key "best" twice'],
    ["with half a tree", (h) => h.replace("0.1,", "0.1]"), 'tree has no "}"'],
    [
      "of endless depth",
      (h) => h.replace('[\\"0.weight\\"]', `${"[".repeat(100)}${"]".repeat(100)}`),
      "is more than 64 deep",
    ],
    [
      "of endless arrays",
      (h) => h.replace('[\\"0.weight\\"]', `[${"[],".repeat(300_000)}[]]`),
      "more than 262144 arrays",
    ],
  ])("is refused with the right hash too: %s", async (_, change, message) => {
    const good = await state();
    const before = memory().tensors;
    const bytes = forged(good, change);
    const error = await refusal(bytes);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toContain(message);
    expect(memory().tensors).toBe(before);
  });

  it("is told from another safetensors file, and from what holds no bytes", async () => {
    expect((await refusal(new Uint8Array(200))).message).toContain("or another file");
    await expect(decodeState("state" as never)).rejects.toThrow(ValueError);
    await expect(decodeState(await state(), { nam: "x" } as never)).rejects.toThrow('option "nam"');
  });
});

import { FormatError, manualSeed, tensor, ValueError } from "@convgrad/core";
import { DataLoader } from "@convgrad/data";
import { SGD } from "@convgrad/optim";
import { compareReceipts, type RunReceipt, readReceipt, startReceipt } from "@convgrad/train";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

const HASH = (digit: string) => digit.repeat(64);

let begun: RunReceipt;
beforeAll(async () => {
  const receipt = await startReceipt({ settings: { batch: 8, name: "a" }, seeds: { global: 1 } });
  begun = { ...receipt, backend: "wasm" };
});

function receiptOf(epochs = 2): RunReceipt {
  return {
    ...begun,
    seconds: 3,
    epochs: Array.from({ length: epochs }, (_, i) => ({
      epoch: i + 1,
      step: 6 * (i + 1),
      loss: 0.1 + i,
      accuracy: 0.5,
      lr: 0.01,
      seconds: 1.5,
      validation: { loss: 0.2, accuracy: 0.75 },
      weightsHash: HASH(String(i + 1)),
    })),
    weightsHash: HASH(String(epochs)),
    stopped: "epochs",
  };
}

describe("startReceipt", () => {
  it("knows the program, the code and the machine", async () => {
    manualSeed(7);
    const receipt = await startReceipt();
    expect(receipt).toMatchObject({
      format: "convgrad run",
      version: 1,
      seeds: { global: 7 },
      platform: `${process.platform} ${process.arch}`,
      runtime: `node ${process.versions.node}`,
      epochs: [],
      weightsHash: null,
      stopped: null,
      resumed: [],
    });
    expect(Object.keys(receipt.code.packages)).toEqual(
      ["core", "wasm", "layers", "optim", "data", "io", "train"].map((name) => `@convgrad/${name}`),
    );
    expect(receipt.code.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(receipt.program?.script).not.toContain("\\");
    expect(await startReceipt()).toEqual({ ...receipt, started: expect.any(String) });
    expect(readReceipt(JSON.stringify(receipt))).toEqual(receipt);
  });

  it("says settings of any kind in JSON", async () => {
    const weights = tensor([1, 2], { requiresGrad: true });
    const circle: Record<string, unknown> = { batch: 1 };
    circle["self"] = circle;
    const { settings } = await startReceipt({
      settings: {
        lr: 0.1,
        patience: Number.POSITIVE_INFINITY,
        loss: function halfSum() {},
        optimizer: new SGD([weights], { lr: 0.1 }),
        bytes: new Uint8Array(3),
        left: undefined,
        none: null,
        circle,
        many: Array.from({ length: 200 }, (_, i) => i),
      },
    });
    expect(settings).toMatchObject({
      lr: 0.1,
      patience: "Infinity",
      loss: "function halfSum",
      bytes: "Uint8Array",
      none: null,
    });
    expect(settings["optimizer"]).toMatch(/^SGD/);
    expect(settings).not.toHaveProperty("left");
    expect(JSON.stringify(settings["circle"])).toContain("…");
    expect((settings["many"] as unknown[]).at(-1)).toBe("… 100 more");
  });

  it("asks data sets, and loaders for theirs, for their fingerprints", async () => {
    const images = tensor([[1], [2]]);
    const set = { length: 2, batch: () => ({ images }), fingerprint: async () => HASH("a") };
    const bare = { length: 2, batch: () => ({ images }) };
    const { data } = await startReceipt({
      data: { train: new DataLoader(set), test: set, bare, none: null },
    });
    expect(data).toEqual({ train: HASH("a"), test: HASH("a"), bare: null, none: null });
  });

  it("goes on with the receipt of an interrupted run", async () => {
    const before = { ...receiptOf(), started: "2026-01-02T03:04:05.000Z", resumed: [4] };
    const { started, resumed } = await startReceipt({ resumed: { from: before, step: 9 } });
    expect([started, resumed]).toEqual(["2026-01-02T03:04:05.000Z", [4, 9]]);
  });

  it.each<[object, string]>([
    [{ setting: {} }, 'no option "setting"; known: settings, seeds, data, resumed'],
    [{ settings: 3 }, "settings is 3; pass an object, values by name"],
    [{ data: [] }, "data is []; pass an object"],
    [{ seeds: { global: -1 } }, "the seed global is -1; it must be a whole number ≥ 0"],
  ])("refuses %j", async (options, message) => {
    const receipt = startReceipt(options as never);
    await expect(receipt).rejects.toThrow(ValueError);
    await expect(receipt).rejects.toThrow(`startReceipt: ${message}`);
  });
});

describe("readReceipt", () => {
  it("reads what was written; what was no number is none again", async () => {
    const receipt = receiptOf();
    expect(readReceipt(JSON.stringify(receipt))).toEqual(receipt);
    const diverged = { ...receipt, epochs: [{ ...receipt.epochs[0]!, loss: Number.NaN }] };
    expect(readReceipt(JSON.stringify(diverged)).epochs[0]!.loss).toBeNaN();
  });

  it.each<[string, (receipt: Record<string, unknown>) => void, string]>([
    [
      "another format",
      (r) => {
        r["format"] = "run";
      },
      'format is "run"; it must be "convgrad run"',
    ],
    [
      "another version",
      (r) => {
        r["version"] = 2;
      },
      "version is 2; it must be 1",
    ],
    [
      "an unknown field",
      (r) => {
        r["shell"] = "rm";
      },
      'shell is "rm"; it must be left out',
    ],
    [
      "a missing field",
      (r) => {
        delete r["backend"];
      },
      "backend is missing; it must be a text",
    ],
    [
      "a wrong hash",
      (r) => {
        r["weightsHash"] = "00";
      },
      'weightsHash is "00"; it must be 64 hexadecimal digits',
    ],
    [
      "a wrong list",
      (r) => {
        r["epochs"] = {};
      },
      "epochs is an object; it must be a list",
    ],
    [
      "a wrong epoch",
      (r) => {
        (r["epochs"] as { step: unknown }[])[1]!.step = "3";
      },
      'epochs[1].step is "3"; it must be a whole number ≥ 0',
    ],
    [
      "a wrong argument",
      (r) => {
        r["program"] = { script: "a", arguments: [1] };
      },
      "program.arguments[0] is 1; it must be a text",
    ],
    [
      "deep settings",
      (r) => {
        let deep: unknown = 1;
        for (let i = 0; i < 50; i++) deep = [deep];
        r["settings"] = { deep };
      },
      "it must be at most 8 levels deep",
    ],
  ])("refuses %s, and says where", async (_, change, message) => {
    const receipt = JSON.parse(JSON.stringify(receiptOf())) as Record<string, unknown>;
    change(receipt);
    const read = () => readReceipt(JSON.stringify(receipt), { name: "old/run.json" });
    expect(read).toThrow(FormatError);
    expect(read).toThrow(`readReceipt: old/run.json: `);
    expect(read).toThrow(message);
  });

  it("refuses what is no JSON object", () => {
    for (const text of ["", "{", "null", "3", "[]", '"run"', "\u0000", "[".repeat(100_000)]) {
      expect(() => readReceipt(text)).toThrow(FormatError);
    }
    expect(() => readReceipt(3 as never)).toThrow("run.json is 3; a receipt is a text");
    expect(() => readReceipt(" ".repeat(2 ** 24 + 1))).toThrow(FormatError);
    expect(() => readReceipt("{}", { file: "x" } as never)).toThrow(ValueError);
  });

  it("reads or refuses any change of the text", async () => {
    const text = JSON.stringify(receiptOf());
    const splice = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 8 }));
    fc.assert(
      fc.property(splice, ([at, cut, insert]) => {
        try {
          readReceipt(text.slice(0, at) + insert + text.slice(at + cut));
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it("takes a name like __proto__ for a name", async () => {
    const text = JSON.stringify(receiptOf()).replace('"name":"a"', '"__proto__":{"polluted":1}');
    const { settings } = readReceipt(text);
    expect(Object.keys(settings)).toContain("__proto__");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(settings)).toBe(Object.prototype);
  });
});

describe("compareReceipts", () => {
  it("says that equal runs are equal, however long they took", async () => {
    const a = receiptOf();
    const epochs = a.epochs.map((epoch) => ({ ...epoch, seconds: 9 }));
    const b = { ...a, epochs, threads: 7, started: "later", runtime: "node 99", resumed: [3] };
    const { equal, weights, figures, causes } = compareReceipts(a, b);
    expect({ equal, figures, causes }).toEqual({ equal: true, figures: [], causes: [] });
    expect(weights.map(({ moment }) => moment)).toEqual(["epoch 1", "epoch 2", "end"]);
  });

  it("says where the bits part", async () => {
    const a = receiptOf(3);
    const epochs = a.epochs.map((epoch, i) =>
      i === 1 ? { ...epoch, weightsHash: HASH("f") } : epoch,
    );
    const { equal, weights } = compareReceipts(a, { ...a, epochs });
    expect(equal).toBe(false);
    expect(weights.filter((each) => !each.equal).map(({ moment }) => moment)).toEqual(["epoch 2"]);
    const end = compareReceipts({ ...a, weightsHash: HASH("0") }, a);
    expect(end.weights.find((each) => !each.equal)).toEqual({
      moment: "end",
      recorded: HASH("0"),
      replayed: HASH("3"),
      equal: false,
    });
  });

  it("does not believe figures that the replay does not have", async () => {
    const a = receiptOf();
    const epochs = a.epochs.map((epoch) => ({
      ...epoch,
      validation: { loss: 0.2, accuracy: 0.99 },
    }));
    const { equal, figures } = compareReceipts({ ...a, epochs }, a);
    expect(equal).toBe(false);
    expect(figures[0]).toBe("epoch 1: validation.accuracy 0.99, replayed 0.75");
    const longer = compareReceipts({ ...a, epochs: a.epochs.slice(0, 1) }, a);
    expect(longer.figures).toEqual(["1 epochs, replayed 2"]);
  });

  it("compares what was done of a run that goes on", async () => {
    const a = receiptOf(3);
    const part = { ...a, epochs: a.epochs.slice(0, 2), weightsHash: HASH("2"), stopped: null };
    expect(compareReceipts(a, part)).toMatchObject({ equal: true, weights: [{}, {}] });
    const nothing = { ...part, epochs: [], weightsHash: null };
    expect(compareReceipts(a, nothing)).toMatchObject({ equal: false, weights: [] });
  });

  it("names what has changed", async () => {
    const a = { ...receiptOf(), data: { train: HASH("a") } };
    const packages = { ...a.code.packages, "@convgrad/layers": HASH("0") };
    const b = {
      ...a,
      code: { version: "9.0.0", packages, program: HASH("0") },
      data: { train: HASH("b") },
      backend: "reference",
      seeds: { global: 2 },
      settings: { batch: 9, name: "a" },
    };
    expect(compareReceipts(a, b).causes).toEqual([
      "code has changed: @convgrad/layers, the program",
      expect.stringContaining("replayed with 9.0.0"),
      "data has changed: train",
      "backend: wasm, replayed on reference",
      "seeds differ: global",
      "settings differ: batch",
    ]);
    expect(() => compareReceipts(a, {} as never)).toThrow(
      "replayed is an object; pass what readReceipt gives",
    );
  });
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  FormatError,
  manualSeed,
  memory,
  noGrad,
  randn,
  randomState,
  scope,
  type Tensor,
  ValueError,
} from "@convgrad/core";
import {
  decodeModel,
  decodeSafetensors,
  encodeModel,
  encodeSafetensors,
  loadModel,
  saveModel,
} from "@convgrad/io";
import {
  BatchNorm2D,
  Conv2D,
  Dense,
  leNet5,
  Module,
  Sequential,
  simpleCnn,
} from "@convgrad/layers";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { allCases, used } from "./layerCases.ts";

const folder = mkdtempSync(join(tmpdir(), "convgrad-models-"));
afterAll(() => rmSync(folder, { recursive: true }));
const small = () => new Sequential(new Conv2D(1, 2, 3), new BatchNorm2D(2));

describe("a model that was saved and loaded", () => {
  it.each(allCases)("$name", async (each) => {
    const model = used(each);
    const loaded = decodeModel(await encodeModel(model)).eval();
    const x = randn([2, ...each.sample]);
    const [y, again] = noGrad(() => [model.forward(x), loaded.forward(x)]) as [Tensor, Tensor];
    expect(again.toArray()).toEqual(y.toArray());
  });

  it("is in a file that other programs read", async () => {
    const path = join(folder, "digits.safetensors");
    const model = simpleCnn();
    await saveModel(path, model, { metadata: { classes: "0 to 9" } });
    const { tensors, metadata } = decodeSafetensors(readFileSync(path));
    expect(Object.keys(tensors).toSorted()).toEqual(Object.keys(model.stateDict()).toSorted());
    expect(metadata["classes"]).toBe("0 to 9");
    const loaded = await loadModel(path);
    expect(String(loaded)).toBe(String(model));
    expect(loaded.training).toBe(true);
    expect(readdirSync(folder)).toEqual(["digits.safetensors"]);
  });

  it("keeps float64", async () => {
    const model = small().to("float64");
    const loaded = decodeModel(await encodeModel(model));
    expect(loaded.stateDict()["0.weight"]!.toArray()).toEqual(
      model.stateDict()["0.weight"]!.toArray(),
    );
  });

  it("outlives its scope, and leaves the random sequence as it was", async () => {
    const bytes = await encodeModel(small());
    manualSeed(5);
    const before = randomState();
    const model = scope(() => decodeModel(bytes)) as Module;
    expect(randomState()).toEqual(before);
    expect(model.forward(randn([2, 1, 4, 4])).shape).toEqual([2, 2, 2, 2]);
  });

  it("takes no notice of hooks", async () => {
    const model = small();
    const file = await encodeModel(model);
    const remove = model.layers.map((layer) => layer.onForward(() => undefined));
    expect(await encodeModel(model)).toEqual(file);
    for (const each of remove) each();
  });

  it("knows classes of one's own", async () => {
    class Twice extends Module {
      readonly inner = new Dense(2, 2);
      forward(x: Tensor): Tensor {
        return this.inner.forward(this.inner.forward(x));
      }
    }
    const layers = { Twice: { class: Twice, describe: () => ({}), build: () => new Twice() } };
    const path = join(folder, "twice.safetensors");
    const model = new Twice();
    await saveModel(path, model, { layers });
    const loaded = await loadModel(path, { layers });
    expect(loaded.stateDict()["inner.weight"]!.toArray()).toEqual(model.inner.weight.toArray());
    await expect(loadModel(path)).rejects.toThrow(
      `loadModel: ${path}: model has the type "Twice", which convgrad does not have`,
    );
    await expect(saveModel(path, model)).rejects.toThrow("saveModel: the model is a Twice");
    rmSync(path);
  });
});

describe("files that are refused", () => {
  const model = small();
  /** The file with other weights, or another description. */
  async function changed(
    change: (state: Record<string, Tensor>, description: string) => string | undefined,
  ): Promise<Uint8Array> {
    const { tensors, metadata } = decodeSafetensors(await encodeModel(model));
    const text = change(tensors, metadata["convgrad.architecture"]!);
    return encodeSafetensors(tensors, text === undefined ? {} : { "convgrad.architecture": text });
  }

  it.each<[string, Parameters<typeof changed>[0], string]>([
    ["weights alone", () => undefined, "has no architecture, weights only; build the model"],
    [
      "a missing weight",
      (state, text) => {
        delete state["0.bias"];
        return text;
      },
      "model.layers[1] brings the weights to 29 numbers, more than 27, all that the file holds",
    ],
    [
      "another name",
      (state, text) => {
        state["0.b"] = state["0.bias"]!;
        delete state["0.bias"];
        return text;
      },
      "its weights are not those of its architecture: missing 0.bias; unexpected 0.b",
    ],
    [
      "another shape",
      (state, text) => {
        state["0.weight"] = randn([2, 9, 1, 1]);
        return text;
      },
      "0.weight is float32 [2, 9, 1, 1], its architecture has float32 [2, 1, 3, 3]",
    ],
    [
      "another type",
      (state, text) => {
        state["0.weight"] = state["0.weight"]!.to("float64");
        return text;
      },
      "0.weight is float64 [2, 1, 3, 3], its architecture has float32 [2, 1, 3, 3]",
    ],
    [
      "a large model",
      (_, text) => text.replace('"filters":2', '"filters":20000'),
      "model.layers[0] brings the weights to 200000 numbers, more than 29, all that the file holds",
    ],
    [
      "a layer that its class refuses, after others",
      (_, text) => text.replace('"BatchNorm2D",', '"BatchNorm2D","epsilon":-1,'),
      "model.layers[1] is refused: BatchNorm2D: epsilon -1 must be",
    ],
    ["no JSON", () => "no JSON", "the architecture has no value"],
  ])("%s", async (_, change, message) => {
    const bytes = await changed(change);
    expect(() => decodeModel(bytes, { name: "net" })).toThrow(FormatError);
    expect(() => decodeModel(bytes, { name: "net" })).toThrow("decodeModel: net: ");
    const { tensors } = memory();
    expect(() => decodeModel(bytes)).toThrow(message);
    expect(memory().tensors).toBe(tensors);
  });

  it("that are no bytes, or do not exist", async () => {
    expect(() => decodeModel("x" as never)).toThrow(ValueError);
    await expect(loadModel(join(folder, "none"))).rejects.toThrow("none");
    await expect(encodeModel(model, { metadata: { "convgrad.architecture": "" } })).rejects.toThrow(
      "the name convgrad.architecture in metadata is taken",
    );
    await expect(encodeModel(model, { metadata: ["x"] as never })).rejects.toThrow(ValueError);
    await expect(encodeModel(3 as never)).rejects.toThrow("encodeModel: the model is 3");
    writeFileSync(join(folder, "empty"), "");
    await expect(loadModel(join(folder, "empty"))).rejects.toThrow(FormatError);
  });

  it("whatever bytes are changed: refused, or a whole model", async () => {
    const file = await encodeModel(leNet5({ classes: 2 }));
    const header = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(header - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.nat(20),
        (changes, cut) => {
          const damaged = file.slice(0, file.length - (cut > 2 ? 0 : cut));
          for (const [at, byte] of changes) damaged[at] = byte;
          try {
            expect(decodeModel(damaged).parameters().length).toBe(10);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        },
      ),
      { numRuns: 2_000, seed: 8 },
    );
  });
});

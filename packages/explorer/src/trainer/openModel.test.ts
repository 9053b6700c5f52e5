import { init } from "@convgrad/core";
import { decodeModel, encodeModel } from "@convgrad/io";
import { Conv2D, Dense, Flatten, leNet5, Sequential, Softmax } from "@convgrad/layers";
import { weightsHash } from "@convgrad/train";
import "@convgrad/wasm";
import { beforeAll, describe, expect, it } from "vitest";
import { Rehearsal, recipe } from "./rehearsal.ts";

let hash: string;
beforeAll(async () => {
  await init({ threads: 1 });
  hash = await (await Rehearsal.begin()).finish();
});

describe("saved models", () => {
  it("open in Node and in the page with the same weights", async () => {
    const rehearsal = await Rehearsal.begin();
    await rehearsal.finish();
    const saved = await rehearsal.ask({ kind: "save", as: "safetensors" }, "saved");
    const { bytes, name } = saved;
    expect([name, saved.step]).toEqual(["digits-step-25.safetensors", 25]);
    expect(await weightsHash(decodeModel(bytes).parameters())).toBe(hash);
    const { recipe: opened } = await rehearsal.ask(
      { kind: "open", file: new File([bytes], name) },
      "begun",
    );
    expect(opened).toEqual(recipe());
    expect((await rehearsal.next("validated")).weightsHash).toBe(hash);
  });

  it("are refused when forged, or without cards; nothing changes", async () => {
    // Made first: new weights draw from the sequence that a training draws from.
    const models: [Sequential | Dense, RegExp][] = [
      [new Sequential(new Flatten(), new Dense(784, 10), new Softmax()), /layer 2 .* has no card/],
      [
        new Sequential(new Conv2D(1, 1, 3, { dilation: 2 }), new Flatten(), new Dense(576, 10)),
        /layer 0 .* has no card on this page, for its dilation; open it in Node: loadModel/,
      ],
      [
        new Sequential(new Conv2D(1, 1, [3, 5]), new Flatten(), new Dense(624, 10)),
        /layer 0 .* has no card/,
      ],
      [leNet5({ channels: 3 }), /does not fit these images, \[1, 28, 28\]/],
      [new Sequential(new Flatten(), new Dense(784, 9)), /must give \[10\]/],
      [new Dense(784, 10), /layers in a row: Sequential/],
    ];
    const rehearsal = await Rehearsal.begin();
    const { bytes } = await rehearsal.ask({ kind: "save", as: "safetensors" }, "saved");
    const open = async (contents: Uint8Array) =>
      rehearsal.fails({
        kind: "open",
        file: new File([new Uint8Array(contents)], "my.safetensors"),
      });
    expect(await open(bytes.slice(0, -4))).toMatch(/decodeModel: my\.safetensors: /);
    expect(await open(new Uint8Array(100))).toMatch(/decodeModel: my\.safetensors: /);
    for (const [model, message] of models)
      expect(await open(await encodeModel(model))).toMatch(message);
    expect(await rehearsal.finish()).toBe(hash);
  });

  it("made elsewhere open too", async () => {
    const rehearsal = await Rehearsal.begin();
    const model = leNet5();
    const file = new File([new Uint8Array(await encodeModel(model))], "lenet.safetensors");
    const { recipe: opened } = await rehearsal.ask({ kind: "open", file }, "begun");
    expect(opened.layers).toHaveLength(12);
    expect((await rehearsal.next("validated")).weightsHash).toBe(
      await weightsHash(model.parameters()),
    );
  });

  it("go to ONNX", async () => {
    const rehearsal = await Rehearsal.begin();
    const { bytes, name } = await rehearsal.ask({ kind: "save", as: "onnx" }, "saved");
    expect(name).toBe("digits-step-0.onnx");
    expect(bytes.length).toBeGreaterThan(4 * (104 + 2570));
  });
});

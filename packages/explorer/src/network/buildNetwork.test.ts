import { manualSeed, memory, randomState } from "@convgrad/core";
import { leNet5 } from "@convgrad/layers";
import { weightsHash } from "@convgrad/train";
import { beforeEach, describe, expect, it } from "vitest";
import { buildNetwork, describeNetwork } from "./buildNetwork.ts";
import type { LayerCard } from "./recipe.ts";
import { RECIPE_FIELDS, readLayers } from "./recipeText.ts";

const DIGITS = { imageShape: [1, 28, 28], classes: 10 };
const rowsOf = (text: string, task = DIGITS) => describeNetwork(readLayers(text)!, task).rows;
const errorsOf = (text: string, task = DIGITS) => rowsOf(text, task).map(({ error }) => error);

beforeEach(() => manualSeed(1));

describe("a network of cards", () => {
  it("LeNet-5 has the shapes, parameters and bits of leNet5()", async () => {
    const { rows, model, parameters } = buildNetwork(RECIPE_FIELDS.network.initial, DIGITS);
    expect(rows.map(({ shape }) => shape)).toEqual([
      ...[
        [6, 28, 28],
        [6, 28, 28],
        [6, 14, 14],
        [16, 10, 10],
        [16, 10, 10],
        [16, 5, 5],
      ],
      ...[[400], [120], [120], [84], [84], [10]],
    ]);
    expect(parameters).toBe(61_706);
    expect(rows[0]).toMatchObject({ parameters: 156, ifDense: 785 * 4704, error: null });
    expect(rows[3]!.field).toEqual({ size: [14, 14], stride: [2, 2], offset: [-2, -2] });
    expect(rows[7]!.field).toBe("all");
    manualSeed(1);
    expect(await weightsHash(model!.parameters())).toBe(await weightsHash(leNet5().parameters()));
  });

  it("takes channels and units from the shape, of coloured images too", () => {
    const task = { imageShape: [3, 32, 32], classes: 4 };
    const layers = rowsOf("conv6k5-norm-mean-flat-drop50-dense4", task).map(({ layer }) => layer);
    expect(layers).toEqual([
      "Conv2D(3 → 6, 5×5)",
      "BatchNorm2D(6)",
      "GlobalAvgPool",
      "Flatten",
      "Dropout(0.5)",
      "Dense(6 → 4)",
    ]);
  });

  it("the card at fault has the library's message, those before it shapes, those after it names", () => {
    const rows = rowsOf("conv6k5-max2-conv16k15-norm-lp2-dense10");
    expect(rows.map(({ shape }) => shape)).toEqual([
      [6, 24, 24],
      [6, 12, 12],
      null,
      null,
      null,
      null,
    ]);
    expect(rows.map(({ error }) => error?.slice(0, 51) ?? null)).toEqual([
      null,
      null,
      "conv2d: kernel 15×15 does not fit the padded input ",
      null,
      null,
      null,
    ]);
    expect(rows.slice(2).map(({ layer }) => layer)).toEqual([
      "Conv2D(? → 16, 15×15)",
      "BatchNorm2D(?)",
      "L2Pool(2×2)",
      "Dense(? → 10)",
    ]);
  });

  it.each([
    ["dense10", 0, /expects 784 inputs but receives 28 .*; flatten the images before the first/],
    ["flat-conv6k5", 1, /conv2d: .*\[1, 784\]/],
    ["flat-max2", 1, /maxPool: kernel 2×2 does not fit the padded input 1×784/],
    ["flat-norm", 1, /\[1, 784\]/],
    ["flat-dense9", 1, /gives \[9\], and must give \[10\].*; end with a dense layer of 10 units/],
    ["conv6k5", 0, /gives \[6, 24, 24\].*; end with a flatten and a dense layer of 10 units/],
    ["conv256k1-flat-dense4096-dense10", 2, /822,08\d,\d+ parameters.*at most 5,000,000; choose/],
  ])("%s: card %i says so", (text, at, message) => {
    const errors = errorsOf(text);
    expect(errors[at]).toMatch(message);
    expect(errors.filter(Boolean)).toHaveLength(1);
    expect(buildNetwork(readLayers(text)!, DIGITS).model).toBeNull();
  });

  it("numbers that are none have the library's message too", () => {
    const cards: LayerCard[] = [
      { type: "conv", filters: Number.NaN, kernel: 2.5, stride: 0, padding: -1 },
      { type: "dense", units: 1.5 },
    ];
    const [first, second] = describeNetwork(cards, DIGITS).rows;
    expect(first).toMatchObject({ layer: "conv", error: expect.stringMatching(/Conv2D: .*NaN/) });
    expect(second).toMatchObject({ layer: "dense", error: null });
  });

  it("no cards are no network, and no error", () => {
    expect(buildNetwork([], DIGITS)).toEqual({
      rows: [],
      parameters: 0,
      multiplyAdds: 0,
      model: null,
    });
  });

  it("to describe it takes no memory and no random numbers", () => {
    const random = randomState();
    const { peakBytes: _, ...before } = memory();
    for (const text of ["flat-dense4096-dense10", "flat-dense4096-conv6k5", "conv6k5-dense10"]) {
      rowsOf(text);
      const { tensors, bytes } = memory();
      expect({ tensors, bytes }).toEqual(before);
      expect(randomState()).toEqual(random);
    }
  });
});

import { leNet5 } from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readState, writeState } from "../address/fields.ts";
import { buildNetwork } from "./buildNetwork.ts";
import type { LayerCard } from "./recipe.ts";
import { LIMITS, RECIPE_FIELDS, readLayers, recipeOf, writeLayers } from "./recipeText.ts";

const from = ([min, max]: readonly [number, number]) => fc.integer({ min, max });
const card: fc.Arbitrary<LayerCard> = fc.oneof(
  fc.record({
    type: fc.constant("conv" as const),
    filters: from(LIMITS.filters),
    kernel: from(LIMITS.kernel),
    stride: from(LIMITS.stride),
    padding: from(LIMITS.padding),
  }),
  fc.record({
    type: fc.constantFrom("maxPool" as const, "avgPool" as const, "lpPool" as const),
    size: from(LIMITS.size),
    stride: from(LIMITS.size),
  }),
  fc.record({
    type: fc.constantFrom(
      ...(["relu", "tanh", "sigmoid", "gelu", "batchNorm", "globalAvgPool", "flatten"] as const),
    ),
  }),
  from(LIMITS.percent).map((percent) => ({ type: "dropout" as const, p: percent / 100 })),
  fc.record({ type: fc.constant("dense" as const), units: from(LIMITS.units) }),
);

describe("a network as text", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.array(card, { maxLength: LIMITS.layers[1] }), (layers) => {
        const text = writeLayers(layers);
        expect(readLayers(text)).toEqual(layers);
        expect(text).toMatch(/^[a-z0-9-]*$/); // nothing that an address would change
      }),
    );
  });

  it("leaves out what is usual", () => {
    expect(
      writeLayers([
        { type: "conv", filters: 6, kernel: 5, stride: 1, padding: 2 },
        { type: "maxPool", size: 2, stride: 2 },
        { type: "lpPool", size: 3, stride: 1 },
        { type: "dropout", p: 0.25 },
        { type: "dense", units: 10 },
      ]),
    ).toBe("conv6k5p2-max2-lp3s1-drop25-dense10");
  });

  it.each([
    "conv",
    "conv6",
    "conv0k5",
    "conv6k16",
    "conv6k5s0",
    "conv6k5p9",
    "conv6k5p2s2",
    "conv6k5 ",
    "Conv6k5",
    "max",
    "max0",
    "max29",
    "drop96",
    "drop-1",
    "dense4097",
    "dense1e3",
    "dense99999",
    "relu-",
    "-relu",
    "relu--relu",
    "toString",
    "__proto__",
    Array(33).fill("relu").join("-"),
    "9".repeat(100_000),
  ])("refuses %s", (text) => {
    expect(readLayers(text)).toBeUndefined();
  });

  it("any text is a network or none, and never breaks an address", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (network, lr) => {
        const state = readState(RECIPE_FIELDS, new URLSearchParams({ network, lr }));
        expect(writeState(RECIPE_FIELDS, state).get("network") ?? "").toBe(
          readLayers(network) && network !== writeLayers(RECIPE_FIELDS.network.initial)
            ? writeLayers(state.network)
            : "",
        );
      }),
    );
  });

  it("begins with LeNet-5 of the library", () => {
    const { layers, ...settings } = recipeOf(readState(RECIPE_FIELDS, new URLSearchParams()));
    const { rows, parameters } = buildNetwork(layers, { imageShape: [1, 28, 28], classes: 10 });
    const summary = leNet5().summary([1, 28, 28]);
    expect(rows.map(({ layer }) => layer)).toEqual(summary.rows.map(({ layer }) => layer));
    expect(parameters).toBe(summary.parameters);
    expect(settings).toEqual({
      seed: 1,
      batch: 32,
      optimizer: "sgd",
      lr: 0.05,
      momentum: 0.9,
      epochs: 10,
    });
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readState, writeState } from "../address/fields.ts";
import { layerNumbers } from "../article/layer.ts";
import { ARTICLE } from "../golden/article.ts";
import { productNumbers } from "./bothProducts.ts";
import { chainMaps, originOf } from "./chain.ts";
import { FIELDS, layerOf, STEPS, stateOf } from "./fields.ts";
import { fourCases } from "./fourCases.ts";
import { inputTerms, weightTerms } from "./terms.ts";
import { Twins } from "./twins.ts";

const initial = readState(FIELDS, new URLSearchParams());
const sizes = fc.record({
  rows: fc.integer({ min: 5, max: 8 }),
  columns: fc.integer({ min: 5, max: 8 }),
  k1: fc.integer({ min: 1, max: 5 }),
  k2: fc.integer({ min: 1, max: 5 }),
  seed: fc.nat(9999),
});

describe("cross-correlation and convolution", () => {
  it("∗ is ⊗ with the kernel turned; both agree for a symmetric kernel", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const { x, w } = layerOf({ ...initial, ...size });
        const numbers = productNumbers(x, w);
        expect(numbers.withTurned.error).toBe(0);
        expect(productNumbers(x, numbers.symmetric).convolution.error).toBe(0);
      }),
      { numRuns: 30 },
    );
  });
  it("they differ for the kernel that the view begins with", () => {
    const { x, w } = layerOf(initial);
    expect(productNumbers(x, w).convolution.same).toBe(false);
  });
});

describe("the four cases", () => {
  it("hold exactly for whole numbers", () => {
    fc.assert(
      fc.property(sizes, (size) => {
        const cases = fourCases(layerOf({ ...initial, ...size, f: "identity" }));
        expect(cases.map(({ found }) => found.error)).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 30 },
    );
  });
  it("and need their turns", () => {
    for (const { otherwise } of fourCases(layerOf(initial)))
      expect(otherwise.error).toBeGreaterThan(0);
  });
});

describe("terms", () => {
  const layer = ARTICLE.article_4x4_k2_relu_integers;
  it("add up to the gradient of a weight and of a pixel", () => {
    const { dw, dO } = layerNumbers(layer);
    const weight = weightTerms(layer, [1, 0]);
    expect(weight.products).toHaveLength(9);
    expect(weight.sum).toBe(dw.values[2]);
    const pixel = inputTerms(layer, [2, 1]);
    expect(pixel).toMatchObject({ from: [1, 0], to: [2, 1] }); // (i′ − k1 + 1, j′ − k2 + 1) to (i′, j′)
    expect(pixel.products.reduce((sum, [delta, w]) => sum + delta * w, 0)).toBe(pixel.sum);
    expect(pixel.sum).toBe(dO.plane.values[9]);
  });
});

describe("three layers", () => {
  it("every δ is the slope times the sum over the δ after it", () => {
    const maps = chainMaps(1);
    expect(maps.map(({ delta }) => delta.rows)).toEqual([8, 6, 4, 2]);
    for (const map of [0, 1, 2]) {
      const { delta } = maps[map]!;
      for (let at = 0; at < delta.values.length; at++) {
        const place = [Math.floor(at / delta.columns), at % delta.columns] as const;
        const { sum, slope } = originOf(1, map, place);
        expect(sum * (slope ?? 1)).toBeCloseTo(delta.values[at]!, 10);
      }
    }
  });
  it("a pixel reaches a window in each later map", () => {
    expect(originOf(1, 0, [4, 4]).reach).toEqual([
      { map: 1, from: [2, 2], to: [4, 4] },
      { map: 2, from: [0, 0], to: [3, 3] },
      { map: 3, from: [0, 0], to: [1, 1] },
    ]);
  });
});

describe("the twins", () => {
  it("have the same loss to the bit for 200 steps, and mirrored filters", () => {
    const twins = new Twins(1, 0.05);
    for (let step = 0; step < STEPS; step++) twins.step();
    const [plain, flipped] = twins.losses;
    expect(plain).toHaveLength(200);
    expect(flipped).toEqual(plain);
    expect(plain![199]!).toBeLessThan(plain![0]! / 10);
    const { filters, error } = twins.filters();
    expect(error).toBe(0);
    expect(filters[0]!.flipped.values).not.toEqual(filters[0]!.plain.values);
  });
});

describe("the state", () => {
  it("goes through an address and back", () => {
    for (const layer of Object.values(ARTICLE)) {
      const state = { ...initial, ...stateOf(layer) };
      const again = readState(FIELDS, new URLSearchParams(writeState(FIELDS, state).toString()));
      expect(layerOf(again)).toEqual(layer);
    }
  });
  it("survives numbers that do not fit the sizes", () => {
    const state = readState(FIELDS, new URLSearchParams("x=1,2,3&rows=2&columns=99&pin=y:900,1"));
    expect(layerOf(state).x.values).toHaveLength(10);
  });
});

import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";
import { register } from "./suite.ts";
import { suites } from "./suites/index.ts";

for (const suite of suites) register(suite);

describe("no golden case vanishes", () => {
  const cases = suites.flatMap((suite) => suite.cases);
  const skipped = cases.filter((c) => c.run === null);

  it("every file has its suite", () => {
    const files = readdirSync(new URL("data/", import.meta.url)).filter((f) => f.endsWith(".json"));
    expect(suites.map((suite) => suite.file).toSorted()).toEqual(files.toSorted());
  });

  it("runs 456 and skips 0 of the 456 cases", () => {
    expect(cases).toHaveLength(456);
    expect({ run: cases.length - skipped.length, skipped: skipped.length }).toEqual({
      run: 456,
      skipped: 0,
    });
  });

  it("runs them on each backend, where float32 is no obstacle", () => {
    const places: Record<string, number> = {};
    for (const place of cases.flatMap((c) => c.places)) places[place] = (places[place] ?? 0) + 1;
    expect(places).toEqual({
      "reference float64": 456,
      "reference float32": 436, // all but training traces, schedules and two normalisations
      "wasm float32": 436,
      "wasm without Winograd float32": 60, // those with 3×3 filters, or images of that size
    });
  });

  it("skips these operations and no others, for these reasons", () => {
    const reasons: Record<string, number> = {};
    for (const { op, reason } of skipped) {
      const key = `${op}: ${reason}`;
      reasons[key] = (reasons[key] ?? 0) + 1;
    }
    expect(reasons).toEqual({});
  });
});

describe("the comparison", () => {
  const tolerance = { rtol: 1e-9, atol: 1e-11 };
  const compare = (actual: number[], expected: number[]) => () =>
    expectNumbers("x", actual, expected, tolerance);

  it("lets through what lies within the tolerance, equal NaNs and infinities, and −0 for 0", () => {
    compare([1 + 9e-10, 1e-12, Number.NaN, -0, -1 / 0], [1, 0, Number.NaN, 0, -1 / 0])();
  });

  it("names the worst element otherwise", () => {
    expect(compare([1, 2 + 1e-8, 3 + 1e-5], [1, 2, 3])).toThrow(
      /element 2 is 3\.00001 instead of 3/,
    );
    expect(compare([Number.NaN], [1])).toThrow(/element 0 is NaN/);
    expect(compare([1], [Number.NaN])).toThrow(/instead of NaN/);
    expect(compare([Number.POSITIVE_INFINITY], [1])).toThrow(/Infinity/);
    expect(compare([0], [Number.POSITIVE_INFINITY])).toThrow(/Infinity/);
    expect(compare([1], [1, 2])).toThrow(/number of elements/);
  });
});

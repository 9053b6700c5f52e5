import { gradcheck, tensor } from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RUNS } from "./cases.ts";
import { calls, distinct } from "./layerCalls.ts";

describe("gradients of the layers, to second order", () => {
  it.each(Object.entries(calls))("%s", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(10000), ({ shapes, apply }, seed) => {
        const inputs = shapes.map((shape, i) => tensor(distinct(shape, seed + i), { shape }));
        expect(gradcheck(apply, inputs, { order: 2 }).ok).toBe(true);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });
});

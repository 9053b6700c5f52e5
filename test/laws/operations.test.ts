import { gradcheck, tensor } from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RUNS } from "./cases.ts";
import { distinct } from "./layerCalls.ts";
import { operationCalls } from "./operationCalls.ts";

describe("gradients of the operations, to second order", () => {
  it.each(Object.entries(operationCalls))("%s", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(10000), ({ shapes, apply }, seed) => {
        const inputs = shapes.map((shape, i) => tensor(distinct(shape, seed + i), { shape }));
        const { ok, kinks } = gradcheck(apply, inputs, { order: 2 });
        expect([ok, kinks]).toEqual([true, []]);
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  });
});

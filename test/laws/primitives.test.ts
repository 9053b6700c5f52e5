import { gradcheck, primitives, reference } from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cases, inputsOf, law, lookAt } from "./cases.ts";
import { differentiable, primitiveLaws } from "./primitiveLaws.ts";
import { samples } from "./samples.ts";

it("has a sample for each primitive", () => {
  expect(Object.keys(samples).sort()).toEqual(Object.keys(primitives).sort());
});

primitiveLaws({
  name: "reference",
  kernels: reference,
  float: "float64",
  tolerance: { rtol: 1e-12, atol: 1e-12 },
});

describe("first and second derivatives agree with central differences", () => {
  it.each(differentiable)("%s", (_, { instances }) => {
    const plain = fc.constantFrom("whole", "permuted", "flipped");
    law(reference, cases(instances, plain), (one) => {
      const { bases } = inputsOf(one, "float64");
      gradcheck(
        (...memory) =>
          one.instance.apply(
            ...one.instance.operands.map((operand, i) =>
              lookAt(operand, one.looks[i]!).view(memory[i]!),
            ),
          ),
        bases,
        { order: 2 },
      );
    });
  });
});

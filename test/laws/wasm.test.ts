import { gradients, reference, scope, type Tensor, tensor, withBackend } from "@convgrad/core";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectNumbers, type Tolerance } from "../oracle/closeness.ts";
import { cases, inputsOf, law, look, RUNS, type Setting, weightsLike } from "./cases.ts";
import { calls, distinct } from "./layerCalls.ts";
import { operationCalls } from "./operationCalls.ts";
import { differentiable, primitiveLaws } from "./primitiveLaws.ts";

const wasm = createKernels({ threads: 2 });

primitiveLaws({
  name: "wasm",
  kernels: wasm,
  float: "float32",
  tolerance: { rtol: 2e-6, atol: 1e-6 },
});

/** float32 against float64. */
const TOLERANCE: Tolerance = { rtol: 1e-4, atol: 1e-5 };

/** The value, the gradients of its inputs, and the gradients of those in turn. */
function derivatives(y: Tensor, xs: readonly Tensor[]): Tensor[] {
  const first = gradients(y, xs, { gradient: weightsLike(y), createGraph: true });
  const rising = first.filter((g) => g.requiresGrad);
  const along = rising.map((g) => g.mul(weightsLike(g)).sum());
  const second = along[0]
    ? gradients(
        along.reduce((sum, term) => sum.add(term)),
        xs,
      )
    : [];
  return [y, ...first, ...second];
}

/** What `build` computes on wasm in float32 is what it computes on the reference backend in float64. */
function expectAgreement(build: (float: Setting["float"]) => Tensor[]): void {
  const ours = build("float32");
  const expected = withBackend(reference, () => build("float64"));
  expect(ours.map((x) => x.shape)).toEqual(expected.map((x) => x.shape));
  ours.forEach((x, i) => {
    expectNumbers(`tensor ${i}`, x.toTypedArray(), expected[i]!.toTypedArray(), TOLERANCE);
  });
}

describe("float32 on wasm is float64 on the reference backend: values and derivatives to second order", () => {
  it.each(differentiable)("%s", (_, { instances }) => {
    law(wasm, cases(instances, look), (one) =>
      expectAgreement((float) => {
        const { bases, inputs } = inputsOf(one, float);
        return derivatives(
          one.instance.apply(...inputs),
          bases.filter((x) => x.requiresGrad),
        );
      }),
    );
  });

  it.each(Object.entries({ ...calls, ...operationCalls }))("%s", (_, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, fc.nat(10000), ({ shapes, apply }, seed) =>
        withBackend(wasm, () =>
          scope(() =>
            expectAgreement((dtype) => {
              const inputs = shapes.map((shape, i) =>
                tensor(distinct(shape, seed + i), { shape, dtype, requiresGrad: true }),
              );
              return derivatives(apply(...inputs), inputs);
            }),
          ),
        ),
      ),
      { numRuns: RUNS },
    );
  });
});

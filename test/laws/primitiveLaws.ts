import { gradients, type PrimitiveName, type Tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";
import { indicesOf } from "../conformance/placements.ts";
import { expectNumbers, type Tolerance } from "../oracle/closeness.ts";
import { cases, inputsOf, law, look, type Setting, weightsLike } from "./cases.ts";
import { type Read, type Sample, samples } from "./samples.ts";

const EXACTLY: Tolerance = { rtol: 0, atol: 0 };
const entries = Object.entries(samples) as [PrimitiveName, Sample][];
/** Those with gradients. */
export const differentiable = entries.filter(([, sample]) => sample.differentiable);
const linear = differentiable.filter(([, sample]) => sample.linear !== "no");

function reader(x: Tensor): Read {
  const values = x.toTypedArray();
  return (index) => values[index.reduce((at, i, axis) => at * x.shape[axis]! + i, 0)]!;
}

/** ⟨a, b⟩ */
export function dot(a: Tensor, b: Tensor): number {
  return a.mul(b).sum().item();
}

/** What every primitive obeys, whatever computes it. */
export function primitiveLaws({ name, kernels, float, tolerance }: Setting): void {
  const expectClose = (what: string, actual: Tensor, expected: Tensor) => {
    expect(actual.shape).toEqual(expected.shape);
    expectNumbers(what, actual.toTypedArray(), expected.toTypedArray(), tolerance);
  };

  describe(`on ${name} the result is the defining equation`, () => {
    it.each(entries)("%s", (_, { instances }) => {
      law(kernels, cases(instances, look), (one) => {
        const { inputs } = inputsOf(one, float);
        const y = one.instance.apply(...inputs);
        const reads = inputs.map(reader);
        const expected = indicesOf(y.shape).map((index) => one.instance.element(index, ...reads));
        expectNumbers("y", y.toTypedArray(), expected, tolerance);
      });
    });
  });

  describe(`on ${name} the gradient of a linear primitive is its exact adjoint: ⟨Ax, g⟩ = ⟨x, Aᵀg⟩`, () => {
    it.each(linear)("%s", (_, { instances, linear: how }) => {
      law(kernels, cases(instances, look), (one) => {
        const { bases, inputs } = inputsOf(one, float);
        const y = one.instance.apply(...inputs);
        const g = weightsLike(y);
        const floats = bases.filter((x) => x.requiresGrad);
        const parts = gradients(y, floats, { gradient: g }).map((gx, i) => dot(floats[i]!, gx));
        const sums = how === "jointly" ? [parts.reduce((total, part) => total + part, 0)] : parts;
        const expected = dot(y, g);
        expectNumbers(
          "⟨x, Aᵀg⟩",
          sums,
          sums.map(() => expected),
          EXACTLY,
        );
      });
    });
  });

  describe(`on ${name} a view gives what a copy gives, value and gradient`, () => {
    it.each(differentiable)("%s", (_, { instances }) => {
      law(kernels, cases(instances, look), (one) => {
        const { bases, inputs } = inputsOf(one, float);
        const floats = bases.filter((x) => x.requiresGrad);
        const viaViews = one.instance.apply(...inputs);
        const viaCopies = one.instance.apply(...inputs.map((x) => x.clone()));
        expectClose("y", viaViews, viaCopies);

        const g = weightsLike(viaCopies);
        const backwards = [...g.shape.keys()].reverse();
        const strided = g.permute(backwards).clone().permute(backwards);
        const expected = gradients(viaCopies, floats, { gradient: g, retainGraph: true });
        gradients(viaViews, floats, { gradient: strided }).forEach((gx, i) => {
          expectClose(`gradient ${i}`, gx, expected[i]!);
        });
      });
    });
  });

  describe(`on ${name} a primitive without gradients`, () => {
    it.each(entries.filter(([, sample]) => !sample.differentiable))("%s", (_, { instances }) => {
      law(kernels, cases(instances, look), (one) => {
        const { inputs } = inputsOf(one, float);
        expect(one.instance.apply(...inputs).requiresGrad).toBe(false);
      });
    });
  });
}

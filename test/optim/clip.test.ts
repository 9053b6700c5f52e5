import { memory, type Tensor, tensor, ValueError } from "@convgrad/core";
import { clipGradNorm, clipGradValue } from "@convgrad/optim";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

function withGradient(...gradient: number[]): Tensor {
  const w = tensor(
    gradient.map(() => 0),
    { dtype: "float64", requiresGrad: true },
  );
  w.grad = tensor(gradient, { dtype: "float64" });
  return w;
}

const gradientsOf = (parameters: readonly Tensor[]) =>
  parameters.flatMap(({ grad }) => [...(grad?.toTypedArray() ?? [])]);

describe("clipGradNorm", () => {
  // Computed by PyTorch.
  it.each([
    [
      2,
      5.477225575051661,
      [0.8215836862577766, -1.0954449150103687, 0.27386122875259217, 0.5477224575051843],
    ],
    [1, 10, [0.4499999550000045, -0.599999940000006, 0.1499999850000015, 0.299999970000003]],
    [
      3,
      4.641588833612778,
      [0.9694954016428952, -1.2926605355238603, 0.32316513388096507, 0.6463302677619301],
    ],
    [
      Number.POSITIVE_INFINITY,
      4,
      [1.1249997187500704, -1.4999996250000938, 0.37499990625002344, 0.7499998125000469],
    ],
  ])("of type %d gives PyTorch's numbers, in place", (normType, norm, expected) => {
    const parameters = [withGradient(3, -4), withGradient(1, 2)];
    const [first] = parameters.map(({ grad }) => grad!);
    const found = clipGradNorm(parameters, 1.5, { normType });
    const tolerance = { rtol: 1e-14, atol: 0 };
    expectNumbers("norm", [found], [norm], tolerance);
    expectNumbers("gradients", gradientsOf(parameters), expected, tolerance);
    expect(parameters[0]!.grad).toBe(first);
  });

  it("leaves a short gradient as it is, to the bit, and passes over parameters without one", () => {
    const [w, other] = [withGradient(0.1, 0.2), tensor([1], { requiresGrad: true })];
    const { tensors } = memory();
    expect(clipGradNorm([w, other], 1)).toBeCloseTo(Math.hypot(0.1, 0.2), 14);
    expect(gradientsOf([w])).toEqual([0.1, 0.2]);
    expect(clipGradNorm([other], 1)).toBe(0);
    expect(memory().tensors).toBe(tensors);
  });

  it("spreads what is not finite as PyTorch does, or refuses it before anything changes", () => {
    const [infinite, nan] = [withGradient(1 / 0, 1), withGradient(Number.NaN, 1)];
    for (const w of [infinite, nan]) {
      const before = gradientsOf([w]);
      const refuse = () => clipGradNorm([w], 1, { errorIfNonFinite: true });
      expect(refuse).toThrow(ValueError);
      expect(refuse).toThrow(
        /the norm of the gradients is (Infinity|NaN); lower the learning rate/,
      );
      expect(gradientsOf([w])).toEqual(before);
    }
    expect(clipGradNorm([infinite], 1)).toBe(Number.POSITIVE_INFINITY);
    expect(gradientsOf([infinite])).toEqual([Number.NaN, 0]);
    expect(clipGradNorm([nan], 1)).toBeNaN();
    expect(gradientsOf([nan])).toEqual([Number.NaN, Number.NaN]);
  });

  it("counts a gradient that two parameters share once", () => {
    const [a, b] = [withGradient(3, 4), withGradient(0, 0)];
    b.grad = a.grad;
    expect(clipGradNorm([a, b], 1)).toBe(5);
    expectNumbers("gradient", gradientsOf([a]), [0.6, 0.8], { rtol: 1e-6, atol: 0 });
  });
});

it("clipGradValue limits each element, in place; NaN stays", () => {
  const w = withGradient(3, -4, 0.5, Number.NaN);
  const { grad } = w;
  clipGradValue([w], 1);
  expect(gradientsOf([w])).toEqual([1, -1, 0.5, Number.NaN]);
  expect(w.grad).toBe(grad);
});

it.each<[string, () => unknown, RegExp]>([
  ["a negative norm", () => clipGradNorm([], -1), /maxNorm is -1; it must be a number ≥ 0/],
  ["a norm of NaN", () => clipGradNorm([], Number.NaN), /maxNorm is NaN/],
  ["normType 0", () => clipGradNorm([], 1, { normType: 0 }), /normType is 0; .* > 0 or Infinity/],
  ["normType in words", () => clipGradNorm([], 1, { normType: "2" as never }), /normType is "2"/],
  [
    "a switch of 1",
    () => clipGradNorm([], 1, { errorIfNonFinite: 1 as never }),
    /errorIfNonFinite is 1/,
  ],
  ["no list", () => clipGradNorm(3 as never, 1), /the parameters are no list/],
  ["no tensors", () => clipGradNorm([3] as never, 1), /parameter must be a tensor, not 3/],
  ["a negative value", () => clipGradValue([], -1), /clipGradValue: value is -1/],
])("refuses %s", (_, call, message) => {
  expect(call).toThrow(ValueError);
  expect(call).toThrow(message);
});

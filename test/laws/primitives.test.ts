import {
  gradcheck,
  gradients,
  type PrimitiveName,
  primitives,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indicesOf } from "../conformance/placements.ts";
import { type Instance, type Operand, type Read, type Sample, samples } from "./samples.ts";

/** Cases per law. A failure prints the seed and the path that repeat it. */
const RUNS = Number(process.env["LAW_RUNS"] ?? 100);

const entries = Object.entries(samples) as [PrimitiveName, Sample][];
const differentiable = entries.filter(([, sample]) => sample.differentiable);
const linear = differentiable.filter(([, sample]) => sample.linear !== "no");

/** A way to look at some memory as a tensor of the shape wanted. */
interface Look {
  readonly base: Shape;
  readonly view: (base: Tensor) => Tensor;
}

const whole = (shape: Shape): Look => ({ base: shape, view: (x) => x });

const LOOKS: Readonly<Record<string, (shape: Shape) => Look | null>> = {
  whole,
  permuted: (shape) => ({
    base: shape.toReversed(),
    view: (x) => x.permute([...shape.keys()].reverse()),
  }),
  "every second": (shape) => ({
    base: shape.map((n) => 2 * n + 1),
    view: (x) =>
      x.slice(
        shape.map(() => 1),
        [],
        shape.map(() => 2),
      ),
  }),
  flipped: (shape) => ({ base: shape, view: (x) => x.flip() }),
  "broadcast along the first axis": (shape) =>
    shape.length < 1 ? null : { base: shape.with(0, 1), view: (x) => x.broadcastTo(shape) },
  "broadcast along the last axis": (shape) =>
    shape.length < 1 ? null : { base: shape.with(-1, 1), view: (x) => x.broadcastTo(shape) },
  windows: (shape) => {
    const [taps = 0, places = 0] = shape.slice(-2);
    if (shape.length < 2 || taps === 0 || places === 0) return null;
    return { base: [...shape.slice(0, -2), taps + places - 1], view: (x) => x.windows([taps]) };
  },
  "permuted, flipped and sliced": (shape) => ({
    base: shape.toReversed().map((n) => n + 1),
    view: (x) =>
      x
        .permute([...shape.keys()].reverse())
        .flip()
        .slice(shape.map(() => 1)),
  }),
};

const look = fc.constantFrom(...Object.keys(LOOKS));

/** An instance with the looks and the numbers of its inputs. */
interface Case {
  readonly instance: Instance;
  readonly looks: readonly string[];
  readonly values: readonly (readonly number[])[];
}

function lookAt({ shape, dtype = "float64" }: Operand, name: string): Look {
  // Indices and conditions stay as they are: the laws are about the values.
  return (dtype === "float64" ? LOOKS[name]!(shape) : null) ?? whole(shape);
}

function sizeOf(shape: Shape): number {
  return shape.reduce((size, n) => size * n, 1);
}

function cases(instances: fc.Arbitrary<Instance>, looks: fc.Arbitrary<string>): fc.Arbitrary<Case> {
  return instances.chain((instance) =>
    fc.tuple(...instance.operands.map(() => looks)).chain((chosen) =>
      fc
        .tuple(
          ...instance.operands.map((operand, i) => {
            const length = sizeOf(lookAt(operand, chosen[i]!).base);
            return fc.array(operand.values, { minLength: length, maxLength: length });
          }),
        )
        .map((values) => ({ instance, looks: chosen, values })),
    ),
  );
}

/** The memory of the inputs as leaves, and the inputs as views of it. */
function inputsOf({ instance, looks, values }: Case): { bases: Tensor[]; inputs: Tensor[] } {
  const places = instance.operands.map((operand, i) => lookAt(operand, looks[i]!));
  const bases = instance.operands.map(({ dtype = "float64" }, i) =>
    tensor([...values[i]!], {
      dtype,
      shape: places[i]!.base,
      requiresGrad: dtype === "float64",
    }),
  );
  return { bases, inputs: bases.map((base, i) => places[i]!.view(base)) };
}

/** Numbers that depend on the position alone, as a gradient of the result. */
function weights(shape: Shape): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5) % 7) / 4 - 0.5);
  return tensor(values, { dtype: "float64", shape });
}

function reader(x: Tensor): Read {
  const values = x.toTypedArray();
  return (index) => values[index.reduce((at, i, axis) => at * x.shape[axis]! + i, 0)]!;
}

function dot(a: Tensor, b: Tensor): number {
  return a.mul(b).sum().item();
}

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const [p, q] = [actual.toTypedArray(), expected.toTypedArray()];
  p.forEach((value, i) => {
    expect(Math.abs(value - q[i]!)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(q[i]!)));
  });
}

function law(instances: fc.Arbitrary<Case>, body: (one: Case) => void): void {
  fc.assert(
    fc.property(instances, (one) => scope(() => body(one))),
    { numRuns: RUNS },
  );
}

it("has a sample for each primitive", () => {
  expect(Object.keys(samples).sort()).toEqual(Object.keys(primitives).sort());
});

describe("the result is the defining equation", () => {
  it.each(entries)("%s", (_, { instances }) => {
    law(cases(instances, look), (one) => {
      const { inputs } = inputsOf(one);
      const y = one.instance.apply(...inputs);
      const values = y.toTypedArray();
      const reads = inputs.map(reader);
      indicesOf(y.shape).forEach((index, i) => {
        expect(values[i]).toBeCloseTo(one.instance.element(index, ...reads), 12);
      });
    });
  });
});

describe("first and second derivatives agree with central differences", () => {
  it.each(differentiable)("%s", (_, { instances }) => {
    const plain = fc.constantFrom("whole", "permuted", "flipped");
    law(cases(instances, plain), (one) => {
      const { bases } = inputsOf(one);
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

describe("the gradient of a linear primitive is its exact adjoint: ⟨Ax, g⟩ = ⟨x, Aᵀg⟩", () => {
  it.each(linear)("%s", (_, { instances, linear: how }) => {
    law(cases(instances, look), (one) => {
      const { bases, inputs } = inputsOf(one);
      const y = one.instance.apply(...inputs);
      const g = weights(y.shape);
      const floats = bases.filter((x) => x.requiresGrad);
      const parts = gradients(y, floats, { gradient: g }).map((gx, i) => dot(floats[i]!, gx));
      const expected = dot(y, g);
      const sums = how === "jointly" ? [parts.reduce((total, part) => total + part, 0)] : parts;
      for (const actual of sums)
        expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(expected)));
    });
  });
});

describe("a view gives what a copy gives, value and gradient", () => {
  it.each(differentiable)("%s", (_, { instances }) => {
    law(cases(instances, look), (one) => {
      const { bases, inputs } = inputsOf(one);
      const floats = bases.filter((x) => x.requiresGrad);
      const viaViews = one.instance.apply(...inputs);
      const viaCopies = one.instance.apply(...inputs.map((x) => x.clone()));
      expectClose(viaViews, viaCopies);

      const g = weights(viaCopies.shape);
      const backwards = [...g.shape.keys()].reverse();
      const strided = g.permute(backwards).clone().permute(backwards);
      const expected = gradients(viaCopies, floats, { gradient: g, retainGraph: true });
      gradients(viaViews, floats, { gradient: strided }).forEach((gx, i) => {
        expectClose(gx, expected[i]!);
      });
    });
  });
});

describe("a primitive without gradients", () => {
  it.each(entries.filter(([, sample]) => !sample.differentiable))("%s", (_, { instances }) => {
    law(cases(instances, look), (one) => {
      const { inputs } = inputsOf(one);
      expect(one.instance.apply(...inputs).requiresGrad).toBe(false);
    });
  });
});

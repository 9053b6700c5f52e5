import {
  type Kernels,
  type Shape,
  scope,
  sizeOf,
  type Tensor,
  tensor,
  withBackend,
} from "@convgrad/core";
import fc from "fast-check";
import type { Tolerance } from "../oracle/closeness.ts";
import type { Instance, Operand } from "./samples.ts";

/** Cases per law. A failure prints the seed and the path that repeat it. */
export const RUNS = Number(process.env["LAW_RUNS"] ?? 100);

/** Where the laws are to hold, and how closely. */
export interface Setting {
  /** As the tests are titled. */
  readonly name: string;
  readonly kernels: Kernels;
  readonly float: "float64" | "float32";
  /** Of results that are rounded more than once; linear primitives on eighths are exact. */
  readonly tolerance: Tolerance;
}

/** A way to look at some memory as a tensor of the shape wanted. */
export interface Look {
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

/** Any of them. */
export const look = fc.constantFrom(...Object.keys(LOOKS));

/** An instance with the looks and the numbers of its inputs. */
export interface Case {
  readonly instance: Instance;
  readonly looks: readonly string[];
  readonly values: readonly (readonly number[])[];
}

/** The look of that name, or the plain one where it does not suit the shape. */
export function lookAt({ shape, dtype }: Operand, name: string): Look {
  // Indices and conditions stay as they are: the laws are about the values.
  return (dtype === undefined ? LOOKS[name]!(shape) : null) ?? whole(shape);
}

/** Instances, each input in one of the looks. */
export function cases(
  instances: fc.Arbitrary<Instance>,
  looks: fc.Arbitrary<string>,
): fc.Arbitrary<Case> {
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

/** The memory of the inputs as leaves of that type, and the inputs as views of it. */
export function inputsOf(
  { instance, looks, values }: Case,
  float: Setting["float"],
): { bases: Tensor[]; inputs: Tensor[] } {
  const places = instance.operands.map((operand, i) => lookAt(operand, looks[i]!));
  const bases = instance.operands.map(({ dtype = float }, i) =>
    tensor([...values[i]!], {
      dtype,
      shape: places[i]!.base,
      requiresGrad: dtype === float,
    }),
  );
  return { bases, inputs: bases.map((base, i) => places[i]!.view(base)) };
}

/** Numbers that depend on the position alone, as a gradient of the result. */
export function weightsLike({ shape, dtype }: Tensor): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 5) % 7) / 4 - 0.5);
  return tensor(values, { dtype, shape });
}

/** Checks that the body holds for every case, on that backend. */
export function law(
  kernels: Kernels,
  instances: fc.Arbitrary<Case>,
  body: (one: Case) => void,
): void {
  fc.assert(
    fc.property(instances, (one) => withBackend(kernels, () => scope(() => body(one)))),
    { numRuns: RUNS },
  );
}

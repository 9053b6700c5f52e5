import { gradients, type Kernels, memory, reference, scope, withBackend } from "@convgrad/core";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Program, programs, runProgram } from "./randomPrograms.ts";

const RUNS = 1000;
/** Every run draws the same programs; a failure prints its path, `PROGRAM_SEED` draws others. */
const SEED = Number(process.env["PROGRAM_SEED"] ?? 20_260_101);
/**
 * Programs in which float32 is not enough to tell which side of a kink (relu, the winner of a window) a number is on,
 * so that two correct runs differ.
 */
const MOST_UNDECIDED = RUNS / 200;

const backends = [1, 3].flatMap((threads) =>
  [true, false].map((winograd) => createKernels({ threads, winograd })),
);

/** Value, loss and the gradients of all leaves. */
function numbersOf(
  program: Program,
  kernels: Kernels,
  dtype: "float32" | "float64",
): Float64Array[] {
  return withBackend(kernels, () =>
    scope(() => {
      const { y, loss, leaves } = runProgram(program, dtype);
      // Gradients first: what is deferred is then still deferred when the pass begins.
      const found = gradients(loss, leaves);
      return [y, loss, ...found].map((x) => Float64Array.from(x.toTypedArray()));
    }),
  );
}

/** The first difference beyond 1e-4 of the tensor's largest element + 1e-5, or `null`. */
function difference(
  actual: readonly Float64Array[],
  expected: readonly Float64Array[],
): string | null {
  for (const [k, xs] of expected.entries()) {
    const ys = actual[k]!;
    if (ys.length !== xs.length) return `tensor ${k} has ${ys.length} elements, not ${xs.length}`;
    const allowed = 1e-4 * xs.reduce((most, x) => Math.max(most, Math.abs(x)), 0) + 1e-5;
    const at = xs.findIndex((x, i) => !(Math.abs(ys[i]! - x) <= allowed));
    if (at >= 0) return `element ${at} of tensor ${k} is ${ys[at]}, not ${xs[at]} ± ${allowed}`;
  }
  return null;
}

beforeAll(async () => {
  for (const kernels of backends) await kernels.settle?.();
});

describe("random programs", () => {
  it(`${RUNS} of them give on wasm what they give on the reference backend: values and gradients`, () => {
    const before = memory();
    let undecided = 0;
    const backend = fc.constantFrom(...backends.keys());
    fc.assert(
      fc.property(programs, backend, (program, which) => {
        const expected = numbersOf(program, reference, "float32");
        const actual = numbersOf(program, backends[which]!, "float32");
        const found = difference(actual, expected);
        if (found === null) return;
        const exact = numbersOf(program, reference, "float64");
        if (difference(expected, exact) === null) expect.fail(found);
        undecided++;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(undecided).toBeLessThanOrEqual(MOST_UNDECIDED);
    const { tensors, bytes } = memory();
    expect({ tensors, bytes }).toEqual({ tensors: before.tensors, bytes: before.bytes });
  });
});

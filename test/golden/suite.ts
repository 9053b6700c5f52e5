import {
  ConvgradError,
  gradients,
  type Kernels,
  reference,
  scope,
  type Tensor,
  withBackend,
} from "@convgrad/core";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";
import type { Tolerance } from "../oracle/closeness.ts";
import {
  type Config,
  expectClose,
  type FloatType,
  type GoldenCase,
  hasSquareFilters,
  load,
  type NamedCase,
  type Tolerances,
  toleranceOf,
  toTensor,
} from "./format.ts";

/** One case of a golden file: what runs it, or why nothing does. */
export interface PlannedCase {
  readonly name: string;
  readonly op: string;
  readonly run: (() => void) | null;
  /** The backends that run it, each with the float type: `"wasm float32"`. */
  readonly places: readonly string[];
  /** Why it is skipped. */
  readonly reason?: string;
}

/** All cases of one golden file. */
export interface Suite {
  readonly file: string;
  readonly cases: readonly PlannedCase[];
}

/** Runs a case in one float type, on the backend that is selected. */
export type Runner<C> = (c: C, float: FloatType, tolerance: Tolerance) => void;

/** What a case runs on, and how closely it is to agree there. */
interface Place {
  readonly kernels: Kernels;
  readonly float: FloatType;
  readonly tolerance: Tolerance;
}

const wasm = createKernels({ threads: 2 });
const direct: Kernels = {
  ...createKernels({ threads: 2, winograd: false }),
  name: "wasm without Winograd",
};

/**
 * Every backend in every type that it computes in; without Winograd once more where there are 3×3 filters. (Today's
 * cases are too small for Winograd, which random programs try; a lower threshold would be met here.)
 */
function placesOf(golden: { readonly tolerance: Tolerances }, c: NamedCase): Place[] {
  const candidates: readonly [Kernels, FloatType][] = [
    [reference, "float64"],
    [reference, "float32"],
    [wasm, "float32"],
    ...(hasSquareFilters(c, 3) ? [[direct, "float32"] as [Kernels, FloatType]] : []),
  ];
  return candidates.flatMap(([kernels, float]) => {
    const tolerance = toleranceOf(golden, c, float);
    return tolerance ? [{ kernels, float, tolerance }] : [];
  });
}

/** The tensors of a case by name; a case holds those that its operation takes. */
export interface Inputs {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly z: Tensor;
  readonly w: Tensor;
  readonly b: Tensor | undefined;
  readonly t: Tensor;
  readonly mask: Tensor;
  readonly cond: Tensor;
  readonly index: Tensor;
  readonly logits: Tensor;
  readonly target: Tensor;
  readonly weight: Tensor | undefined;
}

/** An operation as a user would write it: the result, or several by name. */
export type Sentence = (inputs: Inputs, config: Config) => Tensor | Record<string, Tensor>;

const BOTH: readonly FloatType[] = ["float64", "float32"];

/** Plans each case of a file: a runner, or the reason for skipping it; in which float types is asked per case. */
export function plan<C extends NamedCase>(
  file: string,
  choose: (c: C) => Runner<C> | string,
  floatsOf: (c: C) => readonly FloatType[] = () => BOTH,
): Suite {
  const golden = load<C>(file);
  const planned = golden.cases.map((c): PlannedCase => {
    const { name, op } = c;
    const choice = choose(c);
    if (typeof choice === "string") return { name, op, run: null, places: [], reason: choice };
    const places = placesOf(golden, c).filter(({ float }) => floatsOf(c).includes(float));
    return {
      name,
      op,
      run: () => {
        for (const { kernels, float, tolerance } of places)
          withBackend(kernels, () => scope(() => choice(c, float, tolerance)));
      },
      places: places.map(({ kernels, float }) => `${kernels.name} ${float}`),
    };
  });
  return { file, cases: planned };
}

/** Plans a file of ordinary cases from one sentence per operation. */
export function planSentences(file: string, choose: (c: GoldenCase) => Sentence | string): Suite {
  return plan<GoldenCase>(file, (c) => {
    const sentence = choose(c);
    if (typeof sentence === "string") return sentence;
    return (_, float, tolerance) => runSentence(c, sentence, float, tolerance);
  });
}

/** Outputs in which ours differs on purpose: PyTorch's `lp_pool2d` scales clipped windows up. */
const NOT_OURS = ["y_torch_ceil"];

/** Compares the outputs of a sentence and all its gradients; or sees it refuse what PyTorch refuses. */
function runSentence(
  c: GoldenCase,
  sentence: Sentence,
  float: FloatType,
  tolerance: Tolerance,
): void {
  const differentiated = Object.keys(c.grads ?? {});
  const tensors: Record<string, Tensor> = {};
  for (const [name, t] of Object.entries(c.inputs))
    tensors[name] = toTensor(t, float, differentiated.includes(name));
  const inputs = tensors as unknown as Inputs;
  if (c.expect_error) {
    expect(() => sentence(inputs, c.config)).toThrow(ConvgradError);
    return;
  }
  const result = sentence(inputs, c.config);
  const outputs = "shape" in result ? { [Object.keys(c.outputs)[0]!]: result as Tensor } : result;
  for (const [name, expected] of Object.entries(c.outputs))
    if (!NOT_OURS.includes(name)) expectClose(name, outputs[name]!, expected, tolerance);

  if (differentiated.length === 0) return;
  const upstream = Object.entries(c.upstream!).map(
    ([name, g]) => [outputs[name]!, toTensor(g, float)] as const,
  );
  const xs = differentiated.map((name) => tensors[name]!);
  gradientsOf(upstream, xs).forEach((g, i) => {
    const name = differentiated[i]!;
    expectClose(`gradient of ${name}`, g, c.grads![name]!, tolerance);
  });
}

/** ∂(Σ over outputs of ⟨y, g⟩)/∂xs */
function gradientsOf(
  upstream: readonly (readonly [y: Tensor, g: Tensor])[],
  xs: readonly Tensor[],
): Tensor[] {
  const [first, ...rest] = upstream;
  if (rest.length === 0) return gradients(first![0], xs, { gradient: first![1] });
  const terms = upstream.map(([y, g]) => y.mul(g).sum());
  return gradients(
    terms.reduce((sum, term) => sum.add(term)),
    xs,
  );
}

/** Makes one test of every case; the skipped ones carry the reason in their names. */
export function register({ file, cases }: Suite): void {
  describe(file, () => {
    for (const { name, op, run, reason } of cases) {
      if (run) it(`${op}: ${name}`, run);
      else it.skip(`${op}: ${name} (${reason})`, () => {});
    }
  });
}

import { isDetecting } from "./anomaly.ts";
import { gradients } from "./autograd.ts";
import { kernelsFor } from "./backend.ts";
import { isRecording, Node, type Pull, withRecording } from "./graph.ts";
import type { FusedKernels, Kernels, View } from "./kernels.ts";
import { isContiguous } from "./layout.ts";
import { newTensor, viewOn } from "./primitive.ts";
import { permute } from "./primitives/movement.ts";
import { type Shape, sameShape, sizeOf } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** The first input is a tensor; others may be missing. All have the same type. */
export type FusionInputs = readonly [Tensor, ...(Tensor | null)[]];

type Views = readonly (View | null)[];

/** How a backend does a fusion. */
export interface FusionKernels {
  /** Fills the results. */
  readonly forward: (inputs: Views, results: readonly View[]) => void;
  /**
   * Fills the gradients that are wanted from that of the value, the inputs and the results behind the value; without it,
   * the sentence gives them.
   */
  readonly backward?: (g: View, inputs: Views, rest: readonly View[], gradients: Views) => void;
}

/** What a {@link fusion} is made of. */
export interface FusionDefinition<I extends FusionInputs, P> {
  readonly name: string;
  /** What it means, in primitives: its value, then results that no gradient flows through. */
  readonly sentence: (inputs: I, params: P) => readonly [Tensor, ...Tensor[]];
  /** The shapes of what the sentence returns. */
  readonly shapes: (inputs: I, params: P) => readonly Shape[];
  /** The kernels that a backend has for these inputs, or `null`. */
  readonly kernels: (fused: FusedKernels, inputs: I, params: P) => FusionKernels | null;
}

/**
 * An operation whose specification is a sentence in primitives, and which a backend that has kernels for it does in one.
 * Inputs, of any shapes, are checked by the caller. A recorded backward pass takes the gradients of the sentence, so that derivatives of
 * any order fall out; a law must equate the kernels with the sentence.
 */
export function fusion<I extends FusionInputs, P>(
  definition: FusionDefinition<I, P>,
): (inputs: I, params: P) => readonly [Tensor, ...Tensor[]] {
  return (inputs, params) => {
    const { dtype } = inputs[0];
    const kernels = kernelsFor(dtype, present(inputs));
    // Anomalies are looked for in the sentence, whose parts have names.
    const isWhole = kernels.fused && !isDetecting();
    const fused = isWhole && definition.kernels(kernels.fused, inputs, params);
    if (!fused) return definition.sentence(inputs, params);
    const views = viewsOn(definition.name, kernels, inputs);
    const results = definition
      .shapes(inputs, params)
      .map((shape) => newTensor(kernels, dtype, shape)) as [Tensor, ...Tensor[]];
    fused.forward(views, viewsOn(definition.name, kernels, results));
    record(definition, inputs, params, results);
    return results;
  };
}

const present = (tensors: readonly (Tensor | null)[]) => tensors.filter((x) => x !== null);

const viewsOn = <T extends Tensor | null>(name: string, kernels: Kernels, tensors: readonly T[]) =>
  tensors.map((x) => x && viewOn(name, kernels, x)) as (T extends null ? View | null : View)[];

function record<I extends FusionInputs, P>(
  definition: FusionDefinition<I, P>,
  inputs: I,
  params: P,
  results: readonly [Tensor, ...Tensor[]],
): void {
  const nodes = inputs.map((x) => x?.node ?? null);
  if (!isRecording() || nodes.every((node) => node === null)) return;
  const node = new Node(definition.name, results[0].shape, nodes);
  const [y, ...rest] = results;
  y.node = node;
  for (const x of [...inputs, ...rest]) if (x) node.save(x);
  node.pull = (g, wanted) =>
    (isRecording() ? null : byKernels(definition, inputs, params, rest, g, wanted)) ??
    bySentence(definition, inputs, params, g, wanted);
}

/** The gradients by the backend's kernel, where it has one. */
function byKernels<I extends FusionInputs, P>(
  { name, kernels: kernelsOf }: FusionDefinition<I, P>,
  inputs: I,
  params: P,
  rest: readonly Tensor[],
  g: Tensor,
  wanted: (input: number) => boolean,
): ReturnType<Pull> | null {
  const kernels = kernelsFor(g.dtype, present(inputs));
  const backward = kernels.fused && kernelsOf(kernels.fused, inputs, params)?.backward;
  if (!backward) return null;
  const given = viewOn(name, kernels, g);
  const [views, others] = [viewsOn(name, kernels, inputs), viewsOn(name, kernels, rest)];
  const found = inputs.map((x, i) =>
    x && wanted(i) ? newTensor(kernels, x.dtype, x.shape) : null,
  );
  backward(given, views, others, viewsOn(name, kernels, found));
  return found;
}

/** The gradients of the sentence, itself recorded where the pass is. */
function bySentence<I extends FusionInputs, P>(
  definition: FusionDefinition<I, P>,
  inputs: I,
  params: P,
  g: Tensor,
  wanted: (input: number) => boolean,
): ReturnType<Pull> {
  const createGraph = isRecording();
  return withRecording(true, () => {
    // Views that are inputs of their own, so that no gradient flows from one to another through what made it.
    const own = inputs.map((x, i) => (x && wanted(i) ? sameView(x) : x));
    const [y] = definition.sentence(own as unknown as I, params);
    const asked = own.filter((x, i): x is Tensor => x !== null && wanted(i));
    const found = gradients(y, asked, { gradient: g, createGraph });
    return own.map((x, i) => (x && wanted(i) ? found[asked.indexOf(x)]! : null));
  });
}

const sameView = (x: Tensor) => permute(x, { order: [...x.shape.keys()] });

/**
 * An update in place by a kernel of the backend, ready to run: tensors of one shape, each row-major; or `null` where there
 * is no such kernel for them, and the caller composes. Nothing is recorded; a law must equate both.
 *
 * @param outs what is written, `inputs` what is only read
 * @throws {@link MemoryError} when there is no room for one of them on the backend; the update itself takes none.
 */
export function fusedUpdate(
  name: string,
  outs: readonly [Tensor, ...Tensor[]],
  inputs: readonly Tensor[],
  kernel: (
    fused: FusedKernels,
  ) => ((outs: readonly View[], inputs: readonly View[]) => void) | null,
): (() => void) | null {
  const all = [...outs, ...inputs];
  const [{ dtype, shape }] = outs;
  const kernels = kernelsFor(dtype, all);
  const run = kernels.fused && kernel(kernels.fused);
  const fits = (x: Tensor) =>
    isContiguous(x.layout) && sameShape(x.shape, shape) && x.dtype === dtype;
  const apart = new Set(all.map((x) => x.storage)).size === all.length;
  if (!run || !apart || !all.every(fits) || sizeOf(shape) === 0) return null;
  viewsOn(name, kernels, all); // moves them to the backend: the update itself takes no memory
  return () => {
    const views = viewsOn(name, kernels, inputs);
    const written = outs.map((x) => ({
      buffer: x.storage.toWrite(name, kernels),
      dtype,
      ...x.layout,
    }));
    run(written, views);
    for (const { storage } of outs) storage.wrote(kernels);
  };
}

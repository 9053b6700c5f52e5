import { inspect, isDetecting } from "./anomaly.ts";
import { kernelsFor, selectedBackend } from "./backend.ts";
import { isTensor, makeTensor, requireTensor } from "./construct.ts";
import type { DeferredContraction } from "./deferred.ts";
import { type DType, isFloat, sharedDType } from "./dtype.ts";
import { GraphError } from "./errors.ts";
import { isRecording, Node, type Pull } from "./graph.ts";
import type { Kernels, View } from "./kernels.ts";
import { contiguousLayout, type Layout } from "./layout.ts";
import { type Shape, sizeOf } from "./shape.ts";
import { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** From the gradient g of the output to the gradient of one input, written in primitives. */
export type Pullback = (g: Tensor) => Tensor;

/**
 * What a pullback may capture. Reading `a`, `b`, `c` (the inputs) or `y` (the output) saves that tensor for the backward
 * pass; a pullback that only needs shapes keeps no data alive.
 */
export interface Saved<P> {
  readonly a: Tensor;
  readonly b: Tensor;
  readonly c: Tensor;
  readonly y: Tensor;
  readonly params: P;
  readonly shapes: readonly Shape[];
  readonly dtype: DType;
}

/** Builds the pullback of one input when the operation is recorded; `null` where the input has no gradient. */
export type Vjp<P> = ((saved: Saved<P>) => Pullback) | null;

/** The rule whose pullback reads one saved value: `uses("y", (g, y) => mul(g, y))` is `({ y }) => (g) => mul(g, y)`. */
export function uses<P, K extends keyof Saved<P>>(
  key: K,
  pull: (g: Tensor, value: Saved<P>[K]) => Tensor,
): (saved: Saved<P>) => Pullback {
  return ({ [key]: value }) =>
    (g) =>
      pull(g, value);
}

type Views<I extends readonly Tensor[]> = { readonly [K in keyof I]: View };

interface Common<P> {
  readonly name: string;
  /** Vector-Jacobian product per input, or a function of the input's position for any number of inputs. */
  readonly vjp: readonly Vjp<P>[] | ((input: number) => Vjp<P>);
}

/** A primitive that computes: a pure shape rule (which refuses what does not fit), and a kernel that fills `out`. */
export interface ComputeDefinition<I extends readonly Tensor[], P> extends Common<P> {
  /** Type of the output; default: the type that all inputs share. */
  readonly dtype?: (inputs: I, params: P) => DType;
  readonly shape: (inputs: I, params: P) => Shape;
  readonly forward: (kernels: Kernels, inputs: Views<I>, out: View, params: P) => void;
  /** Puts the work off where a fused kernel may take it over; only backends that have some are asked. */
  readonly defer?: (
    kernels: Kernels,
    inputs: I,
    params: P,
    shape: Shape,
  ) => DeferredContraction | null;
  /** Lets a fused kernel fill `out` from inputs that are deferred; false where none can. */
  readonly fuse?: (kernels: Kernels, inputs: I, out: View, params: P) => boolean;
}

/** A primitive that only looks at the same memory in another order. */
export interface ViewDefinition<P> extends Common<P> {
  readonly view: (layout: Layout, params: P) => Layout;
}

type Arguments<I extends readonly Tensor[], P> = P extends void ? [...I] : [...I, P];

/** A differentiable function of tensors: `primitive(...inputs, params)`. */
export interface Primitive<I extends readonly Tensor[], P = void> {
  (...inputsAndParams: Arguments<I, P>): Tensor;
  readonly primitiveName: string;
}

/**
 * Defines a primitive in one block: name, shape rule, forward, VJP.
 *
 * @example
 * const exp: Primitive<[x: Tensor]> = definePrimitive({
 *   name: "exp",
 *   shape: ([x]) => x.shape,
 *   forward: (kernels, [x], out) => kernels.map("exp", x, out),
 *   vjp: [({ y }) => (g) => mul(g, y)],
 * });
 */
export function definePrimitive<I extends readonly Tensor[], P = void>(
  definition: ComputeDefinition<I, P> | ViewDefinition<P>,
): Primitive<I, P> {
  const call = (...args: unknown[]): Tensor => {
    const params = args.length > 0 && !isTensor(args[args.length - 1]) ? args.pop() : undefined;
    return apply(definition as ComputeDefinition<I, P>, args as unknown as I, params as P);
  };
  return Object.assign(call, { primitiveName: definition.name }) as unknown as Primitive<I, P>;
}

function apply<I extends readonly Tensor[], P>(
  definition: ComputeDefinition<I, P> | ViewDefinition<P>,
  inputs: I,
  params: P,
): Tensor {
  const output =
    "view" in definition
      ? makeTensor(inputs[0]!.storage, definition.view(inputs[0]!.layout, params))
      : compute(definition, inputs, params);
  if (isDetecting() && !("view" in definition)) inspect(definition.name, inputs, output, params);
  record(definition, inputs, params, output);
  return output;
}

function compute<I extends readonly Tensor[], P>(
  definition: ComputeDefinition<I, P>,
  inputs: I,
  params: P,
): Tensor {
  const { name } = definition;
  const dtype = (definition.dtype ?? sharedDType(name))(inputs, params);
  const shape = definition.shape(inputs, params);
  const kernels = kernelsFor(dtype, inputs);
  const fused = kernels.fused && !isDetecting();
  const deferred = fused && definition.defer?.(kernels, inputs, params, shape);
  if (deferred) return newTensor(kernels, dtype, shape, deferred);
  const output = newTensor(kernels, dtype, shape);
  const out = viewOn(name, kernels, output);
  if (fused && definition.fuse?.(kernels, inputs, out, params)) return output;
  const views = inputs.map((x) => viewOn(name, kernels, x)) as unknown as Views<I>;
  definition.forward(kernels, views, out, params);
  return output;
}

/** A fresh tensor: of unspecified contents, or to be computed when it is needed. */
export function newTensor(
  kernels: Kernels,
  dtype: DType,
  shape: Shape,
  deferred: DeferredContraction | null = null,
): Tensor {
  const storage = new Storage(kernels, dtype, sizeOf(shape), deferred);
  return makeTensor(storage, contiguousLayout(shape));
}

/** The tensor as a kernel reads it. It moves to the selected backend; any other gets a copy. */
export function viewOn(operation: string, kernels: Kernels, x: Tensor): View {
  requireTensor(operation, "operand", x);
  const moves = kernels === selectedBackend();
  const buffer = moves ? x.storage.on(operation, kernels) : x.storage.lend(operation, kernels);
  return { buffer, dtype: x.dtype, ...x.layout };
}

/** Runs a kernel that writes into a tensor that exists, on a backend that knows the types of all operands. */
export function updateInPlace(
  operation: string,
  out: Tensor,
  inputs: readonly Tensor[],
  run: (kernels: Kernels, out: View, inputs: readonly View[]) => void,
): void {
  const kernels = kernelsFor(out.dtype, inputs);
  const views = inputs.map((x) => viewOn(operation, kernels, x));
  run(
    kernels,
    { buffer: out.storage.toWrite(operation, kernels), dtype: out.dtype, ...out.layout },
    views,
  );
  out.storage.wrote(kernels);
}

function record<P>(
  definition: Common<P>,
  inputs: readonly Tensor[],
  params: P,
  output: Tensor,
): void {
  if (!isRecording() || !isFloat(output.dtype) || inputs.every((x) => x.node === null)) return;
  const rule = definition.vjp;
  const vjpOf = typeof rule === "function" ? rule : (input: number) => rule[input] ?? null;
  const vjps = inputs.map((x, i) => (x.node === null ? null : vjpOf(i)));
  if (vjps.every((vjp) => vjp === null)) return;
  const nodes = inputs.map((x, i) => (vjps[i] === null ? null : x.node));
  const node = new Node(definition.name, output.shape, nodes);
  // The output gets its node first, or rules that use it (exp, sqrt) lose their second derivative.
  output.node = node;
  const saved = new SavedTensors(node, inputs, output, params);
  node.pull = pullOf(vjps.map((vjp) => vjp?.(saved) ?? null));
  saved.seal();
}

function pullOf(pullbacks: readonly (Pullback | null)[]): Pull {
  return (g, wanted) =>
    pullbacks.map((pullback, i) => (pullback && wanted(i) ? pullback(g) : null));
}

class SavedTensors<P> implements Saved<P> {
  readonly params: P;
  readonly shapes: readonly Shape[];
  readonly dtype: DType;
  readonly #node: Node;
  readonly #inputs: readonly Tensor[];
  readonly #output: Tensor;
  #sealed = false;

  constructor(node: Node, inputs: readonly Tensor[], output: Tensor, params: P) {
    this.#node = node;
    this.#inputs = inputs;
    this.#output = output;
    this.params = params;
    this.shapes = inputs.map((x) => x.shape);
    this.dtype = inputs[0]!.dtype;
  }
  get a(): Tensor {
    return this.#save(this.#inputs[0]!);
  }
  get b(): Tensor {
    return this.#save(this.#inputs[1]!);
  }
  get c(): Tensor {
    return this.#save(this.#inputs[2]!);
  }
  get y(): Tensor {
    return this.#save(this.#output);
  }

  #save(x: Tensor): Tensor {
    if (this.#sealed) {
      throw new GraphError(
        this.#node.name,
        "its rule reads a saved tensor during the backward pass; read it before: ({ a }) => (g) => …",
      );
    }
    return this.#node.save(x);
  }

  /** From here on nothing more is saved, or a value could have changed unnoticed. */
  seal(): void {
    this.#sealed = true;
  }
}

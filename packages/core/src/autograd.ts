import { makeTensor, requireTensor, requireTensors } from "./construct.ts";
import { requireDType } from "./dtype.ts";
import { checkBoolean, checkOptions, GraphError, ShapeError } from "./errors.ts";
import { type BackwardOptions, history, type Node, noGrad, propagate, type Seed } from "./graph.ts";
import { isContiguous, mayOverlap } from "./layout.ts";
import { updateInPlace } from "./primitive.ts";
import { constant } from "./primitives/constant.ts";
import { contiguous } from "./primitives/movement.ts";
import { currentScope, moveTo, Scope } from "./scope.ts";
import { formatShape, sameShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

function seedOf(operation: string, y: Tensor, gradient: Tensor | undefined): Seed {
  if (y.node === null) {
    throw new GraphError(
      operation,
      `the result ${formatShape(y.shape)} does not depend on any tensor with requiresGrad, ` +
        "or was computed under noGrad; set requiresGrad on the parameters",
    );
  }
  if (gradient === undefined) {
    if (y.size !== 1) {
      throw new GraphError(
        operation,
        `the result is ${formatShape(y.shape)}, not a scalar; reduce it with sum() or mean(), ` +
          "or pass the gradient of the result",
        { shape: y.shape },
      );
    }
    return { y, g: constant(1, y) };
  }
  requireTensor(operation, "gradient", gradient);
  if (!sameShape(gradient.shape, y.shape)) {
    throw new ShapeError(
      operation,
      `the gradient is ${formatShape(gradient.shape)}, the result ${formatShape(y.shape)}`,
      { gradient: gradient.shape, result: y.shape },
    );
  }
  requireDType(operation, "gradient", gradient, y.dtype);
  return { y, g: gradient };
}

const PASS_OPTIONS = ["retainGraph", "createGraph"] as const;

/** Adds ∂y/∂leaf to the `grad` of every leaf; see `Tensor.backward`. */
export function backward(y: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  checkOptions("backward", options, PASS_OPTIONS);
  for (const name of PASS_OPTIONS) checkBoolean("backward", name, options[name]);
  const seed = seedOf("backward", y, gradient);
  const held = new Scope("the gradients of the leaves", null);
  const found: [leaf: Tensor, g: Tensor][] = [];
  const deliver = (node: Node, g: Tensor, owned: boolean) => {
    // Only a gradient with a history stays as it is: without one, the next pass adds to it in place.
    const own = options.createGraph && g.requiresGrad ? contiguous(g) : outliving(g, owned, held);
    found.push([node.leaf!, own]);
  };
  try {
    propagate("backward", [seed], (node) => node.leaf !== null, options, deliver);
    if (options.retainGraph ?? options.createGraph) {
      const root = new WeakRef(y);
      for (const node of history([y.node!])) node.root = root;
    }
    // Only now, so that a pullback that throws leaves every grad as it was.
    for (const [leaf, g] of found) addGradient(leaf, g, options.createGraph ?? false);
  } finally {
    held.close();
  }
}

/** leaf.grad += g; where there is none yet, g becomes it. */
function addGradient(leaf: Tensor, g: Tensor, record: boolean): void {
  const { grad } = leaf;
  if (grad === null) {
    leaf.grad = g;
  } else if (record) {
    leaf.grad = grad.add(g);
  } else if (grad.requiresGrad || mayOverlap(grad.layout)) {
    // Part of a graph, or a view whose cells may be shared: not to be written to.
    leaf.grad = noGrad(() => grad.add(g));
  } else {
    updateInPlace("backward", grad, [g], (kernels, out, [x]) => kernels.accumulate(x!, out));
  }
}

/** A gradient in the hands of `owner`: taken over where nobody else uses its memory, else copied. */
function outliving(g: Tensor, owned: boolean, owner: Scope | null): Tensor {
  const whole = isContiguous(g.layout) && g.size === g.storage.length;
  const own = owned && whole ? g : contiguous(g);
  moveTo(owner, own.storage);
  return makeTensor(own.storage, own.layout);
}

/** Options of {@link gradients}. */
export interface GradientsOptions extends BackwardOptions {
  /** ∂L/∂y; may be left out when y has one element. */
  readonly gradient?: Tensor;
}

/**
 * The gradients of `y` with respect to each of `xs`, leaving every `grad` alone: the pure form of `backward()`.
 *
 * @param xs tensors that y was computed from, leaves or not
 * @returns one tensor per x, of its shape; zeros where y does not depend on it
 * @throws {@link GraphError} when y has no graph, or an x is not in any.
 * @example
 * const [gw, gb] = gradients(loss, [w, b]);
 * const [second] = gradients(gradients(y, [x], { createGraph: true })[0].sum(), [x]);
 */
export function gradients<const Xs extends readonly Tensor[]>(
  y: Tensor,
  xs: Xs,
  options: GradientsOptions = {},
): { -readonly [K in keyof Xs]: Tensor } {
  requireTensor("gradients", "result y", y);
  checkOptions("gradients", options, [...PASS_OPTIONS, "gradient"]);
  for (const name of PASS_OPTIONS) checkBoolean("gradients", name, options[name]);
  const seed = seedOf("gradients", y, options.gradient);
  requireTensors("gradients", "xs", xs);
  xs.forEach((x, i) => {
    if (x.node === null)
      throw new GraphError(
        "gradients",
        `xs[${i}] ${formatShape(x.shape)} does not require a gradient`,
      );
  });
  const wanted = new Set(xs.map((x) => x.node!));
  const found = new Map<Node, Tensor>();
  propagate(
    "gradients",
    [seed],
    (node) => wanted.has(node),
    options,
    (node, g, owned) => {
      found.set(node, options.createGraph ? g : outliving(g, owned, currentScope()));
    },
  );
  const all = xs.map((x) => found.get(x.node!) ?? contiguous(constant(0, x)));
  return all as { -readonly [K in keyof Xs]: Tensor };
}

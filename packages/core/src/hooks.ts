import { synchronous } from "./backend.ts";
import { requireTensor, requireTensors } from "./construct.ts";
import { requireDType } from "./dtype.ts";
import { checkFunction, GraphError, ShapeError } from "./errors.ts";
import type { GradientHook, Node } from "./graph.ts";
import { formatShape, sameShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** Takes a hook away again; calling it twice does nothing more. */
export type RemoveHook = () => void;

function nodeOf(operation: string, x: Tensor): Node {
  requireTensor(operation, "argument", x);
  if (x.node) return x.node;
  throw new GraphError(
    operation,
    `a tensor ${formatShape(x.shape)} without requiresGrad never has a gradient; ` +
      "set requiresGrad before computing with it",
    { shape: x.shape },
  );
}

function register(hook: GradientHook): RemoveHook {
  for (const node of hook.nodes) {
    node.hooks ??= new Set();
    node.hooks.add(hook);
  }
  return () => {
    for (const node of hook.nodes) {
      node.hooks?.delete(hook);
      if (node.hooks?.size === 0) node.hooks = null;
    }
  };
}

/** Calls a hook, which must leave what it is shown alone: other gradients may share its memory. */
function watch<T>(operation: string, gradients: readonly (Tensor | null)[], fn: () => T): T {
  const versions = gradients.map((g) => g?.storage.version);
  const result = synchronous(operation, fn());
  if (gradients.some((g, i) => g?.storage.version !== versions[i])) {
    throw new GraphError(
      operation,
      "the hook modified the gradient in place; return a new tensor instead",
    );
  }
  return result;
}

/** See `Tensor.onGradient`. */
export function onGradient(x: Tensor, fn: (g: Tensor) => Tensor | undefined): RemoveHook {
  const node = nodeOf("onGradient", x);
  checkFunction("onGradient", "the hook", fn, "(g) => …");
  const call = ([g]: readonly (Tensor | null)[]): Tensor | null => {
    const replacement = watch("onGradient", [g!], () => fn(g!)) ?? null;
    if (replacement === null) return null;
    requireTensor("onGradient", "replacement", replacement);
    requireDType("onGradient", "replacement", replacement, g!.dtype);
    if (!sameShape(replacement.shape, g!.shape)) {
      const [expected, actual] = [g!.shape, replacement.shape];
      throw new ShapeError(
        "onGradient",
        `the replacement is ${formatShape(actual)}, the gradient ${formatShape(expected)}; they must be equal`,
        { expected, actual },
      );
    }
    return replacement;
  };
  return register({ nodes: [node], call });
}

/**
 * Calls `fn` once per backward pass with the gradients of several tensors together, as soon as the pass has the last of
 * those that it reaches, each of the shape of its tensor; `null` stands for one without a gradient. What they are goes on
 * unchanged.
 *
 * @returns a function that removes the hook
 * @throws {@link GraphError} for a tensor that requires no gradient; {@link ValueError} when `fn` is no function.
 */
export function onGradients(
  xs: readonly Tensor[],
  fn: (gradients: readonly (Tensor | null)[]) => void,
): RemoveHook {
  requireTensors("onGradients", "xs", xs);
  const nodes = xs.map((x) => nodeOf("onGradients", x));
  checkFunction("onGradients", "the hook", fn, "(gradients) => …");
  const call = (gradients: readonly (Tensor | null)[]) => {
    watch("onGradients", gradients, () => fn(gradients));
    return null;
  };
  return register({ nodes, call });
}

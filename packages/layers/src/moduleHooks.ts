import {
  checkFunction,
  GraphError,
  onGradients,
  primitives,
  type RemoveHook,
  requireTensor,
  type Tensor,
} from "@convgrad/core";

/** What can be hooked. */
interface Hookable {
  forward(x: Tensor, ...more: Tensor[]): Tensor;
}

/** What a hook on a module's forward pass is told. */
export interface ForwardCall<M> {
  readonly module: M;
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/** What a hook on a module's backward pass is told. */
export interface BackwardCall<M> {
  readonly module: M;
  /** What this call of the module adds to the gradient of each input; `null` where there is none. */
  readonly gradInputs: readonly (Tensor | null)[];
  /** The whole gradient of its output. */
  readonly gradOutput: Tensor | null;
}

/** A hook may replace the output. */
export type ForwardHook<M> = (call: ForwardCall<M>) => Tensor | undefined;
/** A hook that only looks. */
export type BackwardHook<M> = (call: BackwardCall<M>) => void;

interface Hooks {
  readonly forward: Set<{ readonly fn: ForwardHook<Hookable> }>;
  readonly backward: Set<{ readonly fn: BackwardHook<Hookable> }>;
  readonly unwrap: () => void;
}

const hooked = new WeakMap<Hookable, Hooks>();
let silent = false;

/** Runs `fn` without calling the hooks of any module: a dry run has no numbers to show them. */
export function withoutHooks<T>(fn: () => T): T {
  const before = silent;
  silent = true;
  try {
    return fn();
  } finally {
    silent = before;
  }
}

/** Gives a module another forward, as a property that nobody lists, until the returned function is called. */
export function replaceForward<M extends Hookable>(module: M, value: M["forward"]): () => void {
  const own = Object.getOwnPropertyDescriptor(module, "forward");
  Object.defineProperty(module, "forward", {
    value,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  return () => {
    // Without an own property the class's method shows again.
    if (own) Object.defineProperty(module, "forward", own);
    else Reflect.deleteProperty(module, "forward");
  };
}

/** See `Module.onForward`. */
export function onForward<M extends Hookable>(module: M, fn: ForwardHook<M>): RemoveHook {
  return add(module, "forward", fn as ForwardHook<Hookable>);
}

/** See `Module.onBackward`. */
export function onBackward<M extends Hookable>(module: M, fn: BackwardHook<M>): RemoveHook {
  return add(module, "backward", fn as BackwardHook<Hookable>);
}

function add<K extends "forward" | "backward">(
  module: Hookable,
  kind: K,
  fn: K extends "forward" ? ForwardHook<Hookable> : BackwardHook<Hookable>,
): RemoveHook {
  checkFunction(kind === "forward" ? "onForward" : "onBackward", "hook", fn, "(call) => …");
  const hooks = hooked.get(module) ?? wrap(module);
  const set = hooks[kind] as Set<{ readonly fn: typeof fn }>;
  const entry = { fn };
  set.add(entry);
  return () => {
    if (!set.delete(entry) || hooks.forward.size + hooks.backward.size > 0) return;
    hooks.unwrap();
    hooked.delete(module);
  };
}

function wrap(module: Hookable): Hooks {
  const { forward } = module;
  const observed = (...inputs: [x: Tensor, ...more: Tensor[]]): Tensor =>
    silent ? forward.apply(module, inputs) : observe(module, hooks, forward, inputs);
  const hooks: Hooks = {
    forward: new Set(),
    backward: new Set(),
    unwrap: replaceForward(module, observed),
  };
  hooked.set(module, hooks);
  return hooks;
}

function observe(
  module: Hookable,
  hooks: Hooks,
  forward: Hookable["forward"],
  inputs: [x: Tensor, ...more: Tensor[]],
): Tensor {
  // Through nodes of its own, whose gradients are this call's alone: an input may have other consumers.
  const own = hooks.backward.size > 0 ? inputs.map(through) : inputs;
  let output = forward.apply(module, own as typeof inputs);
  for (const { fn } of [...hooks.forward]) {
    const replacement = fn({ module, inputs, output }) ?? null;
    if (replacement === null) continue;
    requireTensor("onForward", "replacement", replacement);
    output = replacement;
  }
  if (hooks.backward.size === 0 || !output?.requiresGrad) return output;
  const result = through(output);
  const watched = own.filter((x) => isTracked(x));
  onGradients([result, ...watched], ([gradOutput = null, ...gradients]) => {
    const gradInputs = own.map((x) => gradients[watched.indexOf(x)] ?? null);
    for (const { fn } of [...hooks.backward]) {
      const result: unknown = fn({ module, gradInputs, gradOutput });
      if (result instanceof Promise) refuseAsync(result);
    }
  });
  return result;
}

/** What an async hook is shown would be released before it has read it. */
function refuseAsync(result: Promise<unknown>): never {
  result.catch(() => {}); // the error below says all
  throw new GraphError(
    "onBackward",
    "the hook is async; read the gradients at once, or keep(g.clone()) them for later",
  );
}

function isTracked(x: Tensor | undefined): boolean {
  return x?.requiresGrad ?? false;
}

/** The same tensor, by a view that the graph tells apart. */
function through(x: Tensor): Tensor {
  return isTracked(x) ? primitives.permute(x, { order: x.shape.map((_, axis) => axis) }) : x;
}

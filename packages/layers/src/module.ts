import {
  type DType,
  DTypeError,
  formatShape,
  formatValue,
  GraphError,
  keep,
  noGrad,
  type RemoveHook,
  requireTensor,
  type Shape,
  ShapeError,
  sameShape,
  scope,
  Tensor,
  ValueError,
} from "@convgrad/core";
import type { WindowGeometry } from "./geometry.ts";
import type { Loops } from "./loops/loops.ts";
import { printLoops } from "./loops/print.ts";
import { type BackwardHook, type ForwardHook, onBackward, onForward } from "./moduleHooks.ts";
import type { ShapeRule, shapeRule } from "./shape.rule.ts";
import { type Summary, summarize } from "./summary.ts";

const parameters = new WeakSet<Tensor>();
const buffers = new WeakSet<Tensor>();

/**
 * Makes a parameter of a tensor, on the same memory: it requires a gradient, outlives every scope,
 * and its module lists it, also while it is frozen with `requiresGrad = false`.
 *
 * @param x floats of any shape
 * @throws {@link ValueError} for anything that is no tensor; {@link DTypeError} for integers.
 */
export function parameter(x: Tensor): Tensor {
  requireTensor("parameter", "tensor", x);
  const p = x.detach();
  p.requiresGrad = true;
  parameters.add(p);
  return keep(p);
}

/**
 * Makes a tensor, on the same memory, part of a module's state without being trained; it outlives
 * every scope.
 *
 * @param x any shape and dtype
 * @throws {@link ValueError} for anything that is no tensor.
 */
export function buffer(x: Tensor): Tensor {
  requireTensor("buffer", "tensor", x);
  const state = keep(x.detach());
  buffers.add(state);
  return state;
}

/** Tensors by name, as `stateDict()` gives and `loadStateDict()` takes them. */
export type StateDict = Record<string, Tensor>;

const FLOATS: readonly DType[] = ["float32", "float64"];

/** A tensor of a module, and where it stands. */
interface Place {
  readonly name: string;
  readonly tensor: Tensor;
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

/**
 * Something with parameters and a forward pass. A subclass assigns tensors made by
 * {@link parameter} or {@link buffer}, and other modules, singly or in arrays, to properties; their names
 * follow from the properties. `#private` fields, plain objects, Maps and arrays in arrays are not
 * searched.
 *
 * @example
 * class Twice extends Module {
 *   readonly inner = new Dense(4, 4);
 *   forward(x: Tensor): Tensor {
 *     return this.inner.forward(this.inner.forward(x));
 *   }
 * }
 */
export abstract class Module {
  /** For the compiler alone: what shape the module makes of a shape. */
  declare readonly [shapeRule]: ShapeRule;
  #switching = false;
  /** Whether the module behaves as in training (the default) or as in use; set by `train()` and `eval()`. */
  training = true;

  /** The output for an input; operations are recorded unless under `noGrad`. */
  abstract forward(x: Tensor, ...more: Tensor[]): Tensor;

  /**
   * For `summary()`: which cells of x one output cell sees: a window, `"all"`, or `"cell"` = its own position only;
   * `"unknown"` unless a subclass says.
   */
  reach(_x: Tensor): WindowGeometry | "all" | "cell" | "unknown" {
    return "unknown";
  }

  /** The modules in this one, by name. */
  children(): [name: string, child: Module][] {
    return Object.entries(this).flatMap(([key, value]) =>
      named(key, value).filter((entry): entry is [string, Module] => entry[1] instanceof Module),
    );
  }

  /** The parameters, frozen ones too, each once: a module's own, then those of its parts. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /**
   * The parameters with names like `"0.weight"`; one that stands in several places has its first
   * name.
   */
  namedParameters(): [name: string, parameter: Tensor][] {
    return entriesOf(this).flatMap(({ name, tensor }) =>
      parameters.has(tensor) ? [[name, tensor] as [string, Tensor]] : [],
    );
  }

  /** Parameters and buffers by name. They share memory with the module, as in PyTorch; `clone()` a snapshot. */
  stateDict(): StateDict {
    return Object.fromEntries(entriesOf(this).map(({ name, tensor }) => [name, tensor.detach()]));
  }

  /**
   * Copies values into parameters and buffers, which keep their dtypes.
   *
   * @throws {@link ValueError} for missing or unexpected names or entries that are no tensors, {@link ShapeError} for another
   * shape, {@link GraphError} for a released tensor; nothing has changed then.
   */
  loadStateDict(state: StateDict): void {
    if (typeof state !== "object" || state === null) {
      const remedy = "pass tensors by name, as stateDict() gives";
      throw new ValueError("loadStateDict", `the state is ${formatValue(state)}; ${remedy}`);
    }
    const entries = entriesOf(this);
    const known = new Set(entries.map(({ name }) => name));
    const missing = entries
      .filter(({ name }) => !Object.hasOwn(state, name))
      .map(({ name }) => name);
    const unexpected = Object.keys(state).filter((name) => !known.has(name));
    if (missing.length + unexpected.length > 0) {
      throw new ValueError(
        "loadStateDict",
        `the names differ: missing ${missing.join(", ") || "none"}; unexpected ${unexpected.join(", ") || "none"}`,
        { missing, unexpected },
      );
    }
    for (const { name, tensor } of entries) {
      const value: unknown = state[name];
      requireTensor("loadStateDict", `entry ${name} of the state`, value);
      const { shape, storage } = value;
      if (storage.released) {
        throw new GraphError(
          "loadStateDict",
          `${name} of the state was released with its scope; ` +
            "keep() the tensors of a state, or load it inside the scope",
          { name },
        );
      }
      if (!sameShape(shape, tensor.shape)) {
        throw new ShapeError(
          "loadStateDict",
          `${name} is ${formatShape(tensor.shape)}, the state has ${formatShape(shape)}`,
          {
            name,
            expected: tensor.shape,
            actual: shape,
          },
        );
      }
    }
    noGrad(() => {
      for (const { name, tensor } of entries) tensor.assign(state[name]!);
    });
  }

  /** Behave as in training, here and in all children. */
  train(): this {
    return this.#setTraining(true);
  }

  /** Behave as in use (dropout off, running statistics used), here and in all children. */
  eval(): this {
    return this.#setTraining(false);
  }

  #setTraining(on: boolean): this {
    if (this.#switching) return this; // a part may point back at its whole
    this.#switching = true;
    try {
      this.training = on;
      for (const [, child] of this.children()) {
        if (on) child.train();
        else child.eval();
      }
    } finally {
      this.#switching = false;
    }
    return this;
  }

  /**
   * Replaces parameters and buffers of floats by ones of another float type, in every place where
   * they stand; frozen ones stay frozen, integers as they are. Gradients are dropped, and hooks on
   * parameters; make the optimiser afterwards.
   *
   * @throws {@link DTypeError} for a type other than float32 and float64; nothing has changed then.
   */
  to(dtype: DType): this {
    if (!FLOATS.includes(dtype)) {
      throw new DTypeError(
        "to",
        `a module's dtype must be "float32" or "float64", not "${dtype}"`,
        { dtype },
      );
    }
    const places = placesOf(this).filter(
      ({ tensor }) => FLOATS.includes(tensor.dtype) && tensor.dtype !== dtype,
    );
    // All copies are there before the first is put in place.
    const copies = noGrad(() =>
      scope(() => new Map(unique(places).map(({ tensor }) => [tensor, tensor.to(dtype)]))),
    );
    for (const [former, copy] of copies) copies.set(former, inPlaceOf(former, copy));
    for (const { owner, key, tensor } of places) owner[key] = copies.get(tensor);
    return this;
  }

  /**
   * Calls `fn` after each forward pass of this module with its inputs and its output; what it returns takes the
   * output's place. Several hooks run in the order in which they came. `summary()` does not call them.
   *
   * @returns a function that removes the hook
   * @throws {@link ValueError} when `fn` is no function, and at the call for a replacement that is no tensor.
   * Source: PyTorch, `torch.nn.Module.register_forward_hook`.
   * @example
   * conv.onForward(({ output }) => console.log(output.mean().item()));
   */
  onForward(fn: ForwardHook<this>): RemoveHook {
    return onForward(this, fn);
  }

  /**
   * Calls `fn` in each backward pass that comes through a call of this module made after, with the gradient of its
   * output and with what this call adds to those of its inputs: in `x + f(x)`, only the part through f. They are the
   * pass's own and released after use; `keep(g.clone())` to have one later.
   *
   * @returns a function that removes the hook
   * @throws {@link ValueError} when `fn` is no function; the pass throws {@link GraphError} for an async one.
   * Source: PyTorch, `torch.nn.Module.register_full_backward_hook`.
   * @example
   * model.onBackward(({ gradOutput }) => console.log(gradOutput?.abs().max().item()));
   */
  onBackward(fn: BackwardHook<this>): RemoveHook {
    return onBackward(this, fn);
  }

  /**
   * A table of the layers: output shapes, parameters, multiply-adds and receptive fields for one input.
   * Shapes come from a dry run: a large model costs nothing, and the random sequence does not
   * advance.
   *
   * @param inputShape with or without the batch axis: `[1, 28, 28]` means a batch of 1
   * @throws {@link ShapeError} where the input is no such shape, or a layer refuses it.
   * @example
   * console.log(String(model.summary([1, 28, 28])));
   */
  summary(inputShape: Shape): Summary {
    return summarize(this, inputShape);
  }

  /**
   * The layer's forward and backward pass for one input shape as plain loops in TypeScript: to read, and to run as an
   * oracle. All arrays are flat Float64Arrays.
   *
   *     forward(x, …parameters, …extras)      → y
   *     backward(g, x, …parameters, …extras)  → { gx, and gw, gb, … : a gradient per parameter, in their order }
   *
   * Parameters come in the order of `namedParameters()`; extras are what else the layer needs, named at the head of the
   * text. The text is strict TypeScript (without `noUncheckedIndexedAccess`: indices are within bounds by their loops).
   *
   * @param inputShape with or without the batch axis: `[1, 28, 28]` means a batch of 1
   * @throws {@link ShapeError} where the input is no such shape, or the layer refuses it;
   * {@link ValueError} for a module that does not say its loops.
   * @example
   * console.log(new Conv2D(3, 6, 5, { stride: 2 }).toLoops([3, 32, 32]));
   */
  toLoops(inputShape: Shape): string {
    return printLoops(this, inputShape);
  }

  /** For `toLoops()`: this module as loops from an input to an output of these shapes; `null` unless a subclass says. */
  loops(_x: Shape, _y: Shape): Loops | null {
    return null;
  }

  /** The layer's name and settings, as `summary()` prints them. */
  toString(): string {
    return this.constructor.name;
  }
}

/** The copy as what the former tensor was: parameter, frozen parameter or buffer. */
function inPlaceOf(former: Tensor, copy: Tensor): Tensor {
  if (!parameters.has(former)) return buffer(copy);
  const p = parameter(copy);
  p.requiresGrad = former.requiresGrad;
  return p;
}

/** A property, or the elements of an array, with their names. */
function named(key: string, value: unknown): [string, unknown][] {
  return Array.isArray(value) ? value.map((item, i) => [`${key}.${i}`, item]) : [[key, value]];
}

/** The parameters and buffers of a module and its parts, each once. */
function entriesOf(module: Module): Place[] {
  return unique(placesOf(module));
}

/** The first place of each tensor. */
function unique(places: readonly Place[]): Place[] {
  const seen = new Set<Tensor>();
  return places.filter(({ tensor }) => !seen.has(tensor) && seen.add(tensor));
}

/** Every place that holds a parameter or buffer, its own first; a tensor may stand in several. */
function placesOf(module: Module, prefix = "", seen = new Set<Module>()): Place[] {
  seen.add(module);
  const own = Object.entries(module).flatMap(([key, value]) => {
    const isArray = Array.isArray(value);
    return named(key, value).flatMap(([name, tensor], i): Place[] => {
      if (!(tensor instanceof Tensor)) return [];
      if (!parameters.has(tensor) && !buffers.has(tensor)) return [];
      const owner = (isArray ? value : module) as unknown as Record<string, unknown>;
      return [{ name: prefix + name, tensor, owner, key: isArray ? String(i) : key }];
    });
  });
  const inner = module
    .children()
    .flatMap(([name, child]) =>
      seen.has(child) ? [] : placesOf(child, `${prefix}${name}.`, seen),
    );
  return [...own, ...inner];
}

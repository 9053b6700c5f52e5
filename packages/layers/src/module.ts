import {
  type DType,
  formatShape,
  keep,
  noGrad,
  type Shape,
  ShapeError,
  Tensor,
  ValueError,
} from "@convgrad/core";
import type { WindowGeometry } from "./geometry.ts";
import { type Summary, summarize } from "./summary.ts";

const parameters = new WeakSet<Tensor>();
const buffers = new WeakSet<Tensor>();

/** Makes a tensor a parameter: it requires a gradient, outlives every scope, and its module lists it. */
export function parameter(x: Tensor): Tensor {
  const p = keep(x.detach());
  p.requiresGrad = true;
  parameters.add(p);
  return p;
}

/** Makes a tensor part of a module's state without being trained; it outlives every scope. */
export function buffer(x: Tensor): Tensor {
  const state = keep(x.detach());
  buffers.add(state);
  return state;
}

/** Tensors by name, as `stateDict()` gives and `loadStateDict()` takes them. */
export type StateDict = Record<string, Tensor>;

/** A tensor of a module, and where it stands. */
interface Entry {
  readonly name: string;
  readonly tensor: Tensor;
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

/**
 * Something with parameters and a forward pass. A subclass assigns tensors made by {@link parameter} (or with
 * `requiresGrad`), and other modules, singly or in arrays, to properties; their names follow from the properties.
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

  /** The tensors to be trained, each once, in the order of their names. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /** The tensors to be trained with names like `"0.weight"`. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return entriesOf(this).flatMap(({ name, tensor }) =>
      isParameter(tensor) ? [[name, tensor] as [string, Tensor]] : [],
    );
  }

  /** Parameters and buffers by name. They share memory with the module, as in PyTorch; `clone()` a snapshot. */
  stateDict(): StateDict {
    return Object.fromEntries(entriesOf(this).map(({ name, tensor }) => [name, tensor.detach()]));
  }

  /**
   * Copies values into parameters and buffers.
   *
   * @throws {@link ValueError} for missing or unexpected names, {@link ShapeError} for another shape; nothing has changed then.
   */
  loadStateDict(state: StateDict): void {
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
      const shape = state[name]!.shape;
      if (formatShape(shape) !== formatShape(tensor.shape)) {
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
    this.training = on;
    for (const [, child] of this.children()) {
      if (on) child.train();
      else child.eval();
    }
    return this;
  }

  /** Replaces all parameters and buffers by ones of another float type; make the optimiser afterwards. */
  to(dtype: DType): this {
    for (const { owner, key, tensor } of entriesOf(this)) {
      owner[key] = isParameter(tensor) ? parameter(tensor.to(dtype)) : buffer(tensor.to(dtype));
    }
    return this;
  }

  /**
   * A table of the layers: output shapes, parameters, multiply-adds and receptive fields for one input.
   * Shapes come from a dry run, so that a large model costs nothing.
   *
   * @param inputShape with or without the batch axis: `[1, 28, 28]` means a batch of 1
   * @example
   * console.log(String(model.summary([1, 28, 28])));
   */
  summary(inputShape: Shape): Summary {
    return summarize(this, inputShape);
  }

  /** The layer's name and settings, as `summary()` prints them. */
  toString(): string {
    return this.constructor.name;
  }
}

function isParameter(x: Tensor): boolean {
  return parameters.has(x) || (x.requiresGrad && x.isLeaf);
}

/** A property, or the elements of an array, with their names. */
function named(key: string, value: unknown): [string, unknown][] {
  return Array.isArray(value) ? value.map((item, i) => [`${key}.${i}`, item]) : [[key, value]];
}

function entriesOf(module: Module, prefix = "", seen = new Set<object>()): Entry[] {
  seen.add(module);
  const own = Object.entries(module).flatMap(([key, value]) => {
    const isArray = Array.isArray(value);
    return named(key, value).flatMap(([name, tensor], i): Entry[] => {
      if (!(tensor instanceof Tensor) || seen.has(tensor)) return [];
      if (!isParameter(tensor) && !buffers.has(tensor)) return [];
      seen.add(tensor);
      const owner = (isArray ? value : module) as unknown as Record<string, unknown>;
      return [{ name: prefix + name, tensor, owner, key: isArray ? String(i) : key }];
    });
  });
  const inner = module
    .children()
    .flatMap(([name, child]) =>
      seen.has(child) ? [] : entriesOf(child, `${prefix}${name}.`, seen),
    );
  return [...own, ...inner];
}

import { asyncContext } from "./asyncContext.ts";
import { requireTensor } from "./construct.ts";
import { checkFunction, checkWhole, formatValue, ValueError } from "./errors.ts";
import { history } from "./graph.ts";
import { currentScope, enterScope, leaveScope, moveTo, runScope, Scope } from "./scope.ts";
import { Tensor } from "./tensor.ts";

/**
 * Makes a tensor, or those in arrays and plain objects, outlive their scope; they then live as long as the program holds
 * them. Their history does not outlive the scope: a later `backward()` from them is an error.
 *
 * @param x any shape; its `grad` is kept too
 * @throws {@link ValueError} for what can hold no tensors.
 * @example
 * best = keep(optimizer.stateDict());
 */
export function keep<T>(x: T): T {
  const isContainer = typeof x === "object" && x !== null && childrenOf(x) !== null;
  if (!isContainer) requireTensor("keep", "argument", x);
  for (const tensor of tensorsIn(x)) {
    tensor.storage.keep();
    tensor.grad?.storage.keep();
  }
  return x;
}

/**
 * Runs `fn` and then releases every tensor computed in it, except those it returns (also inside arrays and plain
 * objects), which go to the enclosing scope together with what their backward pass still needs. On a throw everything
 * is released. `fn` may be async.
 *
 * @throws what `fn` throws; {@link GraphError} where scopes of interleaving tasks cannot be told apart;
 * {@link ValueError} when `fn` is no function.
 * @example
 * const accuracy = scope(() => model.forward(images).argmax(1).equal(labels).mean().item());
 */
export function scope<T>(fn: () => T): T {
  checkFunction("scope", "fn", fn, "scope(() => …)");
  return runScope("scope()", fn, promote);
}

/** Hands the tensors found in a value from one scope to another. */
function promote(value: unknown, from: Scope, to: Scope | null): void {
  for (const x of tensorsIn(value)) promoteTensor(x, from, to);
}

/** A tensor, or those in arrays, sets, maps and plain objects. */
function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<object>();
  const open: unknown[] = [value];
  while (open.length > 0) {
    const item = open.pop();
    if (typeof item !== "object" || item === null || seen.has(item)) continue;
    seen.add(item);
    if (item instanceof Tensor) found.push(item);
    else for (const child of childrenOf(item) ?? []) open.push(child);
  }
  return found;
}

/** What a container holds; `null` for anything else. */
function childrenOf(item: object): Iterable<unknown> | null {
  if (Array.isArray(item) || item instanceof Set) return item;
  if (item instanceof Map) return item.values();
  const prototype: unknown = Object.getPrototypeOf(item);
  return prototype === Object.prototype || prototype === null ? Object.values(item) : null;
}

function promoteTensor(x: Tensor, from: Scope, to: Scope | null): void {
  const move = (y: Tensor) => {
    if (y.storage.owner === from) moveTo(to, y.storage);
  };
  move(x);
  if (x.grad) move(x.grad);
  if (x.node) for (const node of history([x.node])) for (const saved of node.saved) move(saved);
}

/**
 * 0, 1, …, n − 1 for a loop whose body is a scope: what an iteration computes is released before the next one begins,
 * and on break and throw. Parameters, their gradients and optimiser state outlive it; `keep(x)` makes anything else.
 * Of a loop that awaits, the first iteration that does so leaves its tensors to the enclosing scope or the collector.
 *
 * @param n the number of iterations; `Infinity` for a loop that ends by `break`
 * @throws {@link ValueError} for a negative or fractional n.
 */
export function* steps(n: number): Generator<number, void, void> {
  if (n !== Number.POSITIVE_INFINITY) checkWhole("steps", "n", n, 0);
  const parent = currentScope();
  let awaited = false;
  Promise.resolve().then(() => {
    awaited = true;
  });
  for (let step = 0; step < n; step++) {
    const body = enterScope("the body of steps()", parent);
    const awaitedBefore = awaited;
    try {
      yield step;
    } finally {
      // At the first await of an async loop its caller goes on, inside this scope too: no telling whose a tensor is.
      if (awaited && !awaitedBefore) body.handOver();
      leaveScope(body, parent);
    }
  }
}

/**
 * The items of a source, each iteration of the loop over them being a scope: what the body computes, and the tensors of
 * the item itself, are released before the next item is asked for, and on break and throw. For writing data loaders.
 *
 * @param source makes the items; it runs outside the scope of the body
 * @throws what the source throws; {@link GraphError} as `scope` does; {@link ValueError} for a source that is no iterator.
 */
export function eachInScope<T>(source: AsyncIterator<T> | Iterator<T>): AsyncIterableIterator<T> {
  if (typeof (source as Partial<Iterator<T>> | null | undefined)?.next !== "function") {
    throw new ValueError(
      "eachInScope",
      `the source is ${formatValue(source)}; pass an iterator: list.values(), or what a generator gives`,
    );
  }
  const parent = currentScope();
  const nothing = () => {};
  let end = nothing;
  const bodyOf = (value: T, producing: Scope): IteratorResult<T> => {
    const body = new Scope("the body of a loop over a loader", parent);
    body.absorb(producing);
    let entered = false;
    end = () => {
      end = nothing;
      if (entered) leaveScope(body, parent);
      else body.close();
    };
    return {
      done: false,
      // Read in the task of the loop when its body begins. Entered any earlier, the scope would also catch what the
      // caller of an async loop computes while the first item is on its way.
      get value() {
        if (body.open && !entered) {
          entered = true;
          asyncContext.enter(body);
        }
        return value;
      },
    };
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      end();
      const producing = new Scope("the next item of a loader", null);
      return asyncContext
        .run(producing, async () => source.next())
        .then((result) => (result.done ? result : bodyOf(result.value, producing)))
        .finally(() => producing.close());
    },
    async return() {
      end();
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}

import { asyncContext } from "./asyncContext.ts";
import type { Storage } from "./storage.ts";

/**
 * The lifetime of what a loop body computes. Scopes form a tree; closing one releases what it owns, nothing else:
 * a scope that another async task opened meanwhile keeps its own.
 *
 * @internal for the other packages
 */
export class Scope {
  readonly #owned = new Set<Storage>();
  #parent: Scope | null;
  /** How messages name it: `"the body of steps()"`. */
  readonly name: string;
  open = true;

  constructor(name: string, parent: Scope | null) {
    this.name = name;
    this.#parent = parent;
  }

  /** The nearest enclosing scope that is still open. */
  get parent(): Scope | null {
    let scope = this.#parent;
    while (scope !== null && !scope.open) scope = scope.#parent;
    this.#parent = scope; // or a long loop would hold every scope it ever had
    return scope;
  }

  adopt(block: Storage): void {
    if (block.owner) block.owner.disown(block);
    else block.scoped();
    block.owner = this;
    this.#owned.add(block);
  }

  disown(block: Storage): void {
    this.#owned.delete(block);
    block.owner = null;
  }

  /** Takes over everything that another scope owns. */
  absorb(other: Scope): void {
    for (const block of other.#owned) this.adopt(block);
  }

  /** Gives everything to the enclosing scope. */
  handOver(): void {
    const to = this.parent;
    for (const block of this.#owned) moveTo(to, block);
  }

  close(): void {
    if (!this.open) return;
    this.open = false;
    const reason = `released at the end of ${this.name}`;
    for (const block of this.#owned) block.release(reason);
    this.#owned.clear();
  }
}

/** Set during synchronous internal scopes; it goes before the async context because nothing can run in between. */
let innermost: Scope | null = null;

/**
 * The scope that owns what is computed now, or `null` outside any.
 *
 * @internal for the other packages
 */
export function currentScope(): Scope | null {
  if (innermost !== null) return innermost;
  let scope = asyncContext.current();
  while (scope !== null && !scope.open) scope = scope.parent;
  return scope;
}

/** Moves a block to another owner; `null` = it lives until garbage-collected. */
export function moveTo(scope: Scope | null, block: Storage): void {
  if (scope !== null) {
    scope.adopt(block);
  } else if (block.owner !== null) {
    block.owner.disown(block);
    block.unscoped();
  }
}

/** Runs synchronous `fn` inside `scope`, which stays open; internal work that must not touch the async context. */
export function within<T>(scope: Scope, fn: () => T): T {
  const before = innermost;
  innermost = scope;
  try {
    return fn();
  } finally {
    innermost = before;
  }
}

/** Opens a scope around `fn`, hands its result to `promote` before closing, on a throw too; `fn` may be async. */
export function runScope<T>(
  name: string,
  fn: () => T,
  promote: (result: T, from: Scope, to: Scope | null) => void,
): T {
  const parent = currentScope();
  const scope = new Scope(name, parent);
  const finish = (result: Awaited<T>) => {
    promote(result as T, scope, scope.parent);
    scope.close();
    return result;
  };
  return asyncContext.run(scope, () => {
    const inner = innermost;
    innermost = null;
    let result: T;
    try {
      result = fn();
    } catch (error) {
      scope.close();
      throw error;
    } finally {
      innermost = inner;
    }
    if (!(result instanceof Promise)) return finish(result as Awaited<T>) as T;
    return result.then(finish, (error: unknown) => {
      scope.close();
      throw error;
    }) as T;
  });
}

/** Opens a scope for the code that follows in this async task; the loop helpers pair it with `close()`. */
export function enterScope(name: string, parent: Scope | null): Scope {
  const scope = new Scope(name, parent);
  asyncContext.enter(scope);
  return scope;
}

/** Closes a loop's scope and makes `parent` current again. */
export function leaveScope(scope: Scope, parent: Scope | null): void {
  scope.close();
  asyncContext.leave(scope, parent);
}

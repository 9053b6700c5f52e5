import { GraphError } from "./errors.ts";
import type { Scope } from "./scope.ts";

/** Which scope the running code is in. */
export interface AsyncContext {
  current(): Scope | null;
  /** Makes `scope` current for the rest of this task. */
  enter(scope: Scope | null): void;
  /** Makes `parent` current again after `scope`; throws `GraphError` where tasks got entangled. */
  leave(scope: Scope, parent: Scope | null): void;
  /** Makes `scope` current during `fn` and whatever it awaits. */
  run<T>(scope: Scope, fn: () => T): T;
}

interface Storage {
  getStore(): Scope | null | undefined;
  enterWith(scope: Scope | null): void;
  run<T>(scope: Scope | null, fn: () => T): T;
}

interface Runtime {
  process?: {
    getBuiltinModule?: (id: string) => { AsyncLocalStorage: new () => Storage } | undefined;
  };
}

/** Node, Deno and Bun follow async tasks; asked for at run time so that bundlers see no Node module. */
function taskContext(storage: Storage): AsyncContext {
  return {
    current: () => storage.getStore() ?? null,
    enter: (scope) => storage.enterWith(scope),
    leave: (_scope, parent) => storage.enterWith(parent),
    run: (scope, fn) => storage.run(scope, fn),
  };
}

/** Elsewhere (browsers) one stack serves all tasks; loops that interleave across awaits are an error. */
export function stackContext(): AsyncContext {
  let top: Scope | null = null;
  const context: AsyncContext = {
    current: () => top,
    enter: (scope) => {
      top = scope;
    },
    leave: (scope, parent) => {
      const entangled = top !== scope;
      top = parent;
      if (entangled) {
        throw new GraphError(
          "scope",
          `another task opened or closed a scope inside ${scope.name}: two loops interleave across awaits, ` +
            "and this runtime cannot tell them apart; finish one before the other begins, or await nothing inside",
        );
      }
    },
    run: (scope, fn) => {
      const before = top;
      top = scope;
      let result: ReturnType<typeof fn>;
      try {
        result = fn();
      } catch (error) {
        top = before;
        throw error;
      }
      if (result instanceof Promise) {
        return result.finally(() => context.leave(scope, before)) as typeof result;
      }
      top = before;
      return result;
    },
  };
  return context;
}

function detectContext(): AsyncContext {
  const hooks = (globalThis as Runtime).process?.getBuiltinModule?.("node:async_hooks");
  return hooks ? taskContext(new hooks.AsyncLocalStorage()) : stackContext();
}

/** @internal for the other packages */
export const asyncContext: AsyncContext = detectContext();

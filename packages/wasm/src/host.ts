// What the host offers, as far as this package asks: the same in Node, Deno, Bun, browsers and workers. Declared here, so
// that the package needs neither the DOM's types nor Node's.

/** A compiled module. */
export type WasmModule = object;

export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** @returns the former number of pages */
  grow(pages: number): number;
}

interface Wasm {
  readonly Module: new (bytes: Uint8Array) => WasmModule;
  readonly Instance: new (module: WasmModule, imports: object) => { readonly exports: object };
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: boolean;
  }) => WasmMemory;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  validate(bytes: Uint8Array): boolean;
}

/** A worker of a browser, Deno or Bun. */
export interface WebWorker {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: unknown): void;
  terminate(): void;
}

/** A worker of `node:worker_threads`. */
export interface NodeWorker {
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "exit", listener: (code: number) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}

interface BuiltIns {
  "node:worker_threads": { readonly Worker: new (source: string, options: object) => NodeWorker };
  "node:os": { availableParallelism(): number };
  "node:v8": { setFlagsFromString(flag: string): void };
}

interface Host {
  readonly WebAssembly: Wasm;
  readonly performance: { now(): number };
  readonly setTimeout: (fn: () => void, ms: number) => unknown;
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly Worker?: new (url: string, options?: object) => WebWorker;
  readonly Blob?: new (parts: readonly string[], options: { readonly type: string }) => object;
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
  readonly process?: {
    readonly versions?: { readonly node?: string; readonly bun?: string };
    getBuiltinModule?<K extends keyof BuiltIns>(name: K): BuiltIns[K] | undefined;
  };
  readonly Deno?: object;
}

export const host: Host = globalThis as unknown as Host;

/** A module of Node's, asked for at run time so that bundlers see none; `undefined` in browsers. */
export function builtIn<K extends keyof BuiltIns>(name: K): BuiltIns[K] | undefined {
  return host.process?.getBuiltinModule?.(name);
}

/** The cores that the host grants, 1 or more. */
export function availableCores(): number {
  return builtIn("node:os")?.availableParallelism() ?? host.navigator?.hardwareConcurrency ?? 1;
}

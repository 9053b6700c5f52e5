import type { DType } from "./dtype.ts";
import { ValueError } from "./errors.ts";
import type { Kernels } from "./kernels.ts";
import { reference } from "./reference/index.ts";

/** What runs the kernels. */
export interface BackendInfo {
  readonly name: string;
  readonly threads: number;
  readonly dtypes: readonly DType[];
}

/** What `init` may be told. */
export interface InitOptions {
  /** A registered backend by name, or `"auto"` (the default) for the fastest one that loads here. */
  readonly backend?: "auto" | (string & {});
  /** Threads the backend may use; default: what it deems best. */
  readonly threads?: number;
}

/** Makes a backend ready; throws where it cannot run. */
export type BackendLoader = (options: InitOptions) => Kernels | Promise<Kernels>;

const loaders = new Map<string, BackendLoader>([["reference", () => reference]]);
let current: Kernels = reference;

/** Makes a backend known to `init`; the one registered last is tried first by `"auto"`. */
export function registerBackend(name: string, load: BackendLoader): void {
  loaders.set(name, load);
}

/**
 * Loads and selects a backend. Optional where the first use can do it by itself (the reference backend, Node).
 *
 * @throws {@link ValueError} for a name that nobody registered.
 * @example
 * const { name, threads } = await init({ backend: "reference" });
 */
export async function init(options: InitOptions = {}): Promise<BackendInfo> {
  const { backend = "auto" } = options;
  const names = backend === "auto" ? [...loaders.keys()].reverse() : [backend];
  for (const name of names) {
    try {
      setBackend(await loaderOf("init", name)(options));
      break;
    } catch (error) {
      // "auto" goes on to the next; the reference backend, last, always loads.
      if (backend !== "auto") throw error;
    }
  }
  return backendInfo();
}

function loaderOf(operation: string, name: string): BackendLoader {
  const load = loaders.get(name);
  if (!load) {
    const known = [...loaders.keys()].join(", ");
    throw new ValueError(operation, `no backend "${name}"; registered: ${known}`, { name });
  }
  return load;
}

/**
 * Selects a backend at once, itself or by name; tensors of the former one move over when they are next used.
 *
 * @throws {@link ValueError} for an unknown name, or for a backend that can only be loaded with `await init`.
 */
export function setBackend(backend: Kernels | string): void {
  const kernels = typeof backend === "string" ? loaderOf("setBackend", backend)({}) : backend;
  if (kernels instanceof Promise) {
    throw new ValueError(
      "setBackend",
      `"${backend}" takes time to load; use await init({ backend: "${backend}" })`,
    );
  }
  current = kernels;
}

/** The selected backend. */
export function backendInfo(): BackendInfo {
  const { name, threads, dtypes } = current;
  return { name, threads, dtypes };
}

/** The selected backend, or the reference where one of the dtypes is beyond it (float64, mostly). */
export function kernelsFor(dtypes: readonly DType[]): Kernels {
  return dtypes.every((dtype) => current.dtypes.includes(dtype)) ? current : reference;
}

/** Runs synchronous `fn` with another backend selected. */
export function withBackend<T>(kernels: Kernels, fn: () => T): T {
  const before = current;
  current = kernels;
  try {
    return fn();
  } finally {
    current = before;
  }
}

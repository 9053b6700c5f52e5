import type { DType } from "./dtype.ts";
import {
  checkBoolean,
  checkFunction,
  checkOptions,
  checkWhole,
  formatValue,
  GraphError,
  ValueError,
} from "./errors.ts";
import type { Kernels } from "./kernels.ts";
import { reference } from "./reference/index.ts";

/** A backend that does not run here, and why. */
export interface Fallback {
  readonly name: string;
  readonly reason: string;
}

/** What runs the kernels. */
export interface BackendInfo {
  readonly name: string;
  readonly threads: number;
  readonly dtypes: readonly DType[];
  /** The backends that `"auto"` would have preferred. */
  readonly fallbacks: readonly Fallback[];
  /** What it does not do as it was told, fewer threads for instance, and why; or `null`. */
  readonly trouble: string | null;
}

/** What `init` may be told. */
export interface InitOptions {
  /** A registered backend by name, or `"auto"` (the default) for the fastest one that loads here. */
  readonly backend?: "auto" | (string & {});
  /** Threads the backend may use, 1 to 1024; default: what it deems best, or has been told before. */
  readonly threads?: number;
  /**
   * Whether `wasm` uses Winograd's algorithm for 3×3 and 5×5 convolutions; default true: up to three times faster, with
   * an error of at most 2e-5 of the output's root mean square.
   */
  readonly winograd?: boolean;
  /**
   * Whether `wasm` uses relaxed SIMD (fused multiply-add) where the machine has it; default false, because the last bits
   * of a result then depend on the machine.
   */
  readonly relaxed?: boolean;
}

/** Makes a backend ready; throws where it cannot run. */
export type BackendLoader = (options: InitOptions) => Kernels | Promise<Kernels>;

/** More than any machine has cores for. */
const MOST_THREADS = 1024;

const loaders = new Map<string, BackendLoader>([["reference", () => reference]]);
/** `null` until `init` or the first use. */
let current: Kernels | null = null;
let fallbacks: readonly Fallback[] = [];

/**
 * Makes a backend known to `init`; the one registered last is preferred by `"auto"`.
 *
 * @throws {@link ValueError} for a name that is no text, or is `"auto"`, and for a loader that is no function.
 */
export function registerBackend(name: string, load: BackendLoader): void {
  if (typeof name !== "string" || name === "" || name === "auto") {
    throw new ValueError(
      "registerBackend",
      `the name is ${formatValue(name)}; use one of its own, like "mine"`,
    );
  }
  checkFunction("registerBackend", "the loader", load, "(options) => kernels");
  loaders.set(name, load);
}

/**
 * Loads and selects a backend, with all its threads. Optional, for the first use does it by itself; the threads then
 * join when they are ready, in Node after a few milliseconds, in a browser when the page's own code has let them start.
 *
 * @throws {@link ValueError} for a name that nobody registered, a number of threads below 1 or above 1024, or a switch
 * that is neither true nor false.
 * @example
 * const { name, threads } = await init({ backend: "reference" });
 */
export async function init(options: InitOptions = {}): Promise<BackendInfo> {
  checkOptions("init", options, ["backend", "threads", "winograd", "relaxed"]);
  const { backend = "auto", threads, winograd, relaxed } = options;
  if (threads !== undefined) checkWhole("init", "threads", threads, 1, MOST_THREADS);
  checkBoolean("init", "winograd", winograd);
  checkBoolean("init", "relaxed", relaxed);
  if (backend !== "auto") {
    select(await ready(loaderOf("init", backend)(options)), []);
    return backendInfo();
  }
  const tried: Fallback[] = [];
  for (const [name, load] of preferred()) {
    try {
      select(await ready(load(options)), tried);
      break; // at the latest with the reference backend
    } catch (error) {
      tried.push({ name, reason: String(error) });
    }
  }
  return backendInfo();
}

/** @throws {@link ValueError} unless it is a backend. */
function checkKernels(operation: string, kernels: unknown): void {
  if (Array.isArray((kernels as Partial<Kernels> | null | undefined)?.dtypes)) return;
  const known = [...loaders.keys()].join(", ");
  throw new ValueError(
    operation,
    `the backend is ${formatValue(kernels)}; pass its kernels, as createKernels() gives, or select one by name ` +
      `with setBackend(name) (registered: ${known})`,
  );
}

/** A backend with all its threads. */
async function ready(loading: Kernels | Promise<Kernels>): Promise<Kernels> {
  const kernels = await loading;
  await kernels.settle?.();
  return kernels;
}

function preferred(): [string, BackendLoader][] {
  return [...loaders].reverse();
}

function select(kernels: Kernels, tried: readonly Fallback[]): void {
  current = kernels;
  fallbacks = tried;
}

function loaderOf(operation: string, name: string): BackendLoader {
  const load = loaders.get(name);
  if (!load) {
    const known = [...loaders.keys()].join(", ");
    throw new ValueError(operation, `no backend "${name}"; registered: ${known}`, { name });
  }
  return load;
}

function loadAtOnce(name: string, load: BackendLoader): Kernels {
  const kernels = load({});
  if (!(kernels instanceof Promise)) return kernels;
  kernels.catch(() => {}); // the error below says all
  throw new ValueError(
    "setBackend",
    `"${name}" takes time to load; use await init({ backend: "${name}" })`,
    { name },
  );
}

/** The selected backend; at the first use, the preferred one among those that load at once. */
export function selectedBackend(): Kernels {
  if (current !== null) return current;
  const tried: Fallback[] = [];
  for (const [name, load] of preferred()) {
    try {
      select(loadAtOnce(name, load), tried);
      break;
    } catch (error) {
      tried.push({ name, reason: String(error) });
    }
  }
  return current ?? reference;
}

/**
 * Selects a backend at once, itself or by name; tensors of the former one move over when they are next used.
 *
 * @throws {@link ValueError} for an unknown name, what is no backend, or a backend that can only be loaded with `await init`.
 */
export function setBackend(backend: Kernels | string): void {
  const isName = typeof backend === "string";
  const kernels = isName ? loadAtOnce(backend, loaderOf("setBackend", backend)) : backend;
  checkKernels("setBackend", kernels);
  select(kernels, []);
}

/** The selected backend. */
export function backendInfo(): BackendInfo {
  const { name, threads, dtypes, trouble = null } = selectedBackend();
  return { name, threads, dtypes, fallbacks, trouble };
}

/** The selected backend, or the reference where a dtype is beyond it (float64, mostly). */
export function kernelsFor(dtype: DType, operands: readonly { readonly dtype: DType }[]): Kernels {
  const kernels = selectedBackend();
  const { dtypes } = kernels;
  if (!dtypes.includes(dtype)) return reference;
  for (const operand of operands) if (!dtypes.includes(operand.dtype)) return reference;
  return kernels;
}

/**
 * Runs synchronous `fn` with another backend selected.
 *
 * @throws {@link GraphError} when `fn` returns a promise, because its later parts would run on the former backend;
 * {@link ValueError} for what is no backend or no function.
 */
export function withBackend<T>(kernels: Kernels, fn: () => T): T {
  checkKernels("withBackend", kernels);
  checkFunction("withBackend", "fn", fn, "withBackend(kernels, () => …)");
  const before = current;
  current = kernels;
  try {
    return synchronous("withBackend", fn());
  } finally {
    current = before;
  }
}

/** The result, unless it is a promise. */
export function synchronous<T>(operation: string, result: T): T {
  if (!(result instanceof Promise)) return result;
  result.catch(() => {}); // the error below says all
  throw new GraphError(
    operation,
    `fn is async; wrap only its synchronous parts: await … then ${operation}(() => …)`,
  );
}

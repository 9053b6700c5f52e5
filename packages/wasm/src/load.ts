import { checkWhole, type InitOptions, ValueError } from "@convgrad/core";
import { Engine } from "./engine.ts";
import { bytes as base } from "./generated/base.ts";
import { Heap } from "./heap.ts";
import { availableCores, host, type WasmModule } from "./host.ts";
import { kernelsOn, type WasmKernels } from "./kernels.ts";
import { allowRelaxed, compile, compileAsync, moduleBytes } from "./module.ts";

/** SIMD in seven instructions: a module that only a host with SIMD accepts. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15,
  253, 98, 11,
]);

function checkHost(): void {
  if (!host.WebAssembly) throw new ValueError("wasm", "this runtime has no WebAssembly");
  if (!host.WebAssembly.validate(SIMD_PROBE)) {
    throw new ValueError(
      "wasm",
      "this runtime's WebAssembly has no SIMD; a browser of 2021 or later has",
    );
  }
}

/** Whether memory can be shared with workers here, or why not. */
function sharing(): string | null {
  if (typeof SharedArrayBuffer === "undefined") {
    return host.crossOriginIsolated === false
      ? "the page is not cross-origin isolated; serve it with Cross-Origin-Opener-Policy: same-origin and " +
          "Cross-Origin-Embedder-Policy: require-corp"
      : "this runtime has no SharedArrayBuffer";
  }
  return null;
}

/** Beyond so many each further thread costs more than it does. */
const MOST_THREADS = 64;

/** Changes what is given, and leaves the rest as it is. */
function change(engine: Engine, { threads, winograd }: InitOptions): void {
  if (threads !== undefined) checkWhole("init", "threads", threads, 1);
  if (winograd !== undefined) engine.winograd = winograd;
  if (threads === undefined) return;
  const used = Math.min(threads, MOST_THREADS);
  if (engine.heap.shared) {
    engine.pool.resize(used - 1);
    if (used < threads)
      engine.pool.trouble = `${threads} threads were asked for, ${used} is the limit`;
  } else engine.pool.trouble = threads > 1 ? sharing() : null;
}

function withOptions(
  engine: Engine,
  { threads = availableCores(), ...rest }: InitOptions,
): WasmKernels {
  change(engine, { threads, ...rest });
  return kernelsOn(engine);
}

/** Makes a backend with a memory and workers of its own; for tests, and programs that want several. */
export function createKernels(options: InitOptions = {}): WasmKernels {
  checkHost();
  const heap = new Heap(sharing() === null);
  return withOptions(new Engine(compile(moduleBytes(base, heap.shared)), heap), options);
}

/** With relaxed SIMD, or without it where the runtime has none, and then `trouble` says so. */
async function createRelaxed(options: InitOptions): Promise<WasmKernels> {
  checkHost();
  const { bytes } = await import("./generated/relaxed.ts");
  const heap = new Heap(sharing() === null);
  const program = moduleBytes(bytes, heap.shared);
  const accepted = () => host.WebAssembly.validate(program);
  if (!accepted()) allowRelaxed();
  const isRelaxed = accepted();
  const module = await compileAsync(isRelaxed ? program : moduleBytes(base, heap.shared));
  const kernels = withOptions(new Engine(module, heap), options);
  if (!isRelaxed) kernels.engine.pool.trouble ??= "this runtime has no relaxed SIMD";
  return kernels;
}

interface Loaded {
  readonly kernels: WasmKernels;
  readonly relaxed: boolean;
}
let loaded: Loaded | null = null;

/**
 * The loader that core calls. Once loaded, options that are given change the same memory and its workers, and tensors
 * stay in place; what is not given stays as it is.
 */
export function load(options: InitOptions): WasmKernels | Promise<WasmKernels> {
  const { relaxed = loaded?.relaxed ?? false } = options;
  if (loaded?.relaxed === relaxed) {
    change(loaded.kernels.engine, options);
    return loaded.kernels;
  }
  const remember = (kernels: WasmKernels) => {
    loaded?.kernels.engine.pool.dismiss(null);
    loaded = { kernels, relaxed };
    return kernels;
  };
  if (relaxed) return createRelaxed(options).then(remember);
  checkHost();
  const heap = new Heap(sharing() === null); // where this fails, it fails for good
  const program = moduleBytes(base, heap.shared);
  const start = (module: WasmModule) => remember(withOptions(new Engine(module, heap), options));
  let module: WasmModule;
  try {
    module = compile(program);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return compileAsync(program).then(start); // the browser wants more time for so large a module
  }
  return start(module);
}

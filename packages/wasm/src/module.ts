import { builtIn, host, type WasmModule } from "./host.ts";

/** What a module exports; see `assembly/index.ts`. */
export interface Exports {
  runAlone(kernel: number, parts: number): void;
  runShared(kernel: number, parts: number): void;
  spinUntilDone(parts: number, patience: number): number;
}

/** By the host's own decoder where it has one: the loop takes 2 ms of a cold start. */
function decode(base64: string): Uint8Array {
  if (host.Uint8Array.fromBase64) return host.Uint8Array.fromBase64(base64);
  if (host.Buffer) return host.Buffer.from(base64, "base64");
  const text = host.atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** `"env" "memory"` of kind memory, then its flags: bit 0 says that there is a maximum, bit 1 that it is shared. */
const IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2];
const HAS_MAXIMUM = 1;

/** The same kernels for a memory that is not shared: one bit of the import says which. */
function unshare(bytes: Uint8Array): Uint8Array {
  const at = bytes.findIndex((_, i) => IMPORT.every((byte, k) => bytes[i + k] === byte));
  bytes[at + IMPORT.length] = HAS_MAXIMUM;
  return bytes;
}

/** The bytes of a module for a memory of that kind. */
export function moduleBytes(base64: string, shared: boolean): Uint8Array {
  const bytes = decode(base64);
  return shared ? bytes : unshare(bytes);
}

/** Lets Node 20 compile relaxed SIMD; newer ones do anyway, and complain about the flag. */
export function allowRelaxed(): void {
  builtIn("node:v8")?.setFlagsFromString("--experimental-wasm-relaxed-simd");
}

/**
 * Compiled at once.
 *
 * @throws RangeError on the main thread of a Chromium before 115, which takes no more than 4 kB this way.
 */
export function compile(bytes: Uint8Array): WasmModule {
  return new host.WebAssembly.Module(bytes);
}

export function compileAsync(bytes: Uint8Array): Promise<WasmModule> {
  return host.WebAssembly.compile(bytes);
}

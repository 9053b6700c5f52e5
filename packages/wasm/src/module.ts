import { builtIn, host, type WasmModule } from "./host.ts";

/** What a module exports; see `assembly/index.ts`. */
export interface Exports {
  runAlone(kernel: number, parts: number): void;
  runShared(kernel: number, parts: number): void;
  spinUntilDone(parts: number, patience: number): number;
}

/** Bytes as text: see `build/kernels.mjs`, which writes it. */
export interface ByteText {
  /** The bytes that are one character each, in the order of the alphabet. */
  readonly common: readonly number[];
  readonly text: string;
}

/** Printable characters that neither a string literal nor a page has to escape. */
const ALPHABET = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))
  .filter((character) => !"\"'`\\$<".includes(character))
  .join("");
/** The first of them say that the next character is one of the rarer bytes. */
const ESCAPES = 3;

function decode({ common, text }: ByteText): Uint8Array {
  const rare = Array.from({ length: 256 }, (_, byte) => byte).filter((b) => !common.includes(b));
  const placeOf = new Uint8Array(128);
  for (let i = 0; i < ALPHABET.length; i++) placeOf[ALPHABET.charCodeAt(i)] = i;
  const bytes = new Uint8Array(text.length);
  let n = 0;
  for (let at = 0; at < text.length; at++) {
    const place = placeOf[text.charCodeAt(at)]!;
    bytes[n++] =
      place < ESCAPES
        ? rare[place * common.length + placeOf[text.charCodeAt(++at)]! - ESCAPES]!
        : common[place - ESCAPES]!;
  }
  return bytes.subarray(0, n);
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
export function moduleBytes(text: ByteText, shared: boolean): Uint8Array {
  const bytes = decode(text);
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

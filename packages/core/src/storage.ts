import { allocateArray, bytesOf, type DType, type TypedArray } from "./dtype.ts";
import { GraphError } from "./errors.ts";
import type { Buffer, Kernels } from "./kernels.ts";
import { contiguousLayout } from "./layout.ts";
import { currentScope, moveTo, type Owned, type Scope } from "./scope.ts";

declare const console: { warn(message: string): void };

/** What `memory()` reports. Views share their tensor's memory and are not counted. */
export interface MemoryInfo {
  /** Live blocks of memory: tensors that were computed or created and not yet released. */
  readonly tensors: number;
  /** Their size in bytes. */
  readonly bytes: number;
  /** The largest `bytes` since the program began. */
  readonly peakBytes: number;
}

const live = { tensors: 0, bytes: 0, peakBytes: 0 };

/** Live tensors and bytes. In a loop whose body is a scope both stay flat. */
export function memory(): MemoryInfo {
  return { ...live };
}

/** What remains to be given back when nobody holds a storage any more; not the storage itself, or it would live on. */
interface Remains {
  kernels: Kernels;
  buffer: Buffer;
  bytes: number;
}

/** The net for tensors made outside any scope: they live until the garbage collector finds them. */
const unscoped = { tensors: 0, bytes: 0, warned: false };
const collected = new FinalizationRegistry<Remains>((remains) => {
  unscoped.tensors--;
  unscoped.bytes -= remains.bytes;
  free(remains);
});

const MANY_TENSORS = 1000;
const MANY_BYTES = 256 * 2 ** 20;

/** The innermost line of the stack outside this library, as far as the runtime tells. */
function callerLine(): string | undefined {
  const frames = new Error().stack?.split("\n").filter((frame) => /:\d+:\d+/.test(frame)) ?? [];
  const own = /[^\s(@]*[\\/]/.exec(frames[0] ?? "")?.[0] ?? "@convgrad/";
  return frames.find((frame) => ![own, "@convgrad/"].some((part) => frame.includes(part)))?.trim();
}

function warnOnce(): void {
  if (unscoped.warned || unscoped.tensors < MANY_TENSORS || unscoped.bytes < MANY_BYTES) return;
  unscoped.warned = true;
  const line = callerLine();
  console.warn(
    `convgrad: ${unscoped.tensors} tensors (${Math.round(unscoped.bytes / 2 ** 20)} MiB) were made outside any scope ` +
      `faster than they are collected${line ? `, last ${line}` : ""}; make the loop body a scope: ` +
      "for (const step of steps(n)) { … } or scope(() => { … })",
  );
}

function free({ kernels, buffer, bytes }: Remains): void {
  live.tensors--;
  live.bytes -= bytes;
  kernels.release(buffer);
}

/** A block of memory in one backend, shared by a tensor and its views. */
export class Storage implements Owned {
  readonly dtype: DType;
  readonly length: number;
  owner: Scope | null = null;
  /** Set by `keep`: no scope takes it over behind the user's back. */
  kept = false;
  /** Held by the `grad` of a leaf alone: whoever replaces that gradient gives it back. */
  heldAsGradient = false;
  /** Counts writes in place, so that a backward pass notices that a saved value changed. */
  version = 0;
  readonly #remains: Remains;
  #released: string | null = null;

  constructor(kernels: Kernels, dtype: DType, length: number) {
    this.dtype = dtype;
    this.length = length;
    const bytes = length * bytesOf(dtype);
    this.#remains = { kernels, buffer: kernels.allocate(dtype, length), bytes };
    live.tensors++;
    live.bytes += bytes;
    live.peakBytes = Math.max(live.peakBytes, live.bytes);
    const scope = currentScope();
    if (scope) scope.adopt(this);
    else this.unscoped();
  }

  get kernels(): Kernels {
    return this.#remains.kernels;
  }

  get released(): boolean {
    return this.#released !== null;
  }

  /** The buffer, after moving it to `kernels` where another backend holds it. */
  on(operation: string, kernels: Kernels): Buffer {
    if (this.#released !== null) {
      throw new GraphError(
        operation,
        `this ${this.dtype} tensor of ${this.length} elements was ${this.#released}; ` +
          "wrap it in keep(tensor) or return it from scope(fn) to use it afterwards",
      );
    }
    const remains = this.#remains;
    if (!kernels.owns(remains.buffer)) {
      const values = this.#values();
      const buffer = kernels.allocate(this.dtype, this.length);
      kernels.write(buffer, values);
      remains.kernels.release(remains.buffer);
      remains.kernels = kernels;
      remains.buffer = buffer;
    }
    return remains.buffer;
  }

  #values(): TypedArray {
    const { kernels, buffer } = this.#remains;
    if (this.length === 0) return allocateArray(this.dtype, 0);
    return kernels.read({ buffer, dtype: this.dtype, ...contiguousLayout([this.length]) });
  }

  unscoped(): void {
    unscoped.tensors++;
    unscoped.bytes += this.#remains.bytes;
    collected.register(this, this.#remains, this);
    warnOnce();
  }

  scoped(): void {
    if (collected.unregister(this)) {
      unscoped.tensors--;
      unscoped.bytes -= this.#remains.bytes;
    }
  }

  release(reason: string): void {
    if (this.#released !== null) return;
    this.#released = reason;
    this.owner = null;
    free(this.#remains);
    // A released tensor may be held for long; its memory may not.
    this.#remains.buffer = {};
  }
}

/** Gives a block that its holder drops to the current scope, or a loop would gather garbage that nobody collects. */
export function abandon(storage: Storage): void {
  if (storage.heldAsGradient && !storage.kept && storage.owner === null) currentScope()?.adopt(storage);
}

/** A gradient lives as long as its leaf, in whatever scope it was computed. One that no scope owns is the user's. */
export function holdAsGradient(storage: Storage, owner: Scope | null): void {
  if (storage.released || storage.owner === null || storage.owner === owner) return;
  storage.heldAsGradient = true;
  moveTo(owner, storage);
}

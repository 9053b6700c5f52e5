import { Block } from "./block.ts";
import type { DeferredContraction } from "./deferred.ts";
import { allocateArray, bytesOf, type DType } from "./dtype.ts";
import { GraphError, MemoryError } from "./errors.ts";
import type { Buffer, Kernels, View } from "./kernels.ts";
import { contiguousLayout } from "./layout.ts";
import { currentScope, moveTo, type Scope } from "./scope.ts";
import { callers, creation } from "./stack.ts";

declare const console: { warn(message: string): void };

/** What remains to be given back when nobody holds a storage any more; not the storage itself, or it would live on. */
interface Remains {
  /** `null` while the value is deferred, and after the release. */
  block: Block | null;
  deferred: DeferredContraction | null;
  readonly bytes: number;
  /** Whether it was kept on purpose; such a block says nothing about a loop that lacks a scope. */
  kept: boolean;
}

/** The net for tensors made outside any scope: they live until the garbage collector finds them. */
const unscoped = { tensors: 0, bytes: 0, warned: false };
const collected = new FinalizationRegistry<Remains>((remains) => {
  if (!remains.kept) count(unscoped, -1, remains.bytes);
  free(remains);
});

function count(total: { tensors: number; bytes: number }, change: 1 | -1, bytes: number): void {
  total.tensors += change;
  total.bytes += change * bytes;
}

const MANY_TENSORS = 1000;
const MANY_BYTES = 256 * 2 ** 20;

function warnOnce(): void {
  if (unscoped.warned || unscoped.tensors < MANY_TENSORS || unscoped.bytes < MANY_BYTES) return;
  unscoped.warned = true;
  const line = callers(creation())[0];
  console.warn(
    `convgrad: ${unscoped.tensors} tensors (${Math.round(unscoped.bytes / 2 ** 20)} MiB) were made outside any scope ` +
      `faster than they are collected${line ? `, last ${line}` : ""}; make the loop body a scope: ` +
      "for (const step of steps(n)) { … } or scope(() => { … })",
  );
}

function free(remains: Remains): void {
  remains.block?.release();
  remains.deferred?.letGo();
  remains.block = null;
  remains.deferred = null;
}

/** The memory behind a tensor and its views, in one backend at a time; or how to compute it, while it is deferred. */
export class Storage {
  readonly dtype: DType;
  readonly length: number;
  owner: Scope | null = null;
  /** Held by the `grad` of a leaf alone: whoever replaces that gradient gives it back. */
  heldAsGradient = false;
  /** Counts writes in place, so that a backward pass notices that a saved value changed. */
  version = 0;
  readonly #remains: Remains;
  #kernels: Kernels;
  /** Whether the garbage collector is to give it back. */
  #isWatched = false;
  #released: string | null = null;

  constructor(
    kernels: Kernels,
    dtype: DType,
    length: number,
    deferred: DeferredContraction | null = null,
  ) {
    this.dtype = dtype;
    this.length = length;
    this.#kernels = kernels;
    const block = deferred ? null : new Block(kernels, dtype, length);
    this.#remains = { block, deferred, bytes: length * bytesOf(dtype), kept: false };
    if (kernels.virtual) return;
    const scope = currentScope();
    if (scope) scope.adopt(this);
    else this.unscoped();
  }

  /** How its value will be computed, or `null` when it is. */
  get deferred(): DeferredContraction | null {
    return this.#remains.deferred;
  }

  /** Its memory, after computing what was deferred. */
  get block(): Block {
    const remains = this.#remains;
    if (remains.deferred) {
      const block = new Block(this.#kernels, this.dtype, this.length);
      try {
        remains.deferred.compute(block.buffer, this.dtype);
      } catch (error) {
        block.release();
        throw error;
      }
      remains.deferred.letGo();
      remains.deferred = null;
      remains.block = block;
    }
    return remains.block!;
  }

  /** The backend that holds it now. */
  get kernels(): Kernels {
    return this.#kernels;
  }

  get released(): boolean {
    return this.#released !== null;
  }

  get kept(): boolean {
    return this.#remains.kept;
  }

  /** The buffer, after moving it to `kernels` where another backend holds it. */
  on(operation: string, kernels: Kernels): Buffer {
    const buffer = this.lend(operation, kernels);
    if (buffer !== this.block.buffer) this.#replace(kernels, buffer);
    return buffer;
  }

  /** The buffer for writing. Deferred values that were to be computed from it keep what it held. */
  toWrite(operation: string, kernels: Kernels): Buffer {
    const buffer = this.on(operation, kernels);
    if (!this.block.isHeld || kernels.virtual) return buffer;
    let copy: Buffer | null = null;
    try {
      copy = kernels.allocate(this.dtype, this.length);
      kernels.copy(wholeOf(this.block, this), wholeOf({ buffer: copy }, this));
    } catch (error) {
      if (copy) kernels.release(copy);
      if (!(error instanceof MemoryError)) throw error;
      this.block.overwritten++; // an update never fails for want of memory; reading the deferred value does
      return buffer;
    }
    this.#replace(kernels, copy);
    return copy;
  }

  #replace(kernels: Kernels, buffer: Buffer): void {
    this.#remains.block?.release();
    this.#remains.block = new Block(kernels, this.dtype, this.length, buffer);
    this.#kernels = kernels;
  }

  /** The buffer for reading: its own, or a copy in `kernels` where another backend holds it. */
  lend(operation: string, kernels: Kernels): Buffer {
    if (this.#released !== null) {
      throw new GraphError(
        operation,
        `this ${this.dtype} tensor of ${this.length} elements was ${this.#released}; ` +
          "wrap it in keep(tensor) or return it from scope(fn) to use it afterwards",
      );
    }
    const { kernels: home, buffer } = this.block;
    if (kernels === home || kernels.virtual || kernels.owns(buffer)) return buffer;
    if (home.virtual) {
      throw new GraphError(operation, "a tensor of a dry run holds no numbers; make it again");
    }
    const whole = wholeOf(this.block, this);
    const values = this.length === 0 ? allocateArray(this.dtype, 0) : home.read(whole);
    const copy = kernels.allocate(this.dtype, this.length);
    kernels.write(copy, values);
    return copy;
  }

  /** Notes that the elements changed. */
  wrote(kernels: Kernels): void {
    if (!kernels.virtual) this.version++;
  }

  keep(): void {
    if (this.#released === null) void this.block; // what is kept shall not keep its operands
    if (this.owner) this.owner.disown(this);
    else this.scoped();
    this.#remains.kept = true;
    this.unscoped();
  }

  /** Tells a block that no scope owns it any more: it now lives until it is garbage-collected. */
  unscoped(): void {
    const { bytes, kept } = this.#remains;
    if (this.#released !== null || this.#kernels.virtual) return;
    collected.register(this, this.#remains, this);
    this.#isWatched = true;
    if (kept) return;
    count(unscoped, 1, bytes);
    warnOnce();
  }

  /** Tells a block without an owner that a scope takes it over. */
  scoped(): void {
    const { bytes, kept } = this.#remains;
    if (!this.#isWatched) return; // asking the registry of every tensor would take longer than making it
    this.#isWatched = false;
    collected.unregister(this);
    if (!kept) count(unscoped, -1, bytes);
  }

  release(reason: string): void {
    if (this.#released !== null) return;
    this.#released = reason;
    this.owner = null;
    free(this.#remains);
  }
}

/** All of a storage's memory as a view. */
function wholeOf({ buffer }: { readonly buffer: Buffer }, { dtype, length }: Storage): View {
  return { buffer, dtype, ...contiguousLayout([length]) };
}

/** Gives a block that its holder drops to the current scope, or a loop would gather garbage that nobody collects. */
export function abandon(storage: Storage): void {
  if (storage.heldAsGradient && !storage.kept && storage.owner === null)
    currentScope()?.adopt(storage);
}

/** A gradient lives as long as its leaf, in whatever scope it was computed. One that no scope owns is the user's. */
export function holdAsGradient(storage: Storage, owner: Scope | null): void {
  if (storage.released || storage.owner === null || storage.owner === owner) return;
  storage.heldAsGradient = true;
  moveTo(owner, storage);
}

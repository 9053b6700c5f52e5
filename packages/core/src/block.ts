import { bytesOf, type DType } from "./dtype.ts";
import type { Buffer, Kernels } from "./kernels.ts";

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

/**
 * Memory that a backend gave to a storage. A deferred value holds the blocks that it will be computed from; such a
 * block outlives its storage until the value is computed or given up.
 */
export class Block {
  readonly kernels: Kernels;
  readonly buffer: Buffer;
  readonly #bytes: number;
  #holders = 0;
  #orphan = false;
  /** How often its contents changed although somebody held it, because there was no room for a copy. */
  overwritten = 0;

  /** @param buffer memory that the backend already gave; default: fresh */
  constructor(
    kernels: Kernels,
    dtype: DType,
    length: number,
    buffer: Buffer = kernels.allocate(dtype, length),
  ) {
    this.kernels = kernels;
    this.buffer = buffer;
    this.#bytes = length * bytesOf(dtype);
    if (kernels.virtual) return;
    live.tensors++;
    live.bytes += this.#bytes;
    live.peakBytes = Math.max(live.peakBytes, live.bytes);
  }

  get isHeld(): boolean {
    return this.#holders > 0;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  letGo(): void {
    this.#holders--;
    if (this.#orphan && this.#holders === 0) this.#free();
  }

  /** Its storage needs it no longer. */
  release(): void {
    this.#orphan = true;
    if (this.#holders === 0) this.#free();
  }

  #free(): void {
    if (this.kernels.virtual) return;
    live.tensors--;
    live.bytes -= this.#bytes;
    this.kernels.release(this.buffer);
  }
}

import { type DType, MemoryError } from "@convgrad/core";
import { HEAP } from "../assembly/abi.ts";
import { host, type WasmMemory } from "./host.ts";

const PAGE = 65536;
/** The memory grows by this much at least: growing is dear where old views die of it. */
const GROWTH = 256;
/** 4 GiB, all that 32-bit addresses reach, and less for hosts that cannot reserve so much. */
const MAXIMA = [65536, 32768, 16384, 8192];
const INITIAL = 256;
/** A block so large is worth a search among the free ones, 1 MiB. */
const LARGE = 2 ** 20;
/** What 32-bit addresses reach. */
const ALL = 2 ** 32;

function tooMuch(bytes: number): MemoryError {
  return new MemoryError(
    "allocate",
    `${bytes.toLocaleString("en")} bytes are more than the 4 GiB that WebAssembly can address; use a smaller batch ` +
      "or smaller images",
    { bytes },
  );
}

/** A block of the memory, as `Kernels` hands it to core. */
export class Block {
  /** Byte address, a multiple of 64. */
  readonly address: number;
  /** Its size class, from which the heap knows its room. */
  readonly sizeClass: number;
  readonly heap: Heap;
  readonly dtype: DType;
  readonly length: number;

  constructor(heap: Heap, address: number, sizeClass: number, dtype: DType, length: number) {
    this.heap = heap;
    this.address = address;
    this.sizeClass = sizeClass;
    this.dtype = dtype;
    this.length = length;
  }
}

/**
 * Four classes to a power of two: 256, 320, 384, 448, 512, 640, … bytes, so at most a fifth of a larger block lies idle.
 *
 * @throws {@link MemoryError} beyond what addresses reach.
 */
export function sizeClassOf(bytes: number): number {
  if (bytes > ALL) throw tooMuch(bytes);
  if (bytes <= 64) return 0;
  const power = 31 - Math.clz32((bytes - 1) >>> 0);
  const quarter = Math.floor((bytes - 1 - 2 ** power) / 2 ** (power - 2));
  return (power - 6) * 4 + quarter + 1;
}

/** The room of a class in bytes, a multiple of 64. */
export function roomOf(sizeClass: number): number {
  const bytes = 64 * (1 + (sizeClass % 4) / 4) * 2 ** Math.floor(sizeClass / 4);
  return Math.ceil(bytes / 64) * 64;
}

/** The memory as typed arrays; replaced whenever it grows. */
export interface Cells {
  readonly f32: Float32Array;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
}

/**
 * One growable memory, cut into blocks of size classes. A freed block goes to its class and is the first to be taken
 * again, while it is still in the cache: touching fresh pages costs more than most kernels.
 */
export class Heap {
  readonly memory: WasmMemory;
  readonly shared: boolean;
  cells: Cells;
  readonly #free: number[][] = [];
  #freeBytes = 0;
  #end = HEAP;
  /** The stretch that small blocks are cut from. */
  #small = HEAP;
  #smallEnd = HEAP;
  readonly #maximum: number;
  #pages = INITIAL;

  /** @throws where the host has no room, or no shared memory, to offer. */
  constructor(shared: boolean) {
    const made = reserve(shared);
    this.shared = shared;
    this.memory = made.memory;
    this.#maximum = made.maximum;
    this.cells = this.#view();
  }

  #view(): Cells {
    const { buffer } = this.memory;
    return {
      f32: new Float32Array(buffer),
      i32: new Int32Array(buffer),
      u8: new Uint8Array(buffer),
    };
  }

  /** Bytes of the memory, whether in use or not. */
  get reserved(): number {
    return this.#pages * PAGE;
  }

  /**
   * The address of a block of a size class.
   *
   * @throws {@link MemoryError} when neither a free block nor the rest of the memory is large enough.
   */
  take(sizeClass: number): number {
    const address = this.#free[sizeClass]?.pop();
    const room = roomOf(sizeClass);
    if (address !== undefined) {
      this.#freeBytes -= room;
      return address;
    }
    return (
      (room < LARGE ? this.#cut(room) : undefined) ?? this.#find(sizeClass) ?? this.#refuse(room)
    );
  }

  /** Free memory that is used again, or fresh memory, or none. */
  #find(sizeClass: number): number | undefined {
    const room = roomOf(sizeClass);
    const reused = this.#freeBytes >= room ? this.#reuse(sizeClass) : undefined;
    if (reused !== undefined) return reused;
    if (this.#end + room > this.reserved && !this.#grow(this.#end + room)) return undefined;
    const fresh = this.#end;
    this.#end += room;
    return fresh;
  }

  /** Small blocks, some of which live long, keep together: anywhere else they would lie between large ones for good. */
  #cut(room: number): number | undefined {
    if (this.#small + room > this.#smallEnd) {
      const stretch = this.#find(sizeClassOf(LARGE));
      if (stretch === undefined) return undefined;
      this.#scatter(this.#small, this.#smallEnd - this.#small);
      this.#small = stretch;
      this.#smallEnd = stretch + LARGE;
    }
    const address = this.#small;
    this.#small += room;
    return address;
  }

  give(address: number, sizeClass: number): void {
    this.#freeBytes += roomOf(sizeClass);
    const free = this.#free[sizeClass];
    if (free) free.push(address);
    else this.#free[sizeClass] = [address];
  }

  #grow(end: number): boolean {
    const needed = Math.ceil(end / PAGE) - this.#pages;
    // Generously at first, then by what is asked for, up to the last page.
    const steps = [Math.max(needed, GROWTH, this.#pages >> 2), needed];
    for (const pages of steps) {
      if (this.#pages + pages > this.#maximum) continue;
      try {
        this.memory.grow(pages);
      } catch {
        continue;
      }
      this.#pages += pages;
      this.cells = this.#view();
      return true;
    }
    return false;
  }

  /** Part of a larger block that is free, if need be after joining neighbours, rather than fresh memory. */
  #reuse(sizeClass: number): number | undefined {
    const found = this.#takeLarger(sizeClass);
    if (found !== undefined) return found;
    this.#join();
    return this.#takeLarger(sizeClass);
  }

  #takeLarger(sizeClass: number): number | undefined {
    const room = roomOf(sizeClass);
    for (let larger = sizeClass; larger < this.#free.length; larger++) {
      const address = this.#free[larger]?.pop();
      if (address === undefined) continue;
      this.#freeBytes -= roomOf(larger);
      this.#scatter(address + room, roomOf(larger) - room);
      return address;
    }
    return undefined;
  }

  /** Makes one stretch of free neighbours; what ends where the used memory ends is free again altogether. */
  #join(): void {
    const blocks = this.#free
      .flatMap((free, sizeClass) =>
        free.map((start) => ({ start, end: start + roomOf(sizeClass) })),
      )
      .sort((a, b) => a.start - b.start);
    this.#free.length = 0;
    this.#freeBytes = 0;
    const stretches: { start: number; end: number }[] = [];
    for (const block of blocks) {
      const last = stretches.at(-1);
      if (last && last.end === block.start) last.end = block.end;
      else stretches.push({ ...block });
    }
    if (stretches.at(-1)?.end === this.#end) this.#end = stretches.pop()!.start;
    for (const { start, end } of stretches) this.#scatter(start, end - start);
  }

  #refuse(room: number): never {
    const number = (bytes: number) => bytes.toLocaleString("en");
    const most = this.#maximum * PAGE;
    throw new MemoryError(
      "allocate",
      `no memory for ${number(room)} bytes more (${number(this.reserved)} of at most ${number(most)} reserved, ` +
        `${number(this.#freeBytes)} of them free, but in pieces); use a smaller batch, ` +
        "or release tensors by making the loop body a scope",
      { bytes: room, reserved: this.reserved, maximum: most, free: this.#freeBytes },
    );
  }

  /** Gives a stretch back as the largest blocks that fit. */
  #scatter(address: number, bytes: number): void {
    let [at, left] = [address, bytes];
    while (left >= 64) {
      let fits = sizeClassOf(left);
      while (roomOf(fits) > left) fits--;
      this.give(at, fits);
      at += roomOf(fits);
      left -= roomOf(fits);
    }
  }
}

function reserve(shared: boolean): { memory: WasmMemory; maximum: number } {
  let last: unknown;
  for (const maximum of MAXIMA) {
    try {
      const memory = new host.WebAssembly.Memory({ initial: INITIAL, maximum, shared });
      return { memory, maximum };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

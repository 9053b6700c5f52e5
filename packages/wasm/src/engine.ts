import { ConvgradError, type DType, type TypedArray, type View } from "@convgrad/core";
import {
  ARGUMENT_WORDS,
  ARGUMENTS,
  CLAIM,
  DONE,
  FAILED,
  MOST_PARTS,
  SCRATCH,
  SCRATCH_STRIDE,
  SPIN,
} from "../assembly/abi.ts";
import { Block, type Cells, type Heap, roomOf, sizeClassOf } from "./heap.ts";
import { host, type WasmModule } from "./host.ts";
import type { Exports } from "./module.ts";
import { WorkerPool } from "./workerPool.ts";

/** A worker thread trapped, or died in the middle of its work; the operation has no result. */
export class WorkerError extends ConvgradError {
  override readonly name = "WorkerError";
}

/** Iterations an idle worker spins before it sleeps: about 20 µs. Longer spins steal the core from others. */
const SPINS = 4000;
/** Iterations the caller spins before it looks at the clock: about 1 ms. */
const PATIENCE = 200_000;

/** How much longer than all parts of the caller a part may take before its worker counts as dead. */
const LONGEST = 20;

const BYTES: Readonly<Record<DType, number>> = { float32: 4, int32: 4, uint8: 1, float64: 8 };

/** One instance of the kernels with its memory and its workers. */
export class Engine {
  readonly heap: Heap;
  readonly pool: WorkerPool;
  /** Whether 3×3 and 5×5 convolutions may go through Winograd's algorithm. */
  winograd = true;
  /** The arguments of the next kernel, as integers and as floats; the same words. */
  readonly words: Int32Array;
  readonly floats: Float32Array;
  /** A worker that finished nothing for so many milliseconds is dead. */
  deadAfter = 10_000;
  readonly #exports: Exports;
  #scratch = 0;
  #scratchClass = -1;

  constructor(module: WasmModule, heap: Heap) {
    const { memory } = heap;
    this.heap = heap;
    this.#exports = new host.WebAssembly.Instance(module, { env: { memory } }).exports as Exports;
    this.pool = new WorkerPool(module, memory);
    this.words = new Int32Array(ARGUMENT_WORDS);
    this.floats = new Float32Array(this.words.buffer);
    this.cells.i32[SPIN / 4] = SPINS;
  }

  get cells(): Cells {
    return this.heap.cells;
  }

  /** Threads that take part in the next region. */
  get threads(): number {
    return 1 + this.pool.ready;
  }

  /**
   * Runs a kernel on parts 0 … parts − 1 with the first `count` of `words` as its arguments.
   *
   * @throws {@link WorkerError} when a worker did not finish its part.
   */
  run(kernel: number, parts: number, count: number): void {
    const { i32 } = this.heap.cells;
    const { words } = this;
    for (let i = 0; i < count; i++) i32[ARGUMENTS / 4 + i] = words[i]!;
    const alone = parts === 1 || this.pool.ready === 0;
    const start = alone ? 0 : host.performance.now();
    try {
      if (alone) this.#exports.runAlone(kernel, parts);
      else this.#exports.runShared(kernel, parts);
    } catch (cause) {
      this.#giveUp(`a kernel trapped (${String(cause)})`);
    }
    if (!alone) this.#await(parts, start);
  }

  /** Waits for the others' parts, each of which may take as long as all of this thread's did, many times over. */
  #await(parts: number, start: number): void {
    let done = this.#exports.spinUntilDone(parts, PATIENCE);
    if (done < parts) {
      let last = host.performance.now();
      const limit = Math.max(this.deadAfter, LONGEST * (last - start));
      let [before, waited] = [done, 0];
      while (done < parts) {
        done = this.#exports.spinUntilDone(parts, PATIENCE);
        const now = host.performance.now();
        // A long step is one in which the whole process was stopped, and the workers with it.
        waited = done > before ? 0 : waited + Math.min(now - last, 100);
        [before, last] = [done, now];
        if (waited > limit) this.#giveUp("a worker thread died in the middle of its work");
      }
    }
    if (Atomics.load(this.cells.i32, FAILED / 4) !== 0) this.#giveUp("a worker thread trapped");
  }

  #giveUp(what: string): never {
    new BigInt64Array(this.heap.memory.buffer, CLAIM, 1)[0] = 0n;
    this.cells.i32[FAILED / 4] = 0;
    this.cells.i32[DONE / 4] = 0;
    this.pool.dismiss(what);
    throw new WorkerError(
      "wasm",
      `${what}; this operation has no result, and a tensor that it was updating in place may be half updated. ` +
        "Computing goes on with one thread, and await init({ threads }) starts new workers",
    );
  }

  /** How many parts of at least `least` units make sense; never so few that a thread idles, where there is work. */
  partsOf(units: number, least: number): number {
    const { threads } = this;
    if (threads === 1 || units < 2 * least) return 1;
    // Three parts per thread even out what the machine does besides.
    return Math.min(Math.floor(units / least), threads * 3, MOST_PARTS);
  }

  /**
   * Gives every thread so much scratch memory for the next region, or only the caller, where there is but one part.
   *
   * @throws {@link MemoryError} when there is no room.
   */
  reserveScratch(bytes: number, parts = Number.POSITIVE_INFINITY): void {
    const stride = roomOf(sizeClassOf(bytes));
    const total = sizeClassOf(parts === 1 ? stride : stride * (1 + this.pool.highest));
    if (total > this.#scratchClass) {
      const address = this.heap.take(total);
      if (this.#scratchClass >= 0) this.heap.give(this.#scratch, this.#scratchClass);
      this.#scratch = address;
      this.#scratchClass = total;
    }
    this.cells.i32[SCRATCH / 4] = this.#scratch;
    this.cells.i32[SCRATCH_STRIDE / 4] = stride;
  }

  /** @throws {@link MemoryError} when there is no room. */
  allocate(dtype: DType, length: number): Block {
    const bytes = length * BYTES[dtype];
    const sizeClass = sizeClassOf(bytes);
    return new Block(this.heap, this.heap.take(sizeClass), sizeClass, dtype, length);
  }

  release(block: Block): void {
    this.heap.give(block.address, block.sizeClass);
  }

  /** The byte address of a view's first element. */
  address(view: View): number {
    return (view.buffer as Block).address + view.offset * BYTES[view.dtype];
  }

  /** The memory as elements of a type that this backend computes in. */
  array(dtype: DType): TypedArray {
    const { cells } = this;
    return dtype === "float32" ? cells.f32 : dtype === "int32" ? cells.i32 : cells.u8;
  }
}

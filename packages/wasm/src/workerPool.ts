import { DONE, FAILED, READY, SEQUENCE, WORKERS } from "../assembly/abi.ts";
import { builtIn, host, type NodeWorker, type WasmMemory, type WasmModule } from "./host.ts";

/** What a worker is started with. */
interface Start {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** From 1; the thread that makes the pool is 0. */
  readonly thread: number;
}

/**
 * The program of a worker, the same in every host. A worker that the pool does not want at present parks outside the
 * kernels until it is wanted again. A trap inside a part ends the worker and spoils the region.
 */
const PROGRAM = `
function start({ module, memory, thread }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const words = new Int32Array(memory.buffer);
  const wanted = ${WORKERS / 4};
  try {
    for (;;) {
      exports.work(thread);
      for (let size = 0; (size = Atomics.load(words, wanted)) < thread; ) Atomics.wait(words, wanted, size);
    }
  } catch (error) {
    Atomics.sub(words, ${READY / 4}, 1);
    Atomics.store(words, ${FAILED / 4}, 1);
    Atomics.add(words, ${DONE / 4}, 1);
    throw error;
  }
}
`;
const NODE_PROGRAM = `${PROGRAM}start(require("node:worker_threads").workerData);`;
const WEB_PROGRAM = `${PROGRAM}onmessage = ({ data }) => start(data);`;
const START_TIMEOUT_MS = 10_000;
/** Browsers do not say why; this is why. */
const NOT_STARTED =
  "a worker could not be started; a content security policy has to allow it by worker-src blob:";

interface Handle {
  terminate(): unknown;
}

/**
 * Workers that share the memory. They take parts of regions by themselves (see `assembly/pool.ts`); this class only
 * starts them, counts them and lets them go.
 *
 * The worker of thread n stands in slot n − 1 for life, because its number says which scratch memory is its own: no two
 * may ever have the same. So a pool that is made smaller parks the surplus, since to end a worker takes time that
 * nobody can wait for, and a pool that is made larger again wakes it.
 */
export class WorkerPool {
  readonly #module: WasmModule;
  readonly #memory: WasmMemory;
  readonly #words: Int32Array;
  /** By thread; `null` where a worker died. */
  #slots: (Handle | null)[] = [];
  #wanted = 0;
  #size = 0;
  /** Why there are fewer threads than asked for, if there are. */
  trouble: string | null = null;

  constructor(module: WasmModule, memory: WasmMemory) {
    this.#module = module;
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer, 0, 1024);
  }

  /** Workers that wait for parts now. One that is still starting does not count, nor one that died. */
  get ready(): number {
    return this.#size === 0 ? 0 : Math.min(this.#size, Atomics.load(this.#words, READY / 4));
  }

  /** Workers that were started, are wanted and have not ended. */
  get size(): number {
    return this.#size;
  }

  /** The highest number of a thread that may be at work, a parked one's included. */
  get highest(): number {
    return this.#slots.length;
  }

  /** Ends one worker as an accident would; for tests. */
  kill(worker: number): void {
    this.#slots[worker]?.terminate();
  }

  /** Starts, wakes or parks workers until there are `size`; they become ready by themselves. */
  resize(size: number): void {
    this.trouble = null;
    if (size === 0 && this.#slots.length === 0) return;
    this.#want(size);
    for (let slot = 0; slot < size && this.trouble === null; slot++) {
      if (this.#slots[slot]) continue;
      try {
        this.#slots[slot] = this.#start(slot);
      } catch (error) {
        this.trouble = `a worker could not be started: ${String(error)}`;
      }
    }
    this.#count();
  }

  /** Tells the workers how many of them are to work. */
  #want(size: number): void {
    const words = this.#words;
    this.#wanted = size;
    Atomics.store(words, WORKERS / 4, size);
    Atomics.notify(words, WORKERS / 4); // the parked
    Atomics.add(words, SEQUENCE / 4, 1);
    Atomics.notify(words, SEQUENCE / 4); // the idle
  }

  #count(): void {
    this.#size = this.#slots.slice(0, this.#wanted).filter(Boolean).length;
  }

  /** Resolves when all workers are ready, or those that will not be have left a reason in `trouble`. */
  async settled(): Promise<void> {
    const deadline = host.performance.now() + START_TIMEOUT_MS;
    while (this.ready < this.#size) {
      if (host.performance.now() > deadline) this.dismiss("workers did not start in 10 s");
      await new Promise<void>((resolve) => host.setTimeout(resolve, 1));
    }
  }

  /** Ends all workers; with a reason, because something is wrong. */
  dismiss(reason: string | null): void {
    this.trouble = reason;
    if (this.#slots.length === 0) return;
    const workers = this.#slots;
    this.#slots = [];
    this.#wanted = 0;
    this.#count();
    // Asleep as they are: one that woke up now would sign off only after the count is set.
    for (const worker of workers) worker?.terminate();
    Atomics.store(this.#words, READY / 4, 0);
  }

  #start(slot: number): Handle {
    const start: Start = { module: this.#module, memory: this.#memory, thread: slot + 1 };
    const threads = builtIn("node:worker_threads");
    return threads ? this.#startInNode(threads.Worker, start) : this.#startOnTheWeb(start);
  }

  #startInNode(
    Worker: new (source: string, options: object) => NodeWorker,
    workerData: Start,
  ): Handle {
    // The worker inherits nothing: flags and loaders of the program are not for it. Its JavaScript is a few lines, and
    // under a limit of virtual memory (`ulimit -v`) V8's usual reservations would end the whole process.
    const worker = new Worker(NODE_PROGRAM, {
      eval: true,
      workerData,
      execArgv: [],
      env: {},
      resourceLimits: {
        codeRangeSizeMb: 8,
        maxOldGenerationSizeMb: 32,
        maxYoungGenerationSizeMb: 4,
      },
    });
    worker.unref(); // or the process would never end
    worker.on("error", (error) => this.#ended(worker, String(error)));
    worker.on("exit", (code) => this.#ended(worker, `a worker ended with exit code ${code}`));
    return worker;
  }

  #startOnTheWeb(start: Start): Handle {
    const { Worker, Blob, URL } = host;
    if (!Worker || !Blob) throw new Error("this runtime has no workers");
    const url = URL.createObjectURL(new Blob([WEB_PROGRAM], { type: "text/javascript" }));
    const worker = new Worker(url, { name: "convgrad" });
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.#ended(worker, event.message ?? NOT_STARTED);
    };
    worker.postMessage(start);
    // Not before it has read its program.
    host.setTimeout(() => URL.revokeObjectURL(url), START_TIMEOUT_MS);
    return worker;
  }

  /** A worker that ends unasked: the others go on without it, for parts are taken, not assigned. */
  #ended(worker: Handle, reason: string): void {
    const slot = this.#slots.indexOf(worker);
    if (slot < 0) return; // it was dismissed
    this.#slots[slot] = null;
    this.#count();
    // It may have died without signing off. The parked that have not yet signed off are still to do so.
    const alive = this.#slots.filter(Boolean).length;
    if (Atomics.load(this.#words, READY / 4) > alive) {
      Atomics.store(this.#words, READY / 4, alive);
    }
    this.trouble = reason;
  }
}

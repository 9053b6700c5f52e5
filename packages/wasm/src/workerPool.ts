import { DONE, FAILED, READY, SEQUENCE, WORKERS } from "../assembly/abi.ts";
import { builtIn, host, type NodeWorker, type WasmMemory, type WasmModule } from "./host.ts";

/** What a worker is started with. */
interface Start {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
  /** From 1; the thread that makes the pool is 0. */
  readonly thread: number;
}

/** The program of a worker, the same in every host. A trap inside a part ends the worker and spoils the region. */
const PROGRAM = `
function start({ module, memory, thread }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  try {
    exports.work(thread);
  } catch (error) {
    const words = new Int32Array(memory.buffer);
    Atomics.store(words, ${FAILED / 4}, 1);
    Atomics.add(words, ${DONE / 4}, 1);
    Atomics.sub(words, ${READY / 4}, 1);
    throw error;
  }
}
`;
const NODE_PROGRAM = `${PROGRAM}start(require("node:worker_threads").workerData);`;
const WEB_PROGRAM = `${PROGRAM}onmessage = ({ data }) => start(data);`;
const START_TIMEOUT_MS = 10_000;

interface Handle {
  terminate(): unknown;
}

/**
 * Workers that share the memory. They take parts of regions by themselves (see `assembly/pool.ts`); this class only
 * starts them, counts them and lets them go.
 */
export class WorkerPool {
  readonly #module: WasmModule;
  readonly #memory: WasmMemory;
  readonly #words: Int32Array;
  #workers: Handle[] = [];
  /** Why there are fewer threads than asked for, if there are. */
  trouble: string | null = null;

  constructor(module: WasmModule, memory: WasmMemory) {
    this.#module = module;
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer, 0, 1024);
  }

  /** Workers that wait for parts now. One that is still starting does not count, nor one that died. */
  get ready(): number {
    return this.#workers.length === 0 ? 0 : Atomics.load(this.#words, READY / 4);
  }

  /** Workers that were started and have not ended. */
  get size(): number {
    return this.#workers.length;
  }

  /** Ends one worker as an accident would; for tests. */
  kill(worker: number): void {
    this.#workers[worker]?.terminate();
  }

  /** Starts or dismisses workers until there are `size`; they become ready by themselves. */
  resize(size: number): void {
    this.trouble = null;
    if (size < this.#workers.length) this.dismiss(null);
    Atomics.store(this.#words, WORKERS / 4, size);
    while (this.#workers.length < size && this.trouble === null) {
      try {
        this.#workers.push(this.#start(this.#workers.length + 1));
      } catch (error) {
        this.#lost(String(error));
      }
    }
  }

  /** Resolves when all workers are ready, or none will be for a reason that `trouble` tells. */
  async settled(): Promise<void> {
    const deadline = host.performance.now() + START_TIMEOUT_MS;
    while (this.ready < this.#workers.length && this.trouble === null) {
      if (host.performance.now() > deadline) this.dismiss("workers did not start in 10 s");
      await new Promise<void>((resolve) => host.setTimeout(resolve, 1));
    }
  }

  /** Ends all workers; with a reason, because something is wrong. */
  dismiss(reason: string | null): void {
    const workers = this.#workers;
    this.#workers = [];
    this.trouble = reason;
    Atomics.store(this.#words, WORKERS / 4, 0);
    Atomics.add(this.#words, SEQUENCE / 4, 1);
    for (const worker of workers) worker.terminate();
    // The terminated do not sign off.
    Atomics.store(this.#words, READY / 4, 0);
  }

  #start(thread: number): Handle {
    const start: Start = { module: this.#module, memory: this.#memory, thread };
    const threads = builtIn("node:worker_threads");
    return threads ? this.#startInNode(threads.Worker, start) : this.#startOnTheWeb(start);
  }

  #startInNode(
    Worker: new (source: string, options: object) => NodeWorker,
    workerData: Start,
  ): Handle {
    // The worker inherits nothing: flags and loaders of the program are not for it.
    const worker = new Worker(NODE_PROGRAM, { eval: true, workerData, execArgv: [], env: {} });
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
      this.#ended(worker, event.message ?? "a worker could not be started");
    };
    worker.postMessage(start);
    // Not before it has read its program.
    host.setTimeout(() => URL.revokeObjectURL(url), START_TIMEOUT_MS);
    return worker;
  }

  /** A worker that ends unasked: the others go on without it, for parts are taken, not assigned. */
  #ended(worker: Handle, reason: string): void {
    const at = this.#workers.indexOf(worker);
    if (at < 0) return; // it was dismissed
    this.#workers.splice(at, 1);
    if (Atomics.load(this.#words, READY / 4) > this.#workers.length) {
      Atomics.store(this.#words, READY / 4, this.#workers.length);
    }
    this.#lost(reason);
  }

  #lost(reason: string): void {
    this.trouble = reason;
  }
}

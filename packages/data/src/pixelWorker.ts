import { type PixelJob, pixelProgram } from "./pixelProgram.ts";

/** What a worker says: once that it is there, then the pixels of each job, or why there are none. */
interface Answer {
  readonly job?: number;
  readonly pixels?: Float32Array;
  readonly error?: string;
}

interface Waiting {
  resolve(pixels: Float32Array): void;
  reject(error: Error): void;
}

/** A worker of whichever kind. */
interface Handle {
  postMessage(message: object, transfer: readonly ArrayBuffer[]): void;
  /** Whether the process stays alive for it. */
  hold(on: boolean): void;
  terminate(): unknown;
}

interface WebWorker {
  onmessage: ((event: { readonly data: Answer }) => void) | null;
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: object, transfer: readonly ArrayBuffer[]): void;
  terminate(): void;
}

/** Of browsers, as far as it is used here. */
interface Web {
  readonly Worker?: new (url: string, options: object) => WebWorker;
  readonly Blob?: new (parts: readonly string[], options: object) => object;
  readonly URL: { createObjectURL(blob: object): string; revokeObjectURL(url: string): void };
}

/** The program of the worker. Compilers that keep the names of functions put calls of `__name` into their texts. */
const PROGRAM = (listen: string) => `
const __name = (fn) => fn;
const run = (${pixelProgram})();
const answer = (post, { job, work }) => {
  let pixels;
  try {
    pixels = run(work);
  } catch (error) {
    post({ job, error: String(error) });
    return;
  }
  post({ job, pixels }, [pixels.buffer]);
};
${listen}`;
const IN_NODE = `
const { parentPort } = require("node:worker_threads");
const post = (message, transfer) => parentPort.postMessage(message, transfer);
parentPort.on("message", (message) => answer(post, message));
post({});`;
const ON_THE_WEB = `
const post = (message, transfer) => postMessage(message, { transfer });
onmessage = ({ data }) => answer(post, data);
post({});`;

/**
 * One worker for all loaders, which works on pixels while the main thread trains. It is an offer: where there is none, or
 * none yet, or none any more, the main thread comes to the same bits.
 */
export class PixelWorker {
  readonly #waiting = new Map<number, Waiting>();
  #handle: Handle | null = null;
  #ready = false;
  #jobs = 0;
  static #shared: PixelWorker | null = null;

  /** The worker of the program, started when first asked for. */
  static get shared(): PixelWorker {
    PixelWorker.#shared ??= new PixelWorker();
    return PixelWorker.#shared;
  }

  constructor() {
    try {
      this.#handle = this.#start();
    } catch {
      // No workers here.
    }
  }

  /** Whether it takes jobs. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * Does a job elsewhere. Its buffers go there: they are empty afterwards.
   *
   * @throws what kept the worker from it.
   */
  run(work: PixelJob): Promise<Float32Array> {
    const handle = this.#handle!;
    const job = this.#jobs++;
    return new Promise((resolve, reject) => {
      handle.postMessage({ job, work }, buffersOf(work));
      this.#waiting.set(job, { resolve, reject });
      handle.hold(true);
    });
  }

  /** Ends the worker; the main thread does without. */
  end(reason: string): void {
    this.#handle?.terminate();
    this.#handle = null;
    this.#ready = false;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Error(reason));
  }

  #hear({ job, pixels, error }: Answer): void {
    if (job === undefined) {
      this.#ready = true;
      this.#handle?.hold(false); // Node forgets it when the worker comes up
      return;
    }
    if (error !== undefined) {
      this.end(error);
      return;
    }
    const waiting = this.#waiting.get(job);
    this.#waiting.delete(job);
    if (this.#waiting.size === 0) this.#handle?.hold(false);
    waiting?.resolve(pixels!);
  }

  #start(): Handle {
    const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
    return threads ? this.#startInNode(threads.Worker) : this.#startOnTheWeb();
  }

  #startInNode(NodeWorker: typeof import("node:worker_threads").Worker): Handle {
    // It inherits nothing, and reserves little: see the workers of @convgrad/wasm.
    const worker = new NodeWorker(PROGRAM(IN_NODE), {
      eval: true,
      execArgv: [],
      env: {},
      resourceLimits: {
        codeRangeSizeMb: 8,
        maxOldGenerationSizeMb: 64,
        maxYoungGenerationSizeMb: 4,
      },
    });
    worker.unref(); // or the process would never end
    worker.on("message", (answer: Answer) => this.#hear(answer));
    worker.on("error", (error) => this.end(String(error)));
    worker.on("exit", (code) => this.end(`the worker ended with exit code ${code}`));
    return {
      postMessage: (message, transfer) => worker.postMessage(message, transfer),
      hold: (on) => (on ? worker.ref() : worker.unref()),
      terminate: () => worker.terminate(),
    };
  }

  #startOnTheWeb(): Handle {
    const { Worker: Start, Blob: File, URL: Urls } = globalThis as unknown as Web;
    if (!Start || !File) throw new Error("this runtime has no workers");
    const program = new File([PROGRAM(ON_THE_WEB)], { type: "text/javascript" });
    const url = Urls.createObjectURL(program);
    const worker = new Start(url, { name: "convgrad pixels" });
    worker.onmessage = ({ data }) => {
      if (!this.#ready) Urls.revokeObjectURL(url); // not before it has read its program
      this.#hear(data);
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      Urls.revokeObjectURL(url);
      this.end(event.message ?? "a content security policy forbids workers");
    };
    return {
      postMessage: (message, transfer) => worker.postMessage(message, transfer),
      hold: () => {},
      terminate: () => worker.terminate(),
    };
  }
}

/** The memory of a job that can go elsewhere with it. */
function buffersOf({ pixels, steps }: PixelJob): ArrayBuffer[] {
  const draws = steps.flatMap((step) => ("draws" in step ? [step.draws] : []));
  return [pixels, ...draws].map(({ buffer }) => buffer as ArrayBuffer);
}

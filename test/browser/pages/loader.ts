// Images through a loader's transforms, and how many batches a worker made.

import { augment } from "../../bits/program.ts";

interface WorkerOptions {
  readonly name?: string;
}
type WorkerClass = new (
  url: string,
  options: WorkerOptions,
) => { postMessage(message: object, transfer: ArrayBuffer[]): void };

const browser = globalThis as unknown as { Worker: WorkerClass };
let worked = 0;
browser.Worker = class extends browser.Worker {
  readonly #isOurs: boolean;
  constructor(url: string, options: WorkerOptions) {
    super(url, options);
    this.#isOurs = options.name === "convgrad pixels";
  }
  override postMessage(message: object, transfer: ArrayBuffer[]): void {
    if (this.#isOurs) worked++;
    super.postMessage(message, transfer);
  }
};

Object.assign(globalThis, { result: augment().then((augmented) => ({ augmented, worked })) });

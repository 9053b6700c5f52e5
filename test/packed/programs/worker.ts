// Trains in a worker of a page, which says on how many threads.

import { init } from "convgrad";
import { type Report, train } from "./training.ts";

interface Scope {
  onmessage: (event: { readonly data: number }) => void;
  postMessage(message: Report | { readonly error: string }): void;
}
const worker = globalThis as unknown as Scope;

worker.onmessage = async ({ data: threads }) => {
  try {
    await init({ threads });
    worker.postMessage(await train());
  } catch (error) {
    worker.postMessage({ error: String(error) });
  }
};

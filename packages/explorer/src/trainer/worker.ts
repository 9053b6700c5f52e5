import { init } from "@convgrad/core";
import "@convgrad/wasm";
import type { Report, Request } from "./protocol.ts";
import { Session } from "./session.ts";
import { fetchManifest, readChoice, servedSets } from "./sources.ts";

/** The first message. */
export interface Start {
  readonly kind: "start";
  /** Where the page lies. */
  readonly base: string;
}

/** What is used here of a worker's global scope, which the page's types do not have. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<Start | Request>) => void) | null;
  postMessage(report: Report): void;
}
const worker = self as unknown as WorkerScope;
const report = (message: Report) => worker.postMessage(message);

/** A message to oneself is a turn of the event loop, without the 4 ms that timers take. */
const channel = new MessageChannel();
let resume = () => {};
channel.port1.onmessage = () => resume();
const breathe = () =>
  new Promise<void>((resolve) => {
    resume = resolve;
    channel.port2.postMessage(null);
  });

/** The page keeps a core for itself. */
const THREADS = Math.max(1, navigator.hardwareConcurrency - 1);

let base = "";
const manifest = () => fetchManifest(base);
const session = new Session({
  report,
  breathe,
  readImages: async (choice) => readChoice(choice, base, await manifest()),
});

worker.onmessage = ({ data: message }) => {
  if (message.kind !== "start") return session.post(message);
  base = message.base;
  serve().catch((error: unknown) => {
    report({ kind: "stopped", message: String(error) });
  });
};

async function serve(): Promise<void> {
  // Where there can be but one thread, two are asked for, so that the library says why.
  const wanted = self.crossOriginIsolated ? THREADS : Math.max(2, THREADS);
  const { name: backend, threads, trouble, fallbacks } = await init({ threads: wanted });
  const why = trouble ?? fallbacks[0]?.reason ?? null;
  report({ kind: "ready", backend, threads, trouble: why, served: servedSets(await manifest()) });
  await session.serve();
}

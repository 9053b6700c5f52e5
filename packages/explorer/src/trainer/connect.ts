import type { Engine, Report, Request } from "./protocol.ts";
import type { Start } from "./worker.ts";

/** Starts the worker that trains. */
export function connect(): Engine {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const listeners = new Set<(report: Report) => void>();
  const tell = (report: Report) => {
    for (const listener of listeners) listener(report);
  };
  worker.onmessage = ({ data }: MessageEvent<Report>) => tell(data);
  worker.onerror = ({ message }) => {
    const why = message || "its program could not be read";
    tell({ kind: "stopped", message: why });
  };
  const start: Start = { kind: "start", base: document.baseURI };
  worker.postMessage(start);
  return {
    post: (request: Request) => worker.postMessage(request),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: () => worker.terminate(),
  };
}

// A page that has a worker of its own train: `?threads=2`.

interface PageWorker {
  onmessage: (event: { readonly data: object }) => void;
  onerror: (event: { readonly message: string }) => void;
  postMessage(threads: number): void;
}
declare const location: { readonly search: string };
// Bundlers know a worker by exactly this expression.
declare const Worker: new (url: URL, options: { readonly type: "module" }) => PageWorker;

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const result = new Promise<object>((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve({ error: message });
});
worker.postMessage(Number(new URLSearchParams(location.search).get("threads")));

Object.assign(globalThis, { result });

/**
 * A program for a page that makes what a busy machine makes now and then certain: frames, the messages of workers and the
 * events that a browser sends by itself (`toggle`, `hashchange`) come late. A test that reads what a click
 * brings about without waiting for it fails then.
 *
 * `LATE=150 npm run explorer:test` gives it to every page, with the delay in milliseconds.
 */
export const late = (delay: number): string => `(() => {
  const delay = ${delay};
  const sent = new WeakSet();
  const later = (event) => {
    if (sent.has(event)) return;
    event.stopImmediatePropagation();
    const again = new event.constructor(event.type, event);
    sent.add(again);
    const { target } = event;
    setTimeout(() => target.dispatchEvent(again), delay);
  };
  for (const type of ["toggle", "hashchange"]) addEventListener(type, later, true);
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", later);
    }
  };
  const [request, cancel] = [requestAnimationFrame, cancelAnimationFrame];
  const waiting = new Map();
  globalThis.requestAnimationFrame = (frame) => {
    const id = setTimeout(() => waiting.set(id, request(frame)), delay);
    return id;
  };
  globalThis.cancelAnimationFrame = (id) => {
    clearTimeout(id);
    if (waiting.has(id)) cancel(waiting.get(id));
  };
})();`;

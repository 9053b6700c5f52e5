/** Signals that ask a program to end, and the exit codes of programs that they end. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** So long may training hold up timers and signals, in ms. */
const LONGEST_HOLD = 50;

/** What of a Node-like process is used. */
type Listening = Pick<NodeJS.Process, "on" | "off" | "exit">;

/**
 * While it is on, the first Ctrl-C (or SIGTERM) calls `onInterrupt` in the place of ending the program; the second ends
 * it at once, as it would without.
 *
 * @param onLast what is to be put in order before the program ends
 * @returns a function that ends it
 */
export function catchInterrupts(onInterrupt: () => void, onLast: () => void): () => void {
  const runtime: Listening | undefined =
    typeof process !== "undefined" && typeof process.on === "function" ? process : undefined;
  if (!runtime) return () => {};
  let times = 0;
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handle = () => {
      if (++times === 1) {
        onInterrupt();
        return;
      }
      onLast();
      runtime.exit(code);
    };
    runtime.on(signal, handle);
    return () => runtime.off(signal, handle);
  });
  return () => {
    for (const remove of handlers) remove();
  };
}

/** Gives timers, signals and drawing a turn, often enough for people and rarely enough for speed. */
export class Breather {
  #last = performance.now();

  /** `null` where it is not yet time. */
  breathe(): Promise<void> | null {
    if (performance.now() - this.#last < LONGEST_HOLD) return null;
    return new Promise((resolve) => {
      const go = () => {
        this.#last = performance.now();
        resolve();
      };
      if (typeof setImmediate === "function") setImmediate(go);
      else setTimeout(go, 0);
    });
  }
}

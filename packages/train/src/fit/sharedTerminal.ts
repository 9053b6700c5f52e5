import type { ProgressStream } from "../progress.ts";

type Writer = (text: string, ...more: unknown[]) => unknown;

/** A terminal that something is drawn in, and that others, `console.log` for instance, write into meanwhile. */
export class SharedTerminal implements ProgressStream {
  readonly #stream: ProgressStream & { readonly rows?: number };
  #isOwn = false;
  /** Whether the last that others wrote did not end its line. */
  isInLine = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  get columns(): number {
    return this.#stream.columns || 80;
  }
  get rows(): number {
    return this.#stream.rows || 24;
  }

  write(text: string): unknown {
    this.#isOwn = true;
    try {
      return this.#stream.write(text);
    } finally {
      this.#isOwn = false;
    }
  }

  /**
   * Calls `makeRoom` before anybody else writes into the terminal.
   *
   * @returns a function that ends it
   */
  share(makeRoom: () => void): () => void {
    const streams = new Set<ProgressStream>([this.#stream, process.stdout, process.stderr]);
    const releases = [...streams]
      .filter(({ isTTY }) => isTTY)
      .map((stream) => this.#watch(stream, makeRoom));
    return () => {
      for (const release of releases) release();
    };
  }

  #watch(stream: ProgressStream & { write: Writer }, makeRoom: () => void): () => void {
    const { write } = stream;
    let isOn = true;
    const watched: Writer = (text, ...more) => {
      if (isOn && !this.#isOwn) {
        if (!this.isInLine) makeRoom();
        this.isInLine = !String(text).endsWith("\n");
      }
      return write.call(stream, text, ...more);
    };
    stream.write = watched;
    return () => {
      isOn = false;
      // Somebody else may watch it too, and end later.
      if (stream.write === watched) stream.write = write;
    };
  }
}

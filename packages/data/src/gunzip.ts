import { FormatError } from "@convgrad/core";

/** Compressed bytes per turn: what they inflate to at worst still fits in memory. */
const PIECE = 16 * 1024;

/** No more bytes than this come out of one: 258 for two bits, in deflate. */
const MOST_PER_BYTE = 1032;

/** What a gzip file must turn out to hold; throws where it cannot be. */
export interface Expectation {
  /** Whether these first bytes are enough to say how long the whole is. */
  readonly knows: (start: Uint8Array) => boolean;
  /** The length of the whole, in bytes, read from its first bytes. */
  readonly length: (start: Uint8Array) => number;
}

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates a gzip file of one member whose contents say at their start how long they are, and no further than that:
 * a small file that would inflate to gigabytes is refused as soon as its header is known.
 *
 * @param bytes the compressed file
 * @param name how messages call it
 * @throws {@link FormatError} when it is damaged, or shorter or longer than its own header and gzip trailer say.
 * Source: RFC 1952.
 */
export async function gunzip(
  bytes: Uint8Array,
  name: string,
  expected: Expectation,
): Promise<Uint8Array> {
  const reader = inflating(bytes).getReader();
  let start: Uint8Array = new Uint8Array(0);
  let whole: Uint8Array | null = null;
  let received = 0;
  try {
    while (whole === null || received <= whole.length) {
      const { done, value } = await reader.read();
      if (done) break;
      const at = received;
      received += value.length;
      if (whole) {
        if (received <= whole.length) whole.set(value, at);
        continue;
      }
      start = concat(start, value);
      const total = announced(start, bytes, name, expected);
      if (total === null) continue;
      whole = new Uint8Array(total);
      whole.set(start.subarray(0, total));
    }
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new FormatError(
      "readIdx",
      `${name}: its gzip form is damaged, or has bytes after its end (${cause} after ${received} inflated bytes); ` +
        "download it again",
      { name, received },
    );
  } finally {
    reader.cancel().catch(() => {}); // it has failed or has been read to its end
  }
  checkReceived(received, whole?.length ?? expected.length(start), name);
  return whole ?? start;
}

function checkReceived(received: number, total: number, name: string): void {
  if (received === total) return;
  const much = received > total ? `more than ${total}` : `only ${received}`;
  throw new FormatError(
    "readIdx",
    `${name}: inflates to ${much} bytes, its header announces ${total}; download it again`,
    { name, expected: total, received },
  );
}

/** The announced length as soon as it is known, compared with the length in the gzip trailer. */
function announced(
  start: Uint8Array,
  bytes: Uint8Array,
  name: string,
  expected: Expectation,
): number | null {
  if (!expected.knows(start)) return null;
  const total = expected.length(start);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trailer = view.getUint32(bytes.length - 4, true); // the length modulo 2³²
  if (trailer !== total % 2 ** 32) {
    throw new FormatError(
      "readIdx",
      `${name}: announces ${total} bytes, the last four bytes of its gzip file ${trailer}; ` +
        "it is cut short, has bytes after its end, or was never a single gzip file; download it again",
      { name, expected: total, trailer },
    );
  }
  if (total > MOST_PER_BYTE * bytes.length) {
    throw new FormatError(
      "readIdx",
      `${name}: announces ${total} bytes, more than ${bytes.length} compressed bytes can hold; download it again`,
      { name, expected: total, found: bytes.length },
    );
  }
  return total;
}

function inflating(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      // A copy, because a stream may take its chunks over.
      controller.enqueue(bytes.slice(at, at + PIECE));
      at += PIECE;
      if (at >= bytes.length) controller.close();
    },
  });
  return source.pipeThrough(new DecompressionStream("gzip"));
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The SHA-256 of bytes, one piece after the other, as 64 hexadecimal digits. */
export async function sha256(pieces: readonly Uint8Array[]): Promise<string> {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  // Browsers have their own on https and localhost only.
  const { subtle } = crypto as Partial<typeof crypto>;
  const digest = subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : digestOf(bytes);
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Bytes of a block. */
const BLOCK = 64;

/** Source: FIPS 180-4, sections 5.1.1 and 6.2. */
function digestOf(bytes: Uint8Array): Uint8Array {
  const [constants, hash] = startingWords();
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK) * BLOCK);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const words = new Uint32Array(BLOCK);
  for (let block = 0; block < padded.length; block += BLOCK) {
    for (let t = 0; t < 16; t++) words[t] = view.getUint32(block + 4 * t);
    for (let t = 16; t < BLOCK; t++) {
      const [far, near] = [words[t - 15]!, words[t - 2]!];
      const spread = turned(far, 7) ^ turned(far, 18) ^ (far >>> 3);
      words[t] =
        words[t - 16]! +
        spread +
        words[t - 7]! +
        (turned(near, 17) ^ turned(near, 19) ^ (near >>> 10));
    }
    mix(hash, words, constants);
  }
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, i) => {
    digest.setUint32(4 * i, word);
  });
  return new Uint8Array(digest.buffer);
}

type Eight = [...Four, ...Four];
type Four = [number, number, number, number];

/** The rounds of a block. */
function mix(hash: Uint32Array, words: Uint32Array, constants: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = hash as unknown as Eight;
  for (let t = 0; t < BLOCK; t++) {
    const choice = (e & f) ^ (~e & g);
    const one =
      h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + constants[t]! + words[t]!;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const two = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    hash[i]! += word;
  });
}

const turned = (word: number, by: number) => (word >>> by) | (word << (32 - by));

/** The first 32 bits behind the point of the cube roots of the first 64 primes, and of the square roots of the first 8. */
function startingWords(): readonly [constants: Uint32Array, hash: Uint32Array] {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const behindPoint = (root: number) => Math.floor((root % 1) * 2 ** 32);
  return [
    Uint32Array.from(primes, (prime) => behindPoint(Math.cbrt(prime))),
    Uint32Array.from(primes.slice(0, 8), (prime) => behindPoint(Math.sqrt(prime))),
  ];
}

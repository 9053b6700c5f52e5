import { quoted } from "./decode.ts";

/** Called with what is wrong with the text; throws. */
export type Refuse = (message: string) => never;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** So many arrays and objects may stand in one text: some MB, however small a hostile text makes them. */
export const MOST_CONTAINERS = 2 ** 18;

/**
 * Reads JSON from a file of strangers, in the order of the text, and makes only what it is asked for. Other than
 * `JSON.parse` it refuses a key that an object has twice, and more arrays and objects than sensible.
 */
export class JsonReader {
  readonly #text: string;
  readonly #refuse: Refuse;
  #at = 0;
  #containers = 0;

  constructor(text: string, refuse: Refuse) {
    this.#text = text;
    this.#refuse = refuse;
  }

  /** The first character of the next value; `""` at the end. */
  peek(): string {
    SPACE.lastIndex = this.#at;
    SPACE.exec(this.#text);
    this.#at = SPACE.lastIndex;
    return this.#text.charAt(this.#at);
  }

  /** An object: `member` reads the value of each key. */
  object(member: (key: string) => void): void {
    const keys = new Set<string>();
    this.#items("{", "}", () => {
      const key = this.string();
      if (keys.has(key)) this.#wrong(`has the key ${quoted(key)} twice`);
      keys.add(key);
      this.#expect(":");
      member(key);
    });
  }

  /** An array: `item` reads each of its values. */
  array(item: () => void): void {
    this.#items("[", "]", item);
  }

  #items(open: string, close: string, item: () => void): void {
    if (++this.#containers > MOST_CONTAINERS) {
      this.#wrong(`has more than ${MOST_CONTAINERS} arrays and objects`);
    }
    this.#expect(open);
    if (this.peek() !== close) {
      item();
      while (this.peek() === ",") {
        this.#at++;
        item();
      }
    }
    this.#expect(close);
  }

  string(): string {
    if (this.peek() !== '"') this.#wrong("has no text");
    const from = this.#at;
    let end = this.#text.indexOf('"', from + 1);
    while (end >= 0 && this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    if (end < 0) this.#wrong("has a text without an end");
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(from, end + 1)) as string;
    } catch {
      return this.#wrong("has a text with a wrong escape or a control character");
    }
  }

  /** Whether an odd number of backslashes stands before a quote. */
  #isEscaped(quote: number): boolean {
    let at = quote;
    while (this.#text.charAt(at - 1) === "\\") at--;
    return (quote - at) % 2 === 1;
  }

  number(): number {
    return Number(this.#token(NUMBER, "number"));
  }

  /** A whole number ≥ 0, written as digits alone. */
  whole(): number {
    const token = this.#token(NUMBER, "number");
    const value = Number(token);
    if (!/^\d+$/.test(token) || !Number.isSafeInteger(value)) {
      this.#wrong(`has ${token.slice(0, 30)}, which is no whole number from 0 to 2⁵³ − 1`);
    }
    return value;
  }

  /** `true`, `false` or `null`. */
  word(): boolean | null {
    return JSON.parse(this.#token(WORD, "value")) as boolean | null;
  }

  /** Refuses anything after the value but spaces. */
  end(): void {
    if (this.peek() !== "") this.#wrong("goes on after its end");
  }

  #token(pattern: RegExp, what: string): string {
    this.peek();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return this.#wrong(`has no ${what}`);
    this.#at = pattern.lastIndex;
    return found[0];
  }

  #expect(character: string): void {
    if (this.peek() !== character) this.#wrong(`has no "${character}"`);
    this.#at++;
  }

  #wrong(what: string): never {
    const near = JSON.stringify(this.#text.slice(this.#at, this.#at + 12));
    return this.#refuse(`${what} at character ${this.#at}, near ${near}`);
  }
}

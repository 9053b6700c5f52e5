import { formatValue } from "@convgrad/core";
import { JsonReader, type Refuse } from "./jsonReader.ts";

/** What JSON can say. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A value of a file as it stands in messages: not longer than a line, however long the value is. */
export function shown(value: Json | undefined): string {
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : formatValue(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

/** How {@link parseJson} reads. */
export interface ParseJsonOptions {
  /** Called with what is wrong: `"has the key \"a\" twice at character 7, near …"`. */
  readonly refuse: Refuse;
  /** Objects and arrays inside each other, at most. */
  readonly depth: number;
  /** Characters, at most. */
  readonly length: number;
}

/** So many values may stand in one text, so that it takes some MB, however small a hostile text makes them. */
const MOST_VALUES = 2 ** 19;
/** So many keys may one object have: each takes many times the bytes of the text while the object is made. */
const MOST_KEYS = 2 ** 15;

/** Reads a whole text as {@link JsonReader} does: a key that stands twice, or `"__proto__"`, is refused. */
export function parseJson(text: string, { refuse, depth, length }: ParseJsonOptions): Json {
  if (text.length > length) refuse(`is ${text.length} characters long, more than ${length}`);
  const reader = new JsonReader(text, refuse);
  let count = 0;
  const value = (left: number): Json => {
    if (++count > MOST_VALUES) refuse(`has more than ${MOST_VALUES} values`);
    const first = reader.peek();
    if (first === '"') return reader.string();
    if (first === "{" || first === "[") {
      if (left === 0) refuse(`is nested more than ${depth} deep`);
      return first === "{" ? object(left - 1) : array(left - 1);
    }
    return "tfn".includes(first || "?") ? reader.word() : reader.number();
  };
  const object = (left: number): Json => {
    const entries: [string, Json][] = [];
    reader.object((key) => {
      if (key === "__proto__") refuse('has the key "__proto__"');
      if (entries.length === MOST_KEYS) refuse(`has an object of more than ${MOST_KEYS} keys`);
      entries.push([key, value(left)]);
    });
    return Object.fromEntries(entries);
  };
  const array = (left: number): Json => {
    const items: Json[] = [];
    reader.array(() => items.push(value(left)));
    return items;
  };
  const whole = value(depth);
  reader.end();
  return whole;
}

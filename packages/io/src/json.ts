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

/** Reads a whole text as {@link JsonReader} does: a key that stands twice, or `"__proto__"`, is refused. */
export function parseJson(text: string, { refuse, depth, length }: ParseJsonOptions): Json {
  if (text.length > length) refuse(`is ${text.length} characters long, more than ${length}`);
  const reader = new JsonReader(text, refuse);
  const value = (left: number): Json => {
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

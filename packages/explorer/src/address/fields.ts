/** A part of a view's state: how it is written in an address and read from one. */
export interface Field<T> {
  readonly initial: T;
  /** The text for the address. */
  write(value: T): string;
  /** The value of a text, which may come from anywhere; `undefined` for what is none. */
  read(text: string): T | undefined;
}

/** The parts of a view's state by name. */
export type Fields = Readonly<Record<string, Field<unknown>>>;

/** The state that fields describe. */
export type StateOf<F extends Record<string, Field<unknown>>> = {
  readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never;
};

/** A whole number from least to most. */
export function whole(initial: number, least: number, most: number): Field<number> {
  const fits = (n: number) => Number.isSafeInteger(n) && n >= least && n <= most;
  return {
    initial,
    write: String,
    read: (text) => (/^-?\d+$/.test(text) && fits(Number(text)) ? Number(text) : undefined),
  };
}

/** Height and width. */
export type Both = readonly [h: number, w: number];

/** Whole numbers with commas between, `undefined` where one is none or out of range. */
export function wholes(text: string, least: number, most: number): number[] | undefined {
  const one = whole(least, least, most);
  const values = text.split(",").map((part) => one.read(part));
  return values.every((n) => n !== undefined) ? values : undefined;
}

/** Two whole numbers, or one for both. */
export function both(initial: Both, least: number, most: number): Field<Both> {
  return {
    initial,
    write: ([h, w]) => (h === w ? `${h}` : `${h},${w}`),
    read: (text) => {
      const [h, w = h, ...more] = wholes(text, least, most) ?? [];
      return h === undefined || w === undefined || more.length > 0 ? undefined : [h, w];
    },
  };
}

/** A finite number from least to most. */
export function real(initial: number, least: number, most: number): Field<number> {
  return {
    initial,
    write: String,
    read: (text) => {
      const n = text.trim() === "" ? Number.NaN : Number(text);
      return n >= least && n <= most ? n : undefined;
    },
  };
}

/** One of some words. */
export function choice<const T extends string>(initial: T, words: readonly T[]): Field<T> {
  return { initial, write: String, read: (text) => words.find((word) => word === text) };
}

/** Yes or no. */
export function flag(initial: boolean): Field<boolean> {
  return {
    initial,
    write: (value) => (value ? "yes" : "no"),
    read: (text) => (text === "yes" ? true : text === "no" ? false : undefined),
  };
}

/** Any text of at most so many characters. */
export function words(initial: string, most: number): Field<string> {
  return { initial, write: String, read: (text) => (text.length <= most ? text : undefined) };
}

/** Numbers with commas between, at most so many; NaN and infinities too, `null` where there are none. */
export function numbers(most: number): Field<readonly number[] | null> {
  return {
    initial: null,
    write: (values) => values?.join(",") ?? "",
    read: (text) => {
      const parts = text.split(",").map((part) => part.trim());
      const values = parts.map(Number);
      const fine = parts.every((part, i) => part === "NaN" || (part && !Number.isNaN(values[i])));
      return fine && values.length <= most ? values : undefined;
    },
  };
}

/** The state that an address describes; what it leaves out or gets wrong is the initial value. */
export function readState<F extends Record<string, Field<unknown>>>(
  fields: F,
  query: URLSearchParams,
): StateOf<F> {
  const entries = Object.entries(fields).map(([name, field]) => {
    const text = query.get(name);
    return [name, (text === null ? undefined : field.read(text)) ?? field.initial];
  });
  return Object.fromEntries(entries);
}

/** The address of a state; initial values are left out, so that addresses stay short. */
export function writeState<F extends Record<string, Field<unknown>>>(
  fields: F,
  state: StateOf<F>,
): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, field] of Object.entries(fields) as [string, Field<unknown>][]) {
    const text = field.write(state[name]);
    if (text !== field.write(field.initial)) query.set(name, text);
  }
  return query;
}

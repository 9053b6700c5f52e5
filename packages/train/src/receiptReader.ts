import { checkOptions, FormatError, formatValue } from "@convgrad/core";
import type { EpochRecord } from "./history.ts";
import type { PlainValue, RunReceipt } from "./receipt.ts";

/** A value from a file as what it must be; throws by {@link refuse} if it is not. */
type Reading<T> = (value: unknown, place: string) => T;

/** Characters of a receipt, levels of its settings, entries of a list. */
const LARGEST = 2 ** 24;
const DEEPEST = 8;
const MOST_ENTRIES = 100_000;

/**
 * The receipt in the text of a `run.json`. Every field is checked: what is missing, unknown or of another type is
 * refused with its place.
 *
 * @param text at most 16 Mi characters
 * @param options `name`: what messages call the text, a path for instance; default `"run.json"`
 * @throws {@link FormatError} for anything else than a receipt of version 1, {@link ValueError} for an unknown option: `readReceipt: run.json: epochs[2].step is
 * "3"; it must be a whole number ≥ 0`
 */
export function readReceipt(text: string, options: { readonly name?: string } = {}): RunReceipt {
  checkOptions("readReceipt", options, ["name"]);
  const { name = "run.json" } = options;
  if (typeof text !== "string" || text.length > LARGEST) {
    const found = typeof text === "string" ? `${text.length} characters long` : formatValue(text);
    throw new FormatError(
      "readReceipt",
      `${name} is ${found}; a receipt is a text of ≤ ${LARGEST}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new FormatError("readReceipt", `${name} is no JSON: ${(error as Error).message}`);
  }
  try {
    return receipt(json, "");
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { place, found, wanted } = error;
    const what = place === "" ? "the receipt" : place.replace(/^\./, "");
    throw new FormatError("readReceipt", `${name}: ${what} is ${found}; it must be ${wanted}`, {
      name,
      place: what,
    });
  }
}

class Refusal extends Error {
  readonly place: string;
  readonly found: string;
  readonly wanted: string;
  constructor(place: string, value: unknown, wanted: string) {
    super(place);
    this.place = place.replace(/\p{Cc}/gu, "�").slice(0, 200); // keys may be anything
    this.found = value === undefined ? "missing" : formatValue(value).slice(0, 80);
    this.wanted = wanted;
  }
}

function reading<T>(wanted: string, isRight: (value: unknown) => boolean): Reading<T> {
  return (value, place) => {
    if (!isRight(value)) throw new Refusal(place, value, wanted);
    return value as T;
  };
}

const text = reading<string>("a text", (value) => typeof value === "string");
const whole = reading<number>(
  "a whole number ≥ 0",
  (n) => Number.isSafeInteger(n) && Number(n) >= 0,
);
const positive = reading<number>(
  "a number ≥ 0",
  (n) => typeof n === "number" && Number.isFinite(n) && n >= 0,
);
const hash = reading<string>(
  "64 hexadecimal digits",
  (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
);
/** JSON has no NaN: what was none is null there. */
const figure: Reading<number> = (value, place) =>
  value === null ? Number.NaN : reading<number>("a number", Number.isFinite)(value, place);

const exactly = <T extends string | number>(wanted: T): Reading<T> =>
  reading<T>(JSON.stringify(wanted), (value) => value === wanted);

const nullable =
  <T>(inner: Reading<T>): Reading<T | null> =>
  (value, place) =>
    value === null ? null : inner(value, place);

const list =
  <T>(inner: Reading<T>): Reading<readonly T[]> =>
  (value, place) => {
    if (!Array.isArray(value) || value.length > MOST_ENTRIES) {
      throw new Refusal(place, value, `a list of at most ${MOST_ENTRIES}`);
    }
    return value.map((each, i) => inner(each, `${place}[${i}]`));
  };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const record =
  <T>(inner: Reading<T>): Reading<Readonly<Record<string, T>>> =>
  (value, place) => {
    if (!isObject(value)) throw new Refusal(place, value, "an object");
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, each]) => [key, inner(each, `${place}.${key}`)]));
  };

const fields =
  <T extends object>(inner: { readonly [K in keyof T]: Reading<T[K]> }): Reading<T> =>
  (value, place) => {
    if (!isObject(value)) throw new Refusal(place, value, "an object");
    const unknown = Object.keys(value).find((key) => !Object.hasOwn(inner, key));
    if (unknown !== undefined) throw new Refusal(`${place}.${unknown}`, value[unknown], "left out");
    const entries = Object.entries(inner) as [string, Reading<unknown>][];
    return Object.fromEntries(
      entries
        .map(([key, read]) => {
          const own = Object.hasOwn(value, key) ? value[key] : undefined;
          return [key, read(own, `${place}.${key}`)] as const;
        })
        .filter(([, field]) => field !== undefined),
    ) as T;
  };

const plainValue =
  (depth: number): Reading<PlainValue> =>
  (value, place) => {
    if (depth > DEEPEST) throw new Refusal(place, value, `at most ${DEEPEST} levels deep`);
    if (Array.isArray(value)) return list(plainValue(depth + 1))(value, place);
    if (isObject(value)) return record(plainValue(depth + 1))(value, place);
    return reading<PlainValue>("a value of JSON", (each) => each !== undefined)(value, place);
  };

const optional =
  <T>(inner: Reading<T>): Reading<T | undefined> =>
  (value, place) =>
    value === undefined ? undefined : inner(value, place);

const epoch = fields<Required<EpochRecord>>({
  epoch: whole,
  step: whole,
  loss: figure,
  accuracy: nullable(figure),
  lr: figure,
  seconds: positive,
  metrics: optional(record(figure)) as Reading<Readonly<Record<string, number>>>,
  validation: nullable(record(figure)),
  weightsHash: hash,
});

const receipt = fields<RunReceipt>({
  format: exactly("convgrad run"),
  version: exactly(1),
  program: nullable(fields({ script: text, arguments: list(text) })),
  code: fields<RunReceipt["code"]>({
    version: nullable(text),
    packages: record(hash),
    program: nullable(hash),
  }),
  platform: nullable(text),
  processor: nullable(text),
  runtime: text,
  settings: record(plainValue(1)),
  seeds: record(whole),
  data: record(nullable(hash)),
  backend: text,
  threads: whole,
  started: text,
  seconds: positive,
  epochs: list(epoch),
  weightsHash: nullable(hash),
  stopped: nullable(text),
  resumed: list(whole),
  warnings: list(text),
});

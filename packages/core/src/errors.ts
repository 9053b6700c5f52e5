/** What an error knows beside its sentence: shapes, positions, limits, in a form a program can read. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The base of every error that convgrad throws on purpose: a sentence with the operation, the values and the remedy,
 * thrown before any work is done.
 */
export class ConvgradError extends Error {
  override readonly name: string = "ConvgradError";
  /** The operation that refused, as the user calls it: `"conv2d"`, `"backward"`. */
  readonly operation: string;
  /** The values behind the sentence. */
  readonly details: ErrorDetails;

  constructor(operation: string, message: string, details: ErrorDetails = {}) {
    super(`${operation}: ${message}`);
    this.operation = operation;
    this.details = details;
  }
}

/** Shapes, axes or sizes that do not fit: `matmul: inner sizes differ: [2, 3] × [4, 5] (3 ≠ 4)`. */
export class ShapeError extends ConvgradError {
  override readonly name = "ShapeError";
}

/** Element types that do not fit: `add: float32 and float64 do not mix; convert one with .to("float64")`. */
export class DTypeError extends ConvgradError {
  override readonly name = "DTypeError";
}

/** A misuse of the recorded graph or of a scope: a second backward, a released tensor, an overwritten saved value. */
export class GraphError extends ConvgradError {
  override readonly name = "GraphError";
}

/** A single value out of range: a NaN learning rate, a label beyond the classes. */
export class ValueError extends ConvgradError {
  override readonly name = "ValueError";
}

/** The backend has no memory left; parameters are intact. */
export class MemoryError extends ConvgradError {
  override readonly name = "MemoryError";
}

/** A file or buffer from outside that is not what it claims to be. */
export class FormatError extends ConvgradError {
  override readonly name = "FormatError";
}

/** What an {@link AnomalyError} knows. */
export interface AnomalyDetails extends ErrorDetails {
  /** The operation that made the value; `"input"` for a NaN that came in with the data. */
  readonly operation: string;
  readonly phase: "forward" | "backward";
  /** Where in its output (of an input: in itself) the first such element stands, and what it is. */
  readonly index: readonly number[];
  readonly value: number;
  /** Of that output or input. */
  readonly shape: readonly number[];
  /** Where the operation was called, in the backward phase its forward; `null` if detection was off then. */
  readonly created: string | null;
}

/** The first NaN or infinity made of finite numbers: `log: made -Infinity at [3] of its output [8] from …` */
export class AnomalyError extends ConvgradError {
  override readonly name = "AnomalyError";
  declare readonly details: AnomalyDetails;

  constructor(operation: string, message: string, details: AnomalyDetails) {
    super(operation, message, details);
  }
}

/** A value as it stands in messages: strings in quotes, so that `"3"` and 3 differ. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) {
    const entries = value.map(formatValue);
    return entries.includes("an object") ? "an array" : `[${entries}]`;
  }
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/**
 * Refuses options that would be ignored in silence: names that do not exist, and options that are no object.
 *
 * @param known the names that exist
 * @throws {@link ValueError} `DataLoader: no option "batchSize"; known: batch, shuffle, seed, dropLast, transform, prefetch`
 */
export function checkOptions<O extends object>(
  operation: string,
  options: O,
  known: readonly (keyof O & string)[],
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ValueError(
      operation,
      `the options are ${Array.isArray(options) ? "an array" : formatValue(options)}; pass them by name: { ${known[0]}: … }`,
    );
  }
  const names: readonly string[] = known;
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ValueError(operation, `no option "${unknown}"; known: ${names.join(", ")}`, {
    unknown,
    known,
  });
}

/** @throws {@link ValueError} unless the value is a whole number of at least `least`: `steps: n is 1.5; …` */
export function checkWhole(
  operation: string,
  what: string,
  value: number,
  least: number,
  most = Number.POSITIVE_INFINITY,
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? `≥ ${least}` : `from ${least} to ${most}`;
  throw new ValueError(
    operation,
    `${what} is ${formatValue(value)}; it must be a whole number ${range}`,
    { [what]: value },
  );
}

/**
 * Refuses what cannot be called.
 *
 * @param form how a right one is written: `"(g) => …"`
 * @throws {@link ValueError} `scope: fn is 3; it must be a function: scope(() => …)`
 */
export function checkFunction(operation: string, what: string, fn: unknown, form: string): void {
  if (typeof fn === "function") return;
  throw new ValueError(operation, `${what} is ${formatValue(fn)}; it must be a function: ${form}`);
}

/**
 * Refuses switches that are neither true nor false; `undefined` counts as left out.
 *
 * @throws {@link ValueError} `sum: keepDims is "no"; it must be true or false`
 */
export function checkBoolean(operation: string, what: string, value: unknown): void {
  if (typeof value === "boolean" || value === undefined) return;
  throw new ValueError(operation, `${what} is ${formatValue(value)}; it must be true or false`, {
    [what]: value,
  });
}

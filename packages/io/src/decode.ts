import {
  checkOptions,
  type ErrorDetails,
  FormatError,
  formatValue,
  ValueError,
} from "@convgrad/core";

/** Options of the functions that decode bytes. */
export interface DecodeOptions {
  /** How messages call the file. */
  readonly name?: string;
}

/** Called with what is wrong with the file; throws. */
export type RefuseFile = (message: string, details?: ErrorDetails) => never;

/** What to do about a file that is not as it was written. */
export const AGAIN = "the file is cut short or damaged; fetch or write it again";

/** A name from a file as it stands in messages, however long it is. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}

/** Throws {@link FormatError}s that name the file. */
export function refuser(operation: string, name: string): RefuseFile {
  return (message, details = {}) => {
    throw new FormatError(operation, `${name}: ${message}`, { file: name, ...details });
  };
}

/** @throws {@link ValueError} for what is no Uint8Array. */
export function checkBytes(operation: string, bytes: unknown): asserts bytes is Uint8Array {
  if (bytes instanceof Uint8Array) return;
  const remedy = "pass a Uint8Array, as readFile gives; new Uint8Array(buffer) makes one";
  throw new ValueError(operation, `the bytes are ${formatValue(bytes)}; ${remedy}`);
}

/** The file's name from options, or what messages call it else. */
export function nameFrom(operation: string, options: DecodeOptions, otherwise: string): string {
  checkOptions(operation, options, ["name"]);
  const { name = otherwise } = options;
  if (typeof name === "string") return name;
  throw new ValueError(operation, `name is ${formatValue(name)}; it must be a text`, { name });
}

import { ValueError } from "@convgrad/core";

/**
 * Refuses options that would be ignored in silence: names that do not exist, and options that are no object.
 *
 * @param known the names that exist; their type is that of the options, so that none is forgotten
 * @throws {@link ValueError} `DataLoader: no option "batchSize"; known: batch, shuffle, seed, dropLast, transform`
 */
export function checkOptions<O extends object>(
  operation: string,
  options: O,
  known: Readonly<Record<keyof Required<O>, true>>,
): void {
  const names = Object.keys(known);
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ValueError(
      operation,
      `the options are ${shown(options)}; pass them by name: { ${names[0]}: … }`,
    );
  }
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new ValueError(operation, `no option "${unknown}"; known: ${names.join(", ")}`, {
      unknown,
      known: names,
    });
  }
}

/** @throws {@link ValueError} `DataLoader: batch is "4"; it must be a whole number ≥ 1` */
export function checkWhole(operation: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new ValueError(
    operation,
    `${name} is ${shown(value)}; it must be a whole number ≥ ${least}`,
    { [name]: value },
  );
}

/** A value of the wrong type as messages show it: `"4"`, null, an array. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return "an array";
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

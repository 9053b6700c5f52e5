import { formatValue, ValueError } from "@convgrad/core";

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
      `the options are ${Array.isArray(options) ? "an array" : formatValue(options)}; pass them by name: { ${names[0]}: … }`,
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

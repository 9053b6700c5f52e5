import { formatValue, ValueError } from "@convgrad/core";

/** @throws {@link ValueError} for what is no list of names. */
export function checkClasses(
  operation: string,
  classes: readonly string[] | undefined,
): readonly string[] | undefined {
  const isNames = Array.isArray(classes) && classes.every((name) => typeof name === "string");
  if (classes === undefined || isNames) return classes;
  throw new ValueError(
    operation,
    `classes is ${formatValue(classes)}; it must be a list of names, one for each class`,
  );
}

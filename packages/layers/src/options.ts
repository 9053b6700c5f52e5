import { formatValue, ValueError } from "@convgrad/core";

/**
 * @throws {@link ValueError} unless an option is a finite number in [least, most]:
 * `Dropout: p 1.5 must be a number from 0 to 1`
 */
export function checkNumber(
  operation: string,
  what: string,
  value: number,
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): void {
  if (Number.isFinite(value) && value >= least && value <= most) return;
  const range = most < Number.POSITIVE_INFINITY ? ` from ${least} to ${most}` : ` ≥ ${least}`;
  throw new ValueError(
    operation,
    `${what} ${formatValue(value)} must be a finite number${least > Number.NEGATIVE_INFINITY ? range : ""}`,
    { [what]: value },
  );
}

/** @throws {@link ValueError} unless an option is one of these: `gelu: approximate "no" is unknown; use "none", "tanh"` */
export function checkChoice<T extends string>(
  operation: string,
  what: string,
  value: T,
  choices: readonly T[],
): void {
  if (choices.includes(value)) return;
  throw new ValueError(
    operation,
    `${what} ${formatValue(value)} is unknown; use ${choices.map((choice) => `"${choice}"`).join(", ")}`,
    { [what]: value },
  );
}

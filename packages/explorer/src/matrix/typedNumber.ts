const NAMED = new Map([
  ["nan", Number.NaN],
  ["∞", Number.POSITIVE_INFINITY],
  ["-∞", Number.NEGATIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

/** The number that a person typed, NaN and ∞ included; `undefined` for what is none. */
export function typedNumber(text: string): number | undefined {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".").toLowerCase();
  if (NAMED.has(plain)) return NAMED.get(plain);
  const value = plain === "" ? Number.NaN : Number(plain);
  return Number.isNaN(value) ? undefined : value;
}

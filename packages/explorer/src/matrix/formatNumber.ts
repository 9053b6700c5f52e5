/** A number in few characters: `−1.445`, `12`, `3.2e−5`, `NaN`, `−∞`. */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const plain = size === 0 || (size >= 10 ** -(digits - 1) && size < 10 ** (digits + 1));
  // Digits before the point are never rounded to zeros.
  const kept = Math.max(digits, String(Math.trunc(size)).length);
  const text = plain ? String(Number(value.toPrecision(kept))) : exponential(value, digits);
  return text.replaceAll("-", "−");
}

function exponential(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(Math.max(digits - 3, 0)).split("e");
  return `${Number(mantissa)}e${exponent!.replace("+", "")}`;
}

// The scalars of optimisers and schedules reach weights, and engines differ in the last bits of `**` and Math.cos. These
// two take only what IEEE 754 fixes to the bit: + − × ÷ √ and comparisons.

/**
 * baseᵉ for base ≥ 0 and e ≥ 0, by squaring for the whole part of e and by square roots for the rest; 0⁰ = 1.
 * Its relative error is at most about e + 60 roundings, 1e-16 each.
 */
export function power(base: number, exponent: number): number {
  let result = 1;
  let whole = Math.floor(Math.min(exponent, Number.MAX_VALUE)); // finite, or it would never end
  let rest = exponent - whole;
  for (let square = base; whole > 0; square *= square) {
    if (whole % 2 === 1) result *= square;
    whole = Math.floor(whole / 2);
  }
  for (let root = Math.sqrt(base); rest > 0 && rest < 1; root = Math.sqrt(root)) {
    rest *= 2;
    if (rest < 1) continue;
    result *= root;
    rest -= 1;
  }
  return result;
}

/** cos(π·part) for part ≥ 0, within 4e-16; exact at whole parts, and halves give 0. */
export function cosine(part: number): number {
  const turn = part % 2; // exact, as the differences below are
  const half = turn > 1 ? 2 - turn : turn;
  if (half > 0.5) return -firstQuarter(1 - half);
  return firstQuarter(half);
}

/** cos(π·part) for part from 0 to ½, by the Taylor series, whose next term is below 1e-19 (½: 0, which it would miss). */
function firstQuarter(part: number): number {
  if (part === 0.5) return 0;
  const square = Math.PI * part * (Math.PI * part);
  let sum = 1;
  for (let k = 22; k > 0; k -= 2) sum = 1 - (square / (k * (k - 1))) * sum;
  return sum;
}

// Angles and ratios decide where pixels go, and engines differ in the last bits of Math.sin, Math.cos and `**`. These
// take only what IEEE 754 fixes to the bit: + − × ÷ √ and comparisons.

/** The sine of an angle in degrees, within 4e-16; exact at multiples of 90°. */
export function sine(degrees: number): number {
  const turn = ((degrees % 360) + 360) % 360;
  if (turn >= 180) return -halfTurn(turn - 180);
  return halfTurn(turn);
}

/** The cosine of an angle in degrees, as {@link sine}. */
export function cosine(degrees: number): number {
  return sine(90 + (Math.abs(degrees) % 360));
}

/** sin for 0 ≤ degrees < 180: about its middle it is the cosine of what is left, both by their Taylor series. */
function halfTurn(degrees: number): number {
  if (degrees === 0) return 0;
  const rising = degrees > 90 ? 180 - degrees : degrees;
  const isSteep = rising <= 45;
  const x = (Math.PI * (isSteep ? rising : 90 - rising)) / 180;
  let sum = 1;
  // The next term is below 1e-19 of the first.
  for (let k = isSteep ? 19 : 18; k > 1; k -= 2) sum = 1 - ((x * x) / (k * (k - 1))) * sum;
  return isSteep ? x * sum : sum;
}

/** baseᵉ for base > 0 and 0 ≤ e ≤ 1, by square roots for the binary digits of e. */
export function power(base: number, exponent: number): number {
  let result = 1;
  let rest = exponent;
  for (let root = base; rest > 0; root = Math.sqrt(root)) {
    if (rest >= 1) {
      result *= root;
      rest -= 1;
    }
    rest *= 2;
  }
  return result;
}

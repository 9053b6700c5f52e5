/** 2/√π Σ (−1)ᵏ·x^(2k+1)/(k!·(2k+1)), the power series: it has 13 digits for |x| ≤ 3; ±1 for ±∞. */
export function erf(x: number): number {
  if (Math.abs(x) === Number.POSITIVE_INFINITY) return Math.sign(x);
  let power = x;
  let sum = x;
  for (let k = 1; k < 60; k++) {
    power *= (-x * x) / k;
    sum += power / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

import { expect } from "vitest";

/** |a − b| ≤ atol + rtol·|b| */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Fails with the worst element of `actual`: NaN equals NaN, the sign of zero does not count. */
export function expectNumbers(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { rtol, atol }: Tolerance,
): void {
  expect(actual.length, `number of elements of ${what}`).toBe(expected.length);
  let worst = { ratio: 1, at: -1 };
  for (let at = 0; at < expected.length; at++) {
    const [a, b] = [actual[at]!, expected[at]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const ratio = Math.abs(a - b) / (atol + rtol * Math.abs(b));
    if (!(ratio <= worst.ratio)) worst = { ratio, at };
  }
  if (worst.at < 0) return;
  const [a, b] = [actual[worst.at], expected[worst.at]];
  expect.fail(
    `${what}: element ${worst.at} is ${a} instead of ${b}, ${worst.ratio} × the tolerance`,
  );
}

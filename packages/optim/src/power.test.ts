import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cosine, power } from "./power.ts";

describe("power", () => {
  it("is that of the engine but for roundings, with whole and with other exponents", () => {
    const base = fc.double({ min: 0, max: 4, noNaN: true });
    const exponent = fc.oneof(
      fc.nat({ max: 300 }),
      fc.double({ min: 0, max: 30, noNaN: true }),
      fc.constantFrom(0.5, 0.9, 1 / 3, 2 ** -40, Number.MIN_VALUE),
    );
    fc.assert(
      fc.property(base, exponent, (b, e) => {
        const [actual, expected] = [power(b, e), b ** e];
        const error = Math.abs(actual - expected);
        expect(error).toBeLessThanOrEqual(
          (e + 60) * 1.2e-16 * expected + Number.MIN_VALUE * 2 ** 53,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("is exact where products are", () => {
    expect([power(0.5, 10), power(3, 5), power(0.9, 1), power(4, 0.5), power(16, 0.75)]).toEqual([
      2 ** -10,
      243,
      0.9,
      2,
      8,
    ]);
    expect([power(0, 0), power(0, 2), power(0, 0.5), power(7, 0)]).toEqual([1, 0, 0, 1]);
    const endless = Number.POSITIVE_INFINITY;
    expect([power(0.9, endless), power(1, endless), power(2, endless)]).toEqual([0, 1, endless]);
    expect([power(endless, 0.5), power(Number.NaN, 2)]).toEqual([endless, Number.NaN]);
  });
});

describe("cosine", () => {
  it("is that of half turns within 4e-16", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (part) => {
        // The engine's cosine of Math.PI * part has the rounding of that product: near ½ the sine of the difference has not.
        const expected =
          part > 0.25 && part < 0.75 ? Math.sin(Math.PI * (0.5 - part)) : Math.cos(Math.PI * part);
        expect(Math.abs(cosine(part) - expected)).toBeLessThanOrEqual(4e-16);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is exact at whole parts and at halves, and has no drift far out", () => {
    expect([0, 0.5, 1, 1.5, 2, 1e6, 1e6 + 1].map(cosine)).toEqual(
      [1, 0, -1, 0, 1, 1, -1].map((x) => x + 0),
    );
    expect(cosine(1.25)).toBe(cosine(0.75));
    expect(cosine(4_000.25)).toBe(cosine(0.25));
  });
});

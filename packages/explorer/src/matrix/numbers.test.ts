import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatNumber } from "./formatNumber.ts";
import { reachOf } from "./plane.ts";
import { typedNumber } from "./typedNumber.ts";

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [-0, "0"],
    [-1.445, "−1.445"],
    [1 / 3, "0.3333"],
    [12345.6, "12346"],
    [123456, "1.2e5"],
    [0.00012, "1.2e−4"],
    [-4e49, "−4e49"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
  ])("%d is %s", (value, text) => expect(formatNumber(value)).toBe(text));

  it("stays near the number, and short, with 3 digits or more", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), fc.nat(4), (value, more) => {
        const text = formatNumber(value, 3 + more);
        expect(text.length).toBeLessThanOrEqual(11 + more);
        const read = typedNumber(text)!;
        expect(Math.abs(read - value)).toBeLessThanOrEqual(0.51 * Math.abs(value));
      }),
    );
  });
});

describe("typedNumber", () => {
  it.each([
    ["−2.5", -2.5],
    ["1,5", 1.5],
    [" 1e-3 ", 0.001],
    ["nan", Number.NaN],
    ["-Infinity", Number.NEGATIVE_INFINITY],
  ])("reads %s", (text, value) => expect(typedNumber(text)).toBe(value));

  it.each(["", " ", "1.2.3", "x", "−", "constructor", "toString"])("refuses %s", (text) =>
    expect(typedNumber(text)).toBeUndefined(),
  );
});

describe("reachOf", () => {
  it("is the largest finite size, 1 where there is none", () => {
    expect(reachOf([1, -3, Number.NaN, Number.POSITIVE_INFINITY])).toBe(3);
    expect(reachOf([0, Number.NaN])).toBe(1);
  });
});

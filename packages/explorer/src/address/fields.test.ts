import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";
import { choice, flag, numbers, readState, real, whole, words, writeState } from "./fields.ts";

const FIELDS = {
  stride: whole(1, 1, 4),
  lr: real(0.01, 0, 10),
  mode: choice("forward", ["forward", "weights"]),
  flip: flag(false),
  text: words("", 40),
  x: numbers(9),
};

const state = fc.record({
  stride: fc.integer({ min: 1, max: 4 }),
  lr: fc.double({ min: 0, max: 10, noNaN: true }).map((v) => v + 0), // no −0
  mode: fc.constantFrom("forward" as const, "weights" as const),
  flip: fc.boolean(),
  text: fc.string({ maxLength: 40, unit: "grapheme" }).filter((text) => text.length <= 40),
  x: fc.option(
    fc.array(
      fc.double().map((v) => v + 0),
      { minLength: 1, maxLength: 9 },
    ),
  ),
});

describe("the state of a view in an address", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(state, (wish) => {
        const hash = formatAddress("view", writeState(FIELDS, wish));
        const { view, query } = parseAddress(new URL(`http://host/${hash}`).hash);
        expect(view).toBe("view");
        expect(readState(FIELDS, query)).toEqual(wish);
      }),
    );
  });

  it("leaves out what is initial", () => {
    const initial = readState(FIELDS, new URLSearchParams());
    expect(formatAddress("view", writeState(FIELDS, initial))).toBe("#/view");
    const query = writeState(FIELDS, { ...initial, stride: 2, x: [1, -2.5, Number.NaN] });
    expect(formatAddress("view", query)).toBe("#/view?stride=2&x=1,-2.5,NaN");
  });

  it("takes any text, and what is no value of a field as its initial value", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(fc.constantFrom(...Object.keys(FIELDS)), fc.string()),
        (hash, texts) => {
          parseAddress(hash);
          const { stride, lr, x } = readState(FIELDS, new URLSearchParams(texts));
          expect(Number.isInteger(stride) && stride >= 1 && stride <= 4).toBe(true);
          expect(lr >= 0 && lr <= 10).toBe(true);
          expect(x === null || x.length <= 9).toBe(true);
        },
      ),
    );
    const wrong = {
      stride: "5",
      lr: "",
      mode: "sideways",
      flip: "1",
      text: "x".repeat(41),
      x: "1,,2",
    };
    expect(readState(FIELDS, new URLSearchParams(wrong))).toEqual(
      readState(FIELDS, new URLSearchParams()),
    );
  });
});

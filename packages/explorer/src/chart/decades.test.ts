import fc from "fast-check";
import { expect, it } from "vitest";
import { decadesAround, decadeTicks } from "./decades.ts";

it("holds every number and has from 2 to 10 lines, from 1e-300 to 1e300", () => {
  const exponent = fc.double({ min: -300, max: 300, noNaN: true });
  fc.assert(
    fc.property(exponent, exponent, (a, b) => {
      const [least, most] = [10 ** Math.min(a, b), 10 ** Math.max(a, b)];
      const [low, high] = decadesAround(least, most);
      expect(low).toBeLessThanOrEqual(least * (1 + 1e-9));
      expect(high).toBeGreaterThanOrEqual(most * (1 - 1e-9));
      const ticks = decadeTicks(low, high);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(10);
      expect(ticks.at(-1)! <= high && ticks[0] === low).toBe(true);
    }),
  );
});

it("is made of powers of ten, with 2 and 5 on short axes", () => {
  expect(decadesAround(0.03, 70)).toEqual([0.01, 100]);
  expect(decadesAround(1, 1)).toEqual([1, 10]);
  expect(decadeTicks(1, 100)).toEqual([1, 2, 5, 10, 20, 50, 100]);
  expect(decadeTicks(1e-3, 1e3)).toEqual([1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]);
});

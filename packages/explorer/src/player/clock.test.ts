import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clock } from "./clock.ts";

describe("a clock", () => {
  it("gives as many steps as fit into the time, whatever the frames", () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 250 }), { maxLength: 100 });
    fc.assert(
      fc.property(gaps, fc.constantFrom(1, 5, 30, 300), (gaps, perSecond) => {
        let now = 0;
        const clock = new Clock(perSecond, now);
        const steps = gaps.map((gap) => {
          now += gap;
          return clock.tick(now);
        });
        const all = steps.reduce((sum, n) => sum + n, 0);
        expect(Math.abs(all - (now * perSecond) / 1000)).toBeLessThan(1 + 1e-9);
        expect(steps.every((n) => Number.isInteger(n) && n >= 0)).toBe(true);
      }),
    );
  });

  it("does not make up for a page that was hidden, and never goes back", () => {
    const clock = new Clock(100, 1000);
    expect(clock.tick(990)).toBe(0); // a frame may have begun before the clock was made
    expect(clock.tick(61_000)).toBe(25);
    expect(clock.tick(61_010)).toBe(1);
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { type Curve, EMPTY_CURVE, extendCurve, MOST } from "./curve.ts";

const numbers = (from: number, count: number, loss: (step: number) => number = () => 1) =>
  Array.from({ length: count }, (_, i) => {
    const step = from + i;
    return { step, epoch: 0, loss: loss(step), accuracy: 0.5 };
  });

it("a curve of few steps holds each of them", () => {
  const curve = extendCurve(
    extendCurve(
      EMPTY_CURVE,
      numbers(1, 3, (s) => s),
    ),
    numbers(4, 2, (s) => s),
  );
  expect(curve.steps).toEqual([1, 2, 3, 4, 5]);
  expect(curve.loss).toEqual([1, 2, 3, 4, 5]);
  expect(curve.smoothLoss[1]).toBeCloseTo(0.95 * 1 + 0.05 * 2, 12);
});

it("however long the training and its reports, a curve stays short, its steps rise, and its mean is the mean", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 }),
      (counts) => {
        let curve: Curve = EMPTY_CURVE;
        let step = 1;
        for (const count of counts) {
          curve = extendCurve(
            curve,
            numbers(step, count, (s) => s),
          );
          step += count;
        }
        expect(curve.steps.length).toBeLessThanOrEqual(MOST);
        expect(curve.steps.at(-1)).toBe(step - 1);
        expect(curve.steps.every((s, i) => i === 0 || s > curve.steps[i - 1]!)).toBe(true);
        // All points but the last stand for `every` steps that end at theirs.
        curve.loss.slice(0, -1).forEach((mean, i) => {
          expect(mean).toBeCloseTo(curve.steps[i]! - (curve.every - 1) / 2, 6);
        });
      },
    ),
    { numRuns: 30 },
  );
});

it("where the steps begin anew, the curve does too", () => {
  const curve = extendCurve(extendCurve(EMPTY_CURVE, numbers(1, 50)), numbers(1, 2));
  expect(curve.steps).toEqual([1, 2]);
});

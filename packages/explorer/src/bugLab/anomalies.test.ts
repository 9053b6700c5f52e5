import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readState } from "../address/fields.ts";
import { expectClose } from "../golden/goldenCases.ts";
import { anomalyOf, pastFilter, refusalOf } from "./anomalies.ts";
import { Descent, type Problem, problemOf, type Settings } from "./descent.ts";
import { FIELDS } from "./fields.ts";
import { outputSide } from "./forwards.ts";
import { storyOf, tell } from "./story.ts";

const SETTINGS: Settings = readState(FIELDS, new URLSearchParams());

/** The question's program on plain arrays: the numbers of its output, and the cell at which it ends with a TypeError. */
function asProgrammed({ image, filter, side, k, stride, padding }: Problem) {
  const rows = (values: readonly number[], n: number) =>
    Array.from({ length: n }, (_, i) => values.slice(i * n, (i + 1) * n));
  const [a, f] = [rows(image, side), rows(filter, k)];
  const n = outputSide(side, k, { stride, padding });
  const output: number[] = [];
  for (let y = 0; y < n; y++)
    for (let x = 0; x < n; x++) {
      let sum = 0;
      for (let j = 0; j < k; j++)
        for (let i = 0; i < k; i++) {
          const pixel = a[y + j * stride - padding]?.[x + i * stride - padding];
          if (!pixel) continue;
          const row = f[y];
          if (!row) return [output, [y, x]] as const;
          sum += pixel * row[x]!;
        }
      output.push(sum);
    }
  return [output, null] as const;
}
const zeroForNaN = (value: number) => (Number.isNaN(value) ? 0 : value);

describe("where the mistake ends in NaN", () => {
  it("plain arrays give NaN right of the filter, and the library names what met it", () => {
    const problem = problemOf({ ...SETTINGS, padding: 1 });
    const { n, output, anomaly } = pastFilter(problem);
    expect(n).toBe(5);
    expect(output.map(Number.isNaN)).toEqual(output.map((_, at) => at >= 15 || at % 5 >= 3));
    expect(anomaly).toMatch(/^AnomalyError: .* of mul held NaN at \[0, 0, 0, 3\]/);
    expect(anomaly).not.toContain("at ForwardName");
  });

  it("is what the question's program does, on any image and padding", () => {
    const pixels = fc.constantFrom(0, 0, 1, -2, 0.5);
    const sizes = fc.record({
      side: fc.integer({ min: 3, max: 6 }),
      k: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      padding: fc.integer({ min: 0, max: 2 }),
      pixels: fc.array(pixels, { minLength: 36, maxLength: 36 }),
    });
    fc.assert(
      fc.property(sizes, ({ pixels, ...part }) => {
        const image = pixels.slice(0, part.side ** 2);
        const problem = problemOf({ ...SETTINGS, ...part, image });
        fc.pre(refusalOf(problem, "asked") !== null);
        const { output, ends, firstNaN, n } = pastFilter(problem);
        const [known, end] = asProgrammed(problem);
        expect(ends).toEqual(end);
        expectClose(output.slice(0, known.length).map(zeroForNaN), known.map(zeroForNaN));
        expect(output.map(Number.isNaN).slice(0, known.length)).toEqual(known.map(Number.isNaN));
        const first = known.findIndex(Number.isNaN);
        expect(firstNaN).toEqual(first < 0 ? null : [Math.floor(first / n), first % n]);
      }),
    );
  });

  it("a window of nothing but padding never looks at the filter", () => {
    const { firstNaN, ends } = pastFilter(problemOf({ ...SETTINGS, side: 3, k: 1, padding: 2 }));
    expect([firstNaN, ends]).toEqual([null, [2, 2]]);
    const dark = problemOf({ ...SETTINGS, padding: 1, image: Array(25).fill(0) });
    expect(pastFilter(dark)).toMatchObject({ ends: null, output: Array(25).fill(0) });
  });

  it("a forward pass that fits is not refused", () => {
    for (const name of ["asked", "answered", "right"] as const) {
      expect(refusalOf(problemOf(SETTINGS), name)).toBeNull();
      expect(refusalOf(problemOf({ ...SETTINGS, stride: 2 }), name)).toBeNull();
    }
  });

  it("an overflow is named too", () => {
    const problem = problemOf({ ...SETTINGS, lr: 0.2 });
    const descent = new Descent(problem, "asked");
    descent.reach(1000);
    const { overflowStep } = storyOf(descent.errors);
    expect(anomalyOf(problem, "asked", descent.filters[overflowStep!]!)).toMatch(
      /^AnomalyError: .*made Infinity/,
    );
    expect(tell(storyOf(descent.errors), 1000)).toContain("no longer a finite number");
    expect(anomalyOf(problem, "asked", problem.filter)).toBeNull();
  });
});

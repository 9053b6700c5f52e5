import { gradients } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../address/address.ts";
import { readState } from "../address/fields.ts";
import { type GoldenTensor, goldenCases } from "../golden/goldenCases.ts";
import { QUESTION, type QuestionName } from "../golden/question.ts";
import { anomalyOf, pastFilter, refusalOf } from "./anomalies.ts";
import { Descent, type Problem, problemOf, type Settings, square, stepAt } from "./descent.ts";
import { FIELDS } from "./fields.ts";
import { equation2, type ForwardName, forwards, outputSide } from "./forwards.ts";
import { presets } from "./presets.ts";
import { storyOf, tell } from "./story.ts";
import { extentOf, surfaceOf } from "./surface.ts";
import { compare, verdictsOf } from "./verdict.ts";
import { windowCells, windowSentence } from "./windowCells.ts";

interface Case {
  readonly name: string;
  readonly op: string;
  readonly config: { readonly stride: number; readonly padding: number; readonly lr?: number };
  readonly inputs: Readonly<Record<string, GoldenTensor>>;
}
interface QuestionCase extends Case {
  readonly outputs: {
    readonly O_eq1: GoldenTensor;
    readonly err: number;
    readonly dO: GoldenTensor;
  };
  readonly grads: { readonly dF_eq2: GoldenTensor };
  readonly question_code: {
    readonly "forward_as_asked_f[y][x]": GoldenTensor | "TypeError";
    readonly "forward_after_the_answer_f[j][i]": GoldenTensor;
  };
}
const cases = goldenCases<Case>("seed_equations.json");
const squareCases = cases.filter(
  (c) => c.op === "question_correlation" && "question_code" in c,
) as readonly Case[] as readonly QuestionCase[];

const SETTINGS: Settings = {
  side: 5,
  k: 3,
  stride: 1,
  padding: 0,
  seed: 367,
  lr: 0.01,
  reduction: "halfSum",
  image: null,
  filter: null,
  target: null,
};

function settingsOf(c: Case): Settings {
  const image = c.inputs["I"]!.data;
  const filter = (c.inputs["F0"] ?? c.inputs["F"])!.data;
  const { stride, padding, lr = 0.01 } = c.config;
  const [side, k] = [Math.sqrt(image.length), Math.sqrt(filter.length)];
  const target = c.inputs["target"]!.data;
  return { ...SETTINGS, side, k, stride, padding, lr, image, filter, target };
}

function near(found: ArrayLike<number>, wish: ArrayLike<number>): void {
  expect(found.length).toBe(wish.length);
  for (let i = 0; i < wish.length; i++)
    expect(Math.abs(found[i]! - wish[i]!)).toBeLessThanOrEqual(1e-12 + 1e-10 * Math.abs(wish[i]!));
}

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

const outputOf = (problem: Problem, name: ForwardName) =>
  stepAt(problem, name, problem.filter).output;

describe("the forward passes equal the golden data", () => {
  it.each(squareCases.map((c) => [c.name, c] as const))("%s", (_, c) => {
    const problem = problemOf(settingsOf(c));
    const code = c.question_code;
    const right = stepAt(problem, "right", problem.filter);
    near(right.output, c.outputs.O_eq1.data);
    near([right.error], [c.outputs.err]);
    near(right.delta, c.outputs.dO.data);
    near(right.gradient, c.grads.dF_eq2.data);
    near(outputOf(problem, "answered"), code["forward_after_the_answer_f[j][i]"].data);
    const asked = code["forward_as_asked_f[y][x]"];
    if (asked === "TypeError") {
      expect(refusalOf(problem, "asked")).toMatch(
        /^ShapeError: .* reads row \d of a filter of \d rows/,
      );
    } else near(outputOf(problem, "asked"), asked.data);
  });
});

describe("eq. (2)", () => {
  const sizes = fc.record({
    side: fc.integer({ min: 3, max: 8 }),
    k: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    padding: fc.integer({ min: 0, max: 2 }),
    seed: fc.nat(1000),
  });

  it("is the gradient of the right forward, at every size, stride and padding", () => {
    fc.assert(
      fc.property(sizes, (part) => {
        fc.pre(part.side + 2 * part.padding >= part.k);
        const problem = problemOf({ ...SETTINGS, ...part });
        const [x, w] = [square(problem.image), square(problem.filter)];
        w.requiresGrad = true;
        const { stride, padding } = part;
        const y = conv2d(x, w, null, { stride, padding });
        const delta = square(problem.target);
        const [own] = gradients(y, [w], { gradient: delta });
        near(
          Array.from(equation2(x, w, delta, part).toTypedArray(), Number),
          Array.from(own!.toTypedArray(), Number),
        );
      }),
      { numRuns: 60 },
    );
  });

  it("a window is where the forward pass reads", () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (part, u, v) => {
        fc.pre(part.side + 2 * part.padding >= part.k);
        const problem = problemOf({ ...SETTINGS, ...part });
        const n = outputSide(part.side, part.k, part);
        const at = [u % n, v % n] as const;
        const steps = Array.from({ length: part.k }, (_, i) => i);
        const { stride: s, padding: p } = part;
        expect(windowCells(problem, "right", at).rows).toEqual(steps.map((i) => at[0] * s + i - p));
        expect(windowCells(problem, "answered", at)).toEqual({
          rows: steps.map((i) => at[0] + i * s - p),
          columns: steps.map((i) => at[1] + i * s - p),
        });
      }),
      { numRuns: 40 },
    );
  });
});

describe("gradcheck", () => {
  const verdicts = (name: ForwardName, part: Partial<Settings> = {}) =>
    verdictsOf({ ...SETTINGS, ...part }, name).map(({ report }) => report?.ok ?? null);

  it("is red for the question's forward, green at stride 1 for the answer's, green for the right one", () => {
    expect(verdicts("asked")).toEqual([false, false, false]);
    expect(verdicts("answered")).toEqual([true, false, false]);
    expect(verdicts("right")).toEqual([true, true, true]);
    expect(verdicts("asked", { padding: 1 })).toEqual([null, false, false]);
  });

  it("names an element that the comparison of both gradients marks, with the same numbers", () => {
    for (const name of ["asked", "answered"] as const) {
      const stride = name === "asked" ? 1 : 2;
      const settings = { ...SETTINGS, stride };
      const worst = verdictsOf(settings, name)[stride - 1]!.report!.worst!;
      const { equation2: analytic, own, wrong } = compare(problemOf(settings), name);
      const at = worst.index[2]! * 3 + worst.index[3]!;
      expect(wrong[at]).toBe(true);
      expect(analytic[at]).toBeCloseTo(worst.analytic, 10);
      expect(own[at]).toBeCloseTo(worst.numeric, 4);
    }
    expect(compare(problemOf(SETTINGS), "right").wrong).not.toContain(true);
  });
});

describe("training", () => {
  it("at first the mistaken forward falls, then goes up and never stops; the right one falls", () => {
    const [asked, right] = (["asked", "right"] as const).map((name) => {
      const descent = new Descent(problemOf(SETTINGS), name);
      expect(descent.reach(300)).toBe(true);
      return storyOf(descent.errors);
    });
    expect(asked!.lowestStep).toBe(12);
    expect(asked!.lowest).toBeLessThan(asked!.first / 3);
    expect(asked!.passedStep).toBeLessThan(300);
    expect(tell(asked!, 300)).toMatch(
      /^E falls from .* at step 12, .* never stops: it passes 1e12/,
    );
    expect(right!.lowestStep).toBe(300);
    expect(tell(right!, 300)).toContain("lowest now");
  });

  it("the answer's forward still runs away at stride 2", () => {
    const descent = new Descent(problemOf({ ...SETTINGS, stride: 2 }), "answered");
    descent.reach(300);
    const { first, lowestStep, last } = storyOf(descent.errors);
    expect(lowestStep).toBeGreaterThan(5);
    expect(last).toBeGreaterThan(1e4 * first);
  });

  it("the same settings give the same numbers, and the time limit only ends a slice", () => {
    const [a, b] = [0, 1].map(() => new Descent(problemOf(SETTINGS), "right"));
    a!.reach(50);
    while (!b!.reach(50, 1));
    expect(b!.errors).toEqual(a!.errors);
  });

  it("numbers that do not fit the sizes give way to drawn ones", () => {
    const drawn = problemOf(SETTINGS);
    expect(problemOf({ ...SETTINGS, image: [1, 2], target: [0], filter: [] })).toEqual(drawn);
    expect(() => problemOf({ ...SETTINGS, side: 3, k: 5 })).toThrow(/does not fit/);
  });
});

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
        near(output.slice(0, known.length).map(zeroForNaN), known.map(zeroForNaN));
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

describe("the loss surface", () => {
  it("is E of each point, whatever the reduction", () => {
    for (const reduction of ["halfSum", "sum", "mean"] as const) {
      const problem = problemOf({ ...SETTINGS, reduction });
      const extent = { from: [-1, -2], to: [1, 2] } as const;
      const values = surfaceOf(problem, problem.filter, [1, 5], extent, 4);
      const filter = problem.filter.with(1, 0.25).with(5, -1.5); // column 2, row 0
      near([values[2]!], [stepAt(problem, "right", filter).error]);
    }
  });

  it("the extent holds the path in a square", () => {
    const { from, to } = extentOf([
      [0, 0],
      [4, 1],
    ]);
    expect(to[0] - from[0]).toBe(to[1] - from[1]);
    expect(from[0]).toBeLessThan(0);
    expect(to[0]).toBeGreaterThan(4);
  });
});

describe("words", () => {
  it("tell a fall, a rise, and an end in rounding", () => {
    expect(tell(storyOf([4]), 0)).toBe("E begins at 4.");
    expect(tell(storyOf([4, 2]), 1)).toBe(
      "E falls from 4 to 2 in 1 step, and is at its lowest now.",
    );
    expect(tell(storyOf([4, 2, 3]), 2)).toBe(
      "E falls from 4 to 2 at step 1, then goes up: it is 3 at step 2.",
    );
    expect(tell(storyOf([4, 5]), 1)).toBe("E goes up from 4: it is 5 at step 1.");
    expect(tell(storyOf([4, 4, 4]), 2)).toBe("E stays at 4.");
    expect(tell(storyOf([4, 2, 2]), 2)).toBe("E falls from 4 to 2 in 2 steps, and stays there.");
    expect(tell(storyOf([4, 1, 1e13]), 2)).toBe(
      "E falls from 4 to 1 at step 1, then goes up and never stops: it passes 1e12 at step 2, and is 1e13 at step 2.",
    );
    expect(tell(storyOf([4, 1e300, Number.POSITIVE_INFINITY, Number.NaN]), 3)).toBe(
      "E goes up from 4, passes 1e12 at step 1, and is no longer a finite number at step 2.",
    );
    expect(tell(storyOf([4, Number.NaN]), 1)).toBe(
      "E goes up from 4 and is no longer a finite number at step 1.",
    );
    expect(tell(storyOf([Number.NaN, Number.NaN]), 1)).toContain("E is NaN from the beginning");
    expect(tell(storyOf([1e20, 1e19, 1e18]), 2)).toContain("E falls from 1e20 to 1e18 in 2 steps");
    expect(tell(storyOf([4, 1e-30, 2e-30]), 2)).toContain("nothing but rounding is left");
  });

  it("say which cells are read", () => {
    const problem = problemOf({ ...SETTINGS, stride: 2 });
    expect(windowSentence(problem, "answered", [1, 1])).toBe(
      "y[1, 1] reads rows 1, 3, 5 and columns 1, 3, 5 of x, times the whole filter; " +
        "it should read rows 2, 3, 4 and columns 2, 3, 4 of x, times the whole filter.",
    );
    expect(windowSentence(problemOf(SETTINGS), "answered", [0, 0])).toContain("the same");
    expect(windowSentence(problemOf(SETTINGS), "asked", [0, 2])).toContain("w[0, 2] alone");
  });
});

describe("the presets", () => {
  it.each(presets.map((preset) => [preset.id, preset] as const))(
    "%s survives its address",
    (_, preset) => {
      const state = readState(FIELDS, parseAddress(preset.href).query);
      expect(Object.keys(forwards)).toContain(state.lab === "mended" ? "right" : state.lab);
      if (preset.id in QUESTION) {
        const { image, filter, target } = QUESTION[preset.id as QuestionName];
        expect(problemOf(state)).toMatchObject({
          image: image.values,
          filter: filter.values,
          target: target.values,
        });
      }
    },
  );
});

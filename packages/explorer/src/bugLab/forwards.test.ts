import { gradients } from "@convgrad/core";
import { conv2d } from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readState } from "../address/fields.ts";
import { expectClose, type GoldenTensor, goldenCases } from "../golden/goldenCases.ts";
import { refusalOf } from "./anomalies.ts";
import { type Problem, problemOf, type Settings, square, stepAt } from "./descent.ts";
import { FIELDS } from "./fields.ts";
import { equation2, type ForwardName, outputSide } from "./forwards.ts";
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

const SETTINGS: Settings = readState(FIELDS, new URLSearchParams());

function settingsOf(c: Case): Settings {
  const image = c.inputs["I"]!.data;
  const filter = (c.inputs["F0"] ?? c.inputs["F"])!.data;
  const { stride, padding, lr = 0.01 } = c.config;
  const [side, k] = [Math.sqrt(image.length), Math.sqrt(filter.length)];
  const target = c.inputs["target"]!.data;
  return { ...SETTINGS, side, k, stride, padding, lr, image, filter, target };
}

const outputOf = (problem: Problem, name: ForwardName) =>
  stepAt(problem, name, problem.filter).output;

describe("the forward passes equal the golden data", () => {
  it.each(squareCases.map((c) => [c.name, c] as const))("%s", (_, c) => {
    const problem = problemOf(settingsOf(c));
    const code = c.question_code;
    const right = stepAt(problem, "right", problem.filter);
    expectClose(right.output, c.outputs.O_eq1.data);
    expectClose([right.error], [c.outputs.err]);
    expectClose(right.delta, c.outputs.dO.data);
    expectClose(right.gradient, c.grads.dF_eq2.data);
    expectClose(outputOf(problem, "answered"), code["forward_after_the_answer_f[j][i]"].data);
    const asked = code["forward_as_asked_f[y][x]"];
    if (asked === "TypeError") {
      expect(refusalOf(problem, "asked")).toMatch(
        /^ShapeError: .* reads row \d of a filter of \d rows/,
      );
    } else expectClose(outputOf(problem, "asked"), asked.data);
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
        expectClose(
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

describe("words", () => {
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

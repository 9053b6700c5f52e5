import { describe, expect, it } from "vitest";
import { parseAddress } from "../address/address.ts";
import { readState } from "../address/fields.ts";
import { expectClose } from "../golden/goldenCases.ts";
import { QUESTION, type QuestionName } from "../golden/question.ts";
import { Descent, problemOf, type Settings, stepAt } from "./descent.ts";
import { FIELDS } from "./fields.ts";
import { forwards } from "./forwards.ts";
import { presets } from "./presets.ts";
import { storyOf, tell } from "./story.ts";
import { extentOf, surfaceOf } from "./surface.ts";

const SETTINGS: Settings = readState(FIELDS, new URLSearchParams());

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

describe("the loss surface", () => {
  it("is E of each point, whatever the reduction", () => {
    for (const reduction of ["halfSum", "sum", "mean"] as const) {
      const problem = problemOf({ ...SETTINGS, reduction });
      const extent = { from: [-1, -2], to: [1, 2] } as const;
      const values = surfaceOf(problem, problem.filter, [1, 5], extent, 4);
      const filter = problem.filter.with(1, 0.25).with(5, -1.5); // column 2, row 0
      expectClose([values[2]!], [stepAt(problem, "right", filter).error]);
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

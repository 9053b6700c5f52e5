import { expect, it } from "vitest";
import { readState } from "../address/fields.ts";
import { RECIPE_FIELDS, recipeOf } from "../network/recipeText.ts";
import type { Report } from "./protocol.ts";
import { asked, heard, isComplete, isUnsaved, SILENCE, stepOf } from "./trainerState.ts";

const FIRST_RECIPE = recipeOf(readState(RECIPE_FIELDS, new URLSearchParams()));

const progress = (...steps: number[]): Report => ({
  kind: "progress",
  steps: steps.map((step) => ({ step, epoch: 0, loss: 1 / step, accuracy: 0.5 })),
  stepsPerEpoch: 50,
  speed: 1_000,
  gradientNorms: [{ card: 0, layer: "Conv2D(1 → 6, 5×5)", norm: 0.25 }],
});

it("a reset forgets what was learned, also what came of the old model after it was asked for", () => {
  let state = heard(SILENCE, progress(1, 2, 3));
  state = asked(state, { kind: "reset", recipe: FIRST_RECIPE });
  state = heard(state, progress(4, 5));
  expect(stepOf(state)).toBe(5);
  state = heard(state, { kind: "failed", request: "run", message: "the loss is NaN" });
  state = heard(state, { kind: "state", state: "done" });
  expect(isComplete(state)).toBe(false);
  state = heard(state, { kind: "begun", recipe: FIRST_RECIPE, isOpened: false });
  expect(state.trained).toBe(FIRST_RECIPE);
  expect(state.failures).toEqual({});
  expect([stepOf(state), state.norms.length, state.validations.length]).toEqual([0, 0, 0]);
});

it("other images forget what was learned of those before", () => {
  const data: Report = {
    kind: "data",
    choice: { from: "shipped" },
    ...{ name: "Pets", source: "here", classes: ["cat", "dog"], imageShape: [1, 28, 28] },
    ...{ train: 2, validation: 2, samples: [] },
  };
  const state = heard(heard(SILENCE, progress(1, 2, 3)), data);
  expect(state.data).toBe(data);
  expect([stepOf(state), state.norms.length, state.validations.length]).toEqual([0, 0, 0]);
});

it("a refused reset leaves all as it was, and says why until it is asked again", () => {
  let state = heard(SILENCE, progress(1));
  state = asked(state, { kind: "reset", recipe: FIRST_RECIPE });
  state = heard(state, { kind: "failed", request: "reset", message: "no" });
  expect([stepOf(state), state.trained]).toEqual([1, null]);
  expect(state.failures).toEqual({ reset: "no" });
  expect(asked(state, { kind: "run" }).failures).toEqual({ reset: "no" });
  expect(asked(state, { kind: "reset", recipe: FIRST_RECIPE }).failures).toEqual({});
});

it("of two resets the one that was answered counts", () => {
  const second = { ...FIRST_RECIPE, seed: 2 };
  let state = asked(SILENCE, { kind: "reset", recipe: FIRST_RECIPE });
  state = asked(state, { kind: "reset", recipe: second });
  state = heard(state, { kind: "begun", recipe: FIRST_RECIPE, isOpened: false });
  state = heard(state, { kind: "failed", request: "reset", message: "no" });
  expect(state.trained).toBe(FIRST_RECIPE);
});

it("what was learned is unsaved until a file has it, or it is given up", () => {
  const begun: Report = { kind: "begun", recipe: FIRST_RECIPE, isOpened: false };
  const saved = (step: number): Report => ({
    kind: "saved",
    name: "",
    bytes: new Uint8Array(),
    step,
  });
  let state = heard(SILENCE, begun);
  expect(isUnsaved(state)).toBe(false);
  state = heard(state, progress(1, 2, 3));
  expect(isUnsaved(state)).toBe(true);
  expect(isUnsaved(heard(state, saved(2)))).toBe(true);
  expect(isUnsaved(heard(state, saved(3)))).toBe(false);
  expect(isUnsaved(heard(heard(state, saved(3)), progress(4)))).toBe(true);
  expect(isUnsaved(heard(state, begun))).toBe(false);
  expect(isUnsaved(heard(state, { kind: "stopped", message: "no memory" }))).toBe(false);
});

it("the history of norms and validations stays bounded in a training without end", () => {
  let state = SILENCE;
  for (let step = 1; step <= 3_000; step++) {
    state = heard(state, progress(step));
    state = heard(state, {
      kind: "validated",
      step,
      loss: 1,
      accuracy: 0.5,
      confusion: [],
      weightsHash: "",
    });
  }
  expect(state.norms.length).toBeLessThanOrEqual(400);
  expect(state.norms.at(-1)!.step).toBe(3_000);
  expect(state.validations.length).toBeLessThanOrEqual(400);
});

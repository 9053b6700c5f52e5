import { memory, ShapeError } from "@convgrad/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../address/address.ts";
import { readState } from "../address/fields.ts";
import { linkTo } from "../address/useAddress.ts";
import { ARTICLE, type ArticleName } from "../golden/article.ts";
import { expectClose, type GoldenTensor, goldenCases } from "../golden/goldenCases.ts";
import { QUESTION, type QuestionName } from "../golden/question.ts";
import type { Plane } from "../matrix/plane.ts";
import { derivationOf } from "./derivation.ts";
import { descent } from "./descent.ts";
import { FIELDS, type State } from "./fields.ts";
import { ofArticle, ofQuestion } from "./golden.ts";
import { difference } from "./identity.ts";
import { loopsOf, type Net, netOf, resized, shapesOf } from "./net.ts";
import { presets } from "./presets.ts";
import { sheetsOf, spotAt } from "./sheets.ts";
import { formatSpot, readSpot, walkOf } from "./spot.ts";
import { storyOf } from "./terms.ts";

interface Golden {
  readonly name: string;
  readonly outputs: Readonly<Record<string, GoldenTensor>> & Readonly<Record<string, unknown>>;
  readonly grads: Readonly<Record<string, GoldenTensor>>;
}

const INITIAL: State = readState(FIELDS, new URLSearchParams());
const cases = goldenCases<Golden>("seed_equations.json");
const flat = (planes: readonly Plane[]) => planes.flatMap(({ values }) => Array.from(values));

/** The cases that this view can show, with the names of their tensors in the file. */
const QUESTIONS = (Object.keys(QUESTION) as QuestionName[])
  .filter((name) => name.startsWith("q_"))
  .map((name) => ({ name, part: ofQuestion(name), asked: true }));
const LAYERS = (Object.keys(ARTICLE) as ArticleName[])
  .filter((name) => ARTICLE[name].f === "identity")
  .map((name) => ({ name, part: ofArticle(name), asked: false }));

describe.each([...QUESTIONS, ...LAYERS])("the golden case $name", ({ name, part, asked }) => {
  const golden = cases.find((c) => c.name === name)!;
  const net = netOf({ ...INITIAL, ...part });

  it("gives its outputs, error and gradients", () => {
    expectClose(flat(net.y), golden.outputs[asked ? "O_eq1" : "x_next"]!.data);
    expectClose([net.loss], [golden.outputs[asked ? "err" : "E_eq9"] as unknown as number]);
    expectClose(flat(net.delta), golden.outputs[asked ? "dO" : "delta"]!.data);
    expectClose(flat(net.dw.flat()), golden.grads[asked ? "dF_eq2" : "eq13_dW"]!.data);
    expectClose(flat(net.dx), golden.grads[asked ? "dI" : "eq20_dX"]!.data);
    if (!asked) expectClose(net.db, golden.grads["dB"]!.data);
  });
});

/** States whose layer fits. */
const fitting: fc.Arbitrary<State> = fc
  .record({
    size: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
    kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })),
    dilation: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 })),
    padding: fc.oneof(
      fc.constantFrom<State["padding"]>("same", "valid"),
      fc.tuple(fc.nat(2), fc.nat(3), fc.nat(2), fc.nat(2)),
    ),
    groups: fc.integer({ min: 1, max: 2 }),
    channels: fc.integer({ min: 1, max: 2 }),
    filters: fc.integer({ min: 1, max: 3 }),
    flip: fc.boolean(),
    seed: fc.nat(9999),
    mode: fc.constantFrom<State["mode"]>("forward", "weights", "input"),
  })
  .map(({ channels, filters, groups, ...rest }): State => {
    return { ...INITIAL, ...rest, groups, channels: channels * groups, filters: filters * groups };
  })
  .filter((state) => fits(state));

function fits(state: State): boolean {
  try {
    return shapesOf(state) !== null;
  } catch {
    return false;
  }
}

const valueAt = (net: Net, kind: "y" | "dw" | "db" | "dx", at: string): number => {
  for (const sheet of sheetsOf(net, kind)) {
    for (let p = 0; p < sheet.plane.values.length; p++) {
      const { columns } = sheet.plane;
      const spot = spotAt(net, sheet, [Math.floor(p / columns), p % columns]);
      if (spot && formatSpot(spot) === at) return sheet.plane.values[p]!;
    }
  }
  throw new Error(`${at} is on no ${kind}`);
};

describe("any layer that fits", () => {
  it("has gradients equal to their cross-correlations, to the bit on whole numbers", () => {
    fc.assert(
      fc.property(fitting, (state) => {
        const net = netOf(state);
        expect([difference(net, "weights"), difference(net, "input")]).toEqual([0, 0]);
      }),
      { numRuns: 100 },
    );
  });

  it("tells of each element the terms that add up to it, and shows it where it says", () => {
    const kinds = { y: "y", w: "dw", b: "db", x: "dx" } as const;
    fc.assert(
      fc.property(fitting, fc.nat(), (state, pick) => {
        const net = netOf(state);
        const walk = walkOf(state.mode, net.shapes);
        const spot = walk[pick % walk.length]!;
        const story = storyOf(net, spot);
        expect(story.sum).toBe(story.value);
        expect(story.value).toBe(valueAt(net, kinds[spot.of], formatSpot(spot)));
        for (const { cell, b, a, tap, padding } of story.terms) {
          if (!cell) continue;
          const [channel, [i, j]] = [cell.channel, cell.place];
          const inside = i >= 0 && j >= 0 && i < state.size[0] && j < state.size[1];
          expect(padding).toBe(!inside);
          const shown = inside ? net.x[channel]!.values[i * state.size[1] + j]! : 0;
          if (spot.of !== "x") expect(b).toBe(shown);
          const weight = net.w[tap![0]!]![tap![1]!]!.values[tap![2]! * state.kernel[1] + tap![3]!];
          if (spot.of === "y") expect(a).toBe(weight);
          if (spot.of === "x") expect(b).toBe(weight);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("the state", () => {
  it("lets edited numbers stay where they are when sizes change", () => {
    const state: State = {
      ...INITIAL,
      size: [2, 2],
      padding: "valid",
      kernel: [1, 1],
      x: [9, 8, 7, 6],
    };
    const x = resized(state, { size: [3, 2] }).x!;
    expect(x.slice(0, 4)).toEqual([9, 8, 7, 6]);
    expect(x).toHaveLength(6);
    expect(resized(state, { size: [2, 1] }).x).toEqual([9, 7]);
  });

  it("takes hostile addresses for their initial values", () => {
    const query = new URLSearchParams(
      "size=99&kernel=0&stride=2,x&padding=1,2,3&x=1,2&delta=oops&at=w,9,9,9,9&filters=1e3",
    );
    const state = readState(FIELDS, query);
    expect(state).toMatchObject({ size: [5, 5], kernel: [3, 3], stride: [2, 2], filters: 1 });
    const net = netOf(state);
    expect(net.values.x).toHaveLength(25);
    for (const at of ["w,9,9,9,9", "w,0,0,0", "y,-1,0,0", "q,0", "x,0,0,NaN", "x,,,", ""]) {
      expect(readSpot(at, net.shapes)).toBeNull();
    }
  });

  it("says what the library says of settings that do not fit", () => {
    const tooLarge = { ...INITIAL, size: [4, 4], kernel: [5, 5], padding: "valid" } as const;
    expect(() => netOf(tooLarge)).toThrow("4 + 2·0 − 5 < 0");
    expect(() => netOf({ ...INITIAL, groups: 2 })).toThrow("2 groups must divide");
  });
});

describe("a NaN", () => {
  it("is no factor of terms that do not meet it", () => {
    const x = Array.from({ length: 25 }, (_, at) => (at === 24 ? Number.NaN : at));
    const net = netOf({ ...INITIAL, x, delta: Array(9).fill(1) });
    const own = storyOf(net, { of: "w", index: [0, 0, 0, 0] });
    expect(own.terms.map(({ b }) => b)).toEqual([0, 0, 0, 0, 6, 8, 0, 16, 18]);
    expect([own.sum, own.value]).toEqual([48, 48]);
    expect(storyOf(net, { of: "w", index: [0, 0, 1, 1] }).sum).toBeNaN();
  });

  it("stays among the outputs that see it", () => {
    const net = netOf({ ...INITIAL, x: netOf(INITIAL).values.x.with(24, Number.NaN) });
    expect(Array.from(net.y[0]!.values, Number.isNaN)).toEqual([...Array(8).fill(false), true]);
    expect(storyOf(net, { of: "y", index: [0, 0, 0] }).value).not.toBeNaN();
    expect(storyOf(net, { of: "y", index: [0, 2, 2] }).value).toBeNaN();
    expect(difference(net, "input")).toBe(0);
  });
});

describe("what the view computes", () => {
  it("leaves no tensor behind, be it refused or not", () => {
    const text = "channels=4&filters=4&groups=2&kernel=2,3&stride=2,1&dilation=1,2&padding=1,0,2,3";
    const state = readState(FIELDS, new URLSearchParams(text));
    const before = memory().tensors;
    const net = netOf(state);
    for (const mode of ["forward", "weights", "input"] as const)
      for (const spot of walkOf(mode, net.shapes).filter((_, i) => i % 7 === 0))
        derivationOf(net, storyOf(net, spot));
    loopsOf(state);
    descent(net);
    difference(net, "weights");
    difference(net, "input");
    expect(() => netOf({ ...state, groups: 3 })).toThrow(ShapeError);
    expect(memory().tensors).toBe(before);
  });
});

describe("a step of gradient descent", () => {
  it("is w − lr·gradient, and lowers the error", () => {
    const net = netOf({ ...INITIAL, lr: 0.01 });
    const { w, b, loss } = descent(net);
    const dw = flat(net.dw.flat());
    expectClose(
      w,
      net.values.w.map((value, i) => value - 0.01 * dw[i]!),
    );
    expectClose(
      b,
      net.values.b.map((value, i) => value - 0.01 * net.db[i]!),
    );
    expect(loss).toBeLessThan(net.loss);
  });
});

describe("the examples", () => {
  it.each(presets.map(({ id, href }) => ({ id, href })))(
    "$id opens as it is written",
    ({ href }) => {
      const state = readState(FIELDS, parseAddress(href).query);
      expect(linkTo("convolution", FIELDS, state)).toBe(href);
      if (href.includes("kernel=5&stride=1&padding=0")) return expect(() => netOf(state)).toThrow();
      const net = netOf(state);
      const spot = readSpot(state.at, net.shapes);
      expect(spot === null).toBe(state.at === "");
      if (spot) expect(storyOf(net, spot).value).toBeTypeOf("number");
    },
  );
});

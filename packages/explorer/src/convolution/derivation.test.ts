import { describe, expect, it } from "vitest";
import { readState } from "../address/fields.ts";
import { derivationOf } from "./derivation.ts";
import { filledEquation } from "./equations.ts";
import { FIELDS } from "./fields.ts";
import { netOf } from "./net.ts";
import { said } from "./sentences.ts";
import { storyOf } from "./terms.ts";

const state = readState(
  FIELDS,
  new URLSearchParams(
    "size=2,3&kernel=1,2&stride=1,2&padding=0&x=1,2,3,4,5,-6&w=2,-1&b=3&delta=1,-2",
  ),
);
const net = netOf(state);
const story = (of: "y" | "w" | "b" | "x", ...index: number[]) => storyOf(net, { of, index });

describe("an element in words and equations", () => {
  it("fills the equation with its numbers", () => {
    expect(filledEquation(story("y", 0, 1, 0))).toBe(
      "y_{0,1,0} = 3 + 2 \\cdot 4 + (-1) \\cdot 5 = 6",
    );
    expect(filledEquation(story("w", 0, 0, 0, 1))).toBe(
      "\\partial E/\\partial w_{0,0,0,1} = 1 \\cdot 2 + (-2) \\cdot 5 = -8",
    );
    expect(filledEquation(story("b", 0))).toBe("\\partial E/\\partial b_{0} = 1 + (-2) = -1");
    expect(filledEquation(story("x", 0, 0, 2))).toBe("\\partial E/\\partial x_{0,0,2} = 0");
  });

  it("says what it is a sum of, and why it is of none", () => {
    expect(said(net, story("y", 0, 0, 0))).toBe("A bias and 2 products.");
    expect(said(net, story("x", 0, 1, 1))).toBe(
      "One product δ·w. Region Q: the output [1, 0] (the dashed box).",
    );
    expect(said(net, story("x", 0, 1, 2))).toMatch(
      /^No window covers x\[0, 1, 2\], .* gradient is 0 \(the windows do not come out even/,
    );
    const holes = netOf(
      readState(FIELDS, new URLSearchParams("size=6&kernel=1&stride=3&padding=0")),
    );
    const why = (...index: number[]) => said(holes, storyOf(holes, { of: "x", index }));
    expect(why(0, 1, 2)).toMatch(/the windows step over it/);
    expect(why(0, 3, 5)).toMatch(/the windows do not come out even/);
    expect(why(0, 4, 3)).toMatch(/the windows do not come out even/);
  });

  it("derives a gradient from one of its outputs", () => {
    const lines = derivationOf(net, story("w", 0, 0, 0, 1));
    expect(lines.map(({ number }) => number)).toEqual(["10", "11", "12", "13"]);
    expect(lines[1]!.tex).toContain("1\\, w_{0,0,0,0} + \\boldsymbol{2\\, w_{0,0,0,1}} + b");
    expect(lines[2]!.tex).toMatch(/= 2$/);
    expect(derivationOf(net, story("x", 0, 1, 1))[2]!.tex).toMatch(/= -1$/);
    expect(derivationOf(net, story("x", 0, 1, 2))).toEqual([]);
    expect(lines[3]!.tex).toMatch(/= 1 \\cdot 2 \+ \\cdots = -8$/);
    const one = derivationOf(net, story("x", 0, 1, 1))[3]!;
    expect(one.tex).toMatch(/= \(-2\) \\cdot \(-1\) = 2$/);
    expect(one.says).toBe("This output adds δ·w to the gradient, and there is no other.");
  });
});

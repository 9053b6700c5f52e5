/**
 * The question's program was plain loops; here are the library's, printed. Rows 38 and 43.
 */
import { gradcheck, gradients, type Tensor } from "@convgrad/core";
import { Conv2D, Dense, MaxPool, type Module, Softmax } from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { correlate, filterGradient, withEquation2 } from "../../examples/lessons/question.ts";
import { expectNumbers } from "../oracle/closeness.ts";
import { evaluate } from "../oracle/printed.ts";
import { draw, plane, ROUNDING } from "./article.ts";

const flat = (x: Tensor) => Float64Array.from(x.toTypedArray());

describe("row 38: what is this i and j?", () => {
  /** The letters in the brackets of an equation, numbers and arithmetic apart. */
  const lettersOf = (equation: string) =>
    new Set(equation.match(/\[[^\]]*\]/g)!.flatMap((place) => place.match(/[a-z]/g) ?? []));
  const equationOf = (text: string) => text.match(/y\[.*/)![0];

  it("every index of a printed equation is a loop of the code below it", () => {
    const layers: [Module, number[]][] = [
      [new Conv2D(3, 4, [3, 5], { stride: 2, padding: 1 }), [2, 3, 8, 8]],
      [new Conv2D(4, 6, 3, { groups: 2, flip: true, dilation: 2 }), [2, 4, 8, 8]],
      [new MaxPool(3, { stride: 2 }), [2, 3, 9, 9]],
      [new Dense(5, 4), [3, 5]],
      [new Softmax(), [3, 5]],
    ];
    for (const [layer, shape] of layers) {
      const text = layer.toLoops(shape);
      for (const letter of lettersOf(equationOf(text))) {
        expect(text).toMatch(new RegExp(`for \\(let ${letter} = 0;|const ${letter} = `));
      }
    }
  });

  it("n image, o filter, u v output, c channel, i j tap: one notation in equation and code", () => {
    const text = new Conv2D(3, 4, 3).toLoops([2, 3, 8, 8]);
    expect([...lettersOf(equationOf(text))].sort().join("")).toBe("cijnouv");
  });
});

describe("row 43: the loops that the question wanted to write", () => {
  const [x, delta] = draw(43, [1, 1, 7, 7], [1, 1, 4, 4]) as [Tensor, Tensor];
  const layer = new Conv2D(1, 1, 3, { stride: 2, padding: 1, bias: false }).to("float64");
  const [w] = layer.parameters() as [Tensor];
  const { forward, backward } = evaluate(layer.toLoops([1, 7, 7]));
  const slide = { stride: 2, padding: 1 };

  it("the printed forward is eq. (1), the printed backward eq. (2), also with a stride", () => {
    const O = correlate(plane(x), plane(w), slide);
    expectNumbers("O", forward(flat(x), flat(w)), flat(O), ROUNDING);
    const dF = filterGradient(plane(x), plane(delta), plane(w), slide);
    expectNumbers("∂E/∂F", backward(flat(delta), flat(x), flat(w)).gw!, flat(dF), ROUNDING);
    const [filter] = draw(44, [3, 3]) as [Tensor];
    gradcheck((f) => withEquation2(correlate, slide)(plane(x), f), [filter]);
  });

  it("and they are what the kernels compute", () => {
    const input = x.clone();
    input.requiresGrad = true;
    const y = layer.forward(input);
    const [gx, gw] = gradients(y, [input, w], { gradient: delta });
    const printed = backward(flat(delta), flat(x), flat(w));
    expectNumbers("y", forward(flat(x), flat(w)), flat(y), ROUNDING);
    expectNumbers("gx", printed.gx!, flat(gx!), ROUNDING);
    expectNumbers("gw", printed.gw!, flat(gw!), ROUNDING);
  });
});

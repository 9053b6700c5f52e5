import {
  customOp,
  GraphError,
  gradcheck,
  memory,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { describe, expect, it } from "vitest";

function point(values: number | number[]): Tensor {
  return tensor(values, { dtype: "float64" });
}

/** x² whose backward is off by a factor. */
function squareWith(factor: number) {
  return customOp({
    name: "square",
    forward: (x) => x!.mul(x!),
    backward: (g, { inputs: [x] }) => [g.mul(x!.mul(2 * factor))],
  });
}

describe("gradcheck", () => {
  it("passes what is right and says how much it compared", () => {
    const report = gradcheck((x, y) => x!.mul(y!).tanh(), [point([0.1, 0.2]), point([3, 4])]);
    expect(report).toMatchObject({ ok: true, order: 1, checked: 4, kinks: [] });
    expect(report.message).toBe("4 gradients agree with central differences");
    expect(report.worst!.error).toBeLessThan(1);
    expect(report.worst!.numeric).toBeCloseTo(report.worst!.analytic, 6);
  });

  it("fails a rule that is off by 0.05 %, naming the element and both numbers", () => {
    const check = () => gradcheck(squareWith(1.0005), [point([0.5, 3])], { seed: 1 });
    expect(check).toThrow(GraphError);
    const report = gradcheck(squareWith(1.0005), [point([0.5, 3])], { throws: false });
    expect(report.ok).toBe(false);
    const { input, index, analytic, numeric } = report.worst!;
    expect(input).toBe(0);
    expect(analytic / numeric).toBeCloseTo(1.0005, 5);
    expect(report.message).toContain(
      `the gradient of input 0 at [${index}] is ${analytic} by backward but ${numeric} by central`,
    );
    expect(report.message).toContain("2 of 2 elements fail");
  });

  it("passes a rule that is off by 0.001 %, or by more where told so", () => {
    gradcheck(squareWith(1.00001), [point([0.5, 3])]);
    gradcheck(squareWith(1.0005), [point([0.5, 3])], { rtol: 1e-3 });
  });

  it("finds the one wrong element and the right input", () => {
    const second = customOp({
      name: "second",
      forward: (x, y) => x!.mul(y!),
      backward: (g, { inputs: [x, y] }) => [
        g.mul(y!),
        g.mul(x!).mul(tensor([[1, 1], [1, 1.01]], { dtype: "float64" })), // biome-ignore format: a matrix
      ],
    });
    const x = tensor([1, 2, 3, 4], { shape: [2, 2] });
    const report = gradcheck(second, [x, x.add(1)], { throws: false });
    expect(report.worst).toMatchObject({ input: 1, index: [1, 1] });
    expect(report.message).toContain("1 of 8 elements fail");
  });

  it("checks second derivatives on request", () => {
    // The gradient is right, but a detached factor hides how it depends on x.
    const blind = customOp({
      name: "blind",
      forward: (x) => x!.mul(x!),
      backward: (g, { inputs: [x] }) => [g.mul(x!.detach().mul(2))],
    });
    gradcheck(blind, [point([1, 2])]);
    const report = gradcheck(blind, [point([1, 2])], { order: 2, throws: false });
    expect(report).toMatchObject({ ok: false, order: 2 });
    expect(report.message).toContain("the second derivative of input 0");
  });

  it("checks mixed second derivatives and third factors", () => {
    gradcheck(
      (x, y, z) => x!.mul(y!).mul(z!.exp()),
      [point([1, 2]), point([3, 4]), point([0, 1])],
      {
        order: 2,
      },
    );
  });

  it("passes functions that are linear or constant, whose second derivative has no graph", () => {
    gradcheck((x) => x!.mul(3), [point([1, 2])], { order: 2 });
    gradcheck((x) => x!.sign(), [point([1, 2])], { order: 2 });
  });

  it("fails a function that forgot its gradient", () => {
    const report = gradcheck((x) => x!.detach().mul(2), [point([1])], { throws: false });
    expect(report.ok).toBe(false);
    expect(report.worst).toMatchObject({ analytic: 0 });
  });

  it("copies float32 inputs to float64, passes others on, and leaves all alone", () => {
    const x = tensor([0.1, 0.2]);
    const index = tensor([1, 0, 1], { dtype: "int32" });
    const report = gradcheck((v, i) => v!.gather(0, i!).exp(), [x, index], { order: 2 });
    expect(report.checked).toBe(4);
    expect(x.dtype).toBe("float32");
    expect(x.requiresGrad).toBe(false);
  });

  it("takes views, scalars and empty tensors", () => {
    gradcheck((x) => x!.mul(x!), [tensor([[1, 2], [3, 4]]).transpose().slice([1])]); // biome-ignore format: a matrix
    gradcheck((x) => x!.exp(), [point(0.5)], { order: 2 });
    expect(gradcheck((x) => x!.exp(), [point([])], { order: 2 })).toMatchObject({
      ok: true,
      checked: 0,
      worst: null,
    });
  });

  it("leaves no memory behind, on failure too", () => {
    const x = point([1, 2]);
    const before = memory();
    gradcheck((v) => v!.exp(), [x], { order: 2 });
    gradcheck(squareWith(2), [x], { throws: false });
    expect(() => gradcheck(squareWith(2), [x])).toThrow();
    expect(memory()).toEqual({ ...before, peakBytes: memory().peakBytes });
  });

  it("refuses a function that is not deterministic", () => {
    let calls = 0;
    const check = () => gradcheck((x) => x!.mul(++calls), [point([1])]);
    expect(check).toThrow(GraphError);
    calls = 0;
    expect(check).toThrow(/fn gave .* and then .* for the same inputs; make it deterministic/);
  });

  it.each(["eps", "atol", "rtol"] as const)("refuses an %s that is not a small number", (name) => {
    for (const wrong of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const check = () => gradcheck((x) => x!, [point([1])], { [name]: wrong });
      expect(check).toThrow(ValueError);
      expect(check).toThrow(`${name} is ${wrong}; use a small number > 0`);
    }
  });
});

describe("gradcheck at kinks", () => {
  it("accepts any slope between the two and lists the element", () => {
    for (const f of [(x: Tensor) => x.relu(), (x: Tensor) => x.abs()]) {
      const report = gradcheck((x) => f(x!), [point([-1, 0, 1])]);
      expect(report).toMatchObject({ ok: true, checked: 3 });
      expect(report.kinks.map(({ index }) => index)).toEqual(
        f(point(-1)).item() === 0 ? [[1]] : [], // |x|' at 0 is 0, the mean of −1 and 1
      );
    }
  });

  it("accepts ties of maxima, to second order", () => {
    const report = gradcheck((x) => x!.max(), [point([2, 1, 2])], { order: 2 });
    expect(report.ok).toBe(true);
    expect(report.message).toContain("at kinks");
    expect(report.kinks.map(({ input, index }) => [input, index[0]])).toContainEqual([0, 0]);
    gradcheck((x, y) => x!.maximum(y!), [point([1, 1]), point([1, 2])], { order: 2 });
    gradcheck((x, y) => x!.minimum(y!).mul(x!), [point([1, 1]), point([1, 2])]);
  });

  it("accepts kinks whose gradient jumps, to second order", () => {
    gradcheck((x) => x!.abs(), [point([-1, 0, 1])], { order: 2 });
    gradcheck((x) => x!.relu(), [point([-1, 0, 1])], { order: 2 });
    gradcheck((x) => x!.relu().mul(x!), [point([-1, 0, 1])], { order: 2 });
  });

  it("fails a slope outside the two", () => {
    for (const slope of [2, -0.5]) {
      const steep = customOp({
        name: "steep",
        forward: (x) => x!.relu(),
        backward: (g, { inputs: [x] }) => [
          g.mul(x!.greater(0).to("float64").add(x!.equal(0).to("float64").mul(slope))),
        ],
      });
      gradcheck(steep, [point([-1, 1])]);
      expect(() => gradcheck(steep, [point([-1, 0, 1])])).toThrow(/input 0 at \[1\]/);
    }
  });

  it("fails a wrong second derivative beside a jump", () => {
    const odd = customOp({
      name: "odd",
      forward: (x) => x!.abs(),
      // The gradient is sign(x), its own derivative is claimed to be 5.
      backward: (g, { inputs: [x] }) => [g.mul(x!.sign().add(x!.sub(x!.detach()).mul(5)))],
    });
    gradcheck(odd, [point([-1, 0, 1])]);
    expect(() => gradcheck(odd, [point([0])], { order: 2 })).toThrow(/second derivative/);
  });

  it("does not take strong curvature for a kink", () => {
    const bent = customOp({
      name: "bent",
      forward: (x) => x!.mul(x!).mul(1e3),
      backward: (g, { inputs: [x] }) => [g.mul(x!.mul(2e3).add(1))],
    });
    expect(() => gradcheck(bent, [point([0])])).toThrow(GraphError);
  });

  it("does not take a steep slope for a jump", () => {
    const steep = customOp({
      name: "steep",
      forward: (x) => x!.mul(1e6),
      backward: (g) => [g.mul(0)],
    });
    expect(() => gradcheck(steep, [point([0])])).toThrow(GraphError);
  });
});

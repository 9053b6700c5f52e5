import {
  manualSeed,
  memory,
  noGrad,
  randn,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import {
  buffer,
  Conv2D,
  Dense,
  Flatten,
  MaxPool,
  Module,
  parameter,
  ReLU,
  Sequential,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";

class Block extends Module {
  readonly scale = parameter(tensor([2]));
  readonly seen = buffer(tensor([0]));
  readonly parts = [new Dense(3, 3), new ReLU(), new Dense(3, 3)];
  readonly note = tensor([1]); // neither parameter nor buffer
  forward(x: Tensor): Tensor {
    return this.parts.reduce((y, part) => part.forward(y), x).mul(this.scale);
  }
}

const net = () =>
  new Sequential(new Conv2D(1, 2, 3), new ReLU(), new MaxPool(2), new Flatten(), new Dense(8, 3));

describe("Module", () => {
  it("names parameters by their properties, in order, and buffers only in the state", () => {
    const model = new Sequential(new Block(), new Dense(3, 2, { bias: false }));
    const names = [
      "0.scale",
      "0.parts.0.weight",
      "0.parts.0.bias",
      "0.parts.2.weight",
      "0.parts.2.bias",
      "1.weight",
    ];
    expect(model.namedParameters().map(([name]) => name)).toEqual(names);
    expect(Object.keys(model.stateDict())).toEqual([names[0], "0.seen", ...names.slice(1)]);
    expect(model.parameters().every((p) => p.requiresGrad)).toBe(true);
  });

  it("lists a shared part once", () => {
    const shared = new Dense(2, 2);
    expect(new Sequential(shared, new ReLU(), shared).parameters().length).toBe(2);
  });

  it("has parameters that outlive the scope they were made in", () => {
    const model = scope(() => {
      const made = net();
      return { made };
    }).made;
    expect(model.forward(randn([1, 1, 6, 6])).shape).toEqual([1, 3]);
  });

  it("makes nothing but its parameters", () => {
    const before = memory().tensors;
    scope(() => void new Dense(4, 4));
    expect(memory().tensors).toBe(before + 2);
  });

  it("initialises from the seed, within ±1/√fanIn as PyTorch", () => {
    manualSeed(5);
    const first = net();
    manualSeed(5);
    const second = net();
    expect(first.parameters().map((p) => p.toArray())).toEqual(
      second.parameters().map((p) => p.toArray()),
    );
    const bound = 1 / Math.sqrt(3 * 5 * 5);
    const { weight, bias } = new Conv2D(3, 64, 5);
    expect(weight.abs().max().item()).toBeLessThanOrEqual(bound);
    expect(weight.abs().max().item()).toBeGreaterThan(0.98 * bound);
    expect(weight.mean().item()).toBeCloseTo(0, 2);
    expect(bias!.abs().max().item()).toBeLessThanOrEqual(bound);
  });

  it("gives a state that another model takes over", () => {
    const [from, to] = [net(), net()];
    const x = randn([2, 1, 6, 6]);
    expect(to.forward(x).toArray()).not.toEqual(from.forward(x).toArray());
    to.loadStateDict(from.stateDict());
    expect(to.forward(x).toArray()).toEqual(from.forward(x).toArray());
    noGrad(() => from.parameters()[0]!.assign(0));
    expect(to.parameters()[0]!.abs().sum().item()).toBeGreaterThan(0);
  });

  it("refuses a state with other names or shapes and changes nothing", () => {
    const model = net();
    const before = model.parameters().map((p) => p.toArray());
    const { "0.weight": weight, ...rest } = model.stateDict();
    const incomplete = () => model.loadStateDict({ ...rest, extra: weight! });
    expect(incomplete).toThrow(ValueError);
    expect(incomplete).toThrow(/missing 0\.weight; unexpected extra/);
    const wrong = { ...model.stateDict(), "0.weight": randn([2, 1, 3, 3]), "4.bias": randn([4]) };
    expect(() => model.loadStateDict(wrong)).toThrow(ShapeError);
    expect(() => model.loadStateDict(wrong)).toThrow(/4\.bias is \[3\], the state has \[4\]/);
    expect(model.parameters().map((p) => p.toArray())).toEqual(before);
  });

  it("train() and eval() reach every part", () => {
    const block = new Block();
    const model = new Sequential(block).eval();
    expect([model, block, ...block.parts].map((m) => m.training)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
    model.train();
    expect(block.parts[2]!.training).toBe(true);
  });

  it("to() turns every parameter and buffer to float64, and a forward pass runs in it", () => {
    const block = new Block().to("float64");
    expect(Object.values(block.stateDict()).map((t) => t.dtype)).toEqual(
      new Array(6).fill("float64"),
    );
    expect(block.parameters().length).toBe(5);
    expect(block.forward(randn([1, 3], { dtype: "float64" })).dtype).toBe("float64");
  });
});

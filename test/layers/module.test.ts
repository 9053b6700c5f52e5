import {
  type DType,
  DTypeError,
  GraphError,
  keep,
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

  it("to() refuses what is no float type and changes nothing", () => {
    const block = new Block();
    const before = Object.values(block.stateDict());
    const { scale } = block;
    for (const dtype of ["int32", "uint8", "half" as DType] as const) {
      expect(() => block.to(dtype)).toThrow(DTypeError);
      expect(() => block.to(dtype)).toThrow(`must be "float32" or "float64", not "${dtype}"`);
    }
    expect(block.scale).toBe(scale);
    expect(Object.values(block.stateDict()).map((t) => t.dtype)).toEqual(
      before.map((t) => t.dtype),
    );
  });

  it("to() keeps frozen parameters frozen, tied tensors tied and whole numbers whole", () => {
    class Tied extends Module {
      readonly first = new Dense(2, 2);
      readonly second = new Dense(2, 2);
      readonly alias: Tensor[] = [this.first.weight];
      readonly steps = buffer(tensor(new Int32Array(1)));
      readonly mean = buffer(tensor([3]));
      readonly means = [this.mean];
      constructor() {
        super();
        Object.assign(this.second, { weight: this.first.weight });
      }
      forward(x: Tensor): Tensor {
        return this.second.forward(this.first.forward(x));
      }
    }
    const tied = new Tied();
    tied.first.weight.requiresGrad = false;
    const names = tied.namedParameters().map(([name]) => name);
    const { first, second, alias, mean, means, steps } = tied.to("float64");
    expect(first.weight.dtype).toBe("float64");
    expect(first.weight.requiresGrad).toBe(false);
    expect(first.bias!.requiresGrad).toBe(true);
    expect(second.weight).toBe(first.weight);
    expect(alias[0]).toBe(first.weight);
    expect(means[0]).toBe(mean);
    expect([tied.mean.dtype, steps.dtype]).toEqual(["float64", "int32"]);
    expect(tied.namedParameters().map(([name]) => name)).toEqual(names);
    const { weight } = first;
    expect(tied.to("float64").first.weight).toBe(weight);
  });

  it("refuses a state with a released tensor and changes nothing", () => {
    const model = net();
    const before = model.parameters().map((p) => p.toArray());
    const state = net().stateDict();
    let released = state["4.bias"]!;
    scope(() => {
      released = state["4.bias"]!.clone();
    });
    const load = () => model.loadStateDict({ ...state, "4.bias": released });
    expect(load).toThrow(GraphError);
    expect(load).toThrow(
      /loadStateDict: 4\.bias of the state was released with its scope; keep\(\)/,
    );
    expect(model.parameters().map((p) => p.toArray())).toEqual(before);
  });

  it("takes a state of another float type", () => {
    const model = new Dense(2, 2);
    model.loadStateDict({
      weight: tensor([1, 2, 3, 4], { shape: [2, 2], dtype: "float64" }),
      bias: tensor([5, 6], { dtype: "float64" }),
    });
    expect(model.weight.dtype).toBe("float32");
    expect(model.weight.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("may hold parts that point back at it", () => {
    class Child extends Module {
      parent: Module | null = null;
      readonly weight = parameter(tensor([2]));
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
    }
    const child = new Child();
    const model = new Sequential(child, new ReLU());
    child.parent = model;
    expect(model.eval()).toBe(model);
    expect(child.training).toBe(false);
    expect(child.train().training).toBe(true);
    expect(model.training).toBe(true);
    expect(model.parameters()).toEqual([child.weight]);
    expect(Object.keys(model.to("float64").stateDict())).toEqual(["0.weight"]);
    expect(model.summary([1, 4]).rows.map((row) => row.name)).toEqual(["0", "1"]);
  });

  it("lets a part decide about its own parts, though others switch them too", () => {
    class Frozen extends Module {
      readonly inner = new Dense(2, 2);
      override train(): this {
        super.train();
        this.inner.eval();
        return this;
      }
      forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    const part = new Frozen();
    new Sequential(part).train();
    expect([part.training, part.inner.training]).toEqual([true, false]);
  });

  it("lists what parameter() made, frozen or not, and no other tensor that requires a gradient", () => {
    class Caching extends Module {
      last: Tensor | null = null;
      readonly weight = parameter(tensor([2]));
      readonly frozen = parameter(tensor([3]));
      forward(x: Tensor): Tensor {
        this.last = x;
        return x.mul(this.weight).mul(this.frozen);
      }
    }
    const model = new Caching();
    model.frozen.requiresGrad = false;
    model.forward(tensor([1], { requiresGrad: true }));
    expect(model.namedParameters().map(([name]) => name)).toEqual(["weight", "frozen"]);
    expect(Object.keys(model.stateDict())).toEqual(["weight", "frozen"]);
  });

  it("parameter() refuses whole numbers and keeps nothing then", () => {
    const before = memory().tensors;
    expect(() => scope(() => parameter(tensor(new Int32Array(2))))).toThrow(DTypeError);
    expect(memory().tensors).toBe(before);
    expect(keep(parameter(tensor([1]))).requiresGrad).toBe(true);
  });
});

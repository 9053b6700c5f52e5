import {
  GraphError,
  gradients,
  keep,
  memory,
  noGrad,
  scope,
  type Tensor,
  tensor,
  ValueError,
} from "@convgrad/core";
import { type BackwardCall, Conv2D, Dense, Module, ReLU, Sequential } from "@convgrad/layers";
import { describe, expect, it } from "vitest";

const leaf = (values: number[]): Tensor => tensor(values, { requiresGrad: true });

class Scale extends Module {
  forward(x: Tensor): Tensor {
    return x.mul(3);
  }
}

/** What the hook was told, as numbers. */
function heard(module: Module): { gradInputs: unknown; gradOutput: unknown }[] {
  const calls: { gradInputs: unknown; gradOutput: unknown }[] = [];
  module.onBackward(({ gradInputs, gradOutput }) => {
    calls.push({
      gradInputs: gradInputs.map((g) => g?.toArray() ?? null),
      gradOutput: gradOutput?.toArray() ?? null,
    });
  });
  return calls;
}

describe("onForward", () => {
  it("is told module, inputs and output, and may replace the output", () => {
    const scale = new Scale();
    const x = tensor([1, 2]);
    const calls: unknown[] = [];
    scale.onForward(({ module, inputs, output }) => {
      expect(module).toBe(scale);
      expect(inputs[0]).toBe(x);
      calls.push(output.toArray());
      return output.add(1);
    });
    scale.onForward(({ output }) => output.mul(10));
    expect(scale.forward(x).toArray()).toEqual([40, 70]);
    expect(calls).toEqual([[3, 6]]);
  });

  it("reaches children of a Sequential, under noGrad too", () => {
    const model = new Sequential(new Scale(), new Sequential(new Scale(), new ReLU()));
    const names: string[] = [];
    for (const module of [model, ...model.layers, ...(model.layers[1] as Sequential).layers]) {
      module.onForward(({ module }) => {
        names.push(String(module));
        return undefined;
      });
    }
    noGrad(() => model.forward(tensor([1])));
    expect(names).toEqual(["Scale", "Scale", "ReLU", "Sequential(2)", "Sequential(2)"]);
  });

  it("leaves no trace once removed, and none in what a module lists", () => {
    const conv = new Conv2D(1, 2, 3);
    const before = { keys: Object.keys(conv), summary: String(conv.summary([1, 5, 5])) };
    let calls = 0;
    const count = () => {
      calls++;
      return undefined;
    };
    const removers = [conv.onForward(count), conv.onForward(count), conv.onBackward(count)];
    expect(Object.hasOwn(conv, "forward")).toBe(true);
    expect(Object.keys(conv)).toEqual(before.keys);
    expect(Object.keys(conv.stateDict())).toEqual(["weight", "bias"]);
    expect(conv.parameters()).toHaveLength(2);
    expect(conv.children()).toEqual([]);
    expect(String(conv.summary([1, 5, 5]))).toBe(before.summary);
    expect(calls).toBe(0); // a dry run has no numbers to show
    for (const remove of [...removers, ...removers]) remove();
    expect(Object.hasOwn(conv, "forward")).toBe(false);
    expect(conv.forward).toBe(Conv2D.prototype.forward);
  });

  it("gives back a forward that was the instance's own", () => {
    const scale = new Scale();
    const own = (x: Tensor) => x.mul(5);
    scale.forward = own;
    const remove = scale.onForward(({ output }) => output.add(1));
    expect(scale.forward(tensor([1])).toArray()).toEqual([6]);
    remove();
    expect(scale.forward).toBe(own);
  });

  it("refuses what is no function, and replacements that are no tensor", () => {
    const scale = new Scale();
    expect(() => scale.onForward(1 as never)).toThrow(ValueError);
    expect(() => scale.onBackward(null as never)).toThrow(/must be a function: \(call\) => …/);
    scale.onForward((() => 5) as never);
    expect(() => scale.forward(tensor([1]))).toThrow(/the replacement must be a tensor, not 5/);
  });
});

describe("onBackward", () => {
  it("is told the gradients of output and input", () => {
    const scale = new Scale();
    const calls = heard(scale);
    const x = leaf([1, 2]);
    scale
      .forward(x)
      .mul(tensor([1, 10]))
      .sum()
      .backward();
    expect(calls).toEqual([{ gradInputs: [[3, 30]], gradOutput: [1, 10] }]);
    expect(x.grad!.toArray()).toEqual([3, 30]);
  });

  it("counts its own contribution only: in a residual the shortcut is not the module's", () => {
    const scale = new Scale();
    const calls = heard(scale);
    const x = leaf([1, 2]);
    const h = x.mul(2);
    scale.forward(h).add(h).sum().backward();
    expect(calls).toEqual([{ gradInputs: [[3, 3]], gradOutput: [1, 1] }]);
    expect(x.grad!.toArray()).toEqual([8, 8]);
  });

  it("is told per call, where a module is called twice", () => {
    const scale = new Scale();
    const calls = heard(scale);
    scale
      .forward(scale.forward(leaf([1])))
      .sum()
      .backward();
    expect(calls).toEqual([
      { gradInputs: [[3]], gradOutput: [1] },
      { gradInputs: [[9]], gradOutput: [3] },
    ]);
  });

  it("handles several inputs, with null where there is no gradient", () => {
    class Blend extends Module {
      forward(x: Tensor, y: Tensor, _unused: Tensor, mask: Tensor): Tensor {
        return x.mul(y).mul(mask);
      }
    }
    const blend = new Blend();
    const calls = heard(blend);
    const [x, y, unused] = [leaf([2]), leaf([5]), leaf([7])];
    const mask = tensor([1]);
    blend.forward(x, y, unused, mask).sum().backward(undefined, { retainGraph: true });
    expect(calls).toEqual([{ gradInputs: [[5], [2], null, null], gradOutput: [1] }]);
  });

  it("works where no input wants a gradient: the first layer", () => {
    const first = new Dense(2, 1);
    const calls = heard(first);
    first
      .forward(tensor([[1, 2]]))
      .sum()
      .backward();
    expect(calls).toEqual([{ gradInputs: [null], gradOutput: [[1]] }]);
    expect(first.weight.grad!.toArray()).toEqual([[1], [2]]);
  });

  it("works nested, with the gradients of the plain net", () => {
    const model = new Sequential(new Dense(3, 4), new ReLU(), new Dense(4, 2));
    const x = tensor([[1, -2, 3]], { requiresGrad: true });
    const plain = gradients(model.forward(x).sum(), [x, ...model.parameters()]);
    const order: string[] = [];
    for (const module of [model, ...model.layers]) {
      module.onBackward(({ module }: BackwardCall<Module>) => order.push(String(module)));
    }
    const hooked = gradients(model.forward(x).sum(), [x, ...model.parameters()]);
    hooked.forEach((g, i) => {
      expect(g.toArray()).toEqual(plain[i]!.toArray());
    });
    expect(order).toEqual(["Dense(4 → 2)", "ReLU", "Dense(3 → 4)", "Sequential(3)"]);
  });

  it("sees the output that a forward hook put in place", () => {
    const scale = new Scale();
    const calls = heard(scale);
    scale.onForward(({ output }) => output.mul(2));
    scale
      .forward(leaf([1]))
      .sum()
      .backward();
    expect(calls).toEqual([{ gradInputs: [[6]], gradOutput: [1] }]);
  });

  it("stops when removed, also between forward and backward", () => {
    const scale = new Scale();
    let calls = 0;
    const remove = scale.onBackward(() => {
      calls++;
    });
    const loss = scale.forward(leaf([1])).sum();
    remove();
    loss.backward();
    expect(calls).toBe(0);
  });

  it("must not be async: what it is shown is gone when it goes on", () => {
    const scale = new Scale();
    scale.onBackward(async () => {});
    const pass = () =>
      scale
        .forward(leaf([1]))
        .sum()
        .backward();
    expect(pass).toThrow(GraphError);
    expect(pass).toThrow(/onBackward: the hook is async; .*keep\(g\.clone\(\)\)/);
  });

  it("may keep a gradient, and leaves no memory behind otherwise", () => {
    const scale = new Scale();
    const x = leaf([1, 2]);
    let kept: Tensor | undefined;
    scope(() => x.mul(1).sum().backward());
    const before = memory().tensors;
    const remove = scale.onBackward(({ gradInputs: [g] }) => {
      kept = keep(g!.clone());
    });
    scope(() => scale.forward(x.mul(2)).sum().backward());
    expect(memory().tensors).toBe(before + 1);
    expect(kept!.toArray()).toEqual([3, 3]);
    remove();
  });
});

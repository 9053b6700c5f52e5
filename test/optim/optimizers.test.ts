import { inspect } from "node:util";
import {
  DTypeError,
  GraphError,
  type Kernels,
  keep,
  MemoryError,
  memory,
  noGrad,
  reference,
  ShapeError,
  scope,
  steps,
  type Tensor,
  tensor,
  ValueError,
  withBackend,
} from "@convgrad/core";
import {
  Adagrad,
  Adam,
  AdamW,
  type Optimizer,
  type OptimizerState,
  RMSprop,
  SGD,
} from "@convgrad/optim";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";

type Make = (parameters: Tensor[]) => Optimizer;

const optimizers: Readonly<Record<string, Make>> = {
  SGD: (p) => new SGD(p, { lr: 0.1, momentum: 0.9, weightDecay: 1e-4 }),
  Adam: (p) => new Adam(p, { lr: 0.1 }),
  "Adam, amsgrad, decay": (p) => new Adam(p, { lr: 0.1, amsgrad: true, weightDecay: 1e-5 }),
  AdamW: (p) => new AdamW(p, { lr: 0.1, weightDecay: 1e-5 }),
  "AdamW, amsgrad": (p) => new AdamW(p, { lr: 0.1, weightDecay: 0, amsgrad: true }),
  RMSprop: (p) => new RMSprop(p, { lr: 0.01 }),
  "RMSprop, centered, momentum": (p) =>
    new RMSprop(p, { lr: 0.002, centered: true, momentum: 0.5, weightDecay: 1e-5, epsilon: 1e-3 }),
  Adagrad: (p) => new Adagrad(p, { lr: 1, lrDecay: 1e-3, initialAccumulator: 0.1 }),
};
const each = Object.entries(optimizers);

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });

/** One step on ½ Σ (w − 1)². */
function descend(w: Tensor, optimizer: Optimizer): void {
  optimizer.zeroGrad();
  const difference = w.sub(1);
  difference.mul(difference).sum().mul(0.5).backward();
  optimizer.step();
}

/** The reference backend with room for so many more tensors. */
function roomFor(tensors: number): Kernels {
  let room = tensors;
  return {
    ...reference,
    name: "small",
    allocate: (dtype, length) => {
      if (room-- === 0) throw new MemoryError("allocate", "no memory");
      return reference.allocate(dtype, length);
    },
  };
}

/** Every number of the state. */
const numbersOf = (optimizer: Optimizer) => JSON.stringify(optimizer.stateDict());

describe("every optimiser", () => {
  it.each(each)("%s goes to the minimum", (_, make) => {
    const w = leaf(2, -1, 1.5);
    const optimizer = make([w]);
    for (const _ of steps(1500)) descend(w, optimizer);
    for (const value of w.toTypedArray()) expect(Math.abs(value - 1)).toBeLessThan(0.01);
  });

  it.each(each)("%s continues from its state as if never stopped, to the bit", (_, make) => {
    const [w, twin] = [leaf(5, -3), leaf(5, -3)];
    const first = make([w]);
    for (const _ of steps(4)) descend(w, first);
    const second = make([twin]);
    for (const _ of steps(2)) descend(twin, second); // what it has is forgotten
    noGrad(() => twin.assign(w));
    const saved = first.stateDict();
    second.loadStateDict(saved);
    expect(numbersOf(second)).toBe(JSON.stringify(saved));
    for (const _ of steps(4)) {
      descend(w, first);
      descend(twin, second);
    }
    expect(twin.toArray()).toEqual(w.toArray());
    expect(numbersOf(second)).toBe(numbersOf(first));
    expect(JSON.stringify(saved)).not.toBe(numbersOf(first)); // copies
  });

  it.each(each)("%s has states that go with their scope, unless they are kept", (_, make) => {
    const w = leaf(1, 2);
    const optimizer = make([w]);
    descend(w, optimizer);
    const { tensors } = memory();
    let [kept, lost] = [optimizer.stateDict(), optimizer.stateDict()];
    const held = memory().tensors - tensors;
    expect(held).toBeGreaterThan(0);
    for (const step of steps(5)) {
      lost = optimizer.stateDict();
      if (step === 2) kept = keep(optimizer.stateDict());
    }
    expect(memory().tensors).toBe(tensors + 1.5 * held);
    optimizer.loadStateDict(kept);
    expect(() => optimizer.loadStateDict(lost)).toThrow(/was released with its scope; keep\(\) it/);
  });

  it.each(each)("%s moves nothing when memory runs out, and goes on after", (_, make) => {
    const run = (interrupt: boolean) => {
      const weights = [leaf(1, 2), leaf(3, -1)];
      const optimizer = make(weights);
      for (let step = 1; step <= 3; step++) {
        optimizer.zeroGrad();
        for (const w of weights) w.mul(w).sum().backward();
        for (let room = 0; ; room++) {
          const numbers = () => numbersOf(optimizer) + JSON.stringify(weights);
          const [before, { tensors }] = [numbers(), memory()];
          try {
            withBackend(interrupt ? roomFor(room) : reference, () => optimizer.step());
            if (interrupt) expect(room).toBeGreaterThan(step === 1 ? 3 : 1);
            break;
          } catch (error) {
            expect(error).toBeInstanceOf(MemoryError);
          }
          expect(memory().tensors).toBe(tensors);
          expect(numbers()).toBe(before);
        }
      }
      return [JSON.stringify(weights), numbersOf(optimizer)];
    };
    expect(run(true)).toEqual(run(false));
  });

  it.each(each)("%s keeps its state beyond the loop, and nothing else", (_, make) => {
    const w = leaf(5, -3);
    const optimizer = make([w]);
    for (const _ of steps(3)) descend(w, optimizer);
    const { tensors } = memory();
    for (const _ of steps(20)) descend(w, optimizer);
    expect(memory().tensors).toBe(tensors);
  });

  it.each(each)("%s leaves frozen parameters and those without a gradient alone", (_, make) => {
    const [w, frozen, idle] = [leaf(2), leaf(3), leaf(4)];
    const optimizer = make([w, frozen, idle]);
    w.mul(frozen).sum().backward();
    frozen.requiresGrad = false;
    optimizer.step();
    expect([frozen.item(), idle.item()]).toEqual([3, 4]);
    expect(w.item()).not.toBe(2);
    expect(optimizer.stateDict().parameters.slice(1)).toEqual([null, null]);
  });
});

describe("PyTorch's numbers, where the golden cases have none", () => {
  const expected: readonly [string, Make, number[]][] = [
    [
      "RMSprop with everything",
      (p) =>
        new RMSprop(p, {
          lr: 0.05,
          alpha: 0.9,
          momentum: 0.8,
          centered: true,
          weightDecay: 0.1,
          epsilon: 1e-3,
        }),
      [1.52602734121, -0.690350016413, 1.25460831407],
    ],
    [
      "Adagrad with everything",
      (p) =>
        new Adagrad(p, {
          lr: 0.1,
          lrDecay: 0.2,
          weightDecay: 0.1,
          initialAccumulator: 0.5,
          epsilon: 1e-3,
        }),
      [0.983817338888, -1.8365615024, 0.681887864125],
    ],
    [
      "AdamW with amsgrad",
      (p) => new AdamW(p, { lr: 0.1, betas: [0.7, 0.8], amsgrad: true, weightDecay: 0.2 }),
      [1.00294096735, -1.51243642222, 0.794340127377],
    ],
  ];
  it.each(expected)("%s", (_, make, values) => {
    const w = tensor([1, -2, 0.5], { dtype: "float64", requiresGrad: true });
    const optimizer = make([w]);
    for (let k = 1; k <= 4; k++) {
      optimizer.zeroGrad();
      w.mul(k).cos().sum().add(w.mul(w).sum().mul(0.3)).backward();
      optimizer.step();
    }
    expectNumbers("w", w.toTypedArray(), values, { rtol: 1e-9, atol: 1e-11 });
  });
});

describe("groups", () => {
  it("have settings of their own; what they leave out, the optimiser says", () => {
    const [weight, bias] = [leaf(2), leaf(2)];
    const optimizer = new SGD(
      [{ parameters: [weight] }, { parameters: [bias], lr: 0.5, weightDecay: 0 }],
      { lr: 0.25, weightDecay: 1 },
    );
    weight.add(bias).sum().backward();
    optimizer.step();
    expect([weight.item(), bias.item()]).toEqual([2 - 0.25 * 3, 2 - 0.5]);
    expect(optimizer.groups.map(({ settings }) => settings.lr)).toEqual([0.25, 0.5]);
    expect(optimizer.lr).toBe(0.25);
    optimizer.lr = 0.125;
    expect(optimizer.groups.map(({ lr }) => lr)).toEqual([0.125, 0.125]);
  });

  it("can be added and changed, and come back from a state", () => {
    const [first, second] = [leaf(2), leaf(2)];
    const make = () => {
      const optimizer = new Adam([first], { lr: 0.25 });
      optimizer.addGroup({ parameters: [second], betas: [0.5, 0.5] });
      return optimizer;
    };
    const optimizer = make();
    optimizer.groups[1]!.change({ lr: 0.5, epsilon: undefined });
    expect(optimizer.groups[1]!.settings).toMatchObject({
      lr: 0.5,
      betas: [0.5, 0.5],
      epsilon: 1e-8,
    });
    const twin = make();
    twin.loadStateDict(optimizer.stateDict());
    expect(twin.groups.map(({ settings }) => settings)).toEqual(
      optimizer.groups.map(({ settings }) => settings),
    );
    expect(() => optimizer.addGroup({ parameters: [first] })).toThrow(/listed twice/);
    expect(() => optimizer.groups[0]!.change({ lr: -1 })).toThrow(/Adam: lr is -1/);
    expect(optimizer.groups[0]!.lr).toBe(0.25);
  });

  const w = () => leaf(1, 2);
  it.each<[string, () => unknown, RegExp]>([
    [
      "a tensor among groups",
      () => new Adam([{ parameters: [w()] }, w()] as never),
      /a group is an object; pass \{ parameters/,
    ],
    [
      "a group without a list",
      () => new Adam([{ parameters: 3 }] as never),
      /a group is without a list of parameters/,
    ],
    [
      "an unknown setting of a group",
      () => new Adam([{ parameters: [w()], momentum: 1 }] as never),
      /no setting "momentum"; there are lr, betas, epsilon/,
    ],
    [
      "an unknown setting",
      () => new SGD([w()], { lr: 1, decay: 1 } as never),
      /no setting "decay"; there are lr, momentum/,
    ],
    ["no settings", () => new Adam([w()], null as never), /there are no settings/],
    ["no list", () => new Adam(null as never), /the parameters are no list/],
    ["a fractional switch", () => new Adam([w()], { amsgrad: 1 as never }), /amsgrad is 1.*true/],
    ["betas of 1", () => new Adam([w()], { betas: [0.9, 1] }), /betas\[1\] is 1.*less than 1/],
    ["one beta", () => new AdamW([w()], { betas: [0.9] as never }), /betas are \[0.9\]; pass two/],
    ["NaN epsilon", () => new Adam([w()], { epsilon: Number.NaN }), /epsilon is NaN/],
    ["a rate in words", () => new Adam([w()], { lr: "1" as never }), /lr is "1"/],
    ["alpha of 2", () => new RMSprop([w()], { alpha: 2 }), /alpha is 2.*from 0 to 1/],
    [
      "centered in words",
      () => new RMSprop([w()], { centered: "yes" as never }),
      /centered is "yes"/,
    ],
    ["negative momentum", () => new RMSprop([w()], { momentum: -1 }), /momentum is -1/],
    ["negative lrDecay", () => new Adagrad([w()], { lrDecay: -1 }), /lrDecay is -1/],
    [
      "a negative accumulator",
      () => new Adagrad([w()], { initialAccumulator: -1 }),
      /initialAccumulator is -1; it must be a number ≥ 0/,
    ],
    ["a nesterov in words", () => new SGD([w()], { lr: 1, nesterov: 0 as never }), /nesterov is 0/],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });
});

describe("a state of another optimiser", () => {
  const made = () => {
    const w = leaf(5, -3);
    const optimizer = new Adam([w], { lr: 0.1 });
    descend(w, optimizer);
    return optimizer;
  };
  type State = OptimizerState<never>;
  const changed = (state: object) => ({ ...made().stateDict(), ...state }) as State;
  const tensors = (firstMoment: Tensor) =>
    changed({
      parameters: [{ steps: 1, tensors: { firstMoment, secondMoment: tensor([1, 1]) } }],
    });
  let released = tensor([1, 2]);
  scope(() => {
    released = tensor([1, 2]);
  });
  it.each<[string, State, new (...args: never[]) => Error, RegExp]>([
    ["nothing", null as never, ValueError, /no state of an optimiser; pass what stateDict/],
    ["a name", changed({ optimizer: "SGD" }), ValueError, /the state is of "SGD"/],
    ["more groups", changed({ groups: [{}, {}] }), ValueError, /1 parameters in 2 groups/],
    ["fewer parameters", changed({ parameters: [] }), ValueError, /0 parameters.*same model/],
    ["bad settings", changed({ groups: [{ lr: -1 }] }), ValueError, /lr is -1/],
    [
      "bad steps",
      changed({ parameters: [{ steps: 0.5, tensors: {} }] }),
      ValueError,
      /steps of parameter 0 is 0.5/,
    ],
    [
      "a missing tensor",
      changed({ parameters: [{ steps: 1, tensors: { firstMoment: tensor([1, 2]) } }] }),
      ValueError,
      /parameter 0 holds firstMoment; it must hold firstMoment, secondMoment, largestSecondMoment or/,
    ],
    [
      "another shape",
      tensors(tensor([1])),
      ShapeError,
      /firstMoment 0 is \[1\], the parameter \[2\]/,
    ],
    [
      "another type",
      tensors(tensor([1, 2], { dtype: "float64" })),
      DTypeError,
      /firstMoment 0 is float64.*\.to\("float32"\)/,
    ],
    ["a released tensor", tensors(released), GraphError, /firstMoment 0 of the state was released/],
    ["an array", tensors([1, 2] as never), ValueError, /must be a tensor/],
  ])("is refused for %s, and nothing has changed", (_, state, kind, message) => {
    const optimizer = made();
    const before = numbersOf(optimizer);
    expect(() => optimizer.loadStateDict(state)).toThrow(kind);
    expect(() => optimizer.loadStateDict(state)).toThrow(message);
    expect(numbersOf(optimizer)).toBe(before);
  });
});

describe("an optimiser as text", () => {
  const [decayed, free] = [[leaf(1), leaf(2)], [leaf(3)]];

  it("is its settings, for each group where they differ, and its sizes", () => {
    const optimizer = new AdamW(
      [{ parameters: decayed }, { parameters: free, lr: 0.001, weightDecay: 0 }],
      { lr: 0.01 },
    );
    expect(String(optimizer)).toBe(
      "AdamW(lr 0.01 | 0.001, betas [0.9, 0.999], epsilon 1e-8, weightDecay 0.01 | 0, amsgrad false; " +
        "2 groups, 3 parameters)",
    );
  });

  it.each(each)("is what the console shows of %s", (_, make) => {
    const optimizer = make([leaf(1)]);
    expect(inspect({ optimizer })).toContain(String(optimizer));
    expect(String(optimizer)).toMatch(/^\w+\(lr .*; 1 group, 1 parameter\)$/);
    expect(Object.keys(optimizer)).toEqual([]);
  });
});

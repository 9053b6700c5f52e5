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
import { Dense } from "@convgrad/layers";
import { type OptimizerState, type ParameterState, SGD, type SGDOptions } from "@convgrad/optim";
import { describe, expect, it } from "vitest";

/** One step on E = ½ Σ (w − 1)², whose gradient is w − 1. */
function descend(w: Tensor, optimizer: SGD): void {
  optimizer.zeroGrad();
  const difference = w.sub(1);
  difference.mul(difference).sum().mul(0.5).backward();
  optimizer.step();
}

/** The velocities of a state, by parameter. */
const velocitiesOf = (optimizer: SGD) =>
  optimizer.stateDict().parameters.map((state) => state?.tensors["velocity"] ?? null);

type State = OptimizerState<Required<SGDOptions>>;

/** The state of an optimiser with other velocities, and other settings. */
function stateOf(optimizer: SGD, velocities: readonly Tensor[], options: object = {}): State {
  const { groups, ...state } = optimizer.stateDict();
  const parameters = velocities.map(
    (velocity): ParameterState => ({ steps: 1, tensors: { velocity } }),
  );
  return { ...state, groups: [{ ...groups[0]!, ...options }], parameters };
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

describe("SGD", () => {
  const settings: SGDOptions[] = [
    { lr: 0.1 },
    { lr: 0.1, momentum: 0.9 },
    { lr: 0.1, momentum: 0.5, dampening: 0.2 },
    { lr: 0.1, momentum: 0.9, nesterov: true },
  ];

  it.each(settings)("%o goes to the minimum", (options) => {
    const w = tensor([5, -3], { requiresGrad: true });
    const optimizer = new SGD([w], options);
    for (const _ of steps(300)) descend(w, optimizer);
    for (const value of w.toTypedArray()) expect(value).toBeCloseTo(1, 4);
  });

  it.each(settings)("%o continues from its state to the bit", (options) => {
    const [w, twin] = [0, 1].map(() => tensor([5, -3], { requiresGrad: true })) as [Tensor, Tensor];
    const [first, second] = [new SGD([w], options), new SGD([twin], { lr: 9 })];
    for (const _ of steps(5)) descend(w, first);
    noGrad(() => twin.assign(w));
    second.loadStateDict(first.stateDict());
    for (const _ of steps(5)) {
      descend(w, first);
      descend(twin, second);
    }
    expect(twin.toArray()).toEqual(w.toArray());
  });

  it("decays weights that have a gradient, and leaves those without one alone", () => {
    const w = tensor([2], { requiresGrad: true });
    const other = tensor([2], { requiresGrad: true });
    const optimizer = new SGD([w, other], { lr: 0.5, weightDecay: 0.1 });
    w.mul(0).sum().backward();
    optimizer.step();
    expect(w.item()).toBeCloseTo(2 - 0.5 * 0.1 * 2, 6);
    expect(other.item()).toBe(2);
  });

  it("takes a new learning rate between steps, and refuses NaN there too", () => {
    const w = tensor([2], { requiresGrad: true });
    const optimizer = new SGD([w], { lr: 0.1 });
    optimizer.lr = 0.5;
    descend(w, optimizer);
    expect(w.item()).toBe(1.5);
    expect(() => {
      optimizer.lr = Number.NaN;
    }).toThrow(ValueError);
    expect(optimizer.lr).toBe(0.5);
  });

  it("leaves frozen parameters as they are", () => {
    const [w, frozen] = [tensor([2], { requiresGrad: true }), tensor([3])];
    const optimizer = new SGD([w, frozen], { lr: 0.1 });
    w.mul(frozen).sum().backward();
    optimizer.step();
    expect(frozen.item()).toBe(3);
    expect(w.item()).toBeCloseTo(2 - 0.3, 6);
  });

  it("keeps its velocities beyond the loop that made them, and nothing else", () => {
    const w = keep(tensor([5, -3], { requiresGrad: true }));
    const optimizer = new SGD([w], { lr: 0.1, momentum: 0.9 });
    const counts = [...steps(20)].map(() => 0);
    for (const step of steps(20)) {
      descend(w, optimizer);
      counts[step] = memory().tensors;
    }
    const after = memory().tensors;
    for (const _ of steps(20)) descend(w, optimizer);
    expect(memory().tensors).toBe(after);
    expect(counts[19]).toBe(counts[5]);
    expect(velocitiesOf(optimizer)[0]!.size).toBe(2);
  });

  const w = () => tensor([1, 2], { requiresGrad: true });
  it.each<[string, () => unknown, RegExp]>([
    ["NaN lr", () => new SGD([w()], { lr: Number.NaN }), /lr is NaN; it must be a number ≥ 0/],
    ["negative lr", () => new SGD([w()], { lr: -1 }), /lr is -1/],
    ["infinite lr", () => new SGD([w()], { lr: Number.POSITIVE_INFINITY }), /lr is Infinity/],
    ["missing lr", () => new SGD([w()], {} as SGDOptions), /lr is undefined/],
    ["NaN momentum", () => new SGD([w()], { lr: 1, momentum: Number.NaN }), /momentum is NaN/],
    [
      "dampening of 2",
      () => new SGD([w()], { lr: 1, dampening: 2 }),
      /dampening is 2.*from 0 to 1/,
    ],
    ["negative decay", () => new SGD([w()], { lr: 1, weightDecay: -1 }), /weightDecay is -1/],
    [
      "nesterov alone",
      () => new SGD([w()], { lr: 1, nesterov: true }),
      /nesterov needs momentum > 0/,
    ],
    [
      "no parameters",
      () => new SGD([], { lr: 1 }),
      /no parameter to train; pass model\.parameters/,
    ],
    [
      "only frozen ones",
      () => new SGD([tensor([1])], { lr: 1 }),
      /no parameter requires a gradient/,
    ],
    ["a computed one", () => new SGD([w().mul(2)], { lr: 1 }), /parameter 0 was computed/],
  ])("refuses %s", (_, make, message) => {
    expect(make).toThrow(ValueError);
    expect(make).toThrow(message);
  });

  it("refuses a parameter listed twice", () => {
    const { weight } = new Dense(2, 2);
    expect(() => new SGD([weight, weight], { lr: 1 })).toThrow(/listed twice/);
  });

  it("refuses the state of other parameters and keeps its own", () => {
    const optimizer = new SGD([w()], { lr: 0.25, momentum: 0.9 });
    expect(() => optimizer.loadStateDict(stateOf(optimizer, []))).toThrow(ValueError);
    const wrong = stateOf(optimizer, [tensor([1, 2, 3])], { lr: 1 });
    expect(() => optimizer.loadStateDict(wrong)).toThrow(ShapeError);
    expect(optimizer.lr).toBe(0.25);
  });

  it("leaves a parameter that was frozen after its gradient came as it is", () => {
    const [first, second] = [w(), w()];
    const optimizer = new SGD([first, second], { lr: 0.1, momentum: 0.9, weightDecay: 0.1 });
    first.mul(second).sum().backward();
    second.requiresGrad = false;
    optimizer.step();
    expect(second.toArray()).toEqual([1, 2]);
    expect(first.toArray()).not.toEqual([1, 2]);
    expect(optimizer.stateDict().parameters[1]).toBe(null);
  });

  const full: SGDOptions = { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 };
  it.each([1, 2])("moves nothing when memory runs out in step %i, and goes on after", (at) => {
    const run = (interrupt: boolean) => {
      const weights = [w(), w(), w()];
      const optimizer = new SGD(weights, full);
      for (let step = 1; step <= 3; step++) {
        optimizer.zeroGrad();
        for (const x of weights) x.mul(x).sum().backward();
        let failures = 0;
        for (; interrupt && step === at; failures++) {
          const numbers = () => [...weights, ...velocitiesOf(optimizer)].map((x) => x?.toArray());
          const before = numbers();
          const { tensors } = memory();
          const small = roomFor(failures);
          try {
            withBackend(small, () => optimizer.step());
            break;
          } catch (error) {
            expect(error).toBeInstanceOf(MemoryError);
          }
          expect(memory().tensors).toBe(tensors);
          expect(numbers()).toEqual(before);
        }
        if (!interrupt || step !== at) optimizer.step();
        else expect(failures).toBeGreaterThan(5);
      }
      return weights.map((x) => x.toArray());
    };
    expect(run(true)).toEqual(run(false));
  });

  it("loads a state wholly or not at all", () => {
    const optimizer = new SGD([w(), w()], { lr: 0.25, momentum: 0.9 });
    const state = stateOf(optimizer, [tensor([1, 2]), tensor([3, 4])], { lr: 1 });
    const { tensors } = memory();
    for (const room of [0, 1]) {
      const load = () => withBackend(roomFor(room), () => optimizer.loadStateDict(state));
      expect(load).toThrow(MemoryError);
      expect(optimizer.lr).toBe(0.25);
      expect(optimizer.stateDict().parameters).toEqual([null, null]);
      expect(memory().tensors).toBe(tensors);
    }
    optimizer.loadStateDict(state);
    expect(optimizer.lr).toBe(1);
  });

  it("refuses velocities of another type, or released ones, by their position", () => {
    const optimizer = new SGD([w(), w()], { lr: 0.25, momentum: 0.9 });
    const load = (v: Tensor) => () =>
      optimizer.loadStateDict(stateOf(optimizer, [tensor([1, 2]), v], { lr: 1 }));
    const double = load(tensor([1, 2], { dtype: "float64" }));
    expect(double).toThrow(DTypeError);
    expect(double).toThrow(/velocity 1 is float64, the parameter float32; convert it with \.to/);
    let released = tensor([1, 2]);
    scope(() => {
      released = tensor([1, 2]);
    });
    expect(load(released)).toThrow(GraphError);
    expect(load(released)).toThrow(/velocity 1 of the state was released with its scope/);
    expect(optimizer.lr).toBe(0.25);
    expect(optimizer.stateDict().parameters).toEqual([null, null]);
  });
});

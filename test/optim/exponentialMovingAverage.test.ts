import {
  DTypeError,
  GraphError,
  type Kernels,
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
import { ExponentialMovingAverage } from "@convgrad/optim";
import { expect, it } from "vitest";

const leaf = (...values: number[]) => tensor(values, { requiresGrad: true });
const set = (w: Tensor, ...values: number[]) => noGrad(() => w.assign(tensor(values)));

it("is d·a + (1 − d)·w, from the first weights", () => {
  const w = leaf(1, 2);
  const average = new ExponentialMovingAverage([w], { decay: 0.75 });
  for (const _ of steps(2)) {
    set(w, 5, 6);
    average.update();
  }
  expect(average.updates).toBe(2);
  expect(average.stateDict().averages[0]!.toArray()).toEqual([2.75, 3.75]);
  average.copyTo();
  expect(w.toArray()).toEqual([2.75, 3.75]);
});

it("forgets faster at first with warmUp: 1/10, 2/11, …", () => {
  const w = leaf(0);
  const average = new ExponentialMovingAverage([w], { warmUp: true });
  set(w, 1);
  let expected = 0;
  for (let k = 0; k < 5; k++) {
    average.update();
    const decay = (1 + k) / (10 + k);
    expected = decay * expected + 1 - decay;
  }
  expect(average.stateDict().averages[0]!.item()).toBeCloseTo(expected, 6);
});

it("averages a module's state, and copies its integers", () => {
  const layer = new Dense(2, 2);
  const count = tensor([0], { dtype: "int32" });
  const average = new ExponentialMovingAverage({ ...layer.stateDict(), count }, { decay: 0.5 });
  count.assign(7);
  average.update();
  expect(average.stateDict().averages.map((x) => x.shape)).toEqual([[2, 2], [2], [1]]);
  expect(average.stateDict().averages[2]!.item()).toBe(7);
});

it("puts the weights back after withAverages, on a throw and for async functions too", async () => {
  const w = leaf(1, 2);
  const average = new ExponentialMovingAverage([w]);
  set(w, 5, 6);
  expect(average.withAverages(() => w.toArray())).toEqual([1, 2]);
  expect(w.toArray()).toEqual([5, 6]);
  const fails = () =>
    average.withAverages(() => {
      throw new RangeError("mine");
    });
  expect(fails).toThrow(RangeError);
  expect(w.toArray()).toEqual([5, 6]);
  const { tensors } = memory();
  const seen = average.withAverages(async () => {
    await null;
    return w.toArray();
  });
  expect(w.toArray()).toEqual([1, 2]);
  for (const call of [
    () => average.update(),
    () => average.copyTo(),
    () => average.withAverages(() => 0),
  ]) {
    expect(call).toThrow(GraphError);
    expect(call).toThrow(/averages stand in the place of the weights; wait until/);
  }
  expect(await seen).toEqual([1, 2]);
  expect(w.toArray()).toEqual([5, 6]);
  await expect(average.withAverages(() => Promise.reject(new RangeError("mine")))).rejects.toThrow(
    "mine",
  );
  expect(w.toArray()).toEqual([5, 6]);
  expect(memory().tensors).toBe(tensors);
});

it("changes nothing where there is no memory", () => {
  const [w, b] = [leaf(1, 2), leaf(3)];
  const average = new ExponentialMovingAverage([w, b]);
  set(w, 5, 6);
  for (const room of [0, 1]) {
    let left = room;
    const small: Kernels = {
      ...reference,
      allocate: (dtype, length) => {
        if (left-- === 0) throw new MemoryError("allocate", "no memory");
        return reference.allocate(dtype, length);
      },
    };
    expect(() => withBackend(small, () => average.withAverages(() => 0))).toThrow(MemoryError);
    expect(w.toArray()).toEqual([5, 6]);
  }
  average.update();
});

it("continues from its state, and refuses that of other tensors", () => {
  const w = leaf(1, 2);
  const [first, second] = [0, 1].map(() => new ExponentialMovingAverage([w], { warmUp: true }));
  set(w, 5, 6);
  first!.update();
  second!.loadStateDict(first!.stateDict());
  set(w, 8, 9);
  for (const average of [first!, second!]) average.update();
  expect(JSON.stringify(second!.stateDict())).toBe(JSON.stringify(first!.stateDict()));
  const load = (state: unknown) => () => second!.loadStateDict(state as never);
  expect(load({ updates: 1, averages: [] })).toThrow(ValueError);
  expect(load({ updates: -1, averages: [w] })).toThrow(/updates is -1/);
  expect(load({ updates: 1, averages: [tensor([1])] })).toThrow(ShapeError);
  for (const dtype of ["float64", "int32"] as const) {
    const other = load({ updates: 1, averages: [tensor([1, 2], { dtype })] });
    expect(other).toThrow(DTypeError);
    expect(other).toThrow(
      `average 0 is ${dtype}, the tensor float32; convert it with .to("float32")`,
    );
  }
  let released = tensor([1, 2]);
  scope(() => {
    released = tensor([1, 2]);
  });
  expect(load({ updates: 1, averages: [released] })).toThrow(GraphError);
  expect(JSON.stringify(second!.stateDict())).toBe(JSON.stringify(first!.stateDict()));
});

it.each<[string, () => unknown, RegExp]>([
  [
    "no tensors",
    () => new ExponentialMovingAverage([]),
    /nothing to average; pass model.parameters/,
  ],
  ["numbers", () => new ExponentialMovingAverage([3] as never), /must be a tensor, not 3/],
  ["nothing", () => new ExponentialMovingAverage(null as never), /nothing to average/],
  [
    "decay 1",
    () => new ExponentialMovingAverage([leaf(1)], { decay: 1 }),
    /decay is 1.*less than 1/,
  ],
  [
    "what is no function",
    () => new ExponentialMovingAverage([leaf(1)]).withAverages(3 as never),
    /ExponentialMovingAverage.withAverages: 3 is no function; pass what to run, as \(\) =>/,
  ],
  ["NaN", () => new ExponentialMovingAverage([leaf(1)], { decay: Number.NaN }), /decay is NaN/],
  [
    "warmUp 3",
    () => new ExponentialMovingAverage([leaf(1)], { warmUp: 3 as never }),
    /warmUp is 3; it must be true or false/,
  ],
])("refuses %s", (_, call, message) => {
  expect(call).toThrow(ValueError);
  expect(call).toThrow(message);
});

import {
  backendInfo,
  init,
  manualSeed,
  rand,
  reference,
  registerBackend,
  scope,
  setBackend,
  steps,
  tensor,
  withBackend,
} from "@convgrad/core";
import { Conv2D, crossEntropy, Dense, Flatten, MaxPool, ReLU, Sequential } from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import { afterEach, describe, expect, it } from "vitest";
import { foreign } from "./foreign.ts";

afterEach(() => setBackend(reference));

describe("backends", () => {
  it("are selected for good or for a function", () => {
    expect(backendInfo()).toMatchObject({ name: "reference", threads: 1 });
    const { kernels } = foreign();
    expect(withBackend(kernels, () => backendInfo().name)).toBe("foreign");
    expect(backendInfo().name).toBe("reference");
    expect(() =>
      withBackend(kernels, () => {
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(backendInfo().name).toBe("reference");
    setBackend(kernels);
    expect(backendInfo()).toEqual({
      name: "foreign",
      threads: 2,
      dtypes: ["float32", "int32", "uint8"],
      fallbacks: [],
      trouble: null,
    });
  });

  it("take over tensors of one another, views too", () => {
    const { kernels, live } = foreign();
    scope(() => {
      const x = tensor([[1, 2], [3, 4]]); // biome-ignore format: a matrix
      const view = x.transpose();
      withBackend(kernels, () => {
        expect(view.add(x).toArray()).toEqual([
          [2, 5],
          [5, 8],
        ]);
        expect(x.storage.kernels).toBe(kernels);
      });
      expect(live()).toBe(2);
      expect(view.toArray()).toEqual([
        [1, 3],
        [2, 4],
      ]);
      expect(x.storage.kernels.name).toBe("reference");
      expect(live()).toBe(1); // the sum, untouched since
    });
    expect(live()).toBe(0);
  });

  it("leave to the reference what they do not compute", () => {
    const { kernels } = foreign();
    withBackend(kernels, () => {
      const x = tensor([1, 2], { dtype: "float64", requiresGrad: true });
      expect(x.storage.kernels.name).toBe("reference");
      const y = x.to("float32").exp().to("float64").sum();
      y.backward();
      expect(x.grad!.dtype).toBe("float64");
      expect(x.grad!.toTypedArray()[0]).toBeCloseTo(Math.E, 6);
    });
  });

  it("can change between forward and backward", () => {
    const { kernels } = foreign();
    const w = tensor([1, 2], { requiresGrad: true });
    const loss = withBackend(kernels, () => w.mul(w).sum());
    loss.backward();
    expect(w.grad!.toArray()).toEqual([2, 4]);
    const other = w.mul(w).sum();
    withBackend(kernels, () => other.backward());
    expect(w.grad!.toArray()).toEqual([4, 8]);
  });

  it("are initialised by name, or the last registered that loads", async () => {
    expect(await init()).toMatchObject({ name: "reference" });
    expect(await init({ backend: "reference" })).toMatchObject({ name: "reference" });
    const { kernels } = foreign();
    let asked: unknown;
    registerBackend("foreign", async (options) => {
      asked = options;
      return kernels;
    });
    registerBackend("broken", () => {
      throw new Error("no such instruction");
    });
    expect(await init({ threads: 3 })).toMatchObject({ name: "foreign" });
    expect(asked).toEqual({ threads: 3 });
    expect(backendInfo().fallbacks).toEqual([
      { name: "broken", reason: "Error: no such instruction" },
    ]);
    await expect(init({ threads: 0 })).rejects.toThrow(
      "threads is 0; it must be a whole number from 1 to 1024",
    );
    await expect(init({ backend: "broken" })).rejects.toThrow("no such instruction");
    expect(backendInfo().name).toBe("foreign");
  });

  it("are lent a copy where they do not own an operand, which stays where it is", () => {
    const { kernels } = foreign();
    withBackend(kernels, () => {
      const x = tensor([1.5, 2]);
      const y = x.to("float64");
      expect(x.storage.kernels).toBe(kernels);
      expect(y.toArray()).toEqual([1.5, 2]);
      x.assign(tensor([3, 4], { dtype: "float64" }));
      expect(x.toArray()).toEqual([3, 4]);
    });
  });

  it("train to the bits of the reference", () => {
    const train = () => {
      manualSeed(7);
      const model = new Sequential(
        new Conv2D(1, 2, 3, { padding: 1 }),
        new ReLU(),
        new MaxPool(2),
        new Flatten(),
        new Dense(8, 3),
      );
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9, weightDecay: 0.01 });
      const [x, labels] = [rand([4, 1, 4, 4]), tensor(Int32Array.of(0, 1, 2, 1))];
      for (const _ of steps(5)) {
        optimizer.zeroGrad();
        crossEntropy(model.forward(x), labels).backward();
        optimizer.step();
      }
      const twin = new Dense(8, 3).to("float64");
      model.layers[4]!.loadStateDict({ ...twin.stateDict(), ...model.layers[4]!.stateDict() });
      return model.parameters().map((p) => p.toArray());
    };
    const { kernels, live } = foreign();
    const expected = scope(train);
    expect(withBackend(kernels, () => scope(train))).toEqual(expected);
    expect(live()).toBeGreaterThan(0);
  });

  it("refuses an async function, whose later parts would run elsewhere", () => {
    expect(() => withBackend(reference, async () => 1)).toThrow(/withBackend: fn is async/);
  });
});

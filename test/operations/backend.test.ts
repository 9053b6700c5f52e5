import {
  backendInfo,
  init,
  type Kernels,
  reference,
  registerBackend,
  scope,
  setBackend,
  tensor,
  withBackend,
} from "@convgrad/core";
import { afterEach, describe, expect, it } from "vitest";

/** A backend with handles of its own for memory, float32 and integers only, that counts the blocks it holds. */
function foreign(): { kernels: Kernels; live: () => number } {
  const cells = new Map<object, object>();
  const toCells = (argument: unknown) =>
    argument instanceof Object && "buffer" in argument && cells.has(argument.buffer as object)
      ? { ...argument, buffer: cells.get(argument.buffer as object) }
      : argument;
  const translated = Object.entries(reference).map(([name, value]) => [
    name,
    typeof value === "function" ? (...args: unknown[]) => value(...args.map(toCells)) : value,
  ]);
  const kernels: Kernels = {
    ...Object.fromEntries(translated),
    name: "foreign",
    dtypes: ["float32", "int32", "uint8"],
    threads: 2,
    allocate: (dtype, length) => {
      const handle = {};
      cells.set(handle, reference.allocate(dtype, length));
      return handle;
    },
    release: (buffer) => {
      cells.delete(buffer);
    },
    owns: (buffer) => cells.has(buffer),
    write: (buffer, values) => reference.write(cells.get(buffer)!, values),
  };
  return { kernels, live: () => cells.size };
}

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
    await expect(init({ backend: "broken" })).rejects.toThrow("no such instruction");
    expect(backendInfo().name).toBe("foreign");
  });
});

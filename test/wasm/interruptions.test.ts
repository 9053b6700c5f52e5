import { customOp, eachInScope, memory, scope, setBackend, steps } from "@convgrad/core";
import { createKernels, type WasmKernels } from "@convgrad/wasm";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Trainer, trainer } from "./trainer.ts";

const STEPS = 6;

let kernels: WasmKernels;
let net: Trainer;
let before: { tensors: number; bytes: number };

const live = () => {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
};

/** The weights after so many steps that nothing interrupts. */
const uninterrupted: Buffer[] = [];

beforeAll(() => {
  setBackend(createKernels({ threads: 2 }));
  const other = trainer();
  for (let count = 0; count <= 7; count++) {
    uninterrupted.push(other.weights());
    other.step();
  }
});

function expectAsAfter(count: number): void {
  expect(Buffer.compare(net.weights(), uninterrupted[count]!)).toBe(0);
}

beforeEach(async () => {
  kernels = createKernels({ threads: 2 });
  await kernels.settle?.();
  setBackend(kernels);
  net = trainer();
  net.step(); // now the optimiser has its velocities
  scope(() => net.optimizer.zeroGrad());
  before = live();
});

afterEach(() => {
  scope(() => net.optimizer.zeroGrad());
  expect(live(), "live tensors after the interruption").toEqual(before);
  kernels.engine.pool.dismiss(null);
  setBackend("reference");
});

/** Hands its input through, and fails when its gradient is asked for. */
const failing = customOp({
  name: "failing",
  forward: (x) => x,
  backward: () => {
    throw new Error("mine");
  },
});

describe("a throw in the middle of a step loses this step and nothing else", () => {
  it("in the forward pass", () => {
    expect(() =>
      scope(() => {
        const loss = net.lossOf();
        throw new Error(`mine, ${loss.shape}`);
      }),
    ).toThrow("mine, ");
    expect(live()).toEqual(before);
    expectAsAfter(1);
    net.step();
    expectAsAfter(2);
  });

  it.each(["early", "late"])("in the backward pass, %s", (when) => {
    const [w] = net.parameters;
    expect(() =>
      scope(() => {
        // The younger a node, the earlier its turn.
        const old = when === "late" ? failing(w!).sum() : null;
        const loss = net.lossOf();
        loss.add(old ?? failing(w!).sum()).backward();
      }),
    ).toThrow("mine");
    expect(live()).toEqual(before);
    expect(net.parameters.map((parameter) => parameter.grad)).toEqual(
      net.parameters.map(() => null),
    );
    net.step();
    expectAsAfter(2);
  });

  it("between backward and update", () => {
    expect(() =>
      scope(() => {
        net.lossOf().backward();
        throw new Error("mine");
      }),
    ).toThrow("mine");
    net.step(); // forgets the gradients first
    expectAsAfter(2);
  });
});

describe("a loop that ends early leaves what its whole steps made", () => {
  it("by an abort", () => {
    const controller = new AbortController();
    const train = (count: number) => {
      for (const step of steps(count)) {
        controller.signal.throwIfAborted();
        net.step();
        if (step === 2) controller.abort(new Error("stopped"));
      }
    };
    expect(() => train(STEPS)).toThrow("stopped");
    expectAsAfter(1 + 3);
  });

  it("by an abort from outside, between the batches of a loader", async () => {
    const controller = new AbortController();
    async function* batches() {
      for (let i = 0; ; i++) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield i;
      }
    }
    let done = 0;
    const train = async () => {
      for await (const _ of eachInScope(batches())) {
        controller.signal.throwIfAborted();
        net.step();
        if (++done === 3) setTimeout(() => controller.abort(new Error("stopped")), 0);
      }
    };
    await expect(train()).rejects.toThrow("stopped");
    expectAsAfter(1 + done);
  });

  it("by a break, with a forward pass that nobody uses", () => {
    for (const step of steps(STEPS)) {
      const loss = net.lossOf();
      if (step === 3) break;
      net.step();
      loss.shape;
    }
    expectAsAfter(1 + 3);
    for (const _ of steps(2)) net.step();
    expectAsAfter(1 + 5);
  });
});

describe("a worker that is killed between steps", () => {
  it("changes neither weights nor memory, and a new one takes its place when asked", async () => {
    const { pool } = kernels.engine;
    for (const _ of steps(2)) net.step();
    pool.kill(0);
    for (let i = 0; i < 2000 && pool.size > 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pool.size).toBe(0);
    expect(kernels.trouble).toMatch(/ended/);
    for (const _ of steps(2)) net.step();
    expectAsAfter(1 + 4);
    pool.resize(1);
    await kernels.settle?.();
    expect(kernels).toMatchObject({ threads: 2, trouble: null });
    for (const _ of steps(2)) net.step();
    expectAsAfter(1 + 6);
  });
});

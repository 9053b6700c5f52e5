import { eachInScope, keep, noGrad, scope, steps, type Tensor, tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";

/** Awaits a different number of turns each time, so that tasks meet in every order. */
async function pause(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Trains y = 2x; returns the weight. Every tensor is used again after an await. */
async function train(rounds: Iterable<number> | AsyncIterable<number>): Promise<number> {
  const w = keep(tensor([0], { requiresGrad: true }));
  for await (const round of rounds) {
    const x = tensor([1, 2, 3]);
    await pause(round % 3);
    const error = x.mul(w).sub(x.mul(2));
    await pause(1);
    const loss = error.mul(error).mean();
    await pause(round % 2);
    loss.backward();
    noGrad(() => w.assign(w.sub(w.grad!.mul(0.05))));
    w.grad = null;
    await pause(1);
    expect(x.toArray()).toEqual([1, 2, 3]);
  }
  return w.item();
}

async function* counted(n: number): AsyncGenerator<number> {
  for (let i = 0; i < n; i++) {
    await pause(i % 2);
    yield i;
  }
}

/** Trains with `steps`, which is a sync iterable: `for await` would not stay in its task. */
async function trainInSteps(n: number): Promise<number> {
  const w = keep(tensor([0], { requiresGrad: true }));
  for (const step of steps(n)) {
    const x = tensor([1, 2, 3]);
    await pause(step % 3);
    const error = x.mul(w).sub(x.mul(2));
    await pause(1);
    error.mul(error).mean().backward();
    noGrad(() => w.assign(w.sub(w.grad!.mul(0.05))));
    w.grad = null;
    await pause(1);
    expect(x.toArray()).toEqual([1, 2, 3]);
  }
  return w.item();
}

/** Answers requests, each in an async scope. */
async function serve(requests: number): Promise<number[]> {
  const answers: number[] = [];
  for (let request = 0; request < requests; request++) {
    const answer = await scope(async () => {
      const x = tensor([request, 1]);
      await pause(request % 3);
      const y = x.mul(10);
      await pause(1);
      return y.sum();
    });
    await pause(1);
    answers.push(answer.item());
  }
  return answers;
}

const ANSWERS = [10, 20, 30, 40, 50, 60];

describe("loops that interleave across awaits", () => {
  it("a training loop over a loader and a request handler", async () => {
    const [w, answers] = await Promise.all([train(eachInScope(counted(30))), serve(6)]);
    expect(w).toBeCloseTo(2, 4);
    expect(answers).toEqual(ANSWERS);
  });

  it("the same, the handler first", async () => {
    const [answers, w] = await Promise.all([serve(6), train(eachInScope(counted(30)))]);
    expect(w).toBeCloseTo(2, 4);
    expect(answers).toEqual(ANSWERS);
  });

  it("two training loops and two handlers", async () => {
    const [a, b, c, d] = await Promise.all([
      train(eachInScope(counted(30))),
      serve(6),
      trainInSteps(30),
      serve(6),
    ]);
    expect([a, c].map((w) => Math.round(w * 1e3) / 1e3)).toEqual([2, 2]);
    expect([b, d]).toEqual([ANSWERS, ANSWERS]);
  });

  it("several loops with steps, each in a scope of its own", async () => {
    const all = await Promise.all([1, 2, 3].map(() => scope(() => trainInSteps(30))));
    for (const w of all) expect(w).toBeCloseTo(2, 4);
  });

  it("a loop over a loader does not catch what its caller computes meanwhile", async () => {
    const made: Tensor[] = [];
    const running = train(eachInScope(counted(5)));
    made.push(tensor([1]));
    for (let i = 0; i < 12; i++) {
      await pause(1);
      made.push(tensor([1]));
    }
    await running;
    expect(made.map((x) => x.item())).toEqual(made.map(() => 1));
  });

  it("a loop with steps does not catch what its caller computes meanwhile", async () => {
    const made: Tensor[] = [];
    const running = trainInSteps(5);
    made.push(tensor([1]));
    for (let i = 0; i < 12; i++) {
      await pause(1);
      made.push(tensor([1]));
    }
    await running;
    expect(made.map((x) => x.item())).toEqual(made.map(() => 1));
  });

  it("an async loop with steps releases its bodies, the first to the enclosing scope", async () => {
    const made: Tensor[] = [];
    await scope(async () => {
      for (const step of steps(4)) {
        await pause(1);
        made.push(tensor([step]));
        await pause(1);
      }
      expect(made[0]!.item()).toBe(0);
      for (const x of made.slice(1)) expect(() => x.item()).toThrow(/the body of steps\(\)/);
    });
    expect(() => made[0]!.item()).toThrow(/released at the end of scope\(\)/);
  });

  it("an async scope does not catch what its caller computes meanwhile", async () => {
    const running = scope(async () => {
      const x = tensor([1]);
      await pause(3);
      return x.item();
    });
    const before = tensor([1]);
    await pause(1);
    const during = tensor([2]);
    expect(await running).toBe(1);
    expect([before.item(), during.item()]).toEqual([1, 2]);
  });

  it("what an async scope returns goes to the scope around it, not to a neighbour", async () => {
    await scope(async () => {
      const first = scope(async () => {
        await pause(3);
        return tensor([1]);
      });
      const second = scope(async () => {
        await pause(1);
        return tensor([2]);
      });
      expect((await second).item()).toBe(2);
      await first;
      expect((await second).item()).toBe(2);
      expect((await first).item()).toBe(1);
    });
  });
});

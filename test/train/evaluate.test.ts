import { memory, type Tensor, tensor, ValueError } from "@convgrad/core";
import { DataLoader } from "@convgrad/data";
import { Dense, Module, mse, Sequential } from "@convgrad/layers";
import { evaluate } from "@convgrad/train";
import { describe, expect, it } from "vitest";

/** Logits that are the images themselves, and a note of the mode they were asked in. */
class Echo extends Module {
  readonly modes: boolean[] = [];
  forward(x: Tensor): Tensor {
    this.modes.push(this.training);
    return x;
  }
}

// Five samples, three classes; guesses 0, 1, 2, 0, 0.
const images = tensor([
  [3, 1, 0],
  [0, 2, 1],
  [1, 0, 4],
  [5, 0, 0],
  [2, 1, 1],
]);
const labels = tensor(Int32Array.of(0, 1, 0, 0, 2));

/** The cross entropy of one sample. */
function lossOf(i: number): number {
  const row = images.toArray() as number[][];
  const logits = row[i]!;
  const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
  return Math.log(sum) - logits[labels.toTypedArray()[i]!]!;
}

describe("evaluate", () => {
  it.each([1, 2, 3, 5, 7])("counts each sample once in batches of %i", async (batch) => {
    const result = await evaluate(new Echo(), new DataLoader({ images, labels }, { batch }));
    const mean = [0, 1, 2, 3, 4].reduce((sum, i) => sum + lossOf(i), 0) / 5;
    expect(result.accuracy).toBe(3 / 5);
    expect(result.samples).toBe(5);
    expect(result.loss).toBeCloseTo(mean, 6);
  });

  it("takes another loss, averaged or one per sample, and a plain list of batches", async () => {
    const batches = [{ images, labels }];
    const squared = (logits: Tensor) => mse(logits, logits.mul(0));
    const { loss } = await evaluate(new Echo(), batches, { loss: squared });
    expect(loss).toBeCloseTo(images.mul(images).mean().item(), 6);
    const each = await evaluate(new Echo(), batches, { loss: (x) => x.mul(x).mean(1) });
    expect(each.loss).toBeCloseTo(loss, 6);
  });

  it("puts every part of the model back to the mode it was in", async () => {
    const [frozen, echo] = [new Echo(), new Echo()];
    const model = new Sequential(frozen, echo);
    frozen.eval();
    await evaluate(model, new DataLoader({ images, labels }, { batch: 2 }));
    expect([model.training, frozen.training, echo.training]).toEqual([true, false, true]);
    expect(echo.modes).toEqual([false, false, false]);
    model.eval();
    await evaluate(model, [{ images, labels }]);
    expect(model.training).toBe(false);
  });

  it("does so when the model throws, too", async () => {
    const model = new Sequential(new Dense(99, 3));
    const before = memory().tensors;
    await expect(evaluate(model, new DataLoader({ images, labels }))).rejects.toThrow(/99/);
    expect(model.training).toBe(true);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("records nothing and leaves nothing in memory", async () => {
    const model = new Dense(3, 3);
    const before = memory().tensors;
    let recorded = false;
    await evaluate(model, [{ images, labels }], {
      loss: (logits) => {
        recorded = logits.requiresGrad;
        return logits.sum();
      },
    });
    expect(recorded).toBe(false);
    expect(memory().tensors).toBeLessThanOrEqual(before);
  });

  it("says how far it is, in the form that a progress bar takes", async () => {
    const said: unknown[] = [];
    await evaluate(new Echo(), new DataLoader({ images, labels }, { batch: 2 }), {
      onBatch: (done, { accuracy, samples }) => said.push([done, accuracy, samples]),
    });
    expect(said).toEqual([
      [1, 1, 2],
      [2, 0.5, 2],
      [3, 0, 1],
    ]);
  });

  it("says which keys a batch must have", async () => {
    const model = new Echo();
    for (const [batch, has] of [
      [{ x: images, y: labels }, "x, y"],
      [{ images }, "images"],
      [{ images, labels: [0, 1] }, "images, labels"],
      [images, "neither"],
      [undefined, "neither"],
    ] as const) {
      const evaluation = evaluate(model, [batch as unknown as { images: Tensor; labels: Tensor }]);
      await expect(evaluation).rejects.toThrow(ValueError);
      await expect(evaluation).rejects.toThrow(
        `evaluate: a batch must be { images, labels }, both tensors; this one has ${has}`,
      );
    }
    expect(model.training).toBe(true);
  });

  it("refuses a loader without a batch", async () => {
    await expect(evaluate(new Echo(), [])).rejects.toThrow(ValueError);
  });
});

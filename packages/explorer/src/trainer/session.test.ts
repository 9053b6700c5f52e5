import { init, memory } from "@convgrad/core";
import "@convgrad/wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImageSets } from "./imageSets.ts";
import type { Request } from "./protocol.ts";
import { digits, Rehearsal, recipe, SMALL, title } from "./rehearsal.ts";

/** Steps in an epoch. */
const STEPS = 25;

let hash: string;
beforeAll(async () => {
  await init({ threads: 1 });
  hash = await (await Rehearsal.begin()).finish();
});
afterAll(() => void init({ threads: 1 }));

describe("a training session", () => {
  it("reports every step, the gradients, the validation, and pictures", async () => {
    const rehearsal = await Rehearsal.begin();
    expect(await rehearsal.finish()).toBe(hash);
    const steps = rehearsal.all("progress").flatMap((report) => report.steps);
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss / 2);
    const { stepsPerEpoch, speed, gradientNorms } = rehearsal.all("progress").at(-1)!;
    expect(stepsPerEpoch).toBe(STEPS);
    expect(speed).toBeGreaterThan(100);
    expect(gradientNorms.map(({ card, layer }) => [card, layer])).toEqual([
      [0, "Conv2D(1 → 4, 5×5, stride 3×3)"],
      [1, "BatchNorm2D(4)"],
      [5, "Dense(256 → 10)"],
    ]);
    expect(gradientNorms.every(({ norm }) => norm > 0)).toBe(true);
    const [before, after] = rehearsal.all("validated");
    expect(before!.accuracy).toBeLessThan(0.3);
    expect(after!.accuracy).toBeGreaterThan(0.7);
    expect(after!.confusion.map((row) => row.reduce((a, b) => a + b))).toEqual(Array(10).fill(40));
    const { input, filters, maps, probabilities } = rehearsal.all("pictures").at(-1)!;
    expect([input.width, input.height]).toEqual([28, 28]);
    expect(filters).toMatchObject({ card: 0, of: 4, pictures: { length: 4 } });
    expect(maps).toMatchObject([{ card: 0, of: 4, pictures: { length: 4 } }]);
    expect(maps[0]!.pictures[0]).toMatchObject({ width: 8, height: 8 });
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  });

  it("comes to the same bits whatever is asked between the steps, on two threads too", async () => {
    await init({ threads: 2 });
    const rehearsal = await Rehearsal.begin();
    const pixels = new Float32Array(784).fill(0.5);
    for (let i = 0; i < 5; i++) {
      await rehearsal.ask({ kind: "step" }, "progress");
      await rehearsal.ask(
        { kind: "describe", recipe: recipe("conv6k3-norm-flat-dense10") },
        "described",
      );
      await rehearsal.ask({ kind: "classify", pixels }, "classified");
      await rehearsal.ask({ kind: "watch", image: i }, "pictures");
      await rehearsal.ask({ kind: "save", as: "safetensors" }, "saved");
      await rehearsal.fails({ kind: "reset", recipe: recipe("relu") });
      await rehearsal.fails({ kind: "reset", recipe: recipe(SMALL, { lr: Number.NaN }) });
    }
    rehearsal.post(
      { kind: "run" },
      { kind: "pause" },
      { kind: "run" },
      { kind: "watch", image: 3 },
    );
    expect(await rehearsal.finish()).toBe(hash);
    await init({ threads: 1 });
  });

  it("a pause validates; a step is one step", async () => {
    const rehearsal = await Rehearsal.begin();
    const { steps } = await rehearsal.ask({ kind: "step" }, "progress");
    expect(steps.map(({ step }) => step)).toEqual([1]);
    const validated = await rehearsal.next("validated");
    expect(validated.step).toBe(1);
    expect(rehearsal.all("state").at(-1)!.state).toBe("paused");
  });

  it("a step ends a run", async () => {
    const rehearsal = await Rehearsal.begin(recipe(SMALL, { epochs: 100 }));
    rehearsal.post({ kind: "run" }, { kind: "step" });
    const { step } = await rehearsal.next("validated");
    expect(step).toBe(1);
    expect(rehearsal.all("state").map(({ state }) => state)).toEqual(
      expect.arrayContaining(["running", "paused"]),
    );
    expect(await rehearsal.ask({ kind: "step" }, "progress")).toMatchObject({
      steps: [{ step: 2 }],
    });
  });

  it("begins anew while it runs, with the same bits", async () => {
    const rehearsal = await Rehearsal.begin(recipe(SMALL, { epochs: 100 }));
    const running = rehearsal.next("progress");
    rehearsal.post({ kind: "run" });
    await running;
    const begun = rehearsal.next("validated", ({ step }) => step === 0);
    rehearsal.post({ kind: "reset", recipe: recipe() });
    await begun;
    expect(rehearsal.all("state").at(-1)!.state).toBe("paused");
    expect(await rehearsal.finish()).toBe(hash);
  });

  it("memory stays flat from epoch to epoch, and from network to network", async () => {
    const rehearsal = await Rehearsal.begin();
    await rehearsal.finish();
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      await rehearsal.ask(
        { kind: "reset", recipe: recipe(SMALL, { epochs: i + 1, momentum: 0 }) },
        "validated",
      );
      await rehearsal.finish();
      counts.push(memory().bytes);
    }
    expect(Math.max(...counts.slice(1))).toBeLessThanOrEqual(counts[0]!);
  });

  it("a loss that is no number ends the training and says why", async () => {
    const deep = "flat-dense64-dense64-dense64-dense10";
    const rehearsal = await Rehearsal.begin(recipe(deep, { lr: 10, epochs: 100 }));
    const message = await rehearsal.fails({ kind: "run" });
    expect(message).toMatch(
      /the loss is (NaN|Infinity) at step \d+.*lower the learning rate \(10\) and reset/,
    );
    expect(rehearsal.all("state").at(-1)!.state).toBe("done");
    expect(await rehearsal.fails({ kind: "run" })).toMatch(/is over; reset to begin anew/);
  });
});

describe("what a session refuses", () => {
  it("to train, save, open or show without images", async () => {
    const rehearsal = new Rehearsal();
    const image = new File([], "x");
    const requests: Request[] = [
      { kind: "run" },
      { kind: "step" },
      { kind: "reset", recipe: recipe() },
      { kind: "save", as: "onnx" },
      { kind: "watch", image: 0 },
      { kind: "open", file: image },
      { kind: "classify", pixels: new Float32Array(784) },
    ];
    for (const request of requests) {
      expect(await rehearsal.fails(request)).toMatch(/choose (images|some)/);
    }
    const { rows } = await rehearsal.ask({ kind: "describe", recipe: recipe() }, "described");
    expect(rows.at(-1)!.shape).toEqual([10]);
  });

  it.each([
    ["", {}, /has no layer; add some/],
    ["conv6k5-dense10", {}, /card 2: dense: expects 3456 inputs .* flatten the images/],
    [
      "conv256k3p1-conv256k3p1-mean-flat-dense10",
      { batch: 512 },
      /too much for a page; lower the batch/,
    ],
    [SMALL, { batch: 0 }, /DataLoader: batch is 0/],
    [SMALL, { momentum: -1 }, /SGD: momentum/],
    [SMALL, { seed: -1 }, /seed/],
  ])("the network %s with %o", async (text, change, message) => {
    const rehearsal = await Rehearsal.begin();
    expect(await rehearsal.fails({ kind: "reset", recipe: recipe(text, change) })).toMatch(message);
    expect(await rehearsal.finish()).toBe(hash); // the former network goes on
  });

  it("pixels that are no image", async () => {
    const rehearsal = await Rehearsal.begin();
    expect(await rehearsal.fails({ kind: "classify", pixels: new Float32Array(9) })).toMatch(
      /\[1, 1, 28, 28\]/,
    );
  });

  it("images that cannot be read; the training goes on", async () => {
    let isBroken = false;
    const rehearsal = new Rehearsal(async () => {
      if (isBroken) return readImageSets([{ name: "x-images", bytes: new Uint8Array(9) }], title);
      return digits();
    });
    const begun = rehearsal.next("validated");
    rehearsal.post(
      { kind: "data", choice: { from: "shipped" } },
      { kind: "reset", recipe: recipe() },
    );
    await begun;
    isBroken = true;
    expect(await rehearsal.fails({ kind: "data", choice: { from: "files", files: [] } })).toMatch(
      /readIdx: x-images/,
    );
    expect(await rehearsal.finish()).toBe(hash);
  });
});

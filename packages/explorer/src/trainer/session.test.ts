import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { init, memory } from "@convgrad/core";
import { decodeModel, encodeModel } from "@convgrad/io";
import { Conv2D, Dense, Flatten, leNet5, Sequential, Softmax } from "@convgrad/layers";
import { weightsHash } from "@convgrad/train";
import "@convgrad/wasm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { shippedDigits } from "../../build/imageFiles.ts";
import type { Recipe } from "../network/recipe.ts";
import { readLayers } from "../network/recipeText.ts";
import { type ImageSets, readImageSets } from "./imageSets.ts";
import { program } from "./program.ts";
import type { Report, Request } from "./protocol.ts";
import { Session } from "./session.ts";

const SETTINGS = { seed: 7, batch: 64, optimizer: "sgd", lr: 0.05, momentum: 0.9 } as const;
const SMALL = "conv4k5s3-norm-relu-flat-drop25-dense10";
const recipe = (text = SMALL, change: Partial<Recipe> = {}): Recipe => ({
  ...SETTINGS,
  epochs: 1,
  layers: readLayers(text)!,
  ...change,
});
/** Steps in an epoch. */
const STEPS = 25;

const title = { name: "Digits", source: "MNIST" };
const files = Object.entries(shippedDigits()).map(([name, bytes]) => ({ name, bytes }));
const digits = (): Promise<ImageSets> => readImageSets(files, title);

/** A session, what it reported, and words to lead it. */
class Rehearsal {
  readonly reports: Report[] = [];
  readonly #session: Session;
  #look = () => {};

  constructor(images: () => Promise<ImageSets> = digits) {
    this.#session = new Session({
      readImages: images,
      breathe: () => new Promise((resolve) => setImmediate(resolve)),
      report: (report) => {
        this.reports.push(report);
        this.#look();
      },
    });
    void this.#session.serve();
  }

  post(...requests: Request[]): void {
    for (const request of requests) this.#session.post(request);
  }

  /** The first report from now on that fits. */
  next<K extends Report["kind"]>(
    kind: K,
    fits: (report: Extract<Report, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Report, { kind: K }>> {
    let seen = this.reports.length;
    return new Promise((resolve) => {
      this.#look = () => {
        for (; seen < this.reports.length; seen++) {
          const report = this.reports[seen]!;
          if (report.kind === kind && fits(report as never)) resolve(report as never);
        }
      };
    });
  }

  async ask<K extends Report["kind"]>(request: Request, kind: K) {
    const answer = this.next(kind);
    this.post(request);
    return answer;
  }

  async fails(request: Request): Promise<string> {
    return (await this.ask(request, "failed")).message;
  }

  /** Runs to the end; the hash of the weights. */
  async finish(): Promise<string> {
    const over = this.next("state", ({ state }) => state === "done");
    this.post({ kind: "run" });
    await over;
    return this.all("validated").at(-1)!.weightsHash;
  }

  all<K extends Report["kind"]>(kind: K): Extract<Report, { kind: K }>[] {
    return this.reports.filter((report) => report.kind === kind) as never;
  }

  static async begin(of: Recipe = recipe()): Promise<Rehearsal> {
    const rehearsal = new Rehearsal();
    const begun = rehearsal.next("validated");
    rehearsal.post({ kind: "data", choice: { from: "shipped" } }, { kind: "reset", recipe: of });
    await begun;
    return rehearsal;
  }
}

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

describe("saved models", () => {
  it("open in Node and in the page with the same weights", async () => {
    const rehearsal = await Rehearsal.begin();
    await rehearsal.finish();
    const { bytes, name } = await rehearsal.ask({ kind: "save", as: "safetensors" }, "saved");
    expect(name).toBe("digits-step-25.safetensors");
    expect(await weightsHash(decodeModel(bytes).parameters())).toBe(hash);
    const { recipe: opened } = await rehearsal.ask(
      { kind: "open", file: new File([bytes], name) },
      "begun",
    );
    expect(opened).toEqual(recipe());
    expect((await rehearsal.next("validated")).weightsHash).toBe(hash);
  });

  it("are refused when forged, or without cards; nothing changes", async () => {
    // Made first: new weights draw from the sequence that a training draws from.
    const models: [Sequential | Dense, RegExp][] = [
      [new Sequential(new Flatten(), new Dense(784, 10), new Softmax()), /layer 2 .* has no card/],
      [
        new Sequential(new Conv2D(1, 1, 3, { dilation: 2 }), new Flatten(), new Dense(576, 10)),
        /layer 0 .* has no card on this page, for its dilation; open it in Node: loadModel/,
      ],
      [
        new Sequential(new Conv2D(1, 1, [3, 5]), new Flatten(), new Dense(624, 10)),
        /layer 0 .* has no card/,
      ],
      [leNet5({ channels: 3 }), /does not fit these images, \[1, 28, 28\]/],
      [new Sequential(new Flatten(), new Dense(784, 9)), /must give \[10\]/],
      [new Dense(784, 10), /layers in a row: Sequential/],
    ];
    const rehearsal = await Rehearsal.begin();
    const { bytes } = await rehearsal.ask({ kind: "save", as: "safetensors" }, "saved");
    const open = async (contents: Uint8Array) =>
      rehearsal.fails({
        kind: "open",
        file: new File([new Uint8Array(contents)], "my.safetensors"),
      });
    expect(await open(bytes.slice(0, -4))).toMatch(/decodeModel: my\.safetensors: /);
    expect(await open(new Uint8Array(100))).toMatch(/decodeModel: my\.safetensors: /);
    for (const [model, message] of models)
      expect(await open(await encodeModel(model))).toMatch(message);
    expect(await rehearsal.finish()).toBe(hash);
  });

  it("made elsewhere open too", async () => {
    const rehearsal = await Rehearsal.begin();
    const model = leNet5();
    const file = new File([new Uint8Array(await encodeModel(model))], "lenet.safetensors");
    const { recipe: opened } = await rehearsal.ask({ kind: "open", file }, "begun");
    expect(opened.layers).toHaveLength(12);
    expect((await rehearsal.next("validated")).weightsHash).toBe(
      await weightsHash(model.parameters()),
    );
  });

  it("go to ONNX", async () => {
    const rehearsal = await Rehearsal.begin();
    const { bytes, name } = await rehearsal.ask({ kind: "save", as: "onnx" }, "saved");
    expect(name).toBe("digits-step-0.onnx");
    expect(bytes.length).toBeGreaterThan(4 * (104 + 2570));
  });
});

describe("the program that the page prints", () => {
  const IMAGES = {
    choice: { from: "shipped" },
    train: 1600,
    validation: 400,
    imageShape: [1, 28, 28],
  } as const;

  it("comes to the same weights in Node", async () => {
    const rehearsal = new Rehearsal();
    const { rows } = await rehearsal.ask({ kind: "describe", recipe: recipe() }, "described");
    const text = program(recipe(), rows, IMAGES)!;
    const folder = await mkdtemp(join(tmpdir(), "convgrad-program-"));
    try {
      await symlink(join(process.cwd(), "node_modules"), join(folder, "node_modules"));
      await writeFile(join(folder, "train.mts"), text);
      const flags = ["--import", "tsx", "--conditions=source", "train.mts"];
      const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: folder });
      expect(stdout).toContain(`weights ${hash}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it.each([
    [{ from: "served", set: "mnist" }, "await cg.mnist();"],
    [{ from: "served", set: "fashion-mnist" }, "await cg.fashionMnist();"],
    [
      { from: "files", files: [new File([], "x"), new File([], "y")] },
      'const all = await read(["x","y"]);',
    ],
    [
      { from: "files", files: ["x", "y", "x-test", "y-test"].map((name) => new File([], name)) },
      'const validation = await read(["x-test","y-test"]);',
    ],
  ] as const)("reads the images of %o", async (choice, line) => {
    const of = recipe("conv4k5s3p1-avg2s1-lp2-mean-flat-dense10", { optimizer: "adam", lr: 0.001 });
    const { rows } = await new Rehearsal().ask({ kind: "describe", recipe: of }, "described");
    const text = program(of, rows, { ...IMAGES, choice })!;
    expect(text).toContain(line);
    expect(text).toContain("new cg.Conv2D(1, 4, 5, { stride: 3, padding: 1 }),");
    expect(text).toContain("new cg.AvgPool(2, { stride: 1 }),\n  new cg.LpPool(2, 2),");
    expect(text).toContain("new cg.Adam(parameters, { lr: 0.001 })");
  });

  it("is none for a network with errors", async () => {
    const of = recipe("conv4k5-dense10");
    const { rows } = await new Rehearsal().ask({ kind: "describe", recipe: of }, "described");
    expect(program(of, rows, IMAGES)).toBeNull();
  });
});

import {
  ConvgradError,
  manualSeed,
  noGrad,
  randn,
  type Shape,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { type ExportOnnxOptions, exportOnnx, type OnnxGraph } from "@convgrad/io";
import {
  AdaptiveAvgPool,
  AdaptiveMaxPool,
  AvgPool,
  BatchNorm2D,
  Conv2D,
  ConvTranspose2D,
  Dense,
  Dropout,
  Flatten,
  LpPool,
  leNet5,
  MaxPool,
  Module,
  ReLU,
  resNet,
  Sequential,
  simpleCnn,
  Upsample,
} from "@convgrad/layers";
import fc from "fast-check";
import * as ort from "onnxruntime-web";
import { beforeAll, describe, expect, it } from "vitest";
import { allCases, type LayerCase, used } from "./layerCases.ts";

beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
});

/** What onnxruntime makes of a model. */
async function session(model: Module, sample: Shape, options: ExportOnnxOptions = {}) {
  const file = await exportOnnx(model, sample, options);
  return ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
}

async function run(of: ort.InferenceSession, x: Tensor): Promise<ort.Tensor> {
  const input = new ort.Tensor("float32", x.toTypedArray() as Float32Array, [...x.shape]);
  return (await of.run({ [of.inputNames[0]!]: input }))[of.outputNames[0]!]!;
}

/** That onnxruntime gives what the model gives in use, to 1e-5 of the largest number. */
async function expectSame(
  model: Module,
  sample: Shape,
  options: ExportOnnxOptions = {},
  batches: readonly number[] = [1, 3],
): Promise<void> {
  const theirs = await session(model, sample, options);
  model.eval();
  for (const batch of batches) {
    const x = randn([batch, ...sample]).mul(1.5);
    const y = noGrad(() => model.forward(x));
    const found = await run(theirs, x);
    expect(found.dims).toEqual(y.shape);
    const expected = Float64Array.from(y.toTypedArray());
    const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
    const worst = expected.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (found.data as Float32Array)[i]!)),
      0,
    );
    expect(worst / scale).toBeLessThan(1e-5);
  }
  await theirs.release();
}

describe.each([{ opset: 17 }, { opset: 22 }])("operators $opset", ({ opset }) => {
  it.each(allCases)("$name", async (each: LayerCase) => {
    manualSeed(7);
    await expectSame(used(each), each.sample, { opset });
  });
});

const side = fc.tuple(fc.nat(2), fc.nat(2));
const pads = fc.tuple(side, side);
const step = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
const size = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
const factor = fc.double({ min: 0.3, max: 3, noNaN: true });
const pooling = fc.record({ stride: step, padding: pads, ceilMode: fc.boolean() });

/** Layers for four channels, in settings of which some fit the image. */
const anyLayer: fc.Arbitrary<() => Module> = fc.oneof(
  fc
    .record({
      stride: step,
      padding: fc.oneof(pads, fc.constantFrom("same" as const, "valid" as const)),
      paddingMode: fc.constantFrom("zeros", "reflect", "replicate", "circular"),
      dilation: step,
      groups: fc.constantFrom(1, 2, 4),
      flip: fc.boolean(),
      bias: fc.boolean(),
    })
    .chain((options) => step.map((kernel) => () => new Conv2D(4, 8, kernel, options))),
  fc
    .record({
      stride: step,
      padding: pads,
      outputPadding: fc.tuple(fc.nat(2), fc.nat(2)),
      dilation: step,
      groups: fc.constantFrom(1, 2, 4),
    })
    .chain((options) => step.map((kernel) => () => new ConvTranspose2D(4, 8, kernel, options))),
  fc.tuple(step, pooling, step).map(([kernel, options, dilation]) => {
    return () => new MaxPool(kernel, { ...options, dilation });
  }),
  fc.tuple(step, pooling, fc.boolean()).map(([kernel, options, countIncludePad]) => {
    return () => new AvgPool(kernel, { ...options, countIncludePad });
  }),
  fc
    .tuple(fc.constantFrom(1, 2, 2.5, 3), step, pooling, step)
    .map(([p, kernel, options, dilation]) => {
      return () => new LpPool(p, kernel, { ...options, dilation });
    }),
  size.map((output) => () => new AdaptiveAvgPool(output)),
  size.map((output) => () => new AdaptiveMaxPool(output)),
  fc
    .record({
      target: fc.oneof(
        size.map((output) => ({ size: output })),
        fc.tuple(factor, factor).map((scale) => ({ scale })),
      ),
      mode: fc.constantFrom(
        { mode: "nearest" as const },
        { mode: "bilinear" as const },
        { mode: "bilinear" as const, alignCorners: true },
      ),
    })
    .map(
      ({ target, mode }) =>
        () =>
          new Upsample({ ...target, ...mode }),
    ),
);

describe("layers in any settings", () => {
  it("give what onnxruntime gives, or refuse the image", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(anyLayer, fc.tuple(size, fc.nat(1000)), async (make, [[h, w], seed]) => {
        manualSeed(seed);
        const sample = [4, h, w];
        let layer: Module;
        try {
          layer = make();
          layer.forward(zeros([1, ...sample]));
        } catch (error) {
          expect(error).toBeInstanceOf(ConvgradError);
          return;
        }
        compared++;
        await expectSame(layer, sample, {}, [2]);
      }),
      { numRuns: 250, seed: 6 },
    );
    expect(compared).toBeGreaterThan(80);
  });
});

describe("models", () => {
  it.each<[string, () => Module, Shape]>([
    ["leNet5", () => leNet5(), [1, 28, 28]],
    ["simpleCnn", () => simpleCnn({ channels: 3, size: 16 }), [3, 16, 16]],
    ["resNet", () => resNet(20), [3, 16, 16]],
  ])("%s", async (_, make, sample) => {
    manualSeed(2);
    await expectSame(used({ make, sample }), sample);
  });

  it("of float64 become float32", async () => {
    manualSeed(2);
    const model = new Sequential(new Conv2D(1, 2, 3), new ReLU());
    const wide = new Sequential(new Conv2D(1, 2, 3), new ReLU()).to("float64");
    wide.loadStateDict(model.stateDict());
    expect(await exportOnnx(wide, [1, 5, 5])).toEqual(await exportOnnx(model, [1, 5, 5]));
  });

  it("do as after eval(), and stay as they are", async () => {
    const model = new Sequential(new Dropout(0.5), new Conv2D(1, 2, 3), new BatchNorm2D(2));
    const before = model.layers.map(({ training }) => training);
    const theirs = await session(model, [1, 5, 5]);
    expect(model.layers.map(({ training }) => training)).toEqual(before);
    const x = randn([2, 1, 5, 5]);
    const found = await run(theirs, x);
    const y = noGrad(() => model.eval().forward(x));
    expect(Math.abs((found.data as Float32Array)[7]! - y.toTypedArray()[7]!)).toBeLessThan(1e-5);
  });

  it("are written without their hooks", async () => {
    const model = new Sequential(new ReLU());
    const file = await exportOnnx(model, [3]);
    model.layers[0]!.onForward(({ output }) => output.mul(2));
    expect(await exportOnnx(model, [3])).toEqual(file);
  });

  it("of long rows are written without tables of all by all", async () => {
    const begin = performance.now();
    await exportOnnx(new AdaptiveAvgPool([1, 7]), [1, 1, 20_000]);
    await exportOnnx(new Upsample({ scale: [1, 1.3] }), [1, 1, 20_000]);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it("have a batch of one's own, names, and probabilities", async () => {
    const model = new Sequential(new Flatten(), new Dense(4, 3));
    const options = { batch: 2, inputName: "image", outputName: "odds", softmax: true } as const;
    const theirs = await session(model, [1, 2, 2], options);
    expect([theirs.inputNames, theirs.outputNames]).toEqual([["image"], ["odds"]]);
    const shapes = [theirs.inputMetadata[0], theirs.outputMetadata[0]].map(
      (value) => (value as { shape: unknown }).shape,
    );
    expect(shapes).toEqual([
      [2, 1, 2, 2],
      [2, 3],
    ]);
    const x = randn([2, 1, 2, 2]);
    const odds = model.forward(x).softmax(-1).toTypedArray();
    const { data } = await run(theirs, x);
    odds.forEach((p: number, i: number) => {
      expect((data as Float32Array)[i]).toBeCloseTo(p, 6);
    });
    await expect(run(theirs, randn([3, 1, 2, 2]))).rejects.toThrow(/invalid dimensions/);
  });

  it("write a layer that stands in two places once", async () => {
    const dense = new Dense(50, 50);
    const twice = await exportOnnx(new Sequential(dense, new ReLU(), dense), [50]);
    const both = await exportOnnx(new Sequential(dense, new ReLU(), new Dense(50, 50)), [50]);
    expect(both.length - twice.length).toBeGreaterThan(4 * 50 * 50);
    await expectSame(new Sequential(dense, new ReLU(), dense), [50]);
  });

  it("name weights as the model does", async () => {
    const text = Buffer.from(await exportOnnx(resNet(8), [3, 8, 8])).toString("latin1");
    const model = resNet(8);
    const names = Object.keys(model.stateDict()).filter((name) => !name.endsWith("batchesTracked"));
    expect(names.filter((name) => !text.includes(name))).toEqual([]);
  });
});

class Twice extends Module {
  readonly inner = new Dense(3, 3);
  forward(x: Tensor): Tensor {
    return this.inner.forward(this.inner.forward(x)).mul(2);
  }
}

describe("classes of one's own", () => {
  it("are refused with the remedy", async () => {
    const failure = exportOnnx(new Sequential(new ReLU(), new Twice()), [3]);
    await expect(failure).rejects.toThrow(ValueError);
    await expect(failure).rejects.toThrow(
      "exportOnnx: layer 1 is a Twice, a class of your own; write it in ONNX's operators: { convert: ",
    );
  });

  it("are written as one says", async () => {
    const convert: ExportOnnxOptions["convert"] = (layer, x, graph) => {
      if (!(layer instanceof Twice)) return null;
      const y = graph.layer(layer.inner, "inner", graph.layer(layer.inner, "inner", x));
      return graph.node("Add", [y.name, y.name]);
    };
    await expectSame(new Sequential(new ReLU(), new Twice(), new ReLU()), [3], { convert });
  });
});

describe("operators that cannot be", () => {
  type Write = (graph: OnnxGraph, x: string) => string;
  it.each<[string, Write, string]>([
    ["a name from nowhere", () => "y", 'convert gave "y"; return the name of an output'],
    ["no type", (graph, x) => graph.node("", [x]), 'the type of an operator is ""'],
    [
      "an input from nowhere",
      (graph) => graph.node("Relu", ["y"]),
      'an input of Relu is "y", which this graph has not; pass a list of what node',
    ],
    ["no list", (graph, x) => graph.node("Relu", x as never), 'an input of Relu is "input"'],
    [
      "a fraction, which is written as a float only",
      (graph, x) => graph.node("LeakyRelu", [x], { alpha: 0.1 }),
      "alpha of LeakyRelu is 0.1; it must be a text, a whole number, a list of whole numbers, or { float: 0.1 }",
    ],
    [
      "fractions",
      (graph, x) => graph.node("Pad", [x], { pads: [0.5] }),
      "pads of Pad is [0.5]; it must be",
    ],
    ["null", (graph, x) => graph.node("Pad", [x], { pads: null as never }), "pads of Pad is null"],
    [
      "numbers for weights",
      (graph, x) => graph.node("Mul", [x, graph.weights("w", 3 as never)]),
      "the weights w must be a tensor, not 3",
    ],
    [
      "fractions for integers",
      (graph, x) => graph.node("Reshape", [x, graph.integers("shape", [1.5])]),
      "integers shape are [1.5]; pass a list of whole numbers",
    ],
    ["no layer", (graph, x) => graph.layer(3 as never, "a", { name: x, shape: [3] }).name, "is 3"],
  ])("%s", async (_, write, message) => {
    const convert: ExportOnnxOptions["convert"] = (_, x, graph) => write(graph, x.name);
    const error: unknown = await exportOnnx(new Twice(), [3], { convert }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ValueError);
    expect((error as Error).message).toContain(message);
  });
});

describe("what is refused before any work", () => {
  const relu = new ReLU();
  it.each<[string, () => Promise<unknown>, string]>([
    ["no module", () => exportOnnx(3 as never, [1]), "the model is 3; pass a module"],
    ["no shape", () => exportOnnx(relu, 3 as never), "3 is no input; give the shape of one sample"],
    ["no sample", () => exportOnnx(relu, []), "[] is no input"],
    ["a size of 0", () => exportOnnx(relu, [0]), "[0] is no input"],
    ["a name", () => exportOnnx(relu, [1], { name: "" }), 'name is ""; it must be a text'],
    ["a text", () => exportOnnx(relu, [1], { description: 1 as never }), "description is 1"],
    ["one name", () => exportOnnx(relu, [1], { inputName: "x", outputName: "x" }), 'are both "x"'],
    [
      "a batch",
      () => exportOnnx(relu, [1], { batch: 0 }),
      "batch is 0; it must be a whole number ≥ 1",
    ],
    [
      "operators",
      () => exportOnnx(relu, [1], { opset: 16 }),
      "opset is 16; it must be a whole number from 17 to 22",
    ],
    ["a switch", () => exportOnnx(relu, [1], { softmax: 1 as never }), "softmax is 1"],
    [
      "no converter",
      () => exportOnnx(relu, [1], { convert: 1 as never }),
      "convert is 1; it must be a function",
    ],
    ["an option", () => exportOnnx(relu, [1], { version: 1 } as never), 'no option "version"'],
    [
      "a converter's answer",
      () => exportOnnx(relu, [1], { convert: () => 3 as never }),
      "convert gave 3",
    ],
    [
      "another input",
      () => exportOnnx(new Conv2D(3, 4, 3), [1, 9, 9]),
      "expects 3 input channels but receives 1",
    ],
    [
      "samples in one",
      () => exportOnnx(new Flatten({ start: 0 }), [2, 2]),
      "mixes samples; keep the batch axis",
    ],
    ...[
      new MaxPool([1, 2]),
      new MaxPool(3, { stride: 1, padding: 1 }),
      new AvgPool([1, 2]),
      new LpPool(2, [1, 2]),
      new AdaptiveAvgPool([2, 3]),
      new AdaptiveMaxPool([2, 3]),
    ].map((pool): [string, () => Promise<unknown>, string] => [
      `vectors for ${pool}`,
      () => exportOnnx(pool, [6]),
      `${pool} pools over the samples of [6]; make images of them before`,
    ]),
    [
      "a replaced forward",
      () => exportOnnx(Object.assign(new ReLU(), { forward: (x: Tensor) => x }), [1]),
      "is a ReLU whose forward was replaced",
    ],
  ])("%s", async (_, call, message) => {
    const error: unknown = await call().catch((e: unknown) => e);
    expect(error instanceof ShapeError || error instanceof ValueError).toBe(true);
    expect((error as Error).message).toContain(message);
  });
});

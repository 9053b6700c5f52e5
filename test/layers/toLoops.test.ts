import {
  gradients,
  manualSeed,
  ones,
  randomState,
  reference,
  type Shape,
  ShapeError,
  setRandomState,
  sizeOf,
  type Tensor,
  tensor,
  ValueError,
  withBackend,
} from "@convgrad/core";
import {
  AdaptiveAvgPool,
  AdaptiveMaxPool,
  AvgPool,
  BatchNorm2D,
  Conv2D,
  type Conv2DLayerOptions,
  ConvTranspose2D,
  Dense,
  Dropout,
  Dropout2D,
  ELU,
  Flatten,
  GELU,
  GlobalAvgPool,
  GlobalMaxPool,
  GroupNorm,
  Identity,
  LeakyReLU,
  LogSoftmax,
  LpPool,
  leNet5,
  MaxPool,
  Module,
  PReLU,
  ReLU,
  Reshape,
  Residual,
  resNet,
  SeparableConv2D,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  simpleCnn,
  Tanh,
  Upsample,
  type UpsampleOptions,
} from "@convgrad/layers";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { expectNumbers, type Tolerance } from "../oracle/closeness.ts";
import { evaluate } from "../oracle/printed.ts";

// What toLoops() prints is run here, against the kernels: the library knows nothing of these loops when it computes.

const wasm = createKernels({ threads: 2 });

/** A layer, and an input for it. */
interface Case {
  readonly layer: () => Module;
  readonly shape: Shape;
}

/** Numbers on a grid of halves, so that windows hold ties and zeros. */
function numbers(size: number, seed: number): Float64Array {
  let state = seed + 1;
  return new Float64Array(size).map(() => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (Math.floor((state / 2 ** 32) * 13) - 6) / 2;
  });
}

const flat = (x: Tensor) => Float64Array.from(x.toTypedArray());

/** What a layer needs besides its parameters: its running statistics in use, the mask that dropout will draw. */
function extrasOf(module: Module, shape: Shape, dtype: "float32" | "float64"): Tensor[] {
  if (module instanceof Dropout || module instanceof Dropout2D) {
    const state = randomState();
    const mask = module.forward(ones(shape, { dtype }));
    setRandomState(state);
    if (!module.training) return [];
    return [module instanceof Dropout ? mask : mask.slice([], [null, null, 1, 1])];
  }
  const running = Object.entries(module.stateDict()).filter(([name]) => /running/.test(name));
  return module.training ? [] : running.map(([, statistic]) => statistic);
}

/** The printed functions and the library agree: y, gx and a gradient per parameter, in their order. */
function expectAgreement(module: Module, shape: Shape, seed: number, tolerance: Tolerance): void {
  const printed = evaluate(module.toLoops(shape));
  const named = module.namedParameters();
  const dtype = tolerance.rtol > 1e-6 ? "float32" : "float64";
  const x = tensor(numbers(sizeOf(shape), seed), { shape, dtype, requiresGrad: true });
  const extras = extrasOf(module, shape, dtype).map(flat);
  const y = module.forward(x);
  const g = tensor(numbers(y.size, seed + 1), { shape: y.shape, dtype });
  const expected = gradients(y, [x, ...named.map(([, p]) => p)], { gradient: g });

  const given: [Float64Array, ...Float64Array[]] = [
    flat(x),
    ...named.map(([, p]) => flat(p)),
    ...extras,
  ];
  expectNumbers("y", printed.forward(...given), flat(y), tolerance);
  const found = Object.entries(printed.backward(flat(g), ...given));
  expect(found.length).toBe(expected.length);
  expect(found[0]![0]).toBe("gx");
  found.forEach(([name, values], k) => {
    expectNumbers(name, values, flat(expected[k]!), tolerance);
  });
}

/** In float64 on the reference backend to rounding, in float32 on wasm to float32's. */
function agree(cases: fc.Arbitrary<Case>, numRuns = 100): void {
  fc.assert(
    fc.property(cases, fc.nat(), ({ layer, shape }, seed) => {
      manualSeed(seed % 1000);
      withBackend(reference, () =>
        expectAgreement(layer().to("float64"), shape, seed, { rtol: 1e-12, atol: 1e-12 }),
      );
      manualSeed(seed % 1000);
      withBackend(wasm, () => expectAgreement(layer(), shape, seed, { rtol: 1e-4, atol: 1e-4 }));
    }),
    { numRuns },
  );
}

const upTo = (most: number, least = 1) => fc.integer({ min: least, max: most });
const pair = (most: number, least = 1) => fc.tuple(upTo(most, least), upTo(most, least));

const convolutions: fc.Arbitrary<Case> = fc
  .record({
    n: upTo(2),
    channels: upTo(2),
    filters: upTo(3),
    groups: upTo(3),
    kernel: pair(3),
    extra: pair(4, 0),
    stride: pair(3),
    dilation: pair(2),
    padding: fc.oneof(
      fc.constantFrom("same" as const, "valid" as const, 1),
      pair(2, 0),
      fc.tuple(pair(2, 0), pair(2, 0)),
    ),
    paddingMode: fc.constantFrom("zeros", "reflect", "replicate", "circular"),
    flip: fc.boolean(),
    bias: fc.boolean(),
  })
  .map(({ n, channels, filters, kernel, extra, groups, ...options }) => {
    const [h, w] = ([0, 1] as const).map(
      (a) => (kernel[a] - 1) * options.dilation[a] + 1 + extra[a],
    ) as [number, number];
    const c = channels * groups;
    // The mirror and the other side show no more than the image has.
    const isSmall = Math.min(h, w) <= 2 || options.padding === "same";
    if (isSmall && options.paddingMode !== "replicate") options.paddingMode = "zeros";
    return {
      layer: () => new Conv2D(c, filters * groups, kernel, { ...options, groups }),
      shape: [n, c, h, w],
    };
  });

/** Poolings, with windows of which some may overhang; at least one tap of each is inside. */
const poolings = fc
  .record({
    planes: fc.oneof(pair(2), fc.tuple(upTo(2), upTo(2), upTo(2))),
    kernel: pair(3),
    extra: pair(4, 0),
    stride: fc.option(pair(3), { nil: undefined }),
    pad: fc.tuple(fc.boolean(), fc.boolean()),
    ceilMode: fc.boolean(),
  })
  .map(({ planes, kernel: [kh, kw], extra, stride, pad, ceilMode }) => {
    const padding: [number, number] = [
      pad[0] ? Math.floor(kh / 2) : 0,
      pad[1] ? Math.floor(kw / 2) : 0,
    ];
    return {
      shape: [...planes, kh + extra[0], kw + extra[1]],
      kernel: [kh, kw] as [number, number],
      options: { stride, padding, ceilMode },
    };
  });

describe("what toLoops prints computes what the layer computes", () => {
  it("Conv2D: padding on any side, stride, dilation, groups, flip", () => agree(convolutions, 300));

  it("MaxPool, with ties", () =>
    agree(
      poolings.map(({ shape, kernel, options }) => ({
        shape,
        layer: () => new MaxPool(kernel, options),
      })),
    ));

  it("MaxPool and LpPool with dilation", () =>
    agree(
      fc.tuple(pair(3), pair(2), fc.boolean()).map(([kernel, dilation, isMax]) => ({
        shape: [2, 2, 7, 8],
        layer: () => {
          const options = { dilation, stride: 1 };
          return isMax ? new MaxPool(kernel, options) : new LpPool(2, kernel, options);
        },
      })),
      40,
    ));

  it("AvgPool, padding counted or not, with a divisor of one's own or not", () =>
    agree(
      fc
        .tuple(poolings, fc.boolean(), fc.constantFrom(undefined, 3, -0.5))
        .map(([{ shape, kernel, options }, countIncludePad, divisorOverride]) => ({
          shape,
          layer: () => new AvgPool(kernel, { ...options, countIncludePad, divisorOverride }),
        })),
      200,
    ));

  it("LpPool, with windows of zeros", () =>
    agree(
      fc.tuple(poolings, fc.constantFrom(1, 2, 3, 2.5)).map(([{ shape, kernel, options }, p]) => ({
        shape,
        layer: () => new LpPool(p, kernel, options),
      })),
    ));

  it("Dense, with or without bias, of rows or of rows of rows", () =>
    agree(
      fc
        .tuple(fc.array(upTo(3), { minLength: 1, maxLength: 3 }), pair(4), fc.boolean())
        .map(([lead, [inputs, outputs], bias]) => ({
          shape: [...lead, inputs],
          layer: () => new Dense(inputs, outputs, { bias }),
        })),
    ));

  const shapes = fc.oneof(pair(4), fc.tuple(upTo(3), upTo(3), upTo(4), upTo(4)));
  const each: Record<string, (rank: number) => Module> = {
    ReLU: () => new ReLU(),
    Identity: () => new Identity(),
    Reshape: () => new Reshape(-1, 1),
    GELU: () => new GELU(),
    "GELU, approximately": () => new GELU({ approximate: "tanh" }),
    LeakyReLU: () => new LeakyReLU(0.2),
    ELU: () => new ELU(),
    "ELU with an alpha": () => new ELU(0.5),
    SiLU: () => new SiLU(),
    Sigmoid: () => new Sigmoid(),
    Tanh: () => new Tanh(),
    PReLU: () => new PReLU(),
    LogSoftmax: () => new LogSoftmax(),
    "LogSoftmax along axis 0": () => new LogSoftmax(0),
    Flatten: () => new Flatten(),
    Softmax: () => new Softmax(),
    "Softmax along axis 1": () => new Softmax(1),
    GlobalAvgPool: () => new GlobalAvgPool(),
    GlobalMaxPool: () => new GlobalMaxPool(),
  };
  it.each(Object.entries(each))("%s", (_, make) =>
    agree(
      shapes.map((shape) => ({ shape, layer: () => make(shape.length) })),
      50,
    ),
  );

  const images = fc.tuple(upTo(3), upTo(2), upTo(3), pair(3));

  it("PReLU with a slope per channel", () =>
    agree(
      images.map(([n, c, k, plane]) => ({
        shape: [n, c * k, ...plane],
        layer: () => new PReLU(c * k, 0.3),
      })),
      50,
    ));

  it("BatchNorm2D in training, and in use with what it gathered", () =>
    agree(
      fc.tuple(images, fc.boolean(), fc.boolean()).map(([[n, c, , plane], affine, training]) => ({
        shape: [n + 1, c, ...plane],
        layer: () => {
          const layer = new BatchNorm2D(c, { affine, epsilon: 0.1 });
          layer.forward(tensor(new Float32Array(numbers(8 * c, 1)), { shape: [8, c, 1, 1] }));
          return training ? layer : layer.eval();
        },
      })),
    ));

  it("GroupNorm", () =>
    agree(
      fc.tuple(images, fc.boolean()).map(([[n, c, groups, plane], affine]) => ({
        shape: [n, c * groups, ...plane],
        layer: () => new GroupNorm(groups, c * groups, { affine, epsilon: 0.1 }),
      })),
    ));

  it("ConvTranspose2D: padding, output padding, stride, dilation, groups", () =>
    agree(
      fc
        .record({
          n: upTo(2),
          channels: upTo(2),
          filters: upTo(2),
          groups: upTo(2),
          kernel: pair(3),
          plane: pair(3),
          stride: pair(3),
          dilation: pair(2),
          added: pair(1, 0),
          padding: fc.tuple(pair(1, 0), pair(1, 0)),
          bias: fc.boolean(),
        })
        .map(({ n, channels, filters, kernel, plane, added, groups, ...options }) => {
          const { stride, dilation } = options;
          const outputPadding = ([0, 1] as const).map((a) =>
            Math.min(added[a], Math.max(stride[a], dilation[a]) - 1),
          ) as [number, number];
          const all = { ...options, groups, outputPadding };
          const isLeft = (a: 0 | 1) =>
            (plane[a] - 1) * stride[a] + (kernel[a] - 1) * dilation[a] + outputPadding[a] >=
            options.padding[a][0] + options.padding[a][1];
          const padding = isLeft(0) && isLeft(1) ? options.padding : 0;
          return {
            shape: [n, channels * groups, ...plane],
            layer: () =>
              new ConvTranspose2D(channels * groups, filters * groups, kernel, { ...all, padding }),
          };
        }),
      200,
    ));

  it("SeparableConv2D", () =>
    agree(
      pair(3).map(([c, o]) => ({
        shape: [2, c, 5, 6],
        layer: () => new SeparableConv2D(c, o, 3, { padding: 1, stride: 2 }),
      })),
      20,
    ));

  it("AdaptiveAvgPool and AdaptiveMaxPool, smaller and larger than the image", () =>
    agree(
      fc.tuple(pair(2), pair(7), pair(5), fc.boolean()).map(([planes, size, output, isMax]) => ({
        shape: [...planes, ...size],
        layer: () => (isMax ? new AdaptiveMaxPool(output) : new AdaptiveAvgPool(output)),
      })),
    ));

  it("Upsample, nearest and bilinear, by scale and by size", () =>
    agree(
      fc
        .tuple(
          images,
          fc.oneof(
            pair(7).map((size) => ({ size })),
            fc.constantFrom(1, 2, 3, 1.5, 2.3).map((scale) => ({ scale })),
          ),
          fc.constantFrom<UpsampleOptions>(
            { mode: "nearest" },
            { mode: "bilinear" },
            { mode: "bilinear", alignCorners: true },
          ),
        )
        .map(([[n, c, , plane], target, mode]) => ({
          shape: [n, c, ...plane],
          layer: () => new Upsample({ ...target, ...mode }),
        })),
      200,
    ));

  it("Dropout and Dropout2D, given their mask; in use they do nothing", () =>
    agree(
      fc
        .tuple(images, fc.constantFrom(0, 0.25, 0.5, 1), fc.boolean(), fc.boolean())
        .map(([[n, c, , plane], p, isWhole, training]) => ({
          shape: [n, c, ...plane],
          layer: () => {
            const layer = isWhole ? new Dropout2D(p) : new Dropout(p);
            return training ? layer : layer.eval();
          },
        })),
    ));

  it("NaN inside the image goes where the layer lets it go", () => {
    for (const layer of [
      new Conv2D(1, 1, 3, { padding: 1 }).to("float64"),
      new MaxPool(3, { padding: 1, stride: 1 }),
      new AvgPool(2),
    ]) {
      const values = new Float64Array(25).fill(1);
      values[2 * 5 + 3] = Number.NaN;
      const y = layer.forward(tensor(values, { shape: [1, 1, 5, 5] }));
      const given = layer.parameters().map(flat);
      const printed = evaluate(layer.toLoops([1, 5, 5])).forward(values, ...given);
      expectNumbers("y", printed, flat(y), { rtol: 1e-12, atol: 1e-12 });
      expect(printed.some(Number.isNaN)).toBe(true);
    }
  });
});

describe("what toLoops prints of a Residual", () => {
  const rounding = { rtol: 1e-10, atol: 1e-10 };
  const body = () => new Sequential(new Conv2D(2, 2, 3, { padding: 1 }), new ReLU());

  it("adds what goes past, itself or through a shortcut, and adds the gradients", () => {
    const shortcut = () => new Conv2D(2, 2, 1, { bias: false });
    for (const layer of [
      new Residual(body()),
      new Residual(body(), { activation: new Tanh() }),
      new Residual(body(), { shortcut: shortcut() }),
      new Residual(body(), { shortcut: shortcut(), activation: new Tanh() }),
      new Residual(new Sequential()),
    ]) {
      expectAgreement(layer.to("float64"), [2, 2, 4, 5], 11, rounding);
    }
  });

  it("has names for parts in parts", () => {
    const model = new Sequential(new ReLU(), new Residual(body()));
    const text = model.toLoops([2, 4, 4]);
    expect(text).toContain("export function layer1BodyLayer0Forward(");
    expect(text).toContain("w1_0_0: Float64Array");
  });
});

describe("what toLoops prints of the models", () => {
  it.each([
    ["leNet5", leNet5(), [1, 28, 28]],
    ["resNet(8)", resNet(8).eval(), [3, 8, 8]],
    ["simpleCnn", simpleCnn({ size: 12 }).eval(), [1, 12, 12]],
  ] as const)("%s", (_, model, image) => {
    const shape = [1, ...image];
    expectAgreement(model.to("float64"), shape, 13, { rtol: 1e-8, atol: 1e-8 });
  });
});

describe("what toLoops prints of a Sequential", () => {
  const rounding = { rtol: 1e-10, atol: 1e-10 };

  it("has a pair of functions per layer, and one that chains them", () => {
    const model = new Sequential(
      new Conv2D(1, 2, 3, { padding: 1 }),
      new ReLU(),
      new MaxPool(2),
      new Flatten(),
      new Dense(18, 4),
      new Softmax(),
    ).to("float64");
    const text = model.toLoops([2, 1, 6, 6]);
    for (let k = 0; k < 6; k++) {
      expect(text).toContain(`export function layer${k}Forward(`);
      expect(text).toContain(`export function layer${k}Backward(`);
    }
    expectAgreement(model, [2, 1, 6, 6], 3, rounding);
    const given = model.parameters().map(flat) as [Float64Array, ...Float64Array[]];
    const back = evaluate(text).backward(numbers(8, 1), numbers(72, 2), ...given);
    expect(Object.keys(back)).toEqual(["gx", "gw0", "gb0", "gw4", "gb4"]);
  });

  it("may hold Sequentials, and one layer several times, whose gradients add up", () => {
    const shared = new Dense(3, 3);
    const model = new Sequential(
      shared,
      new Sequential(new ReLU(), new Dense(3, 3, { bias: false }), shared),
      shared,
    ).to("float64");
    expectAgreement(model, [4, 3], 5, rounding);
    expect(model.toLoops([4, 3])).toMatch(/gw0: layer\d\.gw(\d?)\.map\(/);
  });

  it("may be empty", () => expectAgreement(new Sequential(), [2, 3], 1, rounding));
});

/** The printed text without its comments. */
const codeOf = (layer: Module, shape: Shape) =>
  layer.toLoops(shape).replaceAll(/\/\*\*[\s\S]*?\*\/|\/\/.*/g, "");

describe("toLoops prints only the parts that apply", () => {
  const conv = (options: Conv2DLayerOptions) => codeOf(new Conv2D(2, 4, 3, options), [2, 2, 9, 9]);

  it("no test of bounds without padding, and none on a side that no window leaves", () => {
    expect(conv({})).not.toMatch(/if|continue/);
    expect(conv({ padding: 1 })).toMatch(/if \(row < 0 \|\| row >= 9\) continue/);
    const top = conv({
      padding: [
        [1, 0],
        [0, 0],
      ],
    });
    expect(top).toContain("if (row < 0) continue");
    expect(top).not.toContain("column");
    // Of 9 + 2 cells windows of 3 at stride 3 need only the first 9: they leave the image at the top and left alone.
    expect(conv({ padding: 1, stride: 3 })).not.toContain(">=");
  });

  it("no stride and dilation of 1, no groups where there are none, no bias that is not there", () => {
    expect(conv({})).toContain("u + i");
    expect(conv({})).not.toMatch(/1 \* |\* 1\b|Math/);
    expect(conv({ stride: 2 })).toContain("2 * u + i");
    expect(conv({ dilation: 2 })).toContain("u + 2 * i");
    expect(conv({ bias: false })).not.toContain("b[");
    expect(conv({})).not.toContain("k =");
    expect(conv({ groups: 2 })).toContain("const k = Math.floor(o / 2)");
  });

  it("no loops over one thing", () => {
    const code = codeOf(new Conv2D(1, 4, 3), [1, 1, 9, 9]);
    expect(code).not.toMatch(/let [nc] /);
    expect(code).toContain("x[(u + i) * 9 + v + j]");
    expect(codeOf(new Conv2D(3, 4, 1), [2, 3, 9, 9])).not.toMatch(/\b[ij]\b/);
  });

  it("a filter read from its end only with flip", () => {
    expect(conv({})).not.toContain("2 - i");
    expect(conv({ flip: true })).toContain("2 - i");
  });

  it("one divisor where all windows are alike", () => {
    expect(codeOf(new AvgPool(2), [1, 6, 6])).toContain("sum / 4;");
    const counted = { padding: 1, countIncludePad: false };
    expect(codeOf(new AvgPool(2, counted), [1, 6, 6])).toContain("Math.max(");
  });

  it("lines that fit a page, and the equation in the notation of the documents", () => {
    const text = new Conv2D(3, 6, 5, { stride: 2, padding: 1 }).toLoops([2, 3, 32, 32]);
    expect(text).toContain(
      "y[n, o, u, v] = b[o] + Σ_{c, i, j} w[o, c, i, j] · x[n, c, 2u + i − 1, 2v + j − 1]",
    );
    expect(text).toContain("// Conv2D(3 → 6, 5×5, stride 2×2, padding 1): x [2, 3, 32, 32], ");
    expect(text).toContain(" → y [2, 6, 15, 15]\n");
    expect(text.split("\n").filter(({ length }) => length > 110)).toEqual([]);
  });
});

describe("the printed text", () => {
  it("is strict TypeScript", () => {
    const model = new Sequential(
      new Conv2D(2, 4, 3, { padding: 1, stride: 2, groups: 2, flip: true }),
      new BatchNorm2D(4),
      new Residual(new Sequential(new Conv2D(4, 4, 3, { padding: 1, paddingMode: "reflect" }))),
      new GroupNorm(2, 4),
      new PReLU(4),
      new GELU(),
      new ConvTranspose2D(4, 4, 2, { stride: 2, groups: 2 }),
      new Upsample({ scale: 1.5, mode: "bilinear" }),
      new Upsample({ size: [9, 10] }),
      new Dropout2D(),
      new AdaptiveMaxPool(7),
      new AdaptiveAvgPool([5, 6]),
      new MaxPool(2, { padding: 1 }),
      new AvgPool(2, { padding: 1, countIncludePad: false }),
      new LpPool(3, 2, { stride: 1 }),
      new GlobalAvgPool(),
      new Flatten(),
      new Dense(4, 3),
      new Softmax(),
    );
    const name = "printed.ts";
    const options = {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      lib: ["lib.es2023.d.ts"],
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const source = ts.createSourceFile(name, model.toLoops([2, 9, 9]), options.target);
    const { getSourceFile, fileExists } = host;
    host.getSourceFile = (file, ...rest) => (file === name ? source : getSourceFile(file, ...rest));
    host.fileExists = (file) => file === name || fileExists(file);
    const found = ts.getPreEmitDiagnostics(ts.createProgram([name], options, host));
    expect(found.map(({ messageText }) => messageText)).toEqual([]);
  });

  it("is the same for a module with hooks, which it does not call", () => {
    const layer = new Dense(2, 2);
    const before = layer.toLoops([2]);
    layer.onForward(() => expect.fail("called"));
    expect(layer.toLoops([2])).toBe(before);
  });

  it("leaves the model and the random sequence as they were", () => {
    manualSeed(1);
    const layer = new Dense(2, 2);
    const before = flat(layer.weight);
    layer.toLoops([2]);
    expect(flat(layer.weight)).toEqual(before);
    manualSeed(1);
    const undisturbed = [new Dense(2, 2), new Dense(2, 2)][1]!;
    manualSeed(1);
    const first = new Dense(2, 2);
    first.toLoops([2]);
    expect(flat(new Dense(2, 2).weight)).toEqual(flat(undisturbed.weight));
  });
});

describe("toLoops refuses", () => {
  class Twice extends Module {
    readonly inner = new Dense(2, 2);
    forward(x: Tensor): Tensor {
      return this.inner.forward(this.inner.forward(x));
    }
  }
  class Scaled extends ReLU {
    override forward(x: Tensor): Tensor {
      return super.forward(x).mul(2);
    }
  }

  it("a module that does not say its loops, naming what to do", () => {
    const print = () => new Sequential(new ReLU(), new Twice()).toLoops([2]);
    expect(print).toThrow(ValueError);
    expect(print).toThrow(
      "toLoops: Twice does not say what its forward is as loops; override loops(x, y), or print its parts: inner",
    );
  });

  it("to print the loops of another forward", () => {
    expect(() => new Scaled().toLoops([2])).toThrow(/override loops/);
  });

  it("what is no input of the layer, as forward does", () => {
    expect(() => new Conv2D(3, 6, 5).toLoops([1, 32, 32])).toThrow(ShapeError);
    expect(() => new Conv2D(3, 6, 5).toLoops([1, 32, 32])).toThrow(/expects 3 input channels/);
    expect(() => new ReLU().toLoops([])).toThrow(/toLoops: \[\] is no input; give \[C, H, W\]/);
    for (const wrong of [undefined, 3, "1x28x28"]) {
      expect(() => new ReLU().toLoops(wrong as never)).toThrow(/toLoops: .* is no input/);
      expect(() => new ReLU().summary(wrong as never)).toThrow(/summary: .* is no input/);
    }
  });

  it("nothing that a class of one's own says", () => {
    class Doubled extends Module {
      forward(x: Tensor): Tensor {
        return x.mul(2);
      }
      override loops() {
        const code = `export function forward(x: Float64Array) { return x.map((v) => 2 * v); }
export function backward(g: Float64Array) { return { gx: g.map((v) => 2 * v) }; }`;
        return { code, parameters: {}, extras: {} };
      }
    }
    expectAgreement(new Sequential(new Doubled(), new ReLU()), [2, 3], 7, { rtol: 0, atol: 0 });
  });
});

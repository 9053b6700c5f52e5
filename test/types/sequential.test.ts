import {
  concat,
  type Multiply,
  randn,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import {
  AvgPool,
  BatchNorm2D,
  Conv2D,
  type Conv2DLayerOptions,
  ConvTranspose2D,
  Dense,
  Flatten,
  GlobalAvgPool,
  LpPool,
  leNet5,
  MaxPool,
  type ModelOptions,
  Module,
  PReLU,
  ReLU,
  Residual,
  resNet,
  SeparableConv2D,
  Sequential,
  type ShapeRule,
  Subsample,
  type shapeRule,
  simpleCnn,
  Upsample,
} from "@convgrad/layers";
import { expectTypeOf } from "expect-type";
import { describe, expect, it } from "vitest";
import { check } from "./compiler.ts";

// `npm run test:types` checks what expectTypeOf and @ts-expect-error say; that the code also runs is checked here.

/** A layer of a user, of which the compiler knows nothing. */
class Halved extends Module {
  forward(x: Tensor): Tensor {
    return x.mul(0.5);
  }
}

/** A layer of a user, whose `forward` says its shapes. */
class Head extends Module {
  readonly dense = new Dense(400, 10);
  forward(x: Tensor<[number, 400]>): Tensor<[number, 10]> {
    return this.dense.forward(x);
  }
}

/** `[N, K] → [N, 2·K]` */
interface Doubled extends ShapeRule {
  readonly output: this["input"] extends readonly [infer N, infer K extends number]
    ? [N, Multiply<K, 2>]
    : readonly number[];
}

/** A layer of a user, with a rule. */
class Double extends Module {
  declare readonly [shapeRule]: Doubled;
  forward(x: Tensor): Tensor {
    return concat([x, x], 1);
  }
}

const leNet = () =>
  Sequential.of(
    [1, 28, 28],
    new Conv2D(1, 6, 5, { padding: 2 }),
    new ReLU(),
    new MaxPool(2),
    new Conv2D(6, 16, 5),
    new ReLU(),
    new MaxPool(2),
    new Flatten(),
    new Dense(400, 120),
    new ReLU(),
    new Dense(120, 10),
  );

describe("layers carry their sizes in their types", () => {
  it("inferred, never written", () => {
    expectTypeOf(new Conv2D(1, 6, 5, { padding: 2 })).toEqualTypeOf<
      Conv2D<1, 6, 5, { readonly padding: 2 }>
    >();
    expectTypeOf(new Dense(400, 120)).toEqualTypeOf<Dense<400, 120>>();
    expectTypeOf(new MaxPool([2, 3])).toEqualTypeOf<MaxPool<readonly [2, 3]>>();
    expectTypeOf(new BatchNorm2D(6)).toEqualTypeOf<BatchNorm2D<6>>();
  });

  it("and are the classes they were where nobody cares", () => {
    const layers: Module[] = [new Conv2D(1, 6, 5, { padding: 2 }), new Flatten(), leNet()];
    const conv: Conv2D = new Conv2D(1, 6, 5, { padding: "same" });
    const pool: MaxPool = new MaxPool(2, { ceilMode: true });
    const slopes: PReLU = new PReLU(4);
    const model: Sequential = leNet();
    expectTypeOf(conv.options.stride).toEqualTypeOf<Conv2D["options"]["stride"]>();
    expectTypeOf(new Sequential(conv, pool, slopes, model, ...layers)).toEqualTypeOf<Sequential>();
  });

  it("and know their options", () => {
    // @ts-expect-error: the name of an option that there is not
    expect(() => new Conv2D(1, 6, 5, { padding: 2, strides: 2 })).toThrow(ValueError);
    // @ts-expect-error: an option of another layer
    expect(() => new AvgPool(2, { dilation: 2 })).toThrow(ValueError);
  });
});

describe("Sequential.of", () => {
  it("gives the shapes of input and output", () => {
    expectTypeOf(leNet()).toEqualTypeOf<Sequential<[1, 28, 28], [10]>>();
    const features = Sequential.of([1, 28, 28], ...leNet().layers.slice(0, 6));
    expectTypeOf(features.forward).returns.toEqualTypeOf<Tensor>();
    const pooled = Sequential.of([6, 14, 14], new Conv2D(6, 16, 5), new ReLU(), new MaxPool(2));
    expectTypeOf(pooled).toEqualTypeOf<Sequential<[6, 14, 14], [16, 5, 5]>>();
    expectTypeOf(Sequential.of([3])).toEqualTypeOf<Sequential<[3], [3]>>();
  });

  it("gives a forward of batches", () => {
    const model = leNet();
    expectTypeOf(model.forward).parameter(0).toEqualTypeOf<Tensor<[number, 1, 28, 28]>>();
    expectTypeOf(model.forward).returns.toEqualTypeOf<Tensor<[number, 10]>>();
    const unknown: Tensor = randn([2, 1, 28, 28]);
    expect(model.forward(unknown).shape).toEqual([2, 10]);
    const half: Tensor<[2, number, 28, number]> = unknown;
    expect(model.forward(half).shape).toEqual([2, 10]);
    const coloured: Tensor<[2, 3, 28, 28]> = randn([2, 3, 28, 28]);
    // @ts-expect-error: three channels
    expect(() => model.forward(coloured)).toThrow(ShapeError);
    // @ts-expect-error: no batch axis
    expect(() => model.forward(randn([1, 28, 28]) as Tensor<[1, 28, 28]>)).toThrow(ShapeError);
  });

  it("is right about what it knows, and leaves the rest open", () => {
    const n: number = 3;
    const open = Sequential.of([n, 8, 8], new Conv2D(n, 4, 3), new Upsample({ scale: 1.5 }));
    expectTypeOf(open).toEqualTypeOf<Sequential<[number, 8, 8], [4, number, number]>>();
    const kernel = Sequential.of([3, 8, 8], new Conv2D(3, 4, n), new Flatten(), new Dense(144, 10));
    expectTypeOf(kernel).toEqualTypeOf<Sequential<[3, 8, 8], [10]>>();
    const mine = Sequential.of([3, 8, 8], new Halved());
    expectTypeOf(mine).toEqualTypeOf<Sequential<[3, 8, 8]>>();
    const after = Sequential.of([3, 8, 8], new Halved(), new Conv2D(3, 4, 3), new GlobalAvgPool());
    expectTypeOf(after).toEqualTypeOf<Sequential<[3, 8, 8], [4, 1, 1]>>();
    const head = Sequential.of([16, 5, 5], new Flatten(), new Head());
    expectTypeOf(head).toEqualTypeOf<Sequential<[16, 5, 5], [10]>>();
    const twice = Sequential.of([20], new Double(), new Double(), new Dense(80, 3));
    expectTypeOf(twice).toEqualTypeOf<Sequential<[20], [3]>>();
  });

  it("follows residual blocks", () => {
    const body = new Sequential(new Conv2D(3, 3, 3, { padding: 1 }), new BatchNorm2D(3));
    const same = Sequential.of([3, 8, 8], new Residual(body, { activation: new ReLU() }));
    expectTypeOf(same).toEqualTypeOf<Sequential<[3, 8, 8], [3, 8, 8]>>();
    const wider = new Residual(new Conv2D(3, 6, 3, { padding: 1, stride: 2 }), {
      shortcut: new Subsample(3, 6),
    });
    expectTypeOf(Sequential.of([3, 8, 8], wider)).toEqualTypeOf<Sequential<[3, 8, 8], [6, 4, 4]>>();
  });

  it("tells layers of unlike settings apart, and takes one of several", () => {
    const [first, second] = [new Conv2D(3, 4, 3), new Conv2D(4, 8, 3)];
    const convolutions = [first, second];
    expectTypeOf(convolutions).toEqualTypeOf<(Conv2D<3, 4, 3> | Conv2D<4, 8, 3>)[]>();
    const chain = Sequential.of([3, 8, 8], convolutions[0]!, convolutions[1]!);
    expectTypeOf(chain).toEqualTypeOf<Sequential<[3, 8, 8], [8, 4, 4]>>();
    const isWide = convolutions.length > 2;
    const either = isWide ? new Dense(3, 8) : new Dense(3, 4);
    expectTypeOf(Sequential.of([3], either)).toEqualTypeOf<Sequential<[3], [8] | [4]>>();
    // @ts-expect-error: other filters
    const narrow: Dense<3, 4> = new Dense(3, 8);
    const wide: Dense = narrow;
    const some: Conv2D[] = [first, second, new Conv2D(8, 4, [1, 3], { stride: 2 })];
    expect([wide, ...some].length).toBe(4);
  });

  it("tells layers apart that differ in an option alone", () => {
    const x = zeros([2, 8, 8, 8]);
    const convolutions = [
      new Conv2D(8, 8, 3, { padding: 1 }),
      new Conv2D(8, 8, 3, { padding: 1, stride: 2 }),
    ];
    expectTypeOf(convolutions[1]!.forward(x)).toEqualTypeOf<
      Tensor<[2, 8, 8, 8]> | Tensor<[2, 8, 4, 4]>
    >();
    const separable = [
      new SeparableConv2D(8, 8, 3),
      new SeparableConv2D(8, 8, 3, { dilation: [1, 2] }),
    ];
    expectTypeOf(separable[0]!.forward(x)).toEqualTypeOf<
      Tensor<[2, 8, 6, 6]> | Tensor<[2, 8, 6, 4]>
    >();
    const transposed = [
      new ConvTranspose2D(8, 8, 2, { stride: 2 }),
      new ConvTranspose2D(8, 8, 2, { stride: 2, outputPadding: 1 }),
    ];
    expectTypeOf(transposed[0]!.forward(x)).toEqualTypeOf<
      Tensor<[2, 8, 16, 16]> | Tensor<[2, 8, 17, 17]>
    >();
    const pools = [new MaxPool(3), new MaxPool(3, { ceilMode: true })];
    expectTypeOf(pools[0]!.forward(x)).toEqualTypeOf<Tensor<[2, 8, 2, 2]> | Tensor<[2, 8, 3, 3]>>();
    const means = [new AvgPool(2), new AvgPool(2, { stride: 1 })];
    expectTypeOf(means[0]!.forward(x)).toEqualTypeOf<Tensor<[2, 8, 4, 4]> | Tensor<[2, 8, 7, 7]>>();
    const norms = [new LpPool(2, 2), new LpPool(2, 2, { padding: [0, 1] })];
    expectTypeOf(norms[0]!.forward(x)).toEqualTypeOf<Tensor<[2, 8, 4, 4]> | Tensor<[2, 8, 4, 5]>>();
    const flat = [new Flatten(), new Flatten({ start: 2 })];
    expectTypeOf(flat[0]!.forward(x)).toEqualTypeOf<Tensor<[2, 512]> | Tensor<[2, 8, 64]>>();
    const larger = [new Upsample({ scale: 2 }), new Upsample({ size: 2 })];
    expectTypeOf(larger[0]!.forward(x)).toEqualTypeOf<
      Tensor<[2, 8, 16, 16]> | Tensor<[2, 8, 2, 2]>
    >();
    const blocks = [
      new Residual(new Conv2D(8, 8, 3, { padding: 1 })),
      new Residual(new Conv2D(8, 8, 3), { shortcut: new Conv2D(8, 8, 3) }),
    ];
    expectTypeOf(blocks[0]!.forward(x)).toEqualTypeOf<
      Tensor<[2, 8, 8, 8]> | Tensor<[2, 8, 6, 6]>
    >();
    // One setting in two ways is one setting, and what does not change a shape is none.
    const alike = [new MaxPool(2), new MaxPool([2, 2], { stride: 2 })];
    expectTypeOf(alike[0]!.forward(x)).toEqualTypeOf<Tensor<[2, 8, 4, 4]>>();
    const same: Conv2D<8, 8, 3> = new Conv2D(8, 8, [3, 3], { stride: 1, bias: false });
    // @ts-expect-error: another stride
    const other: Conv2D<8, 8, 3> = new Conv2D(8, 8, 3, { stride: 2 });
    expect([same, other].map((layer) => layer.forward(x).shape.at(-1))).toEqual([6, 3]);
  });

  it("takes options that may be there, one of several, and what a class of one's own passes on", () => {
    const isWide = zeros([1]).size > 1;
    const x = zeros([2, 8, 8, 8]);
    const strided = isWide ? { stride: 2 as const } : undefined;
    type Either = Tensor<[2, 8, 3 | 6, 3 | 6]>;
    expectTypeOf(new Conv2D(8, 8, 3, strided).forward(x)).toEqualTypeOf<Either>();
    expectTypeOf(new SeparableConv2D(8, 8, 3, strided).forward(x)).toEqualTypeOf<Either>();
    expectTypeOf(new ConvTranspose2D(8, 8, 2, strided).forward(x)).toEqualTypeOf<
      Tensor<[2, 8, 6 | 9 | 16 | 19, 6 | 9 | 16 | 19]> // each stride wherever there is one
    >();
    type Pooled = Tensor<[2, 8, 4 | 7, 4 | 7]>;
    const dense = isWide ? { stride: 1 as const } : undefined;
    expectTypeOf(new MaxPool(2, dense).forward(x)).toEqualTypeOf<Pooled>();
    expectTypeOf(new AvgPool(2, dense).forward(x)).toEqualTypeOf<Pooled>();
    expectTypeOf(new LpPool(2, 2, dense).forward(x)).toEqualTypeOf<Pooled>();
    const flat = new Flatten(isWide ? { start: 2 } : undefined).forward(x);
    expectTypeOf(flat).toEqualTypeOf<Tensor>();
    expectTypeOf(new Conv2D(8, 8, 3, undefined).forward(x)).toEqualTypeOf<Tensor<[2, 8, 6, 6]>>();
    const model = Sequential.of([8, 8, 8], new Conv2D(8, 8, 3, strided));
    expectTypeOf(model).toEqualTypeOf<Sequential<[8, 8, 8], [8, 3 | 6, 3 | 6]>>();
    expectTypeOf(leNet5(isWide ? { channels: 3 } : undefined)).toEqualTypeOf<
      Sequential<[1 | 3, 28, 28], [10]>
    >();
    const several = isWide ? { stride: 2 } : { stride: 1, padding: 1 };
    expectTypeOf(new Conv2D(8, 8, 3, several).forward(x)).toEqualTypeOf<
      Tensor<[2, 8, number, number]>
    >();
    class Own extends Conv2D {
      constructor(channels: number, options?: Conv2DLayerOptions) {
        super(channels, channels, 3, options);
      }
    }
    const sizes: [number, number, number, Conv2DLayerOptions?] = [8, 8, 3];
    expect(new Own(8).forward(x).shape).toEqual(new Conv2D(...sizes).forward(x).shape);
    // @ts-expect-error: the name of an option that there is not, beside one that there is
    expect(() => new Conv2D(8, 8, 3, { stride: 2, strides: 2 })).toThrow(ValueError);
  });

  it("takes what is known of a list no further than the least known in it", () => {
    const n: number = 5;
    const plain: Conv2D = new Conv2D(8, 8, n);
    const convolutions = [plain, new Conv2D(8, 8, 3)];
    expectTypeOf(convolutions).toEqualTypeOf<Conv2D[]>();
    const back: Conv2D<8, 8, 3> = plain; // it may be
    const dense = [new Dense(3, 4), new Dense(3, n), new Dense(n, 4)];
    expectTypeOf(dense).toEqualTypeOf<(Dense<3, number> | Dense<number, 4>)[]>();
    const enlarge = [new Upsample({ scale: 2 }), new Upsample({ scale: n })];
    expectTypeOf(enlarge).toEqualTypeOf<Upsample<{ readonly scale: number }>[]>();
    const models = [Sequential.of([3], new Dense(3, 4)), Sequential.of([3], new Dense(3, n))];
    expectTypeOf(models).toEqualTypeOf<Sequential<[3], [number]>[]>();
    expect([back, ...convolutions, ...dense, ...enlarge, ...models].length).toBe(10);
  });

  it("knows the models that are ready-made", () => {
    const n: number = 5;
    expectTypeOf(leNet5()).toEqualTypeOf<Sequential<[1, 28, 28], [10]>>();
    expectTypeOf(leNet5({ channels: 3, classes: 7 })).toEqualTypeOf<Sequential<[3, 28, 28], [7]>>();
    expectTypeOf(leNet5({ classes: n })).toEqualTypeOf<Sequential<[1, 28, 28], [number]>>();
    const open: ModelOptions = { channels: n };
    expectTypeOf(leNet5(open)).toEqualTypeOf<Sequential<[number, 28, 28], [number]>>();
    expectTypeOf(leNet5({ classes: undefined })).toEqualTypeOf<Sequential<[1, 28, 28], [10]>>();
    expectTypeOf(simpleCnn()).toEqualTypeOf<Sequential<[1, 28, 28], [10]>>();
    expectTypeOf(simpleCnn({ size: 32, channels: 3 })).toEqualTypeOf<
      Sequential<[3, 32, 32], [10]>
    >();
    expectTypeOf(resNet(8, { classes: 100 })).toEqualTypeOf<
      Sequential<[3, number, number], [100]>
    >();
    const two = Sequential.of([3, 32, 32], resNet(8), new Dense(10, 2));
    expectTypeOf(two).toEqualTypeOf<Sequential<[3, 32, 32], [2]>>();
    // @ts-expect-error: the name of an option that there is not
    expect(() => leNet5({ kinds: 3 })).toThrow(ValueError);
    // @ts-expect-error: one channel
    expect(() => leNet5().forward(zeros([2, 3, 28, 28]))).toThrow(ShapeError);
    let model: Sequential = leNet5();
    model = simpleCnn({ size: 8 });
    expect(model.forward(zeros([2, 1, 8, 8])).shape).toEqual([2, 10]);
  });

  it("does not multiply what sizes may be along a chain", () => {
    const chain = (layer: string) => `Sequential.of([8, 99, 99], ${Array(9).fill(layer).join()})`;
    const code = `import { Conv2D, ConvTranspose2D, MaxPool, Sequential, Upsample } from "@convgrad/layers";
      declare const is: boolean;
      const a = ${chain("new Conv2D(8, 8, 3, is ? { stride: 2 } : undefined)")};
      const b = ${chain("new MaxPool(2, { stride: is ? 1 : 2, padding: is ? 0 : 1, ceilMode: is })")};
      const c = ${chain("new ConvTranspose2D(8, 8, is ? 3 : 5, { stride: is ? 1 : 2, padding: is ? 0 : 1 })")};
      const d = ${chain("new Upsample({ scale: is ? 2 : 3 })")};`;
    const { mistakes, types } = check(code);
    expect(mistakes).toEqual([]);
    for (const name of "abcd")
      expect(types.get(name)).toBe("Sequential<[8, 99, 99], [8, number, number]>");
  });

  it("summary() shows the same shapes", () => {
    const { rows } = leNet().summary([1, 28, 28]);
    const code = `import { Conv2D, MaxPool, ReLU, Sequential } from "@convgrad/layers";
      const six = Sequential.of([1, 28, 28], new Conv2D(1, 6, 5, { padding: 2 }), new ReLU(), new MaxPool(2),
        new Conv2D(6, 16, 5), new ReLU(), new MaxPool(2));`;
    expect(check(code).types.get("six")).toBe("Sequential<[1, 28, 28], [16, 5, 5]>");
    expect(rows[5]!.outputShape).toEqual([1, 16, 5, 5]);
    expect(rows.at(-1)!.outputShape).toEqual([1, 10]);
  });

  it("refuses at run time what the compiler cannot see, before anything is trained", () => {
    const inputs: number = 401;
    const make = () => Sequential.of([16, 5, 5], new Flatten(), new Dense(inputs, 10));
    expect(make).toThrow(ShapeError);
    expect(make).toThrow("expects 401 inputs but receives 400");
    // @ts-expect-error: no shape
    expect(() => Sequential.of(28, new ReLU())).toThrow(/28 is no input; .* such as \[1, 28, 28\]/);
    // @ts-expect-error: no module
    expect(() => Sequential.of([28], [new ReLU()])).toThrow(ValueError);
  });
});

describe("a mistake is one sentence where it is", () => {
  const names = "Sequential, Conv2D, Dense, Flatten, MaxPool, ReLU, Residual, BatchNorm2D, Reshape";
  const messageOf = (model: string) => {
    const { mistakes } = check(`import { ${names} } from "@convgrad/layers";\n${model}`);
    expect(mistakes.length).toBe(1);
    return /of type '"(.*)"'/.exec(mistakes[0]!.message)?.[1];
  };

  it.each([
    [
      "Sequential.of([3, 28, 28], new Conv2D(3, 64, 5, { stride: 8 }), new Flatten(), new ReLU(), new Dense(400, 120));",
      "layer 3, Dense: expects 400 inputs but receives 576 ([64, 3, 3] flattened); write new Dense(576, 120)",
    ],
    [
      "Sequential.of([8, 28, 28], new ReLU(), new Conv2D(6, 16, 5), new ReLU());",
      "layer 1, Conv2D: expects 6 input channels but receives 8; write new Conv2D(8, 16, …)",
    ],
    [
      "Sequential.of([1, 4, 4], new Conv2D(1, 2, 5));",
      "layer 0, Conv2D: kernel 5×5 does not fit the padded input 4×4; lower the kernel or raise the padding",
    ],
    [
      "Sequential.of([16, 5, 5], new Dense(400, 10));",
      "layer 0, Dense: expects 400 inputs but receives 5, the last of [16, 5, 5]; put new Flatten() before it: new Dense(400, 10)",
    ],
    [
      "Sequential.of([16, 5, 5], new Flatten(), new Conv2D(16, 8, 3));",
      "layer 1, Conv2D: expects images [C, H, W] but receives [400] ([16, 5, 5] flattened); put it where there are images, or new Reshape(C, H, W) before it",
    ],
    [
      "Sequential.of([3, 8, 8], new Residual(new Conv2D(3, 6, 3, { padding: 1 })));",
      "layer 0, Residual: the body gives [6, 8, 8] and the shortcut [3, 8, 8]; pass a shortcut that changes the shape as the body does",
    ],
    [
      "Sequential.of([3, 8, 8], new Residual(new BatchNorm2D(6)));",
      "layer 0, Residual: in the body, BatchNorm2D expects 6 channels but receives 3; write new BatchNorm2D(3)",
    ],
    [
      "Sequential.of([10], new Reshape(3, 4));",
      "layer 0, Reshape: [10] has 10 elements, [3, 4] wants 12; its sizes must multiply to 10",
    ],
    [
      "Sequential.of([3, 8, 8], Sequential.of([6, 8, 8], new ReLU()));",
      "layer 0, Sequential: expects [6, 8, 8] but receives [3, 8, 8]; change the layer before it, or what it expects",
    ],
  ])("%s", (model, message) => {
    expect(messageOf(model)).toBe(message);
  });
});

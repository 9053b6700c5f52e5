import { FormatError, noGrad, randn, type Tensor, ValueError, zeros } from "@convgrad/core";
import { architecture, type Json, modelFromArchitecture } from "@convgrad/io";
import {
  Conv2D,
  Dense,
  Flatten,
  leNet5,
  Module,
  parameter,
  ReLU,
  Residual,
  resNet,
  Sequential,
  simpleCnn,
} from "@convgrad/layers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allCases, used } from "./layerCases.ts";

/** The model of its own description, as text. */
const again = (model: Module): Module => modelFromArchitecture(JSON.stringify(architecture(model)));

/** That a model is built like another, and does the same with its weights. */
function expectSame(model: Module, sample: readonly number[]): void {
  const built = again(model);
  expect(String(built)).toBe(String(model));
  expect(architecture(built)).toEqual(architecture(model));
  // A summary takes a batch of images or of vectors.
  if (sample.length === 3 || sample.length === 1) {
    expect(String(built.summary(sample))).toBe(String(model.summary(sample)));
  }
  built.loadStateDict(model.stateDict());
  const x = randn([2, ...sample]);
  const y = noGrad(() =>
    [model.eval().forward(x), built.eval().forward(x)].map((t) => t.toArray()),
  );
  expect(y[1]).toEqual(y[0]);
}

describe("a layer that was described and built again", () => {
  it.each(allCases)("$name", (each) => {
    expectSame(used(each), each.sample);
  });
});

describe("models", () => {
  it.each<[string, Module, number[]]>([
    ["leNet5", leNet5(), [1, 28, 28]],
    ["simpleCnn", simpleCnn({ channels: 3, size: 16 }), [3, 16, 16]],
    ["resNet", resNet(14, { classes: 7 }), [3, 16, 16]],
    ["leNet5 of float64", leNet5({ classes: 3 }).to("float64"), [1, 28, 28]],
  ])("%s", (name, model, sample) => {
    if (!name.endsWith("64")) expectSame(model, sample);
    const dtypes = Object.values(again(model).stateDict()).map(({ dtype }) => dtype);
    expect(dtypes).toEqual(Object.values(model.stateDict()).map(({ dtype }) => dtype));
  });

  it("are text that a person can read", () => {
    const model = new Sequential(
      new Conv2D(1, 4, 3, { padding: "same" }),
      new ReLU(),
      new Flatten(),
    );
    expect(architecture(model)).toEqual({
      format: "convgrad architecture",
      version: 1,
      dtype: "float32",
      model: {
        type: "Sequential",
        layers: [
          { type: "Conv2D", channels: 1, filters: 4, kernel: 3, padding: "same" },
          { type: "ReLU" },
          { type: "Flatten" },
        ],
      },
    });
  });

  it("keep what stands in two places one", () => {
    const relu = new ReLU();
    const conv = new Conv2D(2, 2, 3, { padding: 1 });
    const model = new Sequential(conv, relu, new Residual(conv, { activation: relu }));
    const built = again(model) as Sequential;
    const residual = built.layers[2] as Residual;
    expect([residual.body, residual.activation]).toEqual([built.layers[0], built.layers[1]]);
    expect(residual.body).toBe(built.layers[0]);
    expect(residual.activation).toBe(built.layers[1]);
    expectSame(model, [2, 5, 5]);
  });
});

class Twice extends Module {
  readonly inner: Module;
  readonly times: number;
  constructor(inner: Module, times: number) {
    super();
    if (!(times > 0)) throw new ValueError("Twice", `times ${times} must be positive`);
    this.inner = inner;
    this.times = times;
  }
  forward(x: Tensor): Tensor {
    return this.inner.forward(this.inner.forward(x)).mul(this.times);
  }
}

const layers = {
  Twice: {
    class: Twice,
    describe: (layer: Module, part: (layer: Module) => Json) => {
      const { inner, times } = layer as Twice;
      return { inner: part(inner), times };
    },
    build: (fields: Readonly<Record<string, Json>>, part: (described: Json) => Module) =>
      new Twice(part(fields["inner"]!), fields["times"] as number),
  },
};

describe("classes of one's own", () => {
  it("are refused with the remedy", () => {
    const model = new Sequential(new ReLU(), new Twice(new ReLU(), 2));
    expect(() => architecture(model)).toThrow(ValueError);
    expect(() => architecture(model)).toThrow(
      "architecture: layer 1 is a Twice, a class of your own; say how it is described and built: { layers: { Twice: ",
    );
  });

  it("are described and built as their formats say", () => {
    const shared = new Dense(3, 3);
    const model = new Sequential(new Twice(shared, 0.5), new Residual(new Twice(shared, 2)));
    const text = JSON.stringify(architecture(model, { layers }));
    const built = modelFromArchitecture(text, { layers }) as Sequential;
    expect(Object.keys(built.stateDict())).toEqual(Object.keys(model.stateDict()));
    built.loadStateDict(model.stateDict());
    const x = randn([2, 3]);
    expect(built.forward(x).toArray()).toEqual(model.forward(x).toArray());
    expect(() => modelFromArchitecture(text)).toThrow(FormatError);
    expect(() => modelFromArchitecture(text)).toThrow(
      'model.layers[0] has the type "Twice", which convgrad does not have; pass a class of your own',
    );
    const negative = text.replace('"times":2', '"times":-2');
    expect(() => modelFromArchitecture(negative, { layers, name: "net.json" })).toThrow(
      "modelFromArchitecture: net.json: model.layers[1].body is refused: Twice: times -2 must be positive",
    );
    const wrong = text.replace('"outputs":3', '"outputs":0');
    expect(() => modelFromArchitecture(wrong, { layers })).toThrow(
      "model.layers[0].inner.outputs is 0; it must be a whole number from 1 to 2147483647",
    );
  });

  it.each<[string, unknown, string]>([
    [
      "no object",
      3,
      "layers is 3; pass formats by name: { Twice: { class: Twice, describe, build } }",
    ],
    ["a name that is taken", { Conv2D: layers.Twice }, "the name Conv2D in layers is taken"],
    [
      "no class",
      { Twice: { ...layers.Twice, class: Date } },
      "layers.Twice.class is a function, no class of modules",
    ],
    [
      "no build",
      { Twice: { ...layers.Twice, build: 1 } },
      "layers.Twice.build is 1; it must be a function",
    ],
  ])("%s is no format", (_, wrong, message) => {
    const options = { layers: wrong as never };
    expect(() => architecture(new ReLU(), options)).toThrow(message);
    expect(() => modelFromArchitecture("{}", options)).toThrow(ValueError);
  });
});

describe("what cannot be described", () => {
  class Loop extends Sequential {}
  it.each<[string, () => unknown, string]>([
    ["a subclass", () => architecture(new Loop()), "the model is a Loop, a class of your own"],
    ["no module", () => architecture(3 as never), "the model is 3; pass a module"],
    [
      "a layer within itself",
      () => {
        const list: Module[] = [];
        const model = new Sequential(...list);
        (model.layers as Module[]).push(model);
        return architecture(model);
      },
      "stands within itself",
    ],
    [
      "a shared weight",
      () => {
        const [first, second] = [new Dense(2, 2), new Dense(2, 2)];
        (second as { weight: Tensor }).weight = first.weight;
        // Beside a class of one's own, whose weights nobody can count.
        return architecture(new Sequential(first, second, new Twice(new ReLU(), 2)), { layers });
      },
      "layer 1 shares its weight with layer 0, which is not the same layer; make a class of your own",
    ],
    ...[undefined, null, 3, [1]].map((fields): [string, () => unknown, string] => [
      `a description that is ${JSON.stringify(fields)}`,
      () => {
        const format = { ...layers["Twice"]!, describe: () => fields as never };
        return architecture(new Twice(new ReLU(), 2), { layers: { Twice: format } });
      },
      "describe must return fields by name",
    ]),
    [
      "a weight that the class does not know",
      () => architecture(Object.assign(new Dense(2, 2), { more: parameter(zeros([3])) })),
      "hold 9 numbers, those of a model that is built anew would hold 6: a layer has a weight that",
    ],
    [
      "a replaced forward",
      () => architecture(Object.assign(new ReLU(), { forward: (x: Tensor) => x })),
      "is a ReLU whose forward was replaced",
    ],
    [
      "two types",
      () => architecture(new Sequential(new Dense(1, 1), new Dense(1, 1).to("float64"))),
      "weights of float32 and of float64",
    ],
    [
      "a tower",
      () =>
        architecture(
          Array.from({ length: 101 }).reduce<Module>((m) => new Sequential(m), new ReLU()),
        ),
      "lies more than 100 layers deep",
    ],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(ValueError);
    expect(call).toThrow(message);
  });
});

const conv = { type: "Conv2D", channels: 1, filters: 4, kernel: 3 };
/** The text of a model with one layer. */
const textOf = (layer: unknown, top: Record<string, unknown> = {}): string =>
  JSON.stringify({
    format: "convgrad architecture",
    version: 1,
    dtype: "float32",
    model: { type: "Sequential", layers: [{ type: "ReLU" }, layer] },
    ...top,
  });

describe("descriptions that are refused", () => {
  it.each<[string, string, string]>([
    ["no JSON", "{", 'the architecture has no text at character 1, near ""'],
    ["a list", "[]", "the architecture is [], no object"],
    ["another format", "{}", "has the format undefined"],
    [
      "a version to come",
      textOf(conv, { version: 2 }),
      "has the version 2; this convgrad reads version 1, update it",
    ],
    ["a dtype", textOf(conv, { dtype: "int32" }), 'has the dtype "int32"'],
    ["another field", textOf(conv, { extra: 1 }), 'has an unknown field "extra"'],
    [
      "a duplicate",
      textOf(conv).replace('"kernel":3', '"kernel":3,"kernel":4'),
      'has the key "kernel" twice at character',
    ],
    [
      "a prototype",
      textOf(conv).replace('"kernel"', '"__proto__"'),
      'the architecture has the key "__proto__"',
    ],
    ["a layer that is no object", textOf(3), "model.layers[1] is 3, no object"],
    [
      "a name of Object",
      textOf({ type: "constructor" }),
      'model.layers[1] has the type "constructor", which',
    ],
    ["no type", textOf({ kernel: 3 }), "model.layers[1] has the type undefined"],
    ["a missing field", textOf({ ...conv, kernel: undefined }), "model.layers[1] has no kernel"],
    [
      "an unknown field",
      textOf({ ...conv, strides: 1 }),
      'model.layers[1] has an unknown field "strides"',
    ],
    [
      "a wrong type",
      textOf({ ...conv, kernel: "five" }),
      'model.layers[1].kernel is "five"; it must be a whole number',
    ],
    ["half a filter", textOf({ ...conv, filters: 1.5 }), "model.layers[1].filters is 1.5"],
    [
      "a negative padding",
      textOf({
        ...conv,
        padding: [
          [1, -1],
          [0, 0],
        ],
      }),
      "model.layers[1].padding is",
    ],
    [
      "a mode",
      textOf({ ...conv, paddingMode: "mirror" }),
      'model.layers[1].paddingMode is "mirror"',
    ],
    [
      "what a layer refuses",
      textOf({ ...conv, groups: 3 }),
      "model.layers[1] is refused: Conv2D: 3 groups must divide",
    ],
    [
      "too many weights",
      textOf({ type: "Dense", inputs: 1e9, outputs: 1e9 }),
      "model.layers[1] brings the weights to 1000000001000000000 numbers, more than 268435456; raise the option parameters",
    ],
    [
      "a shared layer that is not there",
      textOf({ type: "Shared", id: 1 }),
      "model.layers[1].id is 1; no layer before has it",
    ],
    ["a shared layer without id", textOf({ type: "Shared" }), "model.layers[1] has no id"],
    [
      "an ancestor as shared layer",
      textOf({ type: "Sequential", id: 1, layers: [{ type: "Shared", id: 1 }] }),
      "model.layers[1].layers[0].id is 1; no layer before has it",
    ],
    [
      "layers that are none",
      textOf({ type: "Sequential", layers: {} }),
      "model.layers[1].layers is no list of layers",
    ],
    [
      "a long word",
      textOf({ ...conv, kernel: "x".repeat(1000) }),
      `kernel is "${"x".repeat(59)}…; it must be`,
    ],
    ["a deep tower", `${"[".repeat(1e6)}`, "the architecture is nested more than 210 deep"],
    [
      "too many layers",
      textOf({ type: "Sequential", layers: Array(50_000).fill({ type: "ReLU" }) }),
      "is more than layer 50000",
    ],
    [
      "layers in two places each, in each other",
      textOf(
        Array.from({ length: 40 }).reduce<Json>(
          (inner, _, i) => ({
            type: "Sequential",
            id: i + 1,
            layers: [inner, i === 0 ? { type: "ReLU" } : { type: "Shared", id: i }],
          }),
          { type: "ReLU" },
        ),
      ),
      "is more than layer 50000",
    ],
    ["no number", textOf(conv).replace(":3", ":.5"), "the architecture has no number at character"],
    ["a long text", " ".repeat(2 ** 24 + 1), "is 16777217 characters long, more than 16777216"],
  ])("%s", (_, text, message) => {
    expect(() => modelFromArchitecture(text)).toThrow(FormatError);
    expect(() => modelFromArchitecture(text)).toThrow(message);
  });

  it("have a limit of one's own", () => {
    const text = JSON.stringify(architecture(new Dense(10, 10)));
    expect(String(modelFromArchitecture(text, { parameters: 110 }))).toBe("Dense(10 → 10)");
    expect(() => modelFromArchitecture(text, { parameters: 109 })).toThrow(FormatError);
    expect(() => modelFromArchitecture(text, { parameters: -1 })).toThrow(ValueError);
  });
});

/** Small texts with most layers in them. */
const texts = [
  JSON.stringify(architecture(leNet5({ classes: 2 }))),
  JSON.stringify(architecture(resNet(8))),
  ...allCases.map((each) => JSON.stringify(architecture(each.make()))),
];
const pieces = [
  ...'{}[]",:0123456789-.e ntf\\',
  "null",
  "true",
  "1e999",
  '"__proto__":1,',
  "2147483647",
];

/** A text in which some places were cut out, doubled, or overwritten. */
const mutated = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        cut: fc.nat(3),
        put: fc.oneof(fc.constantFrom(...pieces, ""), fc.string({ maxLength: 3 })),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, changes]) =>
    changes.reduce((changed, { at, cut, put }) => {
      const place = Math.floor(at * changed.length);
      return changed.slice(0, place) + put + changed.slice(place + cut);
    }, text),
  );

describe("10,000 damaged descriptions", () => {
  it("are refused, or describe the model that is built", () => {
    let built = 0;
    fc.assert(
      fc.property(mutated, (text) => {
        let model: Module;
        try {
          model = modelFromArchitecture(text, { parameters: 100_000 });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          return;
        }
        built++;
        expect(Object.values(model.stateDict()).reduce((sum, p) => sum + p.size, 0)).toBeLessThan(
          100_001,
        );
        expect(architecture(again(model))).toEqual(architecture(model));
        expect(String(again(model))).toBe(String(model));
      }),
      { numRuns: 10_000, seed: 5 },
    );
    expect(built).toBeGreaterThan(100);
  });
});

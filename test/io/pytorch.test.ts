import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  manualSeed,
  noGrad,
  randn,
  ShapeError,
  type Tensor,
  ValueError,
  zeros,
} from "@convgrad/core";
import { decodeSafetensors, encodeSafetensors, fromPyTorch, toPyTorch } from "@convgrad/io";
import {
  BatchNorm2D,
  Conv2D,
  ConvTranspose2D,
  Dense,
  Flatten,
  GroupNorm,
  MaxPool,
  Module,
  PReLU,
  parameter,
  ReLU,
  Residual,
  SeparableConv2D,
  Sequential,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";
import { expectNumbers } from "../oracle/closeness.ts";
import { allCases, used } from "./layerCases.ts";

const golden = () =>
  decodeSafetensors(readFileSync(join(import.meta.dirname, "golden/pytorch-cnn.safetensors")))
    .tensors;
const cnn = () =>
  new Sequential(
    new Conv2D(1, 4, 3, { padding: 1 }),
    new BatchNorm2D(4),
    new ReLU(),
    new MaxPool(2),
    new Flatten(),
    new Dense(64, 3),
  );

describe("what PyTorch wrote", () => {
  it.each<[string, NonNullable<Parameters<typeof fromPyTorch>[2]>["rename"]]>([
    ["a map", { conv1: "0", bn: "1", fc: "5", input: null, logits: null }],
    [
      "a function",
      (name) => {
        const other = name.replace("conv1", "0").replace("bn", "1").replace("fc", "5");
        return other.includes(".") ? other : null;
      },
    ],
  ])("gives equal logits, renamed by %s", (_, rename) => {
    const tensors = golden();
    const model = cnn();
    model.loadStateDict(fromPyTorch(model, tensors, { rename: rename! }));
    const logits = noGrad(() => model.eval().forward(tensors["input"]!));
    const tolerance = { rtol: 1e-5, atol: 1e-6 };
    const expected = tensors["logits"]!;
    expect(logits.shape).toEqual(expected.shape);
    expectNumbers("logits", logits.toTypedArray(), expected.toTypedArray(), tolerance);
  });
});

describe("to PyTorch and back", () => {
  it.each(allCases)("$name", (each) => {
    const model = used(each);
    const back = fromPyTorch(model, toPyTorch(model));
    const values = (state: Record<string, Tensor>) =>
      Object.fromEntries(Object.entries(state).map(([name, x]) => [name, x.toArray()]));
    expect(values(back)).toEqual(values(model.stateDict()));
  });

  it("names and shapes are PyTorch's", () => {
    const model = new Sequential(
      new Conv2D(2, 3, 3),
      new BatchNorm2D(3),
      new Residual(new Sequential(new Flatten({ start: 2 }), new Dense(16, 16))),
      new SeparableConv2D(3, 5, 3, { bias: false }),
      new ConvTranspose2D(4, 6, 2, { groups: 2 }),
    );
    const state = toPyTorch(model);
    expect(
      Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape])),
    ).toEqual({
      "0.weight": [3, 2, 3, 3],
      "0.bias": [3],
      "1.weight": [3],
      "1.bias": [3],
      "1.running_mean": [3],
      "1.running_var": [3],
      "1.num_batches_tracked": [],
      "2.body.1.weight": [16, 16],
      "2.body.1.bias": [16],
      "3.depthwise.weight": [3, 1, 3, 3],
      "3.pointwise.weight": [5, 3, 1, 1],
      "4.weight": [4, 3, 2, 2],
      "4.bias": [6],
    });
    const dense = model.stateDict()["2.body.1.weight"]!;
    expect(state["2.body.1.weight"]!.toArray()).toEqual(dense.transpose(0, 1).toArray());
  });

  it("filters that are flipped are rotated", () => {
    const flipped = new Conv2D(2, 3, 3, { flip: true });
    const plain = new Conv2D(2, 3, 3);
    plain.loadStateDict(fromPyTorch(plain, toPyTorch(flipped)));
    const x = randn([1, 2, 5, 5]);
    expect(plain.forward(x).toArray()).toEqual(flipped.forward(x).toArray());
  });

  it("a layer in two places is listed twice, and read once or twice", () => {
    const dense = new Dense(3, 3, { bias: false });
    const model = new Sequential(dense, new ReLU(), dense);
    const state = toPyTorch(model);
    expect(Object.keys(state)).toEqual(["0.weight", "2.weight"]);
    const { "0.weight": first, "2.weight": second } = state as Record<string, Tensor>;
    const expected = dense.weight.toArray();
    for (const given of [{ "0.weight": first! }, { "2.weight": second! }, state]) {
      const back = fromPyTorch(model, given);
      expect(Object.keys(back)).toEqual(["0.weight"]);
      expect(back["0.weight"]!.toArray()).toEqual(expected);
    }
    expect(() => fromPyTorch(model, { ...state, "2.weight": zeros([3, 3]) })).toThrow(
      "fromPyTorch: 2.weight differs from 0.weight, which is the same parameter in this model",
    );
  });

  it("parameters that are views of the same memory are each their own", () => {
    class Tied extends Module {
      readonly encode: Tensor;
      readonly decode: Tensor;
      constructor() {
        super();
        const weight = randn([2, 3]);
        this.encode = parameter(weight);
        this.decode = parameter(weight.transpose(0, 1));
      }
      forward(x: Tensor): Tensor {
        return x.matmul(this.encode).matmul(this.decode);
      }
    }
    const [one, other] = [new Tied(), new Tied()];
    const state = toPyTorch(one);
    expect(Object.keys(state)).toEqual(["encode", "decode"]);
    other.loadStateDict(fromPyTorch(other, state));
    expect(other.encode.toArray()).toEqual(one.encode.toArray());
    expect(other.decode.toArray()).toEqual(one.decode.toArray());
  });

  it("a beginning may be taken off", () => {
    const model = new Sequential(new Dense(2, 3));
    const wrapped = Object.fromEntries(
      Object.entries(toPyTorch(model)).map(([name, x]) => [`module.net.${name}`, x]),
    );
    const back = fromPyTorch(model, wrapped, { rename: { "module.net": "" } });
    expect(Object.keys(back)).toEqual(["0.weight", "0.bias"]);
  });

  it("the count of batches may be absent", () => {
    const { num_batches_tracked: _, ...state } = toPyTorch(new BatchNorm2D(2));
    expect(fromPyTorch(new BatchNorm2D(2), state)["batchesTracked"]!.item()).toBe(0);
  });

  it("classes of one's own keep names", () => {
    class Own extends Module {
      readonly blocks = [new Dense(2, 3), new PReLU(3)];
      forward(x: Tensor): Tensor {
        return this.blocks.reduce((y, block) => block.forward(y), x);
      }
    }
    const state = toPyTorch(new Own(), { rename: { blocks: "features" } });
    expect(Object.keys(state)).toEqual([
      "features.0.weight",
      "features.0.bias",
      "features.1.weight",
    ]);
    expect(state["features.0.weight"]!.shape).toEqual([3, 2]);
  });
});

describe("what does not fit", () => {
  const model = new Sequential(new Dense(4, 2), new BatchNorm2D(2));
  const state = () => toPyTorch(model);
  const without = (name: string) => {
    const { [name]: _, ...rest } = state();
    return rest;
  };
  it.each<[string, () => unknown, typeof ValueError | typeof ShapeError, string]>([
    ["no model", () => fromPyTorch(3 as never, {}), ValueError, "the model is 3; pass a module"],
    [
      "no tensors",
      () => fromPyTorch(model, [] as never),
      ValueError,
      "the tensors are []; pass them by name",
    ],
    ["no tensor", () => fromPyTorch(model, { x: 3 } as never), ValueError, "entry x"],
    ["an option", () => toPyTorch(model, { name: 1 } as never), ValueError, 'no option "name"'],
    [
      "a list of names",
      () => toPyTorch(model, { rename: [] as never }),
      ValueError,
      "rename is []; pass a function",
    ],
    [
      "no name",
      () => toPyTorch(model, { rename: () => 3 as never }),
      ValueError,
      "rename gave 3 for 0.weight",
    ],
    [
      "equal names",
      () => toPyTorch(model, { rename: () => "x" }),
      ValueError,
      "rename makes two entries x, the second of 0.bias",
    ],
    [
      "names",
      () => fromPyTorch(model, { ...without("0.bias"), "fc.bias": zeros([2]) }),
      ValueError,
      'the names differ: missing 0.bias; unexpected fc.bias; pass { rename: { conv1: "0" } }',
    ],
    [
      "a shape",
      () => fromPyTorch(model, { ...state(), "1.weight": zeros([3]) }),
      ShapeError,
      "1.weight is [3], PyTorch's is [2]",
    ],
    [
      "our layout",
      () => fromPyTorch(model, { ...state(), "0.weight": model.stateDict()["0.weight"]! }),
      ShapeError,
      "0.weight is [4, 2], PyTorch's is [2, 4]: it is transposed already, so load it with loadStateDict",
    ],
    [
      "Keras's layout",
      () => fromPyTorch(new Conv2D(2, 5, 3), { weight: zeros([3, 3, 2, 5]), bias: zeros([5]) }),
      ShapeError,
      "weight is [3, 3, 2, 5], PyTorch's is [5, 2, 3, 3]: its axes come in the opposite order",
    ],
  ])("%s", (_, call, type, message) => {
    expect(call).toThrow(type);
    expect(call).toThrow(message);
  });
});

const python = process.env["CONVGRAD_ORACLE_PYTHON"];

/** The same layers there; it loads our file strictly, and writes what it makes of our input. */
const PROGRAM = `
import sys, torch
from torch import nn
from safetensors.torch import load_file, save_file
torch.set_num_threads(1)
model = nn.Sequential(
    nn.Conv2d(2, 4, 3, padding=1, groups=2), nn.BatchNorm2d(4), nn.PReLU(4),
    nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1), nn.GroupNorm(2, 6),
    nn.MaxPool2d(2), nn.Flatten(), nn.Linear(96, 5))
model.load_state_dict(load_file(sys.argv[1]), strict=True)
x = load_file(sys.argv[2])["x"]
with torch.no_grad():
    y = model.eval()(x)
save_file({"y": y, **model.state_dict()}, sys.argv[3])
`;

describe.skipIf(!python)("PyTorch itself ($CONVGRAD_ORACLE_PYTHON)", () => {
  it("loads our state strictly, gives equal logits, and its state loads here", async () => {
    manualSeed(1);
    const model = new Sequential(
      new Conv2D(2, 4, 3, { padding: 1, groups: 2 }),
      new BatchNorm2D(4),
      new PReLU(4),
      new ConvTranspose2D(4, 6, 3, { stride: 2, padding: 1, outputPadding: 1 }),
      new GroupNorm(2, 6),
      new MaxPool(2),
      new Flatten(),
      new Dense(96, 5),
    );
    noGrad(() => {
      for (const p of model.parameters()) p.assign(randn(p.shape));
      for (let i = 0; i < 3; i++) model.forward(randn([4, 2, 4, 4]));
    });
    const x = randn([3, 2, 4, 4]);
    const folder = mkdtempSync(join(tmpdir(), "convgrad-pytorch-"));
    const [state, input, output] = ["state", "input", "output"].map((name) => join(folder, name));
    try {
      writeFileSync(state!, await encodeSafetensors(toPyTorch(model)));
      writeFileSync(input!, await encodeSafetensors({ x }));
      execFileSync(python!, ["-c", PROGRAM, state!, input!, output!]);
      const { y, ...theirs } = decodeSafetensors(readFileSync(output!)).tensors;
      const ours = noGrad(() => model.eval().forward(x));
      const tolerance = { rtol: 1e-4, atol: 1e-5 };
      expectNumbers("logits", ours.toTypedArray(), y!.toTypedArray(), tolerance);
      const back = fromPyTorch(model, theirs);
      for (const [name, tensor] of Object.entries(model.stateDict())) {
        expect(back[name]!.toArray()).toEqual(tensor.toArray());
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

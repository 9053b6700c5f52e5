import { manualSeed, noGrad, randn, reference, scope, tensor, withBackend } from "@convgrad/core";
import {
  type BatchNorm2D,
  Conv2D,
  crossEntropy,
  Dropout,
  Dropout2D,
  dropout,
  dropout2d,
  Flatten,
  Identity,
  leNet5,
  type Module,
  ReLU,
  Reshape,
  Residual,
  resNet,
  SeparableConv2D,
  type Sequential,
  simpleCnn,
} from "@convgrad/layers";
import { SGD } from "@convgrad/optim";
import { createKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";

const wasm = createKernels({ threads: 2 });

describe("dropout", () => {
  it("drops a share of p and scales the rest, so that the mean stays", () => {
    manualSeed(2);
    const y = dropout(tensor(new Float32Array(20_000).fill(1)), 0.3).toTypedArray();
    const kept = [...y].filter((n) => n !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.7)]));
    expect(kept.length / y.length).toBeCloseTo(0.7, 2); // ± 3 standard deviations
  });

  it("drops the same cells for a seed on every backend and in every type", () => {
    const draw = (dtype: "float32" | "float64") => {
      manualSeed(11);
      const y = dropout(tensor(new Float64Array(64).fill(1), { dtype }), 0.5);
      return [...y.toTypedArray()];
    };
    const expected = withBackend(reference, () => draw("float64"));
    expect(withBackend(reference, () => draw("float32"))).toEqual(expected);
    expect(withBackend(wasm, () => draw("float32"))).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set([0, 2]));
  });

  it("sends gradients where it sends values", () => {
    const x = randn([50], { requiresGrad: true });
    const y = dropout(x, 0.5);
    y.sum().backward();
    const dropped = [...y.toTypedArray()].map((n) => (n === 0 ? 0 : 2));
    expect([...x.grad!.toTypedArray()]).toEqual(dropped);
  });

  it("is nothing in use and for p = 0, zeros for p = 1 even of infinities", () => {
    const x = tensor([1, Number.POSITIVE_INFINITY]);
    expect(new Dropout(0.9).eval().forward(x)).toBe(x);
    expect(dropout(x, 0)).toBe(x);
    expect(dropout(x, 1).toArray()).toEqual([0, 0]);
    expect(dropout(x, 1, { training: false })).toBe(x);
  });

  it("drops whole channels in 2-D", () => {
    manualSeed(1);
    const y = new Dropout2D(0.5).forward(
      tensor(new Float32Array(256).fill(1), { shape: [8, 8, 2, 2] }),
    );
    const sums = [...y.sum([2, 3]).toTypedArray()];
    expect(new Set(sums)).toEqual(new Set([0, 8]));
    expect(dropout2d(y, 1).sum().item()).toBe(0);
    expect([new Dropout(), new Dropout2D(0.25)].map(String)).toEqual([
      "Dropout(0.5)",
      "Dropout2D(0.25)",
    ]);
  });

  it("leaves the random sequence alone in a summary", () => {
    const draw = () => {
      manualSeed(9);
      return new Dropout(0.5);
    };
    const layer = draw();
    layer.summary([4]);
    const after = layer.forward(tensor([1, 1, 1, 1, 1, 1, 1, 1])).toArray();
    expect(
      draw()
        .forward(tensor([1, 1, 1, 1, 1, 1, 1, 1]))
        .toArray(),
    ).toEqual(after);
  });
});

describe("layers of shape", () => {
  it("reshape samples", () => {
    const layer = new Reshape(1, 2, -1);
    expect(layer.forward(randn([3, 8])).shape).toEqual([3, 1, 2, 4]);
    expect(String(layer)).toBe("Reshape([1, 2, -1])");
    expect(new Reshape().forward(randn([3, 1])).shape).toEqual([3]);
  });

  it("flatten from an axis on", () => {
    const x = randn([2, 3, 4, 5]);
    expect(new Flatten().forward(x).shape).toEqual([2, 60]);
    expect(new Flatten({ start: 2 }).forward(x).shape).toEqual([2, 3, 20]);
    expect(new Flatten({ start: 0 }).forward(x).shape).toEqual([120]);
    expect([new Flatten(), new Flatten({ start: 2 })].map(String)).toEqual([
      "Flatten",
      "Flatten(from axis 2)",
    ]);
  });

  it("identity is x itself", () => {
    const x = randn([2]);
    expect(new Identity().forward(x)).toBe(x);
    expect(String(new Identity())).toBe("Identity");
  });
});

describe("Residual", () => {
  it("adds what the body makes to the input, then activates", () => {
    const x = tensor([-3, 2], { shape: [1, 2] });
    expect(new Residual(new ReLU()).forward(x).toArray()).toEqual([[-3, 4]]);
    const active = new Residual(new ReLU(), { activation: new ReLU() });
    expect(active.forward(x).toArray()).toEqual([[0, 4]]);
  });

  it("has a shortcut where the shape changes, and names all parts", () => {
    const block = new Residual(new Conv2D(2, 4, 3, { stride: 2, padding: 1 }), {
      shortcut: new Conv2D(2, 4, 1, { stride: 2, bias: false }),
      activation: new ReLU(),
    });
    expect(block.namedParameters().map(([name]) => name)).toEqual([
      "body.weight",
      "body.bias",
      "shortcut.weight",
    ]);
    const { rows } = block.summary([2, 8, 8]);
    expect(rows.map(({ name, layer, receptiveField }) => [name, layer, receptiveField])).toEqual([
      ["body", "Conv2D(2 → 4, 3×3, stride 2×2, padding 1)", [3, 3]],
      ["shortcut", "Conv2D(2 → 4, 1×1, stride 2×2, no bias)", [1, 1]],
      ["sum", "body + shortcut", [3, 3]],
      ["activation", "ReLU", [3, 3]],
    ]);
  });
});

describe("SeparableConv2D", () => {
  it("is a convolution by channel and then one across them", () => {
    const layer = new SeparableConv2D(3, 5, 3, { padding: "same", stride: 2 });
    const x = randn([2, 3, 8, 8]);
    const { depthwise, pointwise } = layer;
    expect(layer.forward(x).toArray()).toEqual(pointwise.forward(depthwise.forward(x)).toArray());
    expect(layer.parameters().map((p) => p.shape)).toEqual([[3, 1, 3, 3], [3], [5, 3, 1, 1], [5]]);
    expect(layer.summary([3, 8, 8]).multiplyAdds).toBe(4 * 4 * 3 * 9 + 4 * 4 * 15);
    expect(String(layer)).toBe("SeparableConv2D(3 → 5, 3×3)");
    expect(new SeparableConv2D(3, 5, 3, { bias: false }).parameters()).toHaveLength(2);
  });
});

describe("models", () => {
  /** Parameters of the residual networks without the paper's projections: option A. */
  it.each([
    [8, 75_290],
    [20, 269_722],
    [32, 464_154],
    [44, 658_586],
    [56, 853_018],
    [110, 1_727_962],
  ])("resNet(%i) has %i parameters, as in the paper to two digits", (depth, expected) => {
    const { parameters, rows } = resNet(depth).summary([3, 32, 32]);
    expect(parameters).toBe(expected);
    const weighted = rows.filter(({ layer }) => /^(Conv2D|Dense)/.test(layer));
    expect(weighted).toHaveLength(depth);
  });

  it("resNet begins with filters of deviation √(2 / fanIn)", () => {
    manualSeed(0);
    const filters = resNet(20)
      .parameters()
      .filter((p) => p.rank === 4 && p.size > 2000);
    expect(filters).toHaveLength(18);
    for (const w of filters) {
      const fanIn = w.size / w.shape[0]!;
      expect(w.std().item() / Math.sqrt(2 / fanIn)).toBeCloseTo(1, 1);
    }
  });

  it("resNet(20) takes 40.6 million multiply-adds through 16, 32 and 64 channels", () => {
    const { multiplyAdds, rows } = resNet(20, { classes: 7 }).summary([3, 32, 32]);
    expect(multiplyAdds).toBe(40_550_848);
    expect(
      rows.filter(({ layer }) => layer === "body + shortcut").map((r) => r.outputShape),
    ).toEqual([
      ...new Array(3).fill([1, 16, 32, 32]),
      ...new Array(3).fill([1, 32, 16, 16]),
      ...new Array(3).fill([1, 64, 8, 8]),
    ]);
    expect(rows.at(-1)!.outputShape).toEqual([1, 7]);
  });

  it("simpleCnn has 79,426 parameters for digits, and fits images of other sizes", () => {
    expect(simpleCnn().summary([1, 28, 28])).toMatchObject({
      parameters: 79_426,
      multiplyAdds: 12_363_072,
    });
    for (const size of [4, 9, 16, 33]) {
      const model = simpleCnn({ classes: 3, channels: 2, size }).eval();
      expect(model.forward(randn([1, 2, size, size])).shape).toEqual([1, 3]);
    }
  });

  it("leNet5 has 61,706 parameters", () => {
    expect(leNet5().summary([1, 28, 28]).parameters).toBe(61_706);
    expect(leNet5({ classes: 3, channels: 2 }).forward(randn([2, 2, 28, 28])).shape).toEqual([
      2, 3,
    ]);
  });

  it.each<[name: string, make: () => Module, shape: number[]]>([
    ["simpleCnn", () => simpleCnn({ classes: 2, size: 12 }), [4, 1, 12, 12]],
    ["resNet", () => resNet(8, { classes: 2, channels: 1 }), [4, 1, 12, 12]],
    ["leNet5", () => leNet5({ classes: 2 }), [4, 1, 28, 28]],
  ])("%s learns four images by heart on wasm", (_, make, shape) => {
    withBackend(wasm, () => {
      manualSeed(6);
      const model = make();
      const [x, labels] = [randn(shape), tensor(Int32Array.of(0, 1, 1, 0))];
      const optimizer = new SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
      const step = () =>
        scope(() => {
          optimizer.zeroGrad();
          const loss = crossEntropy(model.forward(x), labels);
          loss.backward();
          optimizer.step();
          return loss.item();
        });
      const losses = Array.from({ length: 25 }, step);
      expect(losses.at(-1)).toBeLessThan(losses[0]! / 3);
    });
  });

  it("runs in float64, in training and in use, and moves its state to another of its kind", () => {
    const model = resNet(8, { channels: 1 }).to("float64");
    const x = randn([2, 1, 16, 16], { dtype: "float64" });
    expect(model.forward(x).dtype).toBe("float64");
    const other = resNet(8, { channels: 1 }).to("float64");
    other.loadStateDict(model.stateDict());
    const use = (m: Module) => noGrad(() => m.eval().forward(x).toArray());
    expect(use(other)).toEqual(use(model));
    const norm = (model as Sequential).layers[1] as BatchNorm2D;
    expect([norm.training, norm.batchesTracked!.item()]).toEqual([false, 1]);
  });
});

import {
  manualSeed,
  memory,
  rand,
  randn,
  randomState,
  ShapeError,
  type Tensor,
} from "@convgrad/core";
import {
  AvgPool,
  Conv2D,
  Dense,
  Flatten,
  leNet5,
  Module,
  ReLU,
  Sequential,
} from "@convgrad/layers";
import { describe, expect, it } from "vitest";

describe("summary", () => {
  it("gives LeNet-5's shapes, parameters, multiply-adds and receptive fields", () => {
    const { rows, parameters, multiplyAdds } = leNet5().summary([1, 28, 28]);
    expect(rows.map((row) => row.outputShape)).toEqual([
      [1, 6, 28, 28],
      [1, 6, 28, 28],
      [1, 6, 14, 14],
      [1, 16, 10, 10],
      [1, 16, 10, 10],
      [1, 16, 5, 5],
      [1, 400],
      [1, 120],
      [1, 120],
      [1, 84],
      [1, 84],
      [1, 10],
    ]);
    expect(rows.map((row) => row.parameters)).toEqual([
      156, 0, 0, 2416, 0, 0, 0, 48120, 0, 10164, 0, 850,
    ]);
    expect(parameters).toBe(61706);
    expect(multiplyAdds).toBe(
      28 * 28 * 6 * 25 + 10 * 10 * 16 * 150 + 400 * 120 + 120 * 84 + 84 * 10,
    );
    expect(rows.slice(0, 7).map((row) => row.receptiveField)).toEqual([
      [5, 5],
      [5, 5],
      [6, 6],
      [14, 14],
      [14, 14],
      [16, 16],
      [16, 16],
    ]);
    expect(rows.at(-1)!.receptiveField).toBe("all");
    expect(rows[5]!.receptiveStride).toEqual([4, 4]);
  });

  it("says what weight sharing saves: 208 parameters against 4.9 million", () => {
    const [row] = new Sequential(new Conv2D(1, 8, 5, { padding: "same" })).summary([
      1, 28, 28,
    ]).rows;
    expect(row!.parameters).toBe(208);
    expect(row!.parametersIfDense).toBe(784 * 6272 + 6272);
  });

  it("counts dilation, stride and groups", () => {
    const model = new Sequential(
      new Conv2D(4, 8, 3, { dilation: 2, stride: [2, 1], groups: 2, bias: false }),
      new AvgPool([2, 3], { stride: 1 }),
    );
    const [conv, pool] = model.summary([4, 15, 12]).rows;
    expect(conv!.outputShape).toEqual([1, 8, 6, 8]);
    expect(conv!.multiplyAdds).toBe(8 * 6 * 8 * 2 * 9);
    expect(conv!.receptiveField).toEqual([5, 5]);
    expect(pool!.receptiveField).toEqual([7, 7]);
    expect(pool!.receptiveStride).toEqual([2, 1]);
  });

  it("costs nothing: a VGG-sized layer in no time, no memory, parameters untouched", () => {
    const model = new Sequential(new Conv2D(64, 128, 3, { padding: 1 }));
    const before = model.parameters()[0]!.toArray();
    const { tensors, bytes } = memory();
    const { multiplyAdds } = model.summary([128, 64, 224, 224]);
    expect(multiplyAdds).toBe(128 * 224 * 224 * 128 * 64 * 9);
    expect(memory().tensors).toBe(tensors);
    expect(memory().bytes).toBe(bytes);
    expect(model.parameters()[0]!.toArray()).toEqual(before);
    expect(model.forward(randn([1, 64, 3, 3])).shape).toEqual([1, 128, 3, 3]);
  });

  it("prints a table with a line per layer and the totals", () => {
    const lines = String(leNet5().summary([1, 28, 28])).split("\n");
    expect(lines.length).toBe(2 + 1 + 12 + 2);
    expect(lines[3]).toMatch(
      /0 +Conv2D\(1 → 6, 5×5, padding 2\) +\[1, 6, 28, 28\] +156 +3,692,640 +117,600 +5×5/,
    );
    expect(lines.at(-1)).toMatch(/total +61,706 +416,520/);
  });

  it("shows a dash where a part does not say what it sees, and recovers after an error", () => {
    class Shift extends Module {
      forward(x: Tensor): Tensor {
        return x.add(1);
      }
    }
    const model = new Sequential(new Conv2D(1, 1, 3), new Shift(), new Flatten(), new Dense(16, 2));
    expect(model.summary([1, 6, 6]).rows.map((row) => row.receptiveField)).toEqual([
      [3, 3],
      null,
      null,
      "all",
    ]);
    expect(() => model.summary([1, 9, 9])).toThrow(/dense: expects 16 inputs but receives 49/);
    expect(Object.hasOwn(model.layers[0]!, "forward")).toBe(false);
    expect(() => model.summary([])).toThrow(ShapeError);
  });

  it("gives a layer that is used twice a row per call", () => {
    const relu = new ReLU();
    const model = new Sequential(new Dense(4, 3), relu, new Dense(3, 2), relu);
    const { rows, parameters } = model.summary([4]);
    expect(rows.map((row) => row.name)).toEqual(["0", "1", "2", "3"]);
    expect(rows.map((row) => row.layer)).toEqual(["Dense(4 → 3)", "ReLU", "Dense(3 → 2)", "ReLU"]);
    const square = new Dense(3, 3);
    const twice = new Sequential(square, square).summary([3]);
    expect(twice.rows.length).toBe(2);
    expect(twice.multiplyAdds).toBe(18);
    expect([parameters, twice.parameters]).toEqual([15 + 8, 12]);
    expect(Object.hasOwn(relu, "forward")).toBe(false);
  });

  it("leaves a forward that is the layer's own property where it was", () => {
    class Doubling extends Module {
      forward = (x: Tensor): Tensor => x.mul(2);
    }
    const layer = new Doubling();
    const { forward } = layer;
    const fixed = new Doubling();
    Object.defineProperty(fixed, "forward", { value: forward, writable: false });
    const model = new Sequential(layer, fixed);
    expect(model.summary([3]).rows.length).toBe(2);
    expect(layer.forward).toBe(forward);
    expect(Object.getOwnPropertyDescriptor(fixed, "forward")!.writable).toBe(false);
    expect(model.forward(randn([1, 3])).shape).toEqual([1, 3]);
  });

  it("does not advance the random sequence, on an error neither", () => {
    class Noise extends Module {
      forward(x: Tensor): Tensor {
        return x.add(rand(x.shape));
      }
    }
    manualSeed(3);
    const before = randomState();
    new Sequential(new Noise()).summary([4]);
    expect(randomState()).toEqual(before);
    const model = new Sequential(new Noise(), new Dense(3, 3));
    const { stream } = randomState();
    expect(() => model.summary([4])).toThrow(ShapeError);
    expect(randomState().stream).toBe(stream);
  });

  it("runs in the type of the parameters", () => {
    const model = new Sequential(new Dense(4, 3)).to("float64");
    expect(model.summary([4]).rows[0]!.outputShape).toEqual([1, 3]);
  });

  it("takes a layer that gives a scalar", () => {
    class Total extends Module {
      readonly inner = null;
      readonly scale = new Dense(1, 1).bias!;
      forward(x: Tensor): Tensor {
        return x.mul(this.scale).sum();
      }
    }
    const [row] = new Sequential(new Total()).summary([2, 4]).rows;
    expect(row!.outputShape).toEqual([]);
    expect(row!.parametersIfDense).toBe(4 + 1);
  });
});

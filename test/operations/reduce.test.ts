import { gradients, ones, type Tensor, tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";

const INF = Number.POSITIVE_INFINITY;
const NAN = Number.NaN;
const x = tensor([...Array(24).keys()], { shape: [2, 3, 4] });

describe("reductions over axes", () => {
  it("sum", () => {
    expect(x.sum().item()).toBe(276);
    expect(x.sum([]).toArray()).toEqual(x.toArray());
    expect(x.sum(0).toArray()).toEqual([
      [12, 14, 16, 18],
      [20, 22, 24, 26],
      [28, 30, 32, 34],
    ]);
    expect(x.sum(-1).toArray()).toEqual(x.sum(2).toArray());
    expect(x.sum([0, -1]).toArray()).toEqual([60, 92, 124]);
    expect(x.sum([-1, 0], true).toArray()).toEqual([[[60], [92], [124]]]);
    expect(x.sum(undefined, true).shape).toEqual([1, 1, 1]);
  });

  it("mean and variance", () => {
    expect(x.mean([0, 2]).toArray()).toEqual([7.5, 11.5, 15.5]);
    expect(tensor([1, 2, 4]).variance().item()).toBeCloseTo(7 / 3, 6);
    expect(tensor([1, 2, 4]).variance(0, true, 0).toArray()[0 as never]).toBeCloseTo(14 / 9, 6);
    expect(tensor([5]).variance().item()).toBeNaN(); // 0 degrees of freedom, as PyTorch
    expect(tensor([5]).variance(0, false, 0).item()).toBe(0);
  });

  it("of integers: sums stay exact, means and variances are float32", () => {
    const bytes = tensor(new Uint8Array([200, 100, 0]));
    expect(bytes.sum()).toMatchObject({ dtype: "int32" });
    expect(bytes.sum().item()).toBe(300);
    expect(bytes.mean().item()).toBe(100);
    expect(bytes.variance().item()).toBe(10_000);
    expect(bytes.max()).toMatchObject({ dtype: "uint8" });
    expect([bytes.max().item(), bytes.min().item()]).toEqual([200, 0]);
    expect(
      tensor(new Int32Array([3, -5, 4]))
        .min()
        .item(),
    ).toBe(-5);
    expect(
      tensor(new Int32Array([3, -5, 4]))
        .argmax()
        .item(),
    ).toBe(2);
  });

  it("max, min and argmax", () => {
    const y = tensor([
      [1, 5, 5],
      [7, -2, 7],
    ]);
    expect(y.max().item()).toBe(7);
    expect(y.max(0).toArray()).toEqual([7, 5, 7]);
    expect(y.max(-1, true).toArray()).toEqual([[5], [7]]);
    expect(y.min([0, 1], true).toArray()).toEqual([[-2]]);
    expect(y.argmax().item()).toBe(3);
    expect(y.argmax(1).toArray()).toEqual([1, 0]); // the first of equals
    expect(y.argmax(0, true).toArray()).toEqual([[1, 0, 1]]);
    expect(y.argmax(1).dtype).toBe("int32");
    expect(y.transpose().max(0).toArray()).toEqual([5, 7]);
    expect(y.flip(1).argmax(1).toArray()).toEqual([0, 0]);
    expect(tensor(4).max().item()).toBe(4);
    expect(tensor([-INF, -INF]).max().item()).toBe(-INF);
  });

  it("the first of equal maxima takes the whole gradient", () => {
    const y = tensor([[2, 1, 2], [3, 3, 0]], { requiresGrad: true }); // biome-ignore format: a matrix
    y.max(1).sum().backward();
    expect(y.grad!.toArray()).toEqual([
      [1, 0, 0],
      [1, 0, 0],
    ]);
    y.grad = null;
    y.min([0, 1]).backward();
    expect(y.grad!.add(0).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 1],
    ]);
    y.grad = null;
    y.max([1, 0]).backward(); // row-major, whatever the order of the axes named
    expect(y.grad!.toArray()).toEqual([
      [0, 0, 0],
      [1, 0, 0],
    ]);
  });

  it("of nothing", () => {
    const empty = ones([2, 0]);
    expect(empty.sum(1).toArray()).toEqual([0, 0]);
    expect(empty.sum(0).shape).toEqual([0]);
    expect(empty.mean().item()).toBeNaN();
    expect(ones([0, 2]).max(1).shape).toEqual([0]); // no row, so no maximum is missing
  });

  it("carry small terms beside large ones", () => {
    const y = tensor([2 ** 24, ...new Array<number>(64).fill(1)]);
    expect(y.sum().item()).toBe(2 ** 24 + 64);
  });

  it("have gradients on views", () => {
    const y = tensor([[1, 2], [3, 5]], { requiresGrad: true }); // biome-ignore format: a matrix
    const [g] = gradients(y.transpose().variance(0).sum(), [y]);
    expect(g!.toArray()).toEqual([
      [-1, 1],
      [-2, 2],
    ]);
  });
});

describe("softmax, logSoftmax and logSumExp", () => {
  const rows = (values: number[][]) => tensor(values, { dtype: "float64", requiresGrad: true });
  const sums = (y: Tensor) => y.exp().sum(-1).toTypedArray();

  it("are stable at ±1000", () => {
    const y = rows([
      [1000, 1000],
      [-1000, -1001],
      [1000, -1000],
    ]);
    expect(y.logSumExp(1).toTypedArray()[0]).toBeCloseTo(1000 + Math.log(2), 10);
    expect(y.logSumExp(1).toTypedArray()[1]).toBeCloseTo(-1000 + Math.log1p(Math.exp(-1)), 10);
    for (const total of sums(y.logSoftmax())) expect(total).toBeCloseTo(1, 12);
    expect(y.softmax().toArray()[2 as never]).toEqual([1, 0]);
    const g = gradients(y.logSoftmax().slice([0, 0], [3, 1]).sum(), [y])[0]!.toArray();
    expect(g[0 as never]).toEqual([0.5, -0.5]);
    expect(g[2 as never]).toEqual([0, 0]);
  });

  it("take −∞ for an impossible class", () => {
    const y = rows([[0, -INF, 0]]);
    expect(y.softmax().toArray()).toEqual([[0.5, 0, 0.5]]);
    expect(y.logSumExp().item()).toBeCloseTo(Math.log(2), 12);
    expect(gradients(y.logSumExp(), [y])[0]!.toArray()).toEqual([[0.5, 0, 0.5]]);
  });

  it("of infinite rows", () => {
    expect(
      rows([[-INF, -INF]])
        .logSumExp()
        .item(),
    ).toBe(-INF);
    expect(
      rows([[INF, 1]])
        .logSumExp()
        .item(),
    ).toBe(INF);
    expect(
      rows([[-INF, -INF]])
        .softmax()
        .toArray(),
    ).toEqual([[NAN, NAN]]); // as PyTorch
  });

  it("run along any axis, and over several", () => {
    const y = rows([
      [1, 2],
      [3, 4],
    ]);
    expect(y.softmax(0).sum(0).toTypedArray()[1]).toBeCloseTo(1, 12);
    const all = Math.log([1, 2, 3, 4].reduce((sum, v) => sum + Math.exp(v), 0));
    expect(y.logSumExp().item()).toBeCloseTo(all, 12);
    expect(y.logSumExp([0, 1], true).shape).toEqual([1, 1]);
    expect(y.logSumExp([-1, 0]).shape).toEqual([]);
  });
});

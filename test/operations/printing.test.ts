import { inspect } from "node:util";
import { arange, scope, tensor, zeros } from "@convgrad/core";
import { describe, expect, it } from "vitest";

const lines = (...text: string[]) => text.join("\n");

describe("a tensor as text", () => {
  it("shows its numbers in columns, and what is not the default", () => {
    expect(String(tensor(2))).toBe("tensor(2)");
    expect(String(tensor([1, -0.123456789], { requiresGrad: true }))).toBe(
      "tensor([ 1.0000, -0.1235], requiresGrad)",
    );
    expect(String(tensor([[1, 22], [-3, 4]], { dtype: "int32" }))).toBe(
      lines("tensor([[ 1, 22],", "        [-3,  4]], int32)"),
    ); // biome-ignore format: a matrix
    expect(String(tensor(new Uint8Array([0, 1, 255])))).toBe("tensor([  0,   1, 255], uint8)");
    expect(String(arange(8).reshape([2, 2, 2]))).toBe(
      lines(
        "tensor([[[0, 1],",
        "         [2, 3]],",
        "",
        "        [[4, 5],",
        "         [6, 7]]], shape [2, 2, 2])",
      ),
    );
  });

  it("has five digits of the largest number, as many after every point, and none too many", () => {
    expect(String(tensor([0.5, 1]))).toBe("tensor([0.5, 1.0])");
    expect(String(tensor([100.5, 0.123]))).toBe("tensor([100.50,   0.12])");
    expect(String(tensor([0.00123456, 0.1]))).toBe("tensor([0.00123, 0.10000])");
    expect(String(tensor([12345.6, -0.9]))).toBe("tensor([12346,    -1])");
    expect(String(tensor([0.999999999]))).toBe("tensor([1])");
  });

  it("has exponents for all or none: where a number would be long, or read as 0", () => {
    expect(String(tensor([123456.7, 1]))).toBe("tensor([1.2346e+5, 1.0000e+0])");
    expect(String(tensor([1e-10, 2.5]))).toBe("tensor([1.0e-10,  2.5e+0])");
    expect(String(tensor([1e-5, -2e-5]))).toBe("tensor([ 1e-5, -2e-5])");
    expect(String(tensor([0, 0.25]))).toBe("tensor([0.00, 0.25])");
    expect(String(tensor([0, 1e-12]))).toBe("tensor([ 0e+0, 1e-12])");
    expect(String(tensor([2 ** 31 - 1, -1], { dtype: "int32" }))).toBe(
      "tensor([2147483647,         -1], int32)",
    );
    expect(String(tensor([2 ** 24, 1]))).toBe("tensor([16777216,        1])");
  });

  it("keeps the sign of −0, as NumPy does", () => {
    expect(String(tensor([-0, 0, 1]))).toBe("tensor([-0,  0,  1])");
    expect(String(tensor([-0, 0.25]))).toBe("tensor([-0.00,  0.25])");
    expect(String(tensor([-0, 1e-12]))).toBe("tensor([-0e+0, 1e-12])");
  });

  it("knows NaN, infinities and nothing", () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(String(tensor([Number.NaN, inf, -inf, 1.5]))).toBe("tensor([ NaN,  inf, -inf,  1.5])");
    expect(String(tensor([inf]))).toBe("tensor([inf])");
    expect(String(tensor([Number.NaN]))).toBe("tensor([NaN])");
    expect(String(zeros([2, 0]))).toBe("tensor([], shape [2, 0])");
    expect(String(zeros([3]))).toBe("tensor([0, 0, 0])");
  });

  it("breaks long lines", () => {
    const text = String(arange(30).mul(0.5)).split("\n");
    expect(text).toHaveLength(3);
    expect(Math.max(...text.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(text[1]).toBe(
      `        ${[6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.5, 11, 11.5].map((v) => v.toFixed(1).padStart(4)).join(", ")},`,
    );
    expect(text[2]!.startsWith("        12.0, 12.5")).toBe(true);
  });

  it("of many elements shows the ends of long axes, and then tells the shape", () => {
    expect(String(arange(8))).toBe("tensor([0, 1, 2, 3, 4, 5, 6, 7])");
    expect(String(arange(1000))).toBe("tensor([  0,   1,   2, …, 997, 998, 999], shape [1000])");
    const text = String(arange(1e4).reshape([100, 100]).transpose()).split("\n");
    expect(text).toHaveLength(7);
    expect(text[0]).toBe("tensor([[   0,  100,  200, …, 9700, 9800, 9900],");
    expect(text[3]).toBe("        …,");
    expect(text[6]).toBe("        [  99,  199,  299, …, 9799, 9899, 9999]], shape [100, 100])");
    const flipped = String(arange(1200).reshape([600, 2]).flip());
    expect(flipped.split("\n")[0]).toBe("tensor([[1199, 1198],");
  });

  it("is short below the depth of util.inspect, and coloured on request", () => {
    const nested = { a: { b: { c: tensor([1, 2]) } } };
    expect(inspect(nested, { depth: 1 })).toContain("[Object]");
    expect(inspect([tensor([1, 2])], { depth: -1 })).not.toContain("tensor(");
    expect(inspect(tensor([1, 2]), { depth: -1 })).toBe("[Tensor float32 [2]]");
    expect(inspect({ x: tensor([1.5]) }, { colors: true })).toBe(
      "{ x: tensor([\u001B[33m1.5\u001B[39m]) }",
    );
    const two = tensor([[1], [2]]);
    expect(inspect({ two }).split("\n").at(-2)).toMatch(/^ {10}\[2\]\]\)$/);
  });

  it("is what console.log shows, also of a released tensor", () => {
    expect(inspect(tensor([1, 2]))).toBe("tensor([1, 2])");
    const lost = scope(() => ({
      get: (
        (x) => () =>
          x
      )(tensor([1, 2])),
    })).get();
    expect(inspect(lost)).toBe("tensor(released, shape [2])");
  });

  it("goes through JSON and back", () => {
    const x = tensor(
      [
        [1, 2.5],
        [3, 4],
      ],
      { dtype: "float64" },
    );
    const { data, shape, dtype } = JSON.parse(JSON.stringify({ x: x.transpose() })).x;
    expect(tensor(data, { shape, dtype }).toArray()).toEqual([
      [1, 3],
      [2.5, 4],
    ]);
  });
});

import { inspect } from "node:util";
import { arange, scope, tensor, zeros } from "@convgrad/core";
import { describe, expect, it } from "vitest";

describe("a tensor as text", () => {
  it("shows its numbers, and what is not the default", () => {
    expect(String(tensor(2))).toBe("tensor(2)");
    expect(String(tensor([1, -0.123456789], { requiresGrad: true }))).toBe(
      "tensor([1, -0.12346], requiresGrad)",
    );
    expect(
      `${tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: "int32" },
      )}`,
    ).toBe("tensor([[1, 2],\n        [3, 4]], int32)");
    expect(String(zeros([2, 0]))).toBe("tensor([[],\n        []])");
  });

  it("shortens long axes and then tells the shape", () => {
    expect(String(arange(8))).toBe("tensor([0, 1, 2, …, 5, 6, 7])");
    expect(String(arange(100))).toBe("tensor([0, 1, 2, …, 97, 98, 99], shape [100])");
    const lines = String(arange(1e4).reshape([100, 100])).split("\n");
    expect(lines).toHaveLength(7);
    expect(lines[0]).toBe("tensor([[0, 1, 2, …, 97, 98, 99],");
    expect(lines[6]).toBe("        [9900, 9901, 9902, …, 9997, 9998, 9999]], shape [100, 100])");
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

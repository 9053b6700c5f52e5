import { concat, dilate, ones, stack, type Tensor, tensor } from "@convgrad/core";
import { describe, expect, it } from "vitest";

const x = tensor([...Array(6).keys()], { shape: [2, 3] });

describe("views share memory", () => {
  it("reshape, permute, slice, flip, broadcast, windows, squeeze, unsqueeze, flatten, detach", () => {
    for (const view of [
      x.reshape([3, 2]),
      x.permute([1, 0]),
      x.transpose(),
      x.slice([1]),
      x.flip(),
      x.broadcastTo([4, 2, 3]),
      x.windows([1, 2]),
      x.unsqueeze(0).squeeze(),
      x.flatten(),
      x.detach(),
      x.contiguous(),
    ])
      expect(view.storage).toBe(x.storage);
    expect(x.clone().storage).not.toBe(x.storage);
    expect(x.transpose().contiguous().storage).not.toBe(x.storage);
  });
});

describe("reshape", () => {
  it("infers one size", () => {
    expect(x.reshape([-1]).shape).toEqual([6]);
    expect(x.reshape([3, -1]).shape).toEqual([3, 2]);
    expect(x.reshape([-1, 6]).shape).toEqual([1, 6]);
    expect(ones([0, 3]).reshape([-1, 3]).shape).toEqual([0, 3]);
    expect(tensor(1).reshape([1, 1]).reshape([]).item()).toBe(1);
  });

  it("keeps row-major order on every layout, as a view where one exists", () => {
    const values = (y: Tensor) => [...y.toTypedArray()];
    const flipped = x.flip();
    expect(values(flipped.reshape([3, 2]))).toEqual([5, 4, 3, 2, 1, 0]);
    expect(flipped.reshape([6]).storage).toBe(x.storage); // one negative stride
    expect(values(x.flip(0).reshape([6]))).toEqual([3, 4, 5, 0, 1, 2]);
    expect(values(x.transpose().reshape([2, 3]))).toEqual([0, 3, 1, 4, 2, 5]);
    const repeated = tensor([7]).broadcastTo([2, 3]);
    expect(repeated.reshape([3, 2]).storage).toBe(repeated.storage); // strides of 0 stay
    expect(values(repeated.reshape([3, 2]))).toEqual([7, 7, 7, 7, 7, 7]);
    const rows = tensor([[1], [2]]).broadcastTo([2, 3]);
    expect(values(rows.reshape([3, 2]))).toEqual([1, 1, 1, 2, 2, 2]);
    expect(values(rows.slice([0, 1]).reshape([4]))).toEqual([1, 1, 2, 2]);
    expect(values(x.slice([0, 0], [], [1, 2]).reshape([2, 1, 2, 1]))).toEqual([0, 2, 3, 5]);
    expect(values(x.windows([1, 2]).reshape([-1]))).toEqual(
      values(x.windows([1, 2]).clone().reshape([-1])),
    );
    expect(x.slice([0, 0], [0]).transpose().reshape([0, 5]).shape).toEqual([0, 5]);
  });

  it("splits and merges around axes of size 1 and strides that do not line up", () => {
    const big = tensor([...Array(24).keys()], { shape: [2, 3, 4] });
    for (const view of [big, big.permute([1, 0, 2]), big.permute([2, 1, 0]), big.slice([0, 1, 1])])
      for (const shape of [[-1], [1, -1, 1], [view.shape[0]!, 1, -1], [-1, view.shape[2]!]])
        expect(view.reshape(shape).toTypedArray()).toEqual(view.toTypedArray());
  });
});

describe("axes", () => {
  it("permute and transpose count from either end", () => {
    const big = ones([2, 3, 4]);
    expect(big.permute([-1, 0, 1]).shape).toEqual([4, 2, 3]);
    expect(big.transpose().shape).toEqual([2, 4, 3]);
    expect(big.transpose(0, -1).shape).toEqual([4, 3, 2]);
    expect(tensor(1).permute([]).item()).toBe(1);
  });

  it("squeeze and unsqueeze", () => {
    const y = ones([1, 2, 1]);
    expect(y.squeeze().shape).toEqual([2]);
    expect(y.squeeze(0).shape).toEqual([2, 1]);
    expect(y.squeeze([-1, 0]).shape).toEqual([2]);
    expect(y.squeeze([]).shape).toEqual([1, 2, 1]);
    expect(y.unsqueeze(-1).shape).toEqual([1, 2, 1, 1]);
    expect(y.unsqueeze(0).shape).toEqual([1, 1, 2, 1]);
    expect(ones([1, 1]).squeeze().item()).toBe(1);
  });

  it("flatten", () => {
    expect(ones([2, 3, 4]).flatten().shape).toEqual([24]);
    expect(ones([2, 3, 4]).flatten(1).shape).toEqual([2, 12]);
    expect(ones([2, 0, 4]).flatten(1).shape).toEqual([2, 0]);
    expect(tensor(1).flatten().shape).toEqual([1]);
  });

  it("stand in their hundreds", () => {
    const y = x.reshape([2, ...new Array<number>(100).fill(1), 3]);
    expect(y.rank).toBe(102);
    expect(y.transpose(0, -1).add(1).sum().item()).toBe(21);
  });
});

describe("slice", () => {
  it("reads as NumPy's x[start:stop:step]", () => {
    const y = tensor([...Array(10).keys()]);
    const at = (start: number | null, stop?: number | null, step = 1) =>
      y.slice([start], [stop ?? null], [step]).toArray();
    expect(at(2, 5)).toEqual([2, 3, 4]);
    expect(at(null, -7)).toEqual([0, 1, 2]);
    expect(at(-3)).toEqual([7, 8, 9]);
    expect(at(1, 9, 3)).toEqual([1, 4, 7]);
    expect(at(0, 10, 20)).toEqual([0]);
    expect(at(-99, 2)).toEqual([0, 1]);
    expect(at(8, 99)).toEqual([8, 9]);
    expect(at(5, 5)).toEqual([]);
    expect(at(7, 3)).toEqual([]);
    expect(at(99)).toEqual([]);
  });

  it("leaves axes without an entry whole", () => {
    expect(x.slice([1]).toArray()).toEqual([[3, 4, 5]]);
    expect(x.slice([null, 1]).shape).toEqual([2, 2]);
    expect(x.slice([], [1]).shape).toEqual([1, 3]);
    expect(x.slice([])).toMatchObject({ shape: [2, 3] });
  });

  it("composes with flips and slices of views", () => {
    expect(x.flip(1).slice([0, 1], [], [1, 1]).flip(0).toArray()).toEqual([
      [4, 3],
      [1, 0],
    ]);
  });
});

describe("pad and dilate", () => {
  it("put cells around the last axes", () => {
    expect(x.pad([[1, 2]]).toArray()).toEqual([
      [0, 0, 1, 2, 0, 0],
      [0, 3, 4, 5, 0, 0],
    ]);
    expect(
      x
        .pad(
          [
            [1, 0],
            [0, 1],
          ],
          -1,
        )
        .toArray(),
    ).toEqual([
      [-1, -1, -1, -1],
      [0, 1, 2, -1],
      [3, 4, 5, -1],
    ]);
    expect(x.pad([[0, 0]])).toBe(x);
    expect(
      x
        .transpose()
        .flip()
        .pad([[0, 1]], Number.NaN)
        .toArray()[0 as never],
    ).toEqual([5, 2, Number.NaN]);
  });

  it("fill an empty tensor with the value", () => {
    expect(
      ones([0])
        .pad([[1, 2]], 9)
        .toArray(),
    ).toEqual([9, 9, 9]);
    expect(tensor(3).pad([]).item()).toBe(3);
  });

  it("put zeros between neighbours", () => {
    expect(dilate(tensor([1, 2, 3]), [2]).toArray()).toEqual([1, 0, 0, 2, 0, 0, 3]);
    expect(dilate(x, [1, 0]).shape).toEqual([3, 3]);
    expect(dilate(ones([0]), [3]).shape).toEqual([0]);
    expect(dilate(ones([1]), [3]).toArray()).toEqual([1]);
  });
});

describe("concat and stack", () => {
  it("put tensors side by side along any axis", () => {
    expect(concat([x, x.flip(1)]).shape).toEqual([4, 3]);
    expect(concat([x, tensor([[8], [9]])], -1).toArray()).toEqual([
      [0, 1, 2, 8],
      [3, 4, 5, 9],
    ]);
    expect(concat([ones([0, 3]), x, ones([0, 3])]).toArray()).toEqual(x.toArray());
    expect(concat([x]).toArray()).toEqual(x.toArray());
    expect(concat([x]).storage).not.toBe(x.storage);
  });

  it("keep the type", () => {
    expect(concat([tensor(new Uint8Array([1])), tensor(new Uint8Array([2]))]).dtype).toBe("uint8");
  });

  it("stack along a new axis", () => {
    const [a, b] = [tensor([1, 2]), tensor([3, 4])];
    expect(stack([a, b]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(stack([a, b], -1).toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect(stack([tensor(1), tensor(2)]).toArray()).toEqual([1, 2]);
  });

  it("hand each its part of the gradient, the same tensor twice too", () => {
    const y = tensor([1, 2], { requiresGrad: true });
    concat([y, y.flip(), tensor([9])])
      .mul(tensor([1, 10, 100, 1000, 5]))
      .sum()
      .backward();
    expect(y.grad!.toArray()).toEqual([1001, 110]);
  });
});

describe("gather", () => {
  it("picks along an axis, with repeats and in any number", () => {
    const index = tensor([[2, 0, 0, 1], [1, 1, 1, 1]], { dtype: "int32" }); // biome-ignore format: a matrix
    expect(x.gather(1, index).toArray()).toEqual([
      [2, 0, 0, 1],
      [4, 4, 4, 4],
    ]);
    expect(x.gather(-2, tensor([[1, 0, 1]], { dtype: "int32" })).toArray()).toEqual([[3, 1, 5]]);
    expect(x.gather(0, ones([0, 3], { dtype: "int32" })).shape).toEqual([0, 3]);
  });

  it("adds up the gradients of a cell that was picked twice", () => {
    const y = tensor([1, 2, 3], { requiresGrad: true });
    y.gather(0, tensor([2, 2, 0], { dtype: "int32" }))
      .mul(tensor([1, 10, 100]))
      .sum()
      .backward();
    expect(y.grad!.toArray()).toEqual([100, 0, 11]);
  });
});

describe("windows", () => {
  it("show y[…, i, j, u, v] = x[…, u·s + i·d, v·s + j·d]", () => {
    const y = tensor([...Array(7).keys()]);
    expect(y.windows([3]).toArray()).toEqual([
      [0, 1, 2, 3, 4],
      [1, 2, 3, 4, 5],
      [2, 3, 4, 5, 6],
    ]);
    expect(y.windows([2], { stride: 3, dilation: 2 }).toArray()).toEqual([
      [0, 3],
      [2, 5],
    ]);
    const z = y.slice([1]).reshape([2, 3]);
    expect(z.windows([2, 2], { stride: [1, 1], dilation: [1, 1] }).shape).toEqual([2, 2, 1, 2]);
    expect(z.windows([]).toArray()).toEqual(z.toArray());
  });

  it("leave the axes in front alone", () => {
    expect(ones([5, 0, 4, 4]).windows([2, 2], { stride: 2 }).shape).toEqual([5, 0, 2, 2, 2, 2]);
  });
});

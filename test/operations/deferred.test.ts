import {
  axpby,
  contract,
  gradients,
  keep,
  MemoryError,
  memory,
  noGrad,
  scope,
  setBackend,
  type Tensor,
  tensor,
  zeros,
} from "@convgrad/core";
import { conv2d, dense, relu } from "@convgrad/layers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fusing } from "./fusing.ts";

const numbers = (shape: number[], scale = 1): Tensor =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => Math.sin(i * 1.7 + 0.3) * scale,
    ),
    { shape, requiresGrad: true },
  );

let { kernels, log, live, refuse } = fusing();
beforeEach(() => {
  ({ kernels, log, live, refuse } = fusing());
  setBackend(kernels);
});
afterEach(() => setBackend("reference"));

const values = (...xs: Tensor[]) => xs.map((x) => [...x.toTypedArray()]);

describe("a deferred contraction", () => {
  const program = () => {
    const [x, w, b] = [numbers([2, 3, 6, 5]), numbers([4, 3, 3, 2]), numbers([4])];
    const z = conv2d(x, w, b, { stride: [2, 1], padding: 1 });
    const y = relu(z);
    return values(y, ...gradients(y.mul(y).sum(), [x, w, b]), z);
  };

  it("takes the bias and relu along, and its fold", () => {
    const found = program();
    expect(log).toEqual(["contract + bias + relu", "contract", "contractFold", "contract + bias"]);
    setBackend("reference");
    const expected = program();
    found.forEach((row, i) => {
      row.forEach((value, k) => {
        expect(value).toBeCloseTo(expected[i]![k]!, 4);
      });
    });
  });

  it("folds through the reshapes of groups", () => {
    const [x, w] = [numbers([2, 4, 5, 5]), numbers([6, 2, 3, 3])];
    const grouped = () => values(...gradients(conv2d(x, w, null, { groups: 2 }).sum(), [x, w]));
    const found = grouped();
    expect(log.filter((name) => name === "contractFold")).toHaveLength(1);
    setBackend("reference");
    const expected = grouped();
    found.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(expected.flat()[i]!, 4);
    });
  });

  it("takes the bias along through the reshapes of groups", () => {
    const [x, w, b] = [numbers([2, 4, 5, 5]), numbers([8, 1, 3, 3]), numbers([8])];
    const grouped = () => values(relu(conv2d(x, w, b, { groups: 4 })));
    const found = grouped();
    expect(log).toEqual(["contract + bias + relu"]);
    setBackend("reference");
    found[0]!.forEach((value, i) => {
      expect(value).toBeCloseTo(grouped()[0]![i]!, 4);
    });
  });

  it("is computed once, however often it is read", () => {
    const y = dense(numbers([3, 4]), numbers([4, 5]), numbers([5]));
    expect(log).toEqual([]);
    values(y, y, y.add(1));
    expect(log).toEqual(["contract + bias"]);
  });

  it("is never computed when nobody reads it, and leaves nothing behind", () => {
    const before = [memory().tensors, live()];
    scope(() => {
      const z = dense(numbers([3, 4]), numbers([4, 5]), numbers([5]));
      relu(z).sum().item();
    });
    expect(log).toEqual(["contract + bias + relu"]);
    expect([memory().tensors, live()]).toEqual(before);
  });

  it("has the value that it had when it was written down, whatever happens to its operands", () => {
    const [a, b, bias] = [numbers([2, 3]), numbers([3, 2]), numbers([2])];
    const product = contract("mk, kn -> mn", a, b);
    const sum = product.add(bias);
    const expected = noGrad(() => {
      setBackend("reference");
      const now = values(contract("mk, kn -> mn", a, b), contract("mk, kn -> mn", a, b).add(bias));
      return now;
    });
    noGrad(() => {
      b.assign(7);
      axpby(1, numbers([2]), 1, bias);
    });
    expect(values(b)[0]).toEqual([7, 7, 7, 7, 7, 7]);
    values(product, sum).forEach((row, i) => {
      row.forEach((value, k) => {
        expect(value).toBeCloseTo(expected[i]![k]!, 5);
      });
    });
  });
});

/** a·b of fresh tensors without gradients, with the numbers it is to have. */
function product(): { a: Tensor; b: Tensor; y: Tensor; expected: number[] } {
  const [a, b] = [numbers([2, 3]).detach(), numbers([3, 2]).detach()];
  const [p, q] = values(a, b);
  const expected = [0, 1, 2, 3].map((at) =>
    [0, 1, 2].reduce((sum, k) => sum + p![3 * (at >> 1) + k]! * q![2 * k + (at % 2)]!, 0),
  );
  return { a, b, y: contract("mk, kn -> mn", a, b), expected };
}

/** Doubles a tensor in place although there is no room for anything. */
function doubleWithoutRoom(a: Tensor): void {
  const still = zeros(a.shape).neg(); // computed, hence where the kernels are
  refuse(true);
  axpby(1, still, 2, a);
  refuse(false);
}

function expectValues(y: Tensor, expected: readonly number[]): void {
  const [found] = values(y);
  expect(found).toHaveLength(expected.length);
  found!.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 5);
  });
}

describe("how long a deferred contraction lives", () => {
  it("kept, it is computed at once and keeps none of its operands", () => {
    const before = [memory().tensors, live()];
    const { y, expected } = scope(() => {
      const { y, expected } = product();
      keep(y);
      expect(log).toEqual(["contract"]);
      return { y, expected };
    });
    expect([memory().tensors, live()]).toEqual(before.map((n) => n! + 1));
    expectValues(y, expected);
    expect(log).toEqual(["contract"]);
  });

  it("returned from its scope, it takes its operands along until it is read", () => {
    scope(() => {
      const before = [memory().tensors, live()];
      const inner = scope(() => {
        const { y, expected } = product();
        return { y, expected, sum: y.add(numbers([2])) };
      });
      expect(log).toEqual([]);
      expectValues(inner.y, inner.expected);
      expect(values(inner.sum)[0]).toHaveLength(4);
      expect([memory().tensors, live()]).toEqual(before.map((n) => n! + 2));
    });
  });

  it("lost by a throw, it leaves nothing behind", () => {
    const before = [memory().tensors, live()];
    const lose = () =>
      scope(() => {
        throw new Error(
          `mine, ${
            product()
              .y.add(numbers([2]))
              .relu().shape
          }`,
        );
      });
    expect(lose).toThrow("mine, 2,2");
    expect([memory().tensors, live()]).toEqual(before);
    expect(log).toEqual([]);
  });

  it("seen through a view, it is computed for the view and for itself once", () => {
    const { y, expected } = product();
    expectValues(
      y.transpose(),
      [0, 2, 1, 3].map((i) => expected[i]!),
    );
    expectValues(y.slice([1]), expected.slice(2));
    expectValues(
      y.flip().relu(),
      expected.toReversed().map((x) => Math.max(x, 0)),
    );
    expect(log).toEqual(["contract"]);
  });

  it("is computed by the backend that it was asked of, whichever is selected when it is read", () => {
    const { y, expected } = product();
    const other = fusing();
    setBackend(other.kernels);
    const z = y.relu();
    expect(log).toEqual(["contract"]);
    expectValues(
      z,
      expected.map((x) => Math.max(x, 0)),
    );
    expectValues(y, expected);
    expect(other.log).toEqual([]);
    setBackend("reference");
    expectValues(y, expected);
  });

  it("may be added to a view of itself, although its operands live for it alone", () => {
    const y = scope(() => contract("k, kn -> n", numbers([3]).detach(), numbers([3, 4]).detach()));
    const sum = y.add(y.flip());
    numbers([7]); // takes the first memory that somebody gave back
    const [row] = values(y);
    expectValues(
      sum,
      row!.map((value, i) => value + row!.at(-1 - i)!),
    );
  });

  it("has gradients of gradients", () => {
    const program = () => {
      const [x, w, b] = [numbers([1, 2, 5, 4]), numbers([3, 2, 2, 3]), numbers([3])];
      const y = conv2d(x, w, b, { stride: [1, 2], padding: 1 }).tanh();
      const first = gradients(y.mul(y).sum(), [x, w, b], { createGraph: true });
      const along = first.map((g) => g.mul(g).sum()).reduce((sum, term) => sum.add(term));
      return values(...first, ...gradients(along, [x, w, b]));
    };
    const found = program();
    setBackend("reference");
    const expected = program();
    found.forEach((row, i) => {
      row.forEach((value, k) => {
        expect(Math.abs(value - expected[i]![k]!)).toBeLessThan(1e-3);
      });
    });
  });
});

describe("a deferred contraction whose memory runs out", () => {
  it("stays deferred when there is no room for its value, and is computed later", () => {
    const { y, expected } = product();
    refuse(true);
    expect(() => values(y)).toThrow(MemoryError);
    expect(() => y.add(1)).toThrow(MemoryError);
    refuse(false);
    expectValues(y, expected);
  });

  it("does not stand in the way of an update, but cannot be read after it", () => {
    const { a, b, y } = product();
    doubleWithoutRoom(a);
    expect(() => values(y)).toThrow(MemoryError);
    expect(() => values(y)).toThrow("an operand was overwritten before this value was needed");
    expectValues(b, values(numbers([3, 2]))[0]!);
    const doubled = values(numbers([2, 3]))[0]!.map((x) => 2 * x);
    expectValues(a, doubled);
  });

  it("says nothing about values that are asked for after the update", () => {
    const { a, b, y, expected } = product();
    doubleWithoutRoom(a);
    const twice = contract("mk, kn -> mn", a, b);
    expectValues(
      twice,
      expected.map((x) => 2 * x),
    );
    expect(() => values(y)).toThrow(MemoryError);
  });

  it("holds none of its operands when another cannot be computed", () => {
    const before = [memory().tensors, live()];
    scope(() => {
      const first = numbers([2, 2]).detach().neg();
      const { y } = product();
      refuse(true);
      expect(() => contract("mk, kn -> mn", first, y)).toThrow(MemoryError);
      expect(() => contract("mk, kn -> mn", y, first)).toThrow(MemoryError);
      expect(() => contract("mk, kn -> mn", first, first).add(y.sum([0]))).toThrow(MemoryError);
      refuse(false);
    });
    expect([memory().tensors, live()]).toEqual(before);
  });

  it("leaves nothing behind", () => {
    const before = [memory().tensors, live()];
    scope(() => {
      const { a, y } = product();
      doubleWithoutRoom(a);
      expect(() => values(y)).toThrow(MemoryError);
    });
    expect([memory().tensors, live()]).toEqual(before);
  });
});

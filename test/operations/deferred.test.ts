import {
  axpby,
  contract,
  gradients,
  type Kernels,
  memory,
  noGrad,
  scope,
  setBackend,
  type Tensor,
  tensor,
  type View,
} from "@convgrad/core";
import { conv2d, dense, relu } from "@convgrad/layers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foreign } from "./foreign.ts";

/** A backend with fused kernels, composed from its own plain ones, that writes down what it was asked for. */
function fusing(): { kernels: Kernels; log: string[]; live: () => number } {
  const { kernels: plain, live } = foreign();
  const log: string[] = [];
  const temporary = (shape: readonly number[], run: (view: View) => void) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const buffer = plain.allocate("float32", size);
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    run({ buffer, dtype: "float32", shape, strides, offset: 0 });
    plain.release(buffer);
  };
  const kernels: Kernels = {
    ...plain,
    contract: () => {
      throw new Error("nobody asks for the plain kernel where there is a fused one");
    },
    fused: {
      contract(a, b, letters, { bias, relu: hasRelu }, out) {
        log.push(`contract${bias ? " + bias" : ""}${hasRelu ? " + relu" : ""}`);
        plain.contract(a, b, letters, out);
        if (bias)
          temporary(out.shape, (sum) => {
            plain.zip("add", out, bias, sum);
            plain.copy(sum, out);
          });
        if (hasRelu)
          temporary(out.shape, (y) => {
            plain.map("relu", out, y);
            plain.copy(y, out);
          });
      },
      contractFold(a, b, letters, { kernel, stride, dilation }, out) {
        log.push("contractFold");
        const size = (letter: string) =>
          letters.a.includes(letter)
            ? a.shape[letters.a.indexOf(letter)]!
            : b.shape[letters.b.indexOf(letter)]!;
        temporary([...letters.out].map(size), (columns) => {
          plain.contract(a, b, letters, columns);
          plain.fill(0, out);
          const rank = kernel.length;
          const steps = out.strides.slice(-rank);
          plain.accumulate(columns, {
            ...out,
            shape: columns.shape,
            strides: [
              ...out.strides.slice(0, -rank),
              ...steps.map((s, i) => s * dilation[i]!),
              ...steps.map((s, i) => s * stride[i]!),
            ],
          });
        });
      },
    },
  };
  return { kernels, log, live };
}

const numbers = (shape: number[], scale = 1): Tensor =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => Math.sin(i * 1.7 + 0.3) * scale,
    ),
    { shape, requiresGrad: true },
  );

let log: string[];
let live: () => number;
beforeEach(() => {
  const backend = fusing();
  ({ log, live } = backend);
  setBackend(backend.kernels);
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

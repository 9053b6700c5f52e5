import { type Kernels, MemoryError, type View } from "@convgrad/core";
import { foreign } from "./foreign.ts";

/** A backend with fused kernels, for tests. */
export interface Fusing {
  readonly kernels: Kernels;
  /** The fused kernels that ran. */
  readonly log: string[];
  /** Blocks in use. */
  readonly live: () => number;
  /** Lets every allocation fail from now on, or succeed again. */
  readonly refuse: (all: boolean) => void;
}

/** A backend with fused kernels, composed from its own plain ones, that writes down what it was asked for. */
export function fusing(): Fusing {
  const { kernels: plain, live } = foreign();
  const log: string[] = [];
  let isFull = false;
  const temporary = (shape: readonly number[], run: (view: View) => void) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const buffer = plain.allocate("float32", size);
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
    run({ buffer, dtype: "float32", shape, strides, offset: 0 });
    plain.release(buffer);
  };
  const kernels: Kernels = {
    ...plain,
    allocate: (dtype, length) => {
      if (isFull) throw new MemoryError("allocate", "no room, says the test");
      return plain.allocate(dtype, length);
    },
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
  const refuse = (all: boolean) => {
    isFull = all;
  };
  return { kernels, log, live, refuse };
}

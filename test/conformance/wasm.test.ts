import type { DType, Shape, View } from "@convgrad/core";
import { contiguousLayout } from "@convgrad/core";
import { createKernels, type WasmKernels } from "@convgrad/wasm";
import { describe, expect, it } from "vitest";
import { arrayOf } from "./placements.ts";
import { conformance } from "./suite.ts";

/** One unit in the last place: a result so near to the middle of two numbers may be rounded to the other one. */
const rounding = { rtol: 2 ** -23, atol: 0 };
const tolerances = {
  exp: rounding,
  log: rounding,
  tanh: rounding,
  sigmoid: rounding,
  sin: rounding,
  cos: rounding,
  erf: rounding,
  pow: rounding,
};

for (const threads of [1, 3]) {
  conformance(`wasm with threads: ${threads}`, () => createKernels({ threads }), {
    dtypes: ["float32", "int32", "uint8"],
    tolerances,
  });
}

/** A contiguous view of numbers that no sum of them is exact for; whole numbers below 4 in integers. */
function filled(kernels: WasmKernels, dtype: DType, shape: Shape): View {
  const values = arrayOf(
    dtype,
    shape.reduce((size, n) => size * n, 1),
  );
  for (let i = 0; i < values.length; i++) {
    values[i] = dtype === "float32" ? Math.sin(i) : Math.floor(2 + 2 * Math.sin(i));
  }
  const buffer = kernels.allocate(dtype, values.length);
  kernels.write(buffer, values);
  return { buffer, dtype, ...contiguousLayout(shape) };
}

const IMAGES = [8, 5, 60, 70];
/** The windows of 3 by 3 over images, one apart: each cell is shown nine times. */
const windowsOf = (x: View): View => ({
  ...x,
  shape: [8, 5, 3, 3, 58, 68],
  strides: [...x.strides, ...x.strides.slice(2)],
});

/** Kernels on images large enough to be done in parts, and the output of each. */
const LARGE: Readonly<Record<string, (kernels: WasmKernels, x: View) => View>> = {
  fill: (kernels, x) => {
    kernels.fill(0.1, x);
    return x;
  },
  copy: (kernels, x) => {
    const out = filled(kernels, "uint8", IMAGES);
    kernels.copy(x, out);
    return out;
  },
  map: (kernels, x) => {
    const out = filled(kernels, "float32", IMAGES);
    kernels.map("exp", x, out);
    return out;
  },
  "zip with a bias": (kernels, x) => {
    const out = filled(kernels, "float32", IMAGES);
    const bias = { ...filled(kernels, "float32", [5]), shape: IMAGES, strides: [0, 1, 0, 0] };
    kernels.zip("add", x, bias, out);
    return out;
  },
  axpby: (kernels, x) => {
    const out = filled(kernels, "float32", IMAGES);
    kernels.axpby(0.1, x, 0.9, out);
    return out;
  },
  accumulate: (kernels, x) => {
    kernels.accumulate(filled(kernels, "float32", [8, 5, 3, 3, 58, 68]), windowsOf(x));
    return x;
  },
  "sum of all": (kernels, x) => {
    const out = filled(kernels, "float32", [1, 1, 1, 1]);
    kernels.sum(x, out);
    return out;
  },
  "sum per channel": (kernels, x) => {
    const out = filled(kernels, "float32", [1, 5, 1, 1]);
    kernels.sum(x, out);
    return out;
  },
  "sum over samples": (kernels, x) => {
    const out = filled(kernels, "float32", [1, 5, 60, 70]);
    kernels.sum(x, out);
    return out;
  },
  argmax: (kernels, x) => {
    const out = filled(kernels, "int32", [8, 5, 1, 1, 58, 68]);
    kernels.argmax(windowsOf(x), [2, 3], out);
    return out;
  },
  gather: (kernels, x) => {
    const out = filled(kernels, "float32", [8, 5, 60, 90]);
    kernels.gather(x, filled(kernels, "int32", [8, 5, 60, 90]), 3, out);
    return out;
  },
  scatterAdd: (kernels, x) => {
    const values = filled(kernels, "float32", [8, 5, 60, 90]);
    kernels.scatterAdd(values, filled(kernels, "int32", [8, 5, 60, 90]), 3, x);
    return x;
  },
};

describe("integers from float32", () => {
  const kernels = createKernels({ threads: 1 });
  const values = [2 ** 31, -(2 ** 31), 2 ** 32 + 512, -3e9, 1e20, -1e30, Number.NaN, -1.9, 300.5];
  const cells = Float32Array.from([...values, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  for (const dtype of ["int32", "uint8"] as const) {
    it(`are those of JavaScript beyond the range of ${dtype}`, () => {
      const x = kernels.allocate("float32", cells.length);
      kernels.write(x, cells);
      const layout = contiguousLayout([cells.length]);
      const out: View = { buffer: kernels.allocate(dtype, cells.length), dtype, ...layout };
      kernels.copy({ buffer: x, dtype: "float32", ...layout }, out);
      const expected = arrayOf(dtype, cells.length);
      expected.set(cells);
      expect(kernels.read(out)).toEqual(expected);
    });
  }
});

describe("parts of a kernel", () => {
  const [alone, together] = [createKernels({ threads: 1 }), createKernels({ threads: 3 })];
  for (const [name, run] of Object.entries(LARGE)) {
    it(`${name} has the same bits on one thread and on three`, async () => {
      await together.engine.pool.settled();
      const [a, b] = [alone, together].map((kernels) =>
        kernels.read(run(kernels, filled(kernels, "float32", IMAGES))),
      );
      expect(Buffer.compare(bytesOf(a!), bytesOf(b!))).toBe(0);
    });
  }
});

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength).slice();
}

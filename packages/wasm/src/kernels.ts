import { contiguousLayout, isContiguous, type Kernels, sizeOf, type View } from "@convgrad/core";
import { adam } from "./adam.ts";
import { contract, contractFold } from "./contraction.ts";
import { accumulate, axpby, copy, fill, map, select, zip } from "./elementwise.ts";
import type { Engine } from "./engine.ts";
import { Block } from "./heap.ts";
import { moments, normalize, normalizeGradients } from "./normalization.ts";
import { random } from "./random.ts";
import { argmax, sum } from "./reduce.ts";
import { gather, scatterAdd } from "./select.ts";
import { winners } from "./winners.ts";

/** The `wasm` backend on an engine. */
export interface WasmKernels extends Kernels {
  readonly engine: Engine;
}

/** Everything but the float64 that only the reference backend computes in. */
export function kernelsOn(engine: Engine): WasmKernels {
  const read: Kernels["read"] = (view) => {
    const size = sizeOf(view.shape);
    const cells = engine.array(view.dtype);
    const first = engine.address(view) / cells.BYTES_PER_ELEMENT;
    if (isContiguous(view)) return cells.slice(first, first + size);
    const block = engine.allocate(view.dtype, size);
    try {
      const dense: View = { buffer: block, dtype: view.dtype, ...contiguousLayout(view.shape) };
      copy(engine, view, dense);
      return read(dense);
    } finally {
      engine.release(block);
    }
  };
  return {
    engine,
    name: "wasm",
    dtypes: ["float32", "int32", "uint8"],
    /** Those that were asked for and live; one that is still starting counts. */
    get threads() {
      return 1 + engine.pool.size;
    },
    get trouble() {
      return engine.pool.trouble;
    },
    settle: () => engine.pool.settled(),
    allocate: (dtype, length) => engine.allocate(dtype, length),
    release: (buffer) => engine.release(buffer as Block),
    owns: (buffer) => buffer instanceof Block && buffer.heap === engine.heap,
    write: (buffer, values) => {
      const { dtype, address } = buffer as Block;
      const cells = engine.array(dtype);
      cells.set(values, address / cells.BYTES_PER_ELEMENT);
    },
    read,
    fill: (value, out) => fill(engine, value, out),
    copy: (x, out) => copy(engine, x, out),
    map: (op, x, out) => map(engine, op, x, out),
    zip: (op, a, b, out) => zip(engine, op, a, b, out),
    select: (condition, a, b, out) => select(engine, condition, a, b, out),
    sum: (x, out) => sum(engine, x, out),
    argmax: (x, axes, out) => argmax(engine, x, axes, out),
    winners: (x, pooling, out) => winners(engine, x, pooling, out),
    axpby: (alpha, x, beta, out) => axpby(engine, alpha, x, beta, out),
    contract: (a, b, letters, out) => contract(engine, a, b, letters, null, out),
    accumulate: (x, out) => accumulate(engine, x, out),
    gather: (x, index, axis, out) => gather(engine, x, index, axis, out),
    scatterAdd: (x, index, axis, out) => scatterAdd(engine, x, index, axis, out),
    random: (distribution, state, out) => random(engine, distribution, state, out),
    fused: {
      contract: (a, b, letters, epilogue, out) => contract(engine, a, b, letters, epilogue, out),
      contractFold: (a, b, letters, window, out) =>
        contractFold(engine, a, b, letters, window, out),
      adam: (g, factors, moving) => adam(engine, g, factors, moving),
      moments: (x, mean, variance) => moments(engine, x, mean, variance),
      normalize: (x, mean, variance, weight, bias, epsilon, out) =>
        normalize(engine, x, mean, variance, weight, bias, epsilon, out),
      normalizeGradients: (g, x, mean, variance, weight, epsilon, gradients) =>
        normalizeGradients(engine, g, x, mean, variance, weight, epsilon, gradients),
    },
  };
}

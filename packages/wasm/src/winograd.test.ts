import type { Epilogue } from "@convgrad/core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Convolution } from "./convolution.ts";
import { createKernels, type WasmKernels } from "./index.ts";
import { suitsWinograd, winogradFilters, winogradForward, winogradImage } from "./winograd.ts";

/** Largest error, as a share of the exact result's root mean square, for up to 256 channels. */
const LAW = 2e-5;
const RUNS = Number(process.env["LAW_RUNS"] ?? 20);

/** Sizes of a convolution and what lies around its tensors, filled with NaN that nobody may read. */
interface Case {
  readonly n: number;
  readonly c: number;
  readonly o: number;
  readonly h: number;
  readonly w: number;
  /** Of the filters, in both directions. */
  readonly size: 3 | 5;
  /** Rows and columns of the image beyond those that windows cover. */
  readonly below: number;
  readonly right: number;
  /** Elements between the rows of y, and between its planes. */
  readonly gap: number;
  /** Filters lie as [c, i, j, o] instead of [o, c, i, j]. */
  readonly turned: boolean;
}
const plain = { size: 3 as const, below: 0, right: 0, gap: 0, turned: false };

/** Normally distributed numbers, the same for the same seed. */
function normals(seed: number, length: number, scale = 1): Float32Array {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float32Array.from(
    { length },
    () => scale * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

type Strides = Readonly<Record<string, number>>;

/** Where each tensor of a case lies in an array of its own, in elements. */
function layoutOf(k: Case) {
  const [rows, columns] = [k.h + k.size - 1 + k.below, k.w + k.size - 1 + k.right];
  const taps = k.size ** 2;
  const x: Strides = { n: k.c * rows * columns, c: rows * columns, h: columns, w: 1 };
  const plane = k.h * (k.w + k.gap) + k.gap;
  const y: Strides = { n: k.o * plane, o: plane, h: k.w + k.gap, w: 1 };
  const filters: Strides = k.turned
    ? { o: 1, c: taps * k.o, i: k.size * k.o, j: k.o }
    : { o: taps * k.c, c: taps, i: k.size, j: 1 };
  const lengths = { x: k.n * x["n"]!, y: k.n * y["n"]!, filters: taps * k.o * k.c };
  return { x, y, filters, lengths, rows, columns };
}
type Data = Readonly<Record<"x" | "y" | "filters", Float32Array>>;

/** Whether an element of x, or of y, is one that the convolution reads or writes. */
const isInX = (k: Case, i: number) => {
  const { x, rows, columns } = layoutOf(k);
  const [h, w] = [Math.floor(i / columns) % rows, i % columns];
  return i < k.n * x["n"]! && h < k.h + k.size - 1 && w < k.w + k.size - 1;
};
const isInY = (k: Case, i: number) => {
  const { y } = layoutOf(k);
  const inPlane = i % y["o"]!;
  return inPlane < k.h * y["h"]! && inPlane % y["h"]! < k.w;
};

/** Random tensors; NaN where the windows and y do not lie. */
function randomData(k: Case, seed = 1): Data {
  const { lengths } = layoutOf(k);
  return {
    x: normals(seed, lengths.x).map((v, i) => (isInX(k, i) ? v : Number.NaN)),
    y: normals(seed + 1, lengths.y).map((v, i) => (isInY(k, i) ? v : Number.NaN)),
    filters: normals(seed + 2, lengths.filters, Math.sqrt(2 / (k.size ** 2 * k.c))),
  };
}

/** The exact results in float64; NaN where y does not lie, 0 where windows do not. */
function exact(k: Case, data: Data) {
  const { x, filters, y, lengths } = layoutOf(k);
  const results = {
    x: new Float64Array(lengths.x),
    y: new Float64Array(lengths.y).map((_, i) => (isInY(k, i) ? 0 : Number.NaN)),
    filters: new Float64Array(lengths.filters),
  };
  for (let n = 0; n < k.n; n++)
    for (let o = 0; o < k.o; o++)
      for (let c = 0; c < k.c; c++)
        for (let i = 0; i < k.size; i++)
          for (let j = 0; j < k.size; j++) {
            const atW =
              o * filters["o"]! + c * filters["c"]! + i * filters["i"]! + j * filters["j"]!;
            const atX = n * x["n"]! + c * x["c"]! + i * x["h"]! + j;
            addTap(k, data, results, atX, atW, n * y["n"]! + o * y["o"]!);
          }
  return results;
}

/** One tap of one filter on one plane. */
function addTap(
  k: Case,
  data: Data,
  results: Readonly<Record<"x" | "y" | "filters", Float64Array>>,
  x: number,
  atW: number,
  y: number,
): void {
  const w = data.filters[atW]!;
  const layout = layoutOf(k);
  let sum = 0;
  for (let row = 0; row < k.h; row++) {
    const [fromX, fromY] = [x + row * layout.x["h"]!, y + row * layout.y["h"]!];
    for (let column = 0; column < k.w; column++) {
      const [atX, atY] = [fromX + column, fromY + column];
      results.y[atY]! += data.x[atX]! * w;
      results.x[atX]! += data.y[atY]! * w;
      sum += data.x[atX]! * data.y[atY]!;
    }
  }
  results.filters[atW]! += sum;
}

/** A case in a backend's memory. */
function placed(kernels: WasmKernels, k: Case, data: Data) {
  const { engine } = kernels;
  const layout = layoutOf(k);
  const blocks = {
    x: engine.allocate("float32", layout.lengths.x),
    y: engine.allocate("float32", layout.lengths.y),
    filters: engine.allocate("float32", layout.lengths.filters),
  };
  for (const name of ["x", "y", "filters"] as const) kernels.write(blocks[name], data[name]);
  const { n, c, o, h, w } = k;
  const conv: Convolution = {
    sizes: { n, c, o, h, w, i: k.size, j: k.size },
    x: {
      address: blocks.x.address,
      strides: { ...layout.x, i: layout.x["h"]!, j: 1 } as Convolution["x"]["strides"],
    },
    y: { address: blocks.y.address, strides: layout.y as Convolution["y"]["strides"] },
    filters: {
      address: blocks.filters.address,
      strides: layout.filters as Convolution["filters"]["strides"],
    },
  };
  const read = (name: keyof Data) =>
    kernels.read({
      buffer: blocks[name],
      dtype: "float32",
      shape: [layout.lengths[name]],
      strides: [1],
      offset: 0,
    }) as Float32Array;
  const release = () => {
    for (const block of Object.values(blocks)) engine.release(block);
  };
  return { conv, read, release };
}

type Pass = "forward" | "image" | "filters";

/** What one pass computes. */
function computed(
  kernels: WasmKernels,
  k: Case,
  data: Data,
  pass: Pass,
  epilogue: Epilogue | null = null,
): Float32Array {
  const { conv, read, release } = placed(kernels, k, data);
  const { rows, columns } = layoutOf(k);
  try {
    if (pass === "forward") winogradForward(kernels.engine, conv, epilogue);
    else if (pass === "image") winogradImage(kernels.engine, conv, [rows, columns]);
    else winogradFilters(kernels.engine, conv);
    return read(pass === "forward" ? "y" : pass === "image" ? "x" : "filters");
  } finally {
    release();
  }
}

/** The largest error over the root mean square of what is wanted; infinite where NaN stands in one of them alone. */
function errorOf(got: Float32Array, wanted: Float64Array): number {
  let [largest, squares, count] = [0, 0, 0];
  wanted.forEach((value, i) => {
    if (Number.isNaN(value) !== Number.isNaN(got[i]!)) largest = Number.POSITIVE_INFINITY;
    if (Number.isNaN(value)) return;
    largest = Math.max(largest, Math.abs(got[i]! - value));
    squares += value * value;
    count++;
  });
  return largest / Math.sqrt(squares / count);
}

function suits(k: Case): boolean {
  const { x, y, filters } = layoutOf(k);
  return suitsWinograd({
    sizes: { n: k.n, c: k.c, o: k.o, h: k.h, w: k.w, i: k.size, j: k.size },
    x: {
      address: 0,
      strides: { ...x, i: x["h"]!, j: 1 } as Convolution["x"]["strides"],
    },
    y: { address: 0, strides: y as Convolution["y"]["strides"] },
    filters: { address: 0, strides: filters as Convolution["filters"]["strides"] },
  });
}

const cases: fc.Arbitrary<Case> = fc
  .record({
    n: fc.integer({ min: 1, max: 5 }),
    c: fc.integer({ min: 4, max: 32 }),
    o: fc.integer({ min: 4, max: 32 }),
    h: fc.integer({ min: 1, max: 35 }),
    w: fc.integer({ min: 1, max: 35 }),
    size: fc.constantFrom(3 as const, 5 as const),
    below: fc.integer({ min: 0, max: 3 }),
    right: fc.integer({ min: 0, max: 3 }),
    gap: fc.integer({ min: 0, max: 2 }),
    turned: fc.boolean(),
  })
  .filter(suits);

let alone: WasmKernels;
let crews: readonly WasmKernels[];
beforeAll(async () => {
  alone = createKernels({ threads: 1 });
  crews = [2, 3].map((threads) => createKernels({ threads }));
  await Promise.all(crews.map(({ engine }) => engine.pool.settled()));
});
afterAll(() => {
  for (const { engine } of crews) engine.pool.resize(0);
});

describe("Winograd's convolution", () => {
  it("and its gradients are those of the direct one", () => {
    fc.assert(
      fc.property(cases, fc.nat(), (k, seed) => {
        const data = randomData(k, seed);
        const wanted = exact(k, data);
        expect(errorOf(computed(alone, k, data, "forward"), wanted.y)).toBeLessThan(LAW);
        expect(errorOf(computed(alone, k, data, "image"), wanted.x)).toBeLessThan(LAW);
        expect(errorOf(computed(alone, k, data, "filters"), wanted.filters)).toBeLessThan(LAW);
      }),
      { numRuns: RUNS },
    );
  });

  it.each([
    { ...plain, n: 4, c: 64, o: 64, h: 16, w: 16 },
    { ...plain, n: 4, c: 256, o: 24, h: 8, w: 8 },
    { ...plain, n: 4, c: 24, o: 256, h: 8, w: 8 },
    // More tiles in a row, or in a sample, than in a block.
    { ...plain, n: 1, c: 8, o: 9, h: 6, w: 801, gap: 1 },
    { ...plain, n: 2, c: 9, o: 8, h: 45, w: 45, below: 1, right: 2 },
    { ...plain, n: 40, c: 16, o: 16, h: 4, w: 4 },
    { ...plain, size: 5 as const, n: 64, c: 6, o: 16, h: 10, w: 10 },
    { ...plain, size: 5 as const, n: 2, c: 64, o: 64, h: 14, w: 14 },
    { ...plain, size: 5 as const, n: 1, c: 4, o: 9, h: 6, w: 401, gap: 1 },
    { ...plain, size: 5 as const, n: 2, c: 9, o: 5, h: 45, w: 43, below: 1, right: 2 },
  ])("is accurate: $n × $c → $o, $h × $w by $size × $size", (k) => {
    const data = randomData(k);
    const wanted = exact(k, data);
    expect(suits(k)).toBe(true);
    expect(errorOf(computed(alone, k, data, "forward"), wanted.y)).toBeLessThan(LAW);
    expect(errorOf(computed(alone, k, data, "image"), wanted.x)).toBeLessThan(LAW);
    expect(errorOf(computed(alone, k, data, "filters"), wanted.filters)).toBeLessThan(LAW);
  });

  it.each([3, 5] as const)("is its gradients' adjoint, %i × %i", (size) => {
    const k = { ...plain, size, n: 3, c: 16, o: 12, h: 15, w: 18 };
    const data = randomData(k);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
    const forward = dot(computed(alone, k, data, "forward"), data.y);
    expect(dot(computed(alone, k, data, "image"), data.x) / forward).toBeCloseTo(1, 4);
    expect(dot(computed(alone, k, data, "filters"), data.filters) / forward).toBeCloseTo(1, 4);
  });

  it("has the same bits whatever the number of threads", () => {
    const shapes: Case[] = [
      { ...plain, n: 7, c: 13, o: 22, h: 17, w: 14 },
      { ...plain, n: 1, c: 64, o: 64, h: 33, w: 31 },
      { ...plain, size: 5, n: 7, c: 6, o: 16, h: 10, w: 10 },
      { ...plain, size: 5, n: 2, c: 33, o: 22, h: 33, w: 31 },
    ];
    for (const k of shapes) {
      const data = randomData(k);
      for (const pass of ["forward", "image", "filters"] as const) {
        const wanted = computed(alone, k, data, pass);
        for (const crew of crews) expect(computed(crew, k, data, pass)).toEqual(wanted);
      }
    }
  });

  it.each([3, 5] as const)("fills the image where no window of %i × %i lies", (size) => {
    const k = { ...plain, size, n: 2, c: 8, o: 8, h: 16, w: 13, below: 2, right: 5 };
    const image = computed(alone, k, randomData(k), "image");
    const { rows, columns } = layoutOf(k);
    image.forEach((value, i) => {
      const [h, w] = [Math.floor(i / columns) % rows, i % columns];
      if (h >= k.h + size - 1 || w >= k.w + size - 1) expect(value).toBe(0);
    });
  });
});

describe("the epilogue of Winograd's convolution", () => {
  it.each([3, 5] as const)(
    "adds a bias per output channel and cuts off below 0, %i × %i",
    (size) => {
      const k = { ...plain, size, n: 2, c: 8, o: 11, h: 14, w: 21, gap: 1 };
      const data = randomData(k);
      const values = normals(9, 2 * k.o);
      const bias = alone.engine.allocate("float32", values.length);
      alone.write(bias, values);
      const strides = [0, 2, 0, 0];
      const view = {
        buffer: bias,
        dtype: "float32",
        shape: [k.n, k.o, k.h, k.w],
        strides,
        offset: 1,
      };
      const plane = layoutOf(k).y["o"]!;
      const wanted = exact(k, data).y.map(
        (value, i) => value + values[2 * (Math.floor(i / plane) % k.o) + 1]!,
      );
      for (const relu of [false, true]) {
        const epilogue = { bias: view, relu } as Epilogue;
        const cut = relu ? wanted.map((value) => (value <= 0 ? 0 : value)) : wanted;
        expect(errorOf(computed(alone, k, data, "forward", epilogue), cut)).toBeLessThan(LAW);
      }
      alone.release(bias);
    },
  );
});

describe.each([3, 5] as const)("NaN in Winograd's convolution, filters of %i × %i", (size) => {
  const k = { ...plain, size, n: 2, c: 8, o: 8, h: 14, w: 17 };
  const data = randomData(k);
  const { x, y } = layoutOf(k);
  const [n, c, row, column] = [1, 3, 9, 6];
  const spoiled = { ...data, x: data.x.slice() };
  spoiled.x[n * x["n"]! + c * x["c"]! + row * x["h"]! + column] = Number.NaN;
  /** Whether the window of an output reads the pixel, on one axis; and whether its tile of outputs does. */
  const reads = (output: number, pixel: number) => output <= pixel && pixel < output + size;
  const touches = (output: number, pixel: number) => {
    const first = output - (output % (7 - size));
    return first <= pixel && pixel < first + 6;
  };

  it("comes out where windows read it, with relu too, and only in tiles that touch it", () => {
    const epilogue = { bias: null, relu: true };
    const clean = computed(alone, k, data, "forward", epilogue);
    const got = computed(alone, k, spoiled, "forward", epilogue);
    clean.forEach((value, i) => {
      const [h, w] = [Math.floor((i % y["o"]!) / y["h"]!), i % y["h"]!];
      const isHere = i >= n * y["n"]!;
      if (isHere && reads(h, row) && reads(w, column)) expect(got[i]).toBeNaN();
      else if (!(isHere && touches(h, row) && touches(w, column))) expect(got[i]).toBe(value);
    });
  });

  it("comes out in the gradient of the filters on that channel", () => {
    const got = computed(alone, k, spoiled, "filters");
    got.forEach((value, i) => {
      expect(Number.isNaN(value)).toBe(Math.floor(i / size ** 2) % k.c === c);
    });
  });
});

describe("suitsWinograd", () => {
  const good: Case = { ...plain, n: 8, c: 8, o: 8, h: 16, w: 16 };

  it("declines what it would not do well", () => {
    expect(suits(good)).toBe(true);
    expect(suits({ ...good, c: 7 })).toBe(false);
    expect(suits({ ...good, o: 7 })).toBe(false);
    expect(suits({ ...good, n: 64, h: 5, w: 5 })).toBe(false); // 64 outputs for 25
    expect(suits({ ...good, n: 1, h: 8, w: 8 })).toBe(false); // 4 tiles
    expect(suits({ ...good, n: 64, h: 3 })).toBe(false);
    const long: Case = { ...plain, size: 5, n: 64, c: 6, o: 16, h: 10, w: 10 };
    expect(suits(long)).toBe(true);
    expect(suits({ ...long, c: 3 })).toBe(false);
    expect(suits({ ...long, c: 4, o: 4 })).toBe(false);
    expect(suits({ ...long, n: 1 })).toBe(false); // 25 tiles
  });
});

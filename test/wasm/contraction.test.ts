import {
  contiguousLayout,
  type Epilogue,
  type Kernels,
  type Letters,
  reference,
  sizeOf,
  type View,
  type Window,
} from "@convgrad/core";
import { createKernels, type WasmKernels } from "@convgrad/wasm";
import { afterAll, describe, expect, it } from "vitest";

type Sizes = Readonly<Record<string, number>>;
type Layout = Omit<View, "buffer" | "dtype">;

/** Small whole numbers and a few others, always the same. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
const whole = (random: () => number, from: number, to: number) =>
  from + Math.floor(random() * (to - from + 1));

/** The cells a layout reaches, counted from offset 0. */
function reach({ shape, strides, offset }: Layout): number {
  if (sizeOf(shape) === 0) return offset;
  return shape.reduce((at, n, axis) => at + Math.max(0, strides[axis]! * (n - 1)), offset) + 1;
}

/** A layout of that shape with axes permuted, gaps, reversed or repeated axes. */
function wildLayout(random: () => number, shape: readonly number[], repeats: boolean): Layout {
  const order = shape.map((_, axis) => axis).sort(() => random() - 0.5);
  const plain = random() < 0.4;
  if (plain) return contiguousLayout(shape);
  const strides = new Array<number>(shape.length);
  let [stride, offset] = [random() < 0.7 ? 1 : 2, whole(random, 0, 5)];
  for (const axis of order) {
    const n = shape[axis]!;
    if (repeats && random() < 0.15) strides[axis] = 0;
    else if (random() < 0.15) {
      strides[axis] = -stride;
      offset += stride * Math.max(n - 1, 0);
      stride *= n;
    } else {
      strides[axis] = stride;
      stride *= n + (random() < 0.2 ? 1 : 0);
    }
  }
  return { shape, strides, offset };
}

/** The values behind two views, one of each backend. */
interface Pair {
  readonly ours: View;
  readonly theirs: View;
}

function filled(kernels: Kernels, layout: Layout, random: () => number): Pair {
  const values = Float32Array.from({ length: reach(layout) }, () => random() * 2 - 1);
  return { ours: put(kernels, layout, values), theirs: put(reference, layout, values) };
}

function put(kernels: Kernels, layout: Layout, values: Float32Array): View {
  const buffer = kernels.allocate("float32", values.length);
  kernels.write(buffer, values);
  return { buffer, dtype: "float32", ...layout };
}

/** All cells that a view's layout reaches, as the output's whole memory. */
const memoryOf = (kernels: Kernels, view: View) =>
  kernels.read({ ...view, ...contiguousLayout([reach(view)]) }) as Float32Array;

function close(ours: Float32Array, theirs: Float32Array, terms: number): void {
  const tolerance = 2e-7 * Math.max(Math.sqrt(terms), 1) * 8 + 1e-6;
  let worst = 0;
  for (let i = 0; i < theirs.length; i++) {
    const error = Math.abs(ours[i]! - theirs[i]!);
    if (!(error <= worst)) worst = error;
  }
  expect(worst).toBeLessThan(tolerance * (1 + terms / 100));
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  const bits = new Uint32Array(b.buffer, b.byteOffset, b.length);
  return new Uint32Array(a.buffer, a.byteOffset, a.length).every((word, i) => word === bits[i]);
}

function lettersOf(text: string): Letters {
  const [a, b, out] = text.split(/, | -> /) as [string, string, string];
  return { a, b, out };
}

const sizesAlong = (names: string, sizes: Sizes) => Array.from(names, (name) => sizes[name]!);

/** a, b and an output of any layouts; the output's memory begins with the same rubbish on both sides. */
function operands(
  kernels: Kernels,
  letters: Letters,
  sizes: Sizes,
  random: () => number,
  wild: boolean,
) {
  const layout = (names: string, repeats: boolean) =>
    wild
      ? wildLayout(random, sizesAlong(names, sizes), repeats)
      : contiguousLayout(sizesAlong(names, sizes));
  return {
    a: filled(kernels, layout(letters.a, true), random),
    b: filled(kernels, layout(letters.b, true), random),
    out: filled(kernels, layout(letters.out, false), random),
  };
}

const termsOf = (letters: Letters, sizes: Sizes) =>
  Array.from(letters.a)
    .filter((name) => !letters.out.includes(name))
    .reduce((n, name) => n * sizes[name]!, 1);

function checkContract(
  kernels: Kernels,
  text: string,
  sizes: Sizes,
  seed: number,
  wild = true,
): void {
  const random = generator(seed);
  const letters = lettersOf(text);
  const { a, b, out } = operands(kernels, letters, sizes, random, wild);
  kernels.contract(a.ours, b.ours, letters, out.ours);
  reference.contract(a.theirs, b.theirs, letters, out.theirs);
  const terms = termsOf(letters, sizes);
  close(memoryOf(kernels, out.ours), memoryOf(reference, out.theirs), terms);
  for (const { ours } of [a, b, out]) kernels.release(ours.buffer);
}

const kernels = createKernels({ threads: 2, winograd: false });
afterAll(() => kernels.engine.pool.resize(0));

describe("contract", () => {
  const cases = [
    "mk, kn -> mn",
    "km, kn -> mn",
    "mk, nk -> nm",
    "k, k -> ",
    "m, n -> nm",
    "bmk, bkn -> bmn",
    "bmk, nbk -> mnb",
    "mkl, lkn -> nm",
    "pmkq, qnpk -> nmp",
    "m, mn -> mn",
    "ab, ab -> ab",
    "nohw, ocij -> ncijhw",
  ];
  it.each(cases)("%s, any strides", (text) => {
    const random = generator(text.length);
    for (let run = 0; run < 40; run++) {
      const names = new Set(text.replace(/[^a-z]/g, ""));
      const largest = names.size > 5 ? 4 : run % 4 === 0 ? 40 : 13;
      const sizes = Object.fromEntries(
        Array.from(names, (name) => [name, whole(random, run % 10 === 0 ? 0 : 1, largest)]),
      );
      checkContract(kernels, text, sizes, run);
    }
  });

  it.each([
    [64, 400, 120],
    [64, 1000, 10],
    [300, 64, 128],
    [1, 900, 17],
    [17, 900, 1],
    [65, 449, 33],
  ])("m %i, k %i, n %i in all orders", (m, k, n) => {
    for (const text of ["mk, kn -> mn", "km, kn -> mn", "mk, nk -> mn", "mk, kn -> nm"]) {
      checkContract(kernels, text, { m, k, n }, m + k + n, false);
    }
  });
});

/** The window view of an image as contraction `ncijhw`. */
function windowsOf(image: Layout, { kernel, stride, dilation }: Window): Layout {
  const lead = image.shape.length - kernel.length;
  const counts = kernel.map(
    (k, i) => Math.floor((image.shape[lead + i]! - dilation[i]! * (k - 1) - 1) / stride[i]!) + 1,
  );
  const spatial = image.strides.slice(lead);
  return {
    shape: [...image.shape.slice(0, lead), ...kernel, ...counts],
    strides: [
      ...image.strides.slice(0, lead),
      ...spatial.map((s, i) => s * dilation[i]!),
      ...spatial.map((s, i) => s * stride[i]!),
    ],
    offset: image.offset,
  };
}

interface Shape {
  readonly n: number;
  readonly g: number;
  readonly c: number;
  readonly o: number;
  readonly size: readonly [number, number];
  readonly window: Window;
}

function anyShape(random: () => number): Shape {
  const one = (to: number) => whole(random, 1, to);
  const kernel = [one(5), one(5)];
  const stride = random() < 0.6 ? [1, 1] : [one(3), one(3)];
  const dilation = random() < 0.8 ? [1, 1] : [one(2), one(2)];
  const span = (i: number) => dilation[i]! * (kernel[i]! - 1) + 1;
  const [groups, alone] = [random() < 0.5 ? 1 : one(4), random() < 0.5];
  return {
    n: one(5),
    g: groups,
    // Filters of one channel each have kernels of their own.
    c: groups > 1 && alone ? 1 : one(6),
    o: groups > 1 && alone ? one(3) : one(12),
    size: [span(0) - 1 + one(20), span(1) - 1 + one(36)],
    window: { kernel, stride, dilation },
  };
}

/** Letters and operands of a convolution; `g` names groups where there are any. */
function convolution(kernels: Kernels, shape: Shape, random: () => number, wild: boolean) {
  const { n, g, c, o, size, window } = shape;
  const dims = (list: readonly number[]) => (g === 1 ? list.filter((_, i) => i !== 0) : list);
  const layout = (sizes: readonly number[], repeats = false) =>
    wild ? wildLayout(random, sizes, repeats) : contiguousLayout(sizes);
  const image = layout(g === 1 ? [n, c, ...size] : [n, g, c, ...size]);
  const windows = windowsOf(image, window);
  const [i, j, h, w] = windows.shape.slice(-4) as [number, number, number, number];
  const x = filled(kernels, image, random);
  const y = filled(kernels, layout(g === 1 ? [n, o, h, w] : [n, g, o, h, w]), random);
  const filters = filled(kernels, layout(dims([g, o, c, i, j])), random);
  const windowed = (view: View): View => ({ ...view, ...windows });
  const letters =
    g === 1 ? { x: "ncijhw", f: "ocij", y: "nohw" } : { x: "ngcijhw", f: "gocij", y: "ngohw" };
  return { x, y, filters, windowed, letters, terms: c * i * j, positions: n * h * w };
}

const RUNS = 250;

describe("convolutions", () => {
  it("forward", () => {
    for (let run = 0; run < RUNS; run++) {
      const random = generator(run);
      const conv = convolution(kernels, anyShape(random), random, run % 2 === 0);
      const { x, y, filters, windowed, letters } = conv;
      const roles = { a: letters.x, b: letters.f, out: letters.y };
      kernels.contract(windowed(x.ours), filters.ours, roles, y.ours);
      reference.contract(windowed(x.theirs), filters.theirs, roles, y.theirs);
      close(memoryOf(kernels, y.ours), memoryOf(reference, y.theirs), conv.terms);
    }
  });

  it("gradient of the filters", () => {
    for (let run = 0; run < RUNS; run++) {
      const random = generator(run);
      const conv = convolution(kernels, anyShape(random), random, run % 2 === 0);
      const { x, y, filters, windowed, letters } = conv;
      const roles = { a: letters.y, b: letters.x, out: letters.f };
      kernels.contract(y.ours, windowed(x.ours), roles, filters.ours);
      reference.contract(y.theirs, windowed(x.theirs), roles, filters.theirs);
      close(memoryOf(kernels, filters.ours), memoryOf(reference, filters.theirs), conv.positions);
    }
  });

  it("gradient of the image", () => {
    for (let run = 0; run < RUNS; run++) {
      const random = generator(run);
      const shape = anyShape(random);
      const conv = convolution(kernels, shape, random, run % 2 === 0);
      checkFold(kernels, conv, shape.window);
    }
  });

  it.each([
    [2, 7, 1],
    [1, 1, 4],
  ])(
    "%i channels and %i filters of %i groups are the same whichever operand comes first",
    (...of) => {
      const random = generator(3);
      const [c, o, g] = of;
      const shape: Shape = {
        n: 3,
        g,
        c,
        o,
        size: [9, 23],
        window: { kernel: [3, 3], stride: [1, 1], dilation: [1, 1] },
      };
      const { x, y, filters, windowed, letters } = convolution(kernels, shape, random, false);
      const first = { a: letters.x, b: letters.f, out: letters.y };
      kernels.contract(windowed(x.ours), filters.ours, first, y.ours);
      const expected = memoryOf(kernels, y.ours);
      const second = { ...first, a: letters.f, b: letters.x };
      kernels.contract(filters.ours, windowed(x.ours), second, y.ours);
      expect(sameBits(memoryOf(kernels, y.ours), expected)).toBe(true);
    },
  );
});

function checkFold(kernels: WasmKernels, conv: ReturnType<typeof convolution>, window: Window) {
  const { x, y, filters, windowed, letters } = conv;
  const roles = { a: letters.y, b: letters.f, out: letters.x };
  kernels.fused!.contractFold(y.ours, filters.ours, roles, window, x.ours);
  const shape = windowed(x.theirs).shape;
  const columns: View = {
    buffer: reference.allocate("float32", sizeOf(shape)),
    dtype: "float32",
    ...contiguousLayout(shape),
  };
  reference.contract(y.theirs, filters.theirs, roles, columns);
  reference.fill(0, x.theirs);
  reference.accumulate(columns, windowed(x.theirs));
  close(memoryOf(kernels, x.ours), memoryOf(reference, x.theirs), conv.terms * 12);
}

describe("contractFold", () => {
  it("folds over one axis and over three", () => {
    const cases: readonly [
      Letters,
      readonly number[],
      readonly number[],
      readonly number[],
      Window,
    ][] = [
      [
        { a: "nou", b: "oci", out: "nciu" },
        [3, 4, 9],
        [4, 2, 3],
        [3, 2, 20],
        { kernel: [3], stride: [2], dilation: [1] },
      ],
      [
        { a: "nouvw", b: "ocijk", out: "ncijkuvw" },
        [2, 3, 3, 4, 5],
        [3, 2, 2, 3, 2],
        [2, 2, 6, 6, 7],
        { kernel: [2, 3, 2], stride: [2, 1, 1], dilation: [1, 1, 2] },
      ],
    ];
    for (const [letters, aShape, bShape, imageShape, window] of cases) {
      const random = generator(imageShape.length);
      const y = filled(kernels, contiguousLayout(aShape), random);
      const filters = filled(kernels, contiguousLayout(bShape), random);
      const image = contiguousLayout(imageShape);
      const windows = windowsOf(image, window);
      checkFold(
        kernels,
        {
          x: filled(kernels, image, random),
          y,
          filters,
          windowed: (view) => ({ ...view, ...windows }),
          letters: { x: letters.out, y: letters.a, f: letters.b },
          terms: 10,
          positions: 1,
        },
        window,
      );
    }
  });
});

/** A bias of the output's shape that varies along one axis. */
function biasAlong(kernels: Kernels, shape: readonly number[], axis: number, random: () => number) {
  const strides = shape.map((_, i) => (i === axis ? 2 : 0));
  return filled(kernels, { shape, strides, offset: 1 }, random);
}

/** What an epilogue makes of an output, in float32. */
function epilogued(y: Float32Array, bias: Float32Array, relu: boolean): Float32Array {
  return y.map((value, i) => {
    const sum = Math.fround(value + bias[i]!);
    return relu && sum <= 0 ? 0 : sum;
  });
}

function elementsOf(view: View, memory: Float32Array): Float32Array {
  const out = new Float32Array(sizeOf(view.shape));
  const place = (index: number) => {
    let [rest, at] = [index, view.offset];
    for (let axis = view.shape.length - 1; axis >= 0; axis--) {
      at += (rest % view.shape[axis]!) * view.strides[axis]!;
      rest = Math.floor(rest / view.shape[axis]!);
    }
    return at;
  };
  for (let i = 0; i < out.length; i++) out[i] = memory[place(i)]!;
  return out;
}

describe("epilogue", () => {
  const check = (a: View, b: View, letters: Letters, out: View, random: () => number) => {
    kernels.contract(a, b, letters, out);
    const plain = elementsOf(out, memoryOf(kernels, out));
    for (let axis = -1; axis < out.shape.length; axis++) {
      for (const relu of [false, true]) {
        const bias = axis < 0 ? null : biasAlong(kernels, out.shape, axis, random).ours;
        const epilogue: Epilogue = { bias, relu };
        kernels.fused!.contract(a, b, letters, epilogue, out);
        const added = bias ? elementsOf(bias, memoryOf(kernels, bias)) : plain.map(() => -0);
        const expected = epilogued(plain, added, relu);
        expect(sameBits(elementsOf(out, memoryOf(kernels, out)), expected)).toBe(true);
      }
    }
  };

  it("of products has the bits of contract, add, relu", () => {
    for (let run = 0; run < 20; run++) {
      const random = generator(run);
      const sizes = {
        b: 2,
        m: whole(random, 1, 20),
        k: whole(random, 0, 9),
        n: whole(random, 1, 20),
      };
      const letters = lettersOf("bmk, bkn -> bmn");
      const { a, b, out } = operands(kernels, letters, sizes, random, run % 2 === 0);
      check(a.ours, b.ours, letters, out.ours, random);
    }
  });

  it("of convolutions has them too", () => {
    for (let run = 0; run < 60; run++) {
      const random = generator(run);
      const conv = convolution(kernels, anyShape(random), random, run % 2 === 0);
      const { x, y, filters, windowed, letters } = conv;
      const roles = { a: letters.x, b: letters.f, out: letters.y };
      check(windowed(x.ours), filters.ours, roles, y.ours, random);
    }
  });

  it("leaves NaN as it is", () => {
    const a = put(kernels, contiguousLayout([2, 1]), Float32Array.of(Number.NaN, -1));
    const b = put(kernels, contiguousLayout([1, 9]), new Float32Array(9).fill(1));
    const out = put(kernels, contiguousLayout([2, 9]), new Float32Array(18));
    const letters = lettersOf("mk, kn -> mn");
    kernels.fused!.contract(a, b, letters, { bias: null, relu: true }, out);
    const values = Array.from(kernels.read(out));
    expect(values).toEqual([...new Array(9).fill(Number.NaN), ...new Array(9).fill(0)]);
  });
});

describe("threads", () => {
  it("change no bit", async () => {
    const results: Float32Array[][] = [];
    for (const threads of [1, 2, 3]) {
      const kernels = createKernels({ threads, winograd: false });
      await kernels.engine.pool.settled();
      expect(kernels.engine.threads).toBe(threads);
      results.push(everything(kernels));
      kernels.engine.pool.resize(0);
    }
    const [alone, ...others] = results;
    for (const other of others) {
      expect(other.map((values, i) => sameBits(values, alone![i]!))).not.toContain(false);
    }
  });
});

/** Results of every path, large enough for several parts. */
function everything(kernels: WasmKernels): Float32Array[] {
  const results: Float32Array[] = [];
  const random = generator(11);
  for (const [m, k, n] of [
    [64, 900, 120],
    [600, 64, 90],
    [33, 70, 2000],
  ] as const) {
    const letters = lettersOf("mk, kn -> mn");
    const { a, b, out } = operands(kernels, letters, { m, k, n }, random, false);
    kernels.contract(a.ours, b.ours, letters, out.ours);
    results.push(memoryOf(kernels, out.ours));
  }
  for (const [c, o, size, stride, kernel] of [
    [3, 7, 30, 1, 5],
    [6, 16, 14, 1, 5],
    [5, 9, 21, 2, 5],
    [1, 1, 34, 1, 3],
    [1, 2, 34, 1, 5],
    [1, 1, 33, 2, 3],
  ] as const) {
    for (const g of c === 1 ? [24] : [1, 2]) {
      const window: Window = {
        kernel: [kernel, kernel],
        stride: [stride, stride],
        dilation: [1, 1],
      };
      const shape: Shape = { n: 19, g, c, o, size: [size, size], window };
      const { x, y, filters, windowed, letters } = convolution(kernels, shape, random, false);
      const [a, b, f] = [letters.x, letters.y, letters.f];
      kernels.contract(windowed(x.ours), filters.ours, { a, b: f, out: b }, y.ours);
      results.push(memoryOf(kernels, y.ours));
      kernels.fused!.contractFold(y.ours, filters.ours, { a: b, b: f, out: a }, window, x.ours);
      results.push(memoryOf(kernels, x.ours));
      kernels.contract(y.ours, windowed(x.ours), { a: b, b: a, out: f }, filters.ours);
      results.push(memoryOf(kernels, filters.ours));
    }
  }
  return results;
}

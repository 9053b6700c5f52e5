import {
  type DType,
  type Kernels,
  type Letters,
  type MapOp,
  MemoryError,
  type Pooling,
  type Shape,
  type TypedArray,
  ValueError,
  type View,
  type ZipOp,
} from "@convgrad/core";
import { beforeAll, describe, expect, it } from "vitest";
import * as oracle from "./oracle.ts";
import {
  allPlacements,
  arrayOf,
  disjointPlacements,
  indicesOf,
  type Placement,
} from "./placements.ts";

/** A test that a backend does not pass, and why that is right. */
export interface Skip {
  /** The name of the test. */
  readonly test: string;
  readonly reason: string;
}

/** How far a result may be from the exact one: |y − exact| ≤ atol + rtol·|exact|. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** The kernels whose results may be inexact. */
export type Inexact = MapOp | ZipOp | "sum" | "contract" | "uniform" | "normal";

export interface ConformanceOptions {
  /** What the backend computes in; default: everything. Tests of other types do not exist for it. */
  readonly dtypes?: readonly DType[];
  readonly skip?: readonly Skip[];
  /** Per kernel; none = the bits of the oracle. */
  readonly tolerances?: Partial<Readonly<Record<Inexact, Tolerance>>>;
}

const EXACT: Tolerance = { rtol: 0, atol: 0 };
const DTYPES: readonly DType[] = ["float32", "float64", "int32", "uint8"];
const FLOATS: readonly DType[] = ["float32", "float64"];
const SHAPES: readonly Shape[] = [
  [],
  [1],
  [7],
  [131],
  [2, 3],
  [3, 1, 4],
  [2, 3, 4],
  [2, 0, 3],
  [0],
];
/** What each map is defined on; by type, so that one forgotten here does not compile. */
const MAPS = {
  neg: DTYPES,
  abs: DTYPES,
  sign: DTYPES,
  exp: FLOATS,
  log: FLOATS,
  sqrt: FLOATS,
  tanh: FLOATS,
  sigmoid: FLOATS,
  relu: FLOATS,
  sin: FLOATS,
  cos: FLOATS,
  erf: FLOATS,
} satisfies Record<MapOp, readonly DType[]>;
/** What each zip is defined on. */
const ZIPS = {
  add: DTYPES,
  sub: DTYPES,
  mul: DTYPES,
  div: FLOATS,
  pow: FLOATS,
  maximum: DTYPES,
  minimum: DTYPES,
  gate: DTYPES,
  equal: DTYPES,
  greater: DTYPES,
} satisfies Record<ZipOp, readonly DType[]>;
const COMPARISONS: readonly ZipOp[] = ["equal", "greater"];
const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1, -2.5];

/** A buffer on the backend with a view of it, and the same in the host's memory. */
interface Operand {
  readonly view: View;
  readonly host: oracle.HostView;
}

/**
 * Runs every kernel of a backend on contiguous, permuted, sliced, flipped, broadcast, overlapping, empty and scalar
 * views, and compares each whole buffer, cells outside the view included, with an oracle of plain loops.
 * The reference backend equals the oracle bit by bit, so that agreeing with the one is agreeing with the other.
 *
 * @param name how the tests are titled
 * @param loadKernels makes the backend ready
 * @example
 * conformance("wasm", loadWasm, { tolerances: { exp: { rtol: 1e-6, atol: 0 } } });
 */
export function conformance(
  name: string,
  loadKernels: () => Kernels | Promise<Kernels>,
  { dtypes: computed = DTYPES, skip = [], tolerances = {} }: ConformanceOptions = {},
): void {
  describe(`conformance of ${name}`, () => {
    let kernels: Kernels;
    beforeAll(async () => {
      kernels = await loadKernels();
    });

    const names = new Set<string>();
    const test = (title: string, dtypes: readonly DType[], body: () => void) => {
      if (!dtypes.every((dtype) => computed.includes(dtype))) return;
      names.add(title);
      const skipped = skip.find((entry) => entry.test === title);
      if (skipped) {
        it.skip(`${title} (${skipped.reason})`, () => {});
        return;
      }
      it(title, body);
    };

    const operand = (
      dtype: DType,
      { layout, length }: Placement,
      value: (cell: number) => number = drawer(dtype),
    ): Operand => {
      const cells = arrayOf(dtype, length);
      for (let cell = 0; cell < length; cell++) cells[cell] = value(cell);
      const buffer = kernels.allocate(dtype, length);
      kernels.write(buffer, cells);
      return { view: { buffer, dtype, ...layout }, host: { cells, dtype, ...layout } };
    };
    const compare = (label: string, { view, host }: Operand, tolerance: Tolerance = EXACT) => {
      const { length } = host.cells;
      const actual = kernels.read({ ...view, shape: [length], strides: [1], offset: 0 });
      expectClose(label, actual, host.cells, tolerance);
    };
    const toleranceOf = (kernel: Inexact) => tolerances[kernel] ?? EXACT;

    test("has a name, dtypes and threads", [], () => {
      expect(kernels.name).not.toBe("");
      expect(kernels.dtypes.toSorted()).toEqual(computed.toSorted());
      expect(kernels.threads).toBeGreaterThanOrEqual(1);
    });

    test("owns its buffers and no others", [], () => {
      for (const dtype of kernels.dtypes) {
        const buffer = kernels.allocate(dtype, 3);
        expect(kernels.owns(buffer)).toBe(true);
        kernels.release(buffer);
        kernels.release(kernels.allocate(dtype, 0));
      }
      expect(kernels.owns({})).toBe(false);
    });

    test("refuses a buffer that no memory could hold", [], () => {
      const [dtype] = kernels.dtypes;
      expect(() => kernels.allocate(dtype!, 2 ** 45)).toThrow(MemoryError);
    });

    for (const dtype of DTYPES) {
      test(`read ${dtype}`, [dtype], () => {
        for (const shape of SHAPES)
          for (const placement of allPlacements(shape)) {
            const x = operand(dtype, placement);
            const values = kernels.read(x.view);
            expectClose(labelOf([placement]), values, oracle.read(x.host), EXACT);
            values.fill(1); // a copy: this must not write through
            compare(labelOf([placement]), x);
          }
      });

      test(`fill ${dtype}`, [dtype], () => {
        for (const shape of SHAPES)
          for (const placement of disjointPlacements(shape)) {
            const out = operand(dtype, placement);
            kernels.fill(42, out.view);
            oracle.fill(42, out.host);
            compare(labelOf([placement]), out);
          }
      });

      for (const to of DTYPES) {
        test(`copy ${dtype} to ${to}`, [dtype, to], () => {
          for (const shape of SHAPES)
            for (const places of combinations(allPlacements(shape), disjointPlacements(shape))) {
              const draw = drawer(dtype);
              const x = operand(dtype, places[0]!, to === "uint8" ? () => Math.abs(draw()) : draw);
              const out = operand(to, places[1]!);
              kernels.copy(x.view, out.view);
              oracle.copy(x.host, out.host);
              compare(labelOf(places), out);
            }
        });
      }

      test(`accumulate ${dtype}`, [dtype], () => {
        for (const shape of SHAPES)
          for (const places of combinations(allPlacements(shape), allPlacements(shape))) {
            const [x, out] = [operand(dtype, places[0]!), operand(dtype, places[1]!)];
            kernels.accumulate(x.view, out.view);
            oracle.accumulate(x.host, out.host);
            compare(labelOf(places), out);
          }
      });

      for (const op of oracle.MAP_OPS.filter((op) => MAPS[op].includes(dtype))) {
        test(`${op} ${dtype}`, [dtype], () => {
          for (const shape of SHAPES)
            for (const places of combinations(allPlacements(shape), disjointPlacements(shape))) {
              const [x, out] = [operand(dtype, places[0]!), operand(dtype, places[1]!)];
              kernels.map(op, x.view, out.view);
              oracle.map(op, x.host, out.host);
              compare(labelOf(places), out, toleranceOf(op));
            }
        });
      }

      for (const op of oracle.ZIP_OPS.filter((op) => ZIPS[op].includes(dtype))) {
        const result = COMPARISONS.includes(op) ? "uint8" : dtype;
        test(`${op} ${dtype}`, [dtype, result], () => {
          for (const shape of SHAPES) {
            const inputs = allPlacements(shape);
            for (const places of combinations(inputs, inputs, disjointPlacements(shape))) {
              const [a, b] = [operand(dtype, places[0]!), operand(dtype, places[1]!)];
              const out = operand(result, places[2]!);
              kernels.zip(op, a.view, b.view, out.view);
              oracle.zip(op, a.host, b.host, out.host);
              compare(labelOf(places), out, toleranceOf(op));
            }
          }
        });
      }

      test(`select ${dtype}`, [dtype, "uint8"], () => {
        for (const shape of SHAPES) {
          const inputs = allPlacements(shape);
          for (const places of combinations(inputs, inputs, inputs, disjointPlacements(shape))) {
            const draw = drawer("uint8");
            const condition = operand("uint8", places[0]!, () => [0, 1, 255][draw() % 3]!);
            const [a, b] = [operand(dtype, places[1]!), operand(dtype, places[2]!)];
            const out = operand(dtype, places[3]!);
            kernels.select(condition.view, a.view, b.view, out.view);
            oracle.select(condition.host, a.host, b.host, out.host);
            compare(labelOf(places), out);
          }
        }
      });

      test(`sum ${dtype}`, [dtype], () => {
        for (const shape of SHAPES)
          for (const axes of subsets(shape.length)) {
            const small = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
            for (const places of combinations(allPlacements(shape), disjointPlacements(small))) {
              const draw = drawer(dtype);
              // Kept small for uint8, whose sums are not to overflow.
              const x = operand(dtype, places[0]!, dtype === "uint8" ? () => draw() % 2 : draw);
              const out = operand(dtype, places[1]!);
              kernels.sum(x.view, out.view);
              oracle.sum(x.host, axes, out.host);
              compare(`over ${axes}: ${labelOf(places)}`, out, toleranceOf("sum"));
            }
          }
      });

      test(`argmax ${dtype}`, [dtype, "int32"], () => {
        for (const shape of SHAPES.filter((s) => !s.includes(0)))
          for (const axes of subsets(shape.length)) {
            const small = shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
            for (const places of combinations(allPlacements(shape), disjointPlacements(small))) {
              const [x, out] = [operand(dtype, places[0]!), operand("int32", places[1]!)];
              kernels.argmax(x.view, axes, out.view);
              oracle.argmax(x.host, axes, out.host);
              compare(`over ${axes}: ${labelOf(places)}`, out);
            }
          }
      });

      test(`winners ${dtype}`, [dtype, "int32"], () => {
        for (const pooling of POOLINGS) {
          const [shape, small] = [
            [2, 3, 7, 9],
            [2, 3, ...pooling.output],
          ];
          for (const places of combinations(allPlacements(shape), disjointPlacements(small))) {
            const [x, out] = [operand(dtype, places[0]!), operand("int32", places[1]!)];
            kernels.winners(x.view, pooling, out.view);
            oracle.winners(x.host, pooling, out.host);
            compare(`${pooling.kernel}: ${labelOf(places)}`, out);
          }
        }
      });

      test(`gather ${dtype}`, [dtype, "int32"], () => {
        for (const { shape, axis, picks } of PICKED) {
          const index = shape.with(axis, picks);
          for (const places of combinations(
            allPlacements(shape),
            allPlacements(index),
            disjointPlacements(index),
          )) {
            const x = operand(dtype, places[0]!);
            const chosen = operand("int32", places[1]!, picker(shape[axis]!));
            const out = operand(dtype, places[2]!);
            kernels.gather(x.view, chosen.view, axis, out.view);
            oracle.gather(x.host, chosen.host, axis, out.host);
            compare(`axis ${axis}: ${labelOf(places)}`, out);
          }
        }
      });

      test(`scatterAdd ${dtype}`, [dtype, "int32"], () => {
        for (const { shape, axis, picks } of PICKED) {
          const index = shape.with(axis, picks);
          for (const places of combinations(
            allPlacements(index),
            allPlacements(index),
            disjointPlacements(shape),
          )) {
            const x = operand(dtype, places[0]!);
            const chosen = operand("int32", places[1]!, picker(shape[axis]!));
            const out = operand(dtype, places[2]!);
            kernels.scatterAdd(x.view, chosen.view, axis, out.view);
            oracle.scatterAdd(x.host, chosen.host, axis, out.host);
            compare(`axis ${axis}: ${labelOf(places)}`, out);
          }
        }
      });

      if (FLOATS.includes(dtype))
        test(`contract ${dtype}`, [dtype], () => {
          for (const { letters, a: aShape, b: bShape } of CONTRACTIONS) {
            const size = (letter: string) =>
              letters.a.includes(letter)
                ? aShape[letters.a.indexOf(letter)]!
                : bShape[letters.b.indexOf(letter)]!;
            const outShape = [...letters.out].map(size);
            for (const places of combinations(
              allPlacements(aShape),
              allPlacements(bShape),
              disjointPlacements(outShape),
            )) {
              const draw = drawer(dtype);
              const tiny = dtype === "uint8" ? () => draw() % 2 : draw;
              const [a, b] = [operand(dtype, places[0]!, tiny), operand(dtype, places[1]!, tiny)];
              const out = operand(dtype, places[2]!);
              kernels.contract(a.view, b.view, letters, out.view);
              oracle.contract(a.host, b.host, letters, out.host);
              const label = `${letters.a}, ${letters.b} -> ${letters.out}: ${labelOf(places)}`;
              compare(label, out, toleranceOf("contract"));
            }
          }
        });
    }

    for (const dtype of FLOATS) {
      test(`special values in ${dtype} maps`, [dtype], () => {
        for (const op of oracle.MAP_OPS) {
          const [place] = disjointPlacements([SPECIAL.length]);
          const x = operand(dtype, place!, (cell) => SPECIAL[cell]!);
          const out = operand(dtype, place!);
          kernels.map(op, x.view, out.view);
          oracle.map(op, x.host, out.host);
          compare(op, out, toleranceOf(op));
        }
      });

      test(`special values in ${dtype} zips`, [dtype, "uint8"], () => {
        const n = SPECIAL.length;
        for (const op of oracle.ZIP_OPS) {
          const [place] = disjointPlacements([n * n]);
          const a = operand(dtype, place!, (cell) => SPECIAL[Math.floor(cell / n)]!);
          const b = operand(dtype, place!, (cell) => {
            const value = SPECIAL[cell % n]!;
            // JavaScript and C disagree on 1 to the power of NaN and of ±∞.
            return op === "pow" && !Number.isFinite(value) ? 2 : value;
          });
          const out = operand(COMPARISONS.includes(op) ? "uint8" : dtype, place!);
          kernels.zip(op, a.view, b.view, out.view);
          oracle.zip(op, a.host, b.host, out.host);
          compare(op, out, toleranceOf(op));
        }
      });

      test(`the sign of zero survives ${dtype} moves`, [dtype, "uint8", "int32"], () => {
        const [place] = disjointPlacements([3]);
        const x = operand(dtype, place!, (cell) => [-0, 0, -0][cell]!);
        const other = operand(dtype, place!, () => 1);
        const ones = operand("uint8", place!, () => 1);
        const order = operand("int32", place!, (cell) => cell);
        const out = operand(dtype, place!);
        const signs = () => Array.from(kernels.read(out.view), (y) => Object.is(y, -0));
        kernels.copy(x.view, out.view);
        expect(signs()).toEqual([true, false, true]);
        kernels.fill(1, out.view);
        kernels.select(ones.view, x.view, other.view, out.view);
        expect(signs()).toEqual([true, false, true]);
        kernels.fill(1, out.view);
        kernels.gather(x.view, order.view, 0, out.view);
        expect(signs()).toEqual([true, false, true]);
        kernels.map("neg", x.view, out.view);
        expect(signs()).toEqual([false, true, false]);
      });

      test(`NaN and infinities in ${dtype} reductions`, [dtype, "int32"], () => {
        const rows = [
          [1, Number.NaN, 3, Number.NaN],
          [Number.NaN, Number.POSITIVE_INFINITY, 0, 1],
          [1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0],
          [Number.POSITIVE_INFINITY, 0, 0, Number.NEGATIVE_INFINITY],
          [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, -1],
          new Array<number>(4).fill(Number.NEGATIVE_INFINITY),
          [-0, 0, 0, 0],
        ];
        const [place] = disjointPlacements([rows.length, 4]);
        const [small] = disjointPlacements([rows.length, 1]);
        const x = operand(dtype, place!, (cell) => rows.flat()[cell]!);
        const [total, top] = [operand(dtype, small!), operand("int32", small!)];
        kernels.sum(x.view, total.view);
        oracle.sum(x.host, [1], total.host);
        compare("sum", total);
        kernels.argmax(x.view, [1], top.view);
        oracle.argmax(x.host, [1], top.host);
        compare("argmax", top);
        const blocks = operand(dtype, disjointPlacements([4, 8])[0]!, (cell) => {
          return rows.flat()[cell % (4 * rows.length)]!;
        });
        const places = operand("int32", disjointPlacements([2, 4])[0]!);
        kernels.winners(blocks.view, PAIRS, places.view);
        oracle.winners(blocks.host, PAIRS, places.host);
        compare("winners", places);

        // 0·∞ and 0·NaN are NaN: no product may be left out because a factor is 0.
        const zeros = operand(dtype, disjointPlacements([4])[0]!, () => 0);
        const out = operand(dtype, disjointPlacements([rows.length])[0]!);
        const letters = { a: "mk", b: "k", out: "m" };
        kernels.contract(x.view, zeros.view, letters, out.view);
        oracle.contract(x.host, zeros.host, letters, out.host);
        compare("contract", out);
      });

      test(`long ${dtype} sums`, [dtype], () => {
        const length = 10_007;
        const draw = noise(3);
        const row = disjointPlacements([length])[0]!;
        const [a, b] = [operand(dtype, row, draw), operand(dtype, row, draw)];
        const total = operand(dtype, disjointPlacements([1])[0]!);
        const dot = operand(dtype, disjointPlacements([])[0]!);
        const rounding = { rtol: dtype === "float32" ? 1e-7 : 1e-12, atol: 0 };
        kernels.sum(a.view, total.view);
        oracle.sum(a.host, [0], total.host);
        compare("sum", total, tolerances.sum ?? rounding);
        const letters = { a: "k", b: "k", out: "" };
        kernels.contract(a.view, b.view, letters, dot.view);
        oracle.contract(a.host, b.host, letters, dot.host);
        compare("contract", dot, tolerances.contract ?? rounding);
      });

      test(`axpby ${dtype}`, [dtype], () => {
        for (const shape of SHAPES)
          for (const places of combinations(allPlacements(shape), disjointPlacements(shape)))
            for (const [alpha, beta] of WEIGHTS) {
              const [x, out] = [operand(dtype, places[0]!), operand(dtype, places[1]!)];
              kernels.axpby(alpha, x.view, beta, out.view);
              oracle.axpby(alpha, x.host, beta, out.host);
              compare(`${alpha}, ${beta}: ${labelOf(places)}`, out);
            }
      });

      for (const distribution of ["uniform", "normal"] as const) {
        test(`random ${distribution} ${dtype}`, [dtype], () => {
          for (const shape of SHAPES)
            for (const placement of disjointPlacements(shape))
              for (const [seed, stream] of STATES) {
                const out = operand(dtype, placement);
                kernels.random(distribution, { seed, stream }, out.view);
                oracle.random(distribution, { seed, stream }, out.host);
                compare(labelOf([placement]), out, toleranceOf(distribution));
              }
        });
      }

      test(`an index out of range in ${dtype}`, [dtype, "int32"], () => {
        for (const wrong of [-1, 3, 2 ** 31 - 1, -(2 ** 31)]) {
          const [place] = disjointPlacements([3]);
          const [x, out] = [operand(dtype, place!), operand(dtype, place!)];
          const index = operand("int32", place!, (cell) => (cell === 1 ? wrong : cell));
          const message = new RegExp(`index ${wrong} is out of range; axis 0 has 3 elements`);
          for (const call of [
            () => kernels.gather(x.view, index.view, 0, out.view),
            () => kernels.scatterAdd(x.view, index.view, 0, out.view),
          ]) {
            expect(call).toThrow(ValueError);
            expect(call).toThrow(message);
          }
          compare("nothing was written", out);
        }
      });
    }

    it("skips only tests that exist, with a reason", () => {
      for (const { test: title, reason } of skip) {
        expect(names).toContain(title);
        expect(reason.length).toBeGreaterThan(0);
      }
    });
  });
}

/** Contractions with batch, summed and free letters; the shapes of image layers and of their gradients among them. */
const CONTRACTIONS: readonly { letters: Letters; a: Shape; b: Shape }[] = (
  [
    ["mk", "kn", "mn", [3, 4], [4, 5]],
    ["mk", "kn", "nm", [3, 4], [4, 5]],
    ["mk", "nk", "mn", [2, 3], [4, 3]],
    ["mk", "kn", "mn", [9, 17], [17, 11]],
    ["bmk", "bkn", "bmn", [2, 3, 2], [2, 2, 3]],
    ["bmk", "kn", "bmn", [2, 3, 2], [2, 3]],
    ["mk", "k", "m", [3, 5], [5]],
    ["i", "j", "ij", [3], [4]],
    ["i", "i", "", [5], [5]],
    ["ij", "ij", "ij", [2, 3], [2, 3]],
    ["ij", "", "ij", [2, 3], []],
    ["", "", "", [], []],
    ["ncijhw", "ocij", "nohw", [2, 2, 2, 2, 2, 3], [3, 2, 2, 2]],
    ["ngcijhw", "gocij", "ngohw", [1, 2, 2, 2, 1, 2, 2], [2, 2, 2, 2, 1]],
    ["nohw", "ncijhw", "ocij", [2, 3, 2, 2], [2, 2, 2, 1, 2, 2]],
    ["nohw", "ocij", "ncijhw", [2, 3, 2, 2], [3, 2, 2, 1]],
    ["mk", "kn", "mn", [3, 0], [0, 5]],
    ["mk", "kn", "mn", [0, 4], [4, 5]],
  ] as const
).map(([a, b, out, aShape, bShape]) => ({ letters: { a, b, out }, a: aShape, b: bShape }));

/** Blocks of 2 by 2 in a plane of 4 by 8. */
const PAIRS: Pooling = {
  kernel: [2, 2],
  stride: [2, 2],
  dilation: [1, 1],
  before: [0, 0],
  output: [2, 4],
};

/** Poolings of planes of 7 by 9: blocks, overlapping windows, gaps between taps, and windows beyond the edges. */
const POOLINGS: readonly Pooling[] = [
  { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], before: [0, 0], output: [3, 4] },
  { kernel: [3, 2], stride: [1, 2], dilation: [1, 1], before: [0, 0], output: [5, 4] },
  { kernel: [2, 3], stride: [2, 1], dilation: [2, 3], before: [1, 2], output: [4, 6] },
  { kernel: [2, 2], stride: [2, 2], dilation: [1, 1], before: [1, 1], output: [4, 5] },
];

/** Shapes to pick from along an axis, and how many picks. */
const PICKED: readonly { shape: Shape; axis: number; picks: number }[] = [
  { shape: [5], axis: 0, picks: 3 },
  { shape: [2, 3], axis: 0, picks: 1 },
  { shape: [3, 4], axis: 1, picks: 6 },
  { shape: [2, 3, 4], axis: 1, picks: 5 },
  { shape: [2, 3, 4], axis: 2, picks: 1 },
  { shape: [2, 3, 4], axis: 2, picks: 0 },
];

/** Pairs α, β; one third and 0.1 are rounded before they are used. */
const WEIGHTS: readonly (readonly [alpha: number, beta: number])[] = [
  [1, 1],
  [-0.1, 1],
  [1 / 3, 0.9],
  [0, Number.NaN],
];

const STATES: readonly (readonly [seed: number, stream: number])[] = [
  [0, 0],
  [1, 2],
  [2 ** 33 + 5, 2 ** 40 + 1],
  [2 ** 53 - 1, 7],
];

/** Whole and eighth numbers, drawn anew the same way each time: small sums and products of them are exact. */
function drawer(dtype: DType): () => number {
  const next = noise(dtype.length);
  if (dtype === "uint8") return () => Math.floor(next() * 10);
  if (dtype === "int32") return () => Math.floor(next() * 19) - 9;
  return () => (Math.floor(next() * 49) - 24) / 8;
}

function picker(size: number): () => number {
  const next = noise(size);
  return () => Math.floor(next() * size);
}

/** Numbers in [0, 1) from the middle bits of a linear congruence: varied enough to tell cells apart. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 4) / 2 ** 28;
  };
}

function subsets(rank: number): number[][] {
  return indicesOf(new Array<number>(rank).fill(2)).map((flags) =>
    flags.flatMap((flag, axis) => (flag === 1 ? [axis] : [])),
  );
}

/** Each operand in each of its placements while the others are contiguous, and all of them moved together. */
function combinations(...choices: readonly (readonly Placement[])[]): Placement[][] {
  const plain = choices.map((list) => list[0]!);
  const single = choices.flatMap((list, i) =>
    list.slice(i === 0 ? 0 : 1).map((placement) => plain.with(i, placement)),
  );
  const rounds = Math.max(...choices.map((list) => list.length));
  const together = Array.from({ length: rounds - 1 }, (_, k) =>
    choices.map((list, i) => list[(k + 1 + i) % list.length]!),
  );
  return [...single, ...together];
}

function labelOf(places: readonly Placement[]): string {
  return places.map(({ name, layout }) => `${name} [${layout.shape}]`).join(", ");
}

function expectClose(
  label: string,
  actual: TypedArray,
  expected: TypedArray,
  { rtol, atol }: Tolerance,
): void {
  expect(actual.constructor, label).toBe(expected.constructor);
  expect(actual.length, label).toBe(expected.length);
  const wrong = expected.findIndex((exact, i) => {
    const y = actual[i]!;
    if (y === exact || (Number.isNaN(y) && Number.isNaN(exact))) return false;
    return !(Math.abs(y - exact) <= atol + rtol * Math.abs(exact));
  });
  if (wrong >= 0)
    expect.fail(`${label}: cell ${wrong} is ${actual[wrong]}, should be ${expected[wrong]}`);
}

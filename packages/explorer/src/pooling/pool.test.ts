import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readState } from "../address/fields.ts";
import { expectClose, type GoldenTensor, goldenCases } from "../golden/goldenCases.ts";
import { POOLING, type PoolingName } from "../golden/pooling.ts";
import { FIELDS, filterOf, poolOf, type State } from "./fields.ts";
import { goldenState } from "./golden.ts";
import { type Kind, type PoolInput, poolNumbers, receiptsOf, sharesOf } from "./pool.ts";
import { shiftNumbers } from "./shift.ts";
import { curveOf, slopeAt, swapNumbers } from "./swap.ts";

const initial = readState(FIELDS, new URLSearchParams());
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

interface Golden {
  readonly name: string;
  readonly op: string;
  readonly config: {
    readonly N: number;
    readonly kernel: readonly [number, number];
    readonly stride: readonly [number, number];
    readonly padding: readonly [number, number];
    readonly dilation?: readonly [number, number];
    readonly ceil_mode: boolean;
    readonly count_include_pad?: boolean;
    readonly divisor_override?: number | null;
    readonly p?: number;
  };
  readonly inputs: { readonly x: GoldenTensor };
  readonly outputs: Readonly<Record<string, GoldenTensor>> & {
    readonly winners_flat_index: number[];
  };
  readonly upstream?: { readonly y: GoldenTensor };
  readonly grads?: Readonly<Record<string, GoldenTensor>>;
}

/** Pooling takes each plane for itself. */
function firstPlane({ shape, data }: GoldenTensor): readonly number[] {
  return data.slice(0, shape.at(-2)! * shape.at(-1)!);
}

function goldenInput(c: Golden, kind: Kind): PoolInput {
  const { kernel, stride, padding, dilation = [1, 1], ceil_mode: ceil } = c.config;
  const [rows, columns] = c.inputs.x.shape.slice(-2) as [number, number];
  return {
    kind,
    x: { rows, columns, values: firstPlane(c.inputs.x) },
    options: {
      kernel,
      stride,
      padding,
      dilation,
      ceil,
      countPadding: c.config.count_include_pad ?? true,
    },
    delta: (r, columns) => ({
      rows: r,
      columns,
      values: c.upstream ? firstPlane(c.upstream.y) : Array(r * columns).fill(1),
    }),
  };
}

/** Those that the view can show. */
const shown = (file: string) =>
  goldenCases<Golden>(file).filter(
    ({ name, config, outputs }) =>
      outputs?.["y"] &&
      !config.divisor_override &&
      (config.p ?? 2) === 2 &&
      !name.startsWith("err"),
  );

describe.each([
  ["max", "max_pool2d.json"],
  ["avg", "avg_pool2d.json"],
  ["l2", "lp_pool2d.json"],
] as const)("golden cases of %s pooling", (kind, file) => {
  it.each(shown(file).map((c) => [c.name, c] as const))("%s", (_, c) => {
    const numbers = poolNumbers(goldenInput(c, kind));
    expectClose(numbers.y.values, firstPlane(c.outputs["y"]!));
    if (c.grads) expectClose(numbers.dx.values, firstPlane(c.grads["x"]!));
    if (kind !== "max") return;
    const flat = numbers.windows.map(({ winner }) => winner![0] * numbers.dx.columns + winner![1]);
    expect(flat).toEqual(firstPlane(c.outputs["indices"]!));
  });
});

describe.each(Object.keys(POOLING) as PoolingName[])("the example %s", (key) => {
  const [file, name] = key.split("/") as [string, string];
  const c = goldenCases<Golden>(`${file}.json`).find((g) => g.name === name)!;
  const state: State = { ...initial, ...goldenState(key) };

  it("gives the golden case's outputs and gradient", () => {
    const numbers = poolNumbers(poolOf(state));
    const output = c.config.N ? state.kind : "y";
    expectClose(numbers.y.values, firstPlane(c.outputs[output]!));
    const gradient = c.grads?.[c.config.N ? state.kind : "x"];
    if (gradient) expectClose(numbers.dx.values, firstPlane(gradient));
  });
});

describe("the article's poolings", () => {
  it.each(["pool_4x4_n2", "pool_6x6_n3"])("%s", (name) => {
    const c = goldenCases<Golden>("seed_equations.json").find((g) => g.name === name)!;
    const n = c.config.N;
    const square = { kernel: [n, n], stride: [n, n], padding: [0, 0], ceil_mode: false } as const;
    for (const kind of ["max", "avg"] as const) {
      const numbers = poolNumbers(goldenInput({ ...c, config: { ...c.config, ...square } }, kind));
      expectClose(numbers.y.values, c.outputs[kind]!.data);
      expectClose(numbers.dx.values, c.grads![kind]!.data);
    }
  });
});

const states = fc
  .record({
    kind: fc.constantFrom(...(["max", "avg", "l2"] as const)),
    rows: fc.integer({ min: 4, max: 8 }),
    columns: fc.integer({ min: 4, max: 8 }),
    kernel: fc.tuple(fc.integer({ min: 2, max: 4 }), fc.integer({ min: 2, max: 4 })),
    stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    padding: fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })),
    ceil: fc.boolean(),
    countPadding: fc.boolean(),
    seed: fc.nat(9999),
  })
  .map((part): State => ({ ...initial, ...part }));

describe("any pooling", () => {
  it("learns nothing", () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(poolNumbers(poolOf(state)).parameters).toBe(0);
      }),
    );
  });

  it("what windows give adds up to what cells receive", () => {
    fc.assert(
      fc.property(states, (state) => {
        const input = poolOf(state);
        const { y, dx } = poolNumbers(input);
        const total = new Float64Array(dx.values.length);
        for (let at = 0; at < y.values.length; at++) {
          const share = sharesOf(input, [Math.floor(at / y.columns), at % y.columns]);
          Array.from(share.values).forEach((v, i) => {
            total[i]! += v;
          });
        }
        expectClose(total, dx.values);
        const place = [1, 2] as const;
        const received = sum(receiptsOf(input, place).map(({ delta, slope }) => delta * slope));
        expect(received).toBeCloseTo(dx.values[dx.columns + 2]!, 10);
      }),
      { numRuns: 25 },
    );
  });

  it("a winner is in its window, and the first of its ties in reading order", () => {
    fc.assert(
      fc.property(states, (state) => {
        const { windows } = poolNumbers(poolOf({ ...state, kind: "max" }));
        for (const { cells, winner, ties } of windows) {
          const place = cells.findIndex((cell) => `${cell}` === `${winner}`);
          expect(place).toBeGreaterThanOrEqual(0);
          for (const tie of ties) expect(cells.indexOf(tie)).toBeGreaterThan(place);
        }
      }),
    );
  });

  it("refuses too much padding with the library's words", () => {
    expect(() => poolNumbers(poolOf({ ...initial, kernel: [2, 2], padding: [2, 2] }))).toThrow(
      /more than half the kernel/,
    );
  });

  it("L2: a window of zeros passes no gradient on, and no NaN", () => {
    const numbers = poolNumbers(poolOf({ ...initial, kind: "l2", x: Array(36).fill(0) }));
    expect(new Set(Array.from(numbers.dx.values, Math.abs))).toEqual(new Set([0]));
  });
});

describe("pool and activation swapped", () => {
  it("agree to the bit for max pooling and ReLU", () => {
    fc.assert(
      fc.property(states, (state) => {
        const { value, gradient } = swapNumbers(poolOf({ ...state, kind: "max" }), "relu");
        expect([value.error, gradient.error]).toEqual([0, 0]);
      }),
    );
  });
  it("do not for average pooling", () => {
    expect(swapNumbers(poolOf({ ...initial, kind: "avg" }), "relu").value.same).toBe(false);
  });
  it("ReLU's slope at 0 is 0", () => {
    expect(slopeAt("relu", 0)).toEqual({ value: 0, slope: 0 });
    expect(slopeAt("sigmoid", 0)).toEqual({ value: 0.5, slope: 0.25 });
    expect(curveOf("tanh").slope[40]).toBe(1);
  });
});

describe("a shifted picture", () => {
  const shifted = (down: number, right: number) =>
    shiftNumbers({ seed: 1, filter: filterOf(initial), kind: "max", down, right });
  it("moves its map along, exactly, and keeps its strongest response", () => {
    for (const [down, right] of [
      [0, 1],
      [3, 3],
      [2, 0],
    ] as const) {
      const { inside, change } = shifted(down, right);
      expect(inside.error).toBe(0);
      expect(change.map).toBeGreaterThan(0);
      expect(change.strongest).toBe(0);
    }
  });
  it("by the pool's stride moves the pooled map by one", () => {
    const { pooled, pooledBefore } = shifted(0, 2);
    const row = (values: ArrayLike<number>, from: number, to: number) =>
      Array.from(values).slice(4 + from, 4 + to);
    expect(row(pooled.values, 1, 4)).toEqual(row(pooledBefore.values, 0, 3));
  });
});

import { describe, expect, it } from "vitest";
import {
  manualSeed,
  rand,
  randn,
  randomPermutation,
  randomState,
  setRandomState,
} from "./index.ts";
import { philox, randomBlock } from "./philox.ts";

function words(counter: readonly number[], key0: number, key1: number): string[] {
  const block = Uint32Array.from(counter);
  philox(block, key0, key1);
  return Array.from(block, (word) => word.toString(16).padStart(8, "0"));
}

// Random123, `kat_vectors`, philox4x32 with 10 rounds.
const KNOWN = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    expected: ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    expected: ["408f276d", "41c83b0e", "a20bc7c6", "6d5451fd"],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    expected: ["d16cfe09", "94fdcceb", "5001e420", "24126ea1"],
  },
] as const;

describe("philox", () => {
  it.each(KNOWN)("gives the known answer for counter $counter", ({ counter, key, expected }) => {
    expect(words(counter, key[0], key[1])).toEqual(expected);
  });

  it("takes seed, stream and block apart into words of 32 bits", () => {
    const block = new Uint32Array(4);
    randomBlock(2 ** 40 + 3, 2 ** 35 + 2, 2 ** 33 + 1, block);
    const expected = words([1, 2, 2, 8], 3, 256);
    expect(Array.from(block, (word) => word.toString(16).padStart(8, "0"))).toEqual(expected);
  });
});

/** The largest distance between the distribution of the sample and F; √n times it exceeds 1.95 once in a thousand. */
function kolmogorovSmirnov(values: ArrayLike<number>, F: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  let distance = 0;
  sorted.forEach((x, i) => {
    const p = F(x);
    distance = Math.max(distance, p - i / sorted.length, (i + 1) / sorted.length - p);
  });
  return Math.sqrt(sorted.length) * distance;
}

/** Φ(x) by the trapezium rule, to about 1e-7. */
function normalDistribution(x: number): number {
  const steps = 400;
  let area = 0;
  for (let k = 0; k < steps; k++) {
    const middle = ((k + 0.5) / steps) * x;
    area += Math.exp((-middle * middle) / 2) * (x / steps);
  }
  return 0.5 + area / Math.sqrt(2 * Math.PI);
}

function moment(values: ArrayLike<number>, power: number): number {
  return Array.from(values).reduce((total, x) => total + x ** power, 0) / values.length;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ma, mb] = [moment(a, 1), moment(b, 1)];
  const covariance = moment(
    Array.from(a, (x, i) => (x - ma) * (b[i]! - mb)),
    1,
  );
  return covariance / Math.sqrt((moment(a, 2) - ma ** 2) * (moment(b, 2) - mb ** 2));
}

const COUNT = 20_000;
// Five standard errors of a mean of COUNT draws, per unit of standard deviation.
const CLOSE = 5 / Math.sqrt(COUNT);

describe("rand and randn", () => {
  it("draws uniformly from [0, 1)", () => {
    manualSeed(1);
    const values = rand([COUNT], { dtype: "float64" }).toTypedArray();
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(moment(values, 1) - 1 / 2)).toBeLessThan(CLOSE);
    expect(Math.abs(moment(values, 2) - 1 / 3)).toBeLessThan(CLOSE);
    expect(kolmogorovSmirnov(values, (x) => x)).toBeLessThan(1.95);
  });

  it("draws from the standard normal distribution", () => {
    manualSeed(2);
    const values = randn([COUNT], { dtype: "float64" }).toTypedArray();
    expect(values.every(Number.isFinite)).toBe(true);
    expect(Math.abs(moment(values, 1))).toBeLessThan(CLOSE);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(CLOSE * Math.sqrt(2));
    expect(Math.abs(moment(values, 3))).toBeLessThan(CLOSE * Math.sqrt(15));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(CLOSE * Math.sqrt(96));
    expect(kolmogorovSmirnov(values, normalDistribution)).toBeLessThan(1.95);
  });

  it("gives the same bits for the same seed, and the float32 of the same numbers", () => {
    manualSeed(7);
    const first = [rand([5]), randn([2, 3])].map((x) => x.toTypedArray());
    manualSeed(7);
    const second = [rand([5]), randn([2, 3])].map((x) => x.toTypedArray());
    expect(second).toEqual(first);
    manualSeed(7);
    const wide = rand([5], { dtype: "float64" }).toTypedArray();
    expect(Float32Array.from(wide)).toEqual(first[0]);
  });

  it("continues a shorter draw in a longer one of the same stream", () => {
    manualSeed(3);
    const short = rand([6]).toTypedArray();
    manualSeed(3);
    expect(rand([9]).toTypedArray().slice(0, 6)).toEqual(short);
  });

  it("draws independently from neighbouring streams and seeds", () => {
    manualSeed(4);
    const [a, b] = [randn([COUNT]).toTypedArray(), randn([COUNT]).toTypedArray()];
    manualSeed(5);
    const c = randn([COUNT]).toTypedArray();
    for (const [p, q] of [
      [a, b],
      [a, c],
      [a.slice(1), a.slice(0, -1)],
      [a.slice(2), a.slice(0, -2)],
    ] as const)
      expect(Math.abs(correlation(p, q))).toBeLessThan(CLOSE);
  });

  it("goes back to a remembered state", () => {
    manualSeed(9);
    rand([3]);
    const state = randomState();
    const first = rand([4]).toTypedArray();
    setRandomState(state);
    expect(rand([4]).toTypedArray()).toEqual(first);
  });
});

describe("randomPermutation", () => {
  it.each([0, 1, 2, 3, 10, 1000])("holds each of %i numbers once", (n) => {
    const order = randomPermutation(n, { seed: 1, stream: 1 });
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
  });

  it("depends on the state alone", () => {
    const at = { seed: 6, stream: 2 };
    expect(randomPermutation(50, at)).toEqual(randomPermutation(50, at));
    expect(randomPermutation(50, at)).not.toEqual(randomPermutation(50, { seed: 6, stream: 3 }));
  });

  it("gives each order equally often", () => {
    const counts = new Map<string, number>();
    const draws = 6000;
    for (let stream = 0; stream < draws; stream++) {
      const key = randomPermutation(3, { seed: 11, stream }).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    const expected = draws / 6;
    const chiSquare = [...counts.values()].reduce(
      (sum, n) => sum + (n - expected) ** 2 / expected,
      0,
    );
    expect(chiSquare).toBeLessThan(20.5); // 5 degrees of freedom: exceeded once in a thousand
  });
});

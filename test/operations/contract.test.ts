import {
  contract,
  gradcheck,
  matmul,
  ones,
  reference,
  type Shape,
  type Tensor,
  tensor,
  withBackend,
} from "@convgrad/core";
import { createKernels } from "@convgrad/wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indicesOf } from "../conformance/placements.ts";

function numbered(shape: Shape, start = 0): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tensor(
    Array.from({ length: size }, (_, i) => ((i * 7 + start) % 11) - 5),
    { shape },
  );
}

function at(x: Tensor, index: readonly number[]): number {
  const flat = index.reduce((total, i, axis) => total * x.shape[axis]! + i, 0);
  return x.toTypedArray()[flat]!;
}

/** NumPy's matmul, element by element. */
function naiveMatmul(a: Tensor, b: Tensor): { shape: number[]; values: number[] } {
  const p = a.rank === 1 ? [1, ...a.shape] : [...a.shape];
  const q = b.rank === 1 ? [...b.shape, 1] : [...b.shape];
  const rank = Math.max(p.length, q.length) - 2;
  const lead = (shape: number[]) => [
    ...new Array<number>(rank - (shape.length - 2)).fill(1),
    ...shape.slice(0, -2),
  ];
  const batch = lead(p).map((n, i) => (n === 1 ? lead(q)[i]! : n));
  const [m, k, n] = [p.at(-2)!, p.at(-1)!, q.at(-1)!];
  const pick = (x: Tensor, padded: number[], index: number[], rest: number[]) => {
    const own = index.slice(rank - (padded.length - 2));
    const place = own.map((i, axis) => (padded[axis] === 1 ? 0 : i));
    const inner = x.rank === 1 ? rest.filter((_, i) => i === (x === a ? 1 : 0)) : rest;
    return at(x, [...place, ...inner]);
  };
  const values = indicesOf([...batch, m, n]).map((index) => {
    const [i, j] = index.slice(-2) as [number, number];
    let total = 0;
    for (let c = 0; c < k; c++)
      total += pick(a, p, index.slice(0, -2), [i, c]) * pick(b, q, index.slice(0, -2), [c, j]);
    return total;
  });
  return {
    shape: [...batch, ...(a.rank > 1 ? [m] : []), ...(b.rank > 1 ? [n] : [])],
    values,
  };
}

describe("matmul", () => {
  const batches: Shape[] = [[], [1], [2], [3, 1], [1, 2], [3, 2], [0]];
  const fits = (p: Shape, q: Shape) =>
    [1, 2].every((i) => {
      const [m, n] = [p.at(-i) ?? 1, q.at(-i) ?? 1];
      return m === n || m === 1 || n === 1;
    });
  const pairs = batches.flatMap((p) =>
    batches.filter((q) => fits(p, q)).map((q) => [p, q] as const),
  );

  it.each(pairs)("of batches [%s] and [%s] is the naive product", (p, q) => {
    const [a, b] = [numbered([...p, 2, 3]), numbered([...q, 3, 4], 3)];
    const expected = naiveMatmul(a, b);
    const y = a.matmul(b);
    expect(y.shape).toEqual(expected.shape);
    expect([...y.toTypedArray()]).toEqual(expected.values);
  });

  it.each(batches.map((p) => [p]))("of batch [%s] and vectors, on both sides", (p) => {
    const [a, v, w] = [numbered([...p, 2, 3]), numbered([3], 3), numbered([2], 5)];
    for (const [left, right] of [
      [a, v],
      [w, a],
    ] as const) {
      const expected = naiveMatmul(left, right);
      const y = matmul(left, right);
      expect(y.shape).toEqual(expected.shape);
      expect([...y.toTypedArray()]).toEqual(expected.values);
    }
  });

  it("of two vectors is their dot product", () => {
    expect(
      tensor([1, 2, 3])
        .matmul(tensor([4, 5, 6]))
        .item(),
    ).toBe(32);
  });

  it("over an inner axis of size 0 is 0", () => {
    expect(
      ones([2, 0])
        .matmul(ones([0, 3]))
        .toArray(),
    ).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const x = ones([2, 0], { requiresGrad: true });
    x.matmul(ones([0, 3]))
      .sum()
      .backward();
    expect(x.grad!.shape).toEqual([2, 0]);
  });

  it("takes views", () => {
    const x = numbered([3, 4]);
    const gram = x.matmul(x.transpose());
    expect(gram.toArray()).toEqual(gram.transpose().toArray());
    expect(x.flip(0).matmul(x.flip(1).transpose()).shape).toEqual([3, 3]);
  });

  it("takes very many batch axes", () => {
    const lead = [2, ...new Array<number>(20).fill(1), 2];
    const a = numbered([...lead, 2, 3]);
    const y = a.matmul(a.transpose());
    expect(y.shape).toEqual([...lead, 2, 2]);
    const plain = a.reshape([2, 2, 2, 3]);
    expect(y.toTypedArray()).toEqual(plain.matmul(plain.transpose()).toTypedArray());
  });

  it("sums the gradient over broadcast batches", () => {
    const [a, b] = [numbered([3, 2, 2]), numbered([2, 2], 4)];
    b.requiresGrad = true;
    a.matmul(b).sum().backward();
    const expected = a.sum([0, 1]).unsqueeze(1).broadcastTo([2, 2]).toArray();
    expect(b.grad!.toArray()).toEqual(expected);
  });
});

describe("contract", () => {
  const [a, b] = [numbered([2, 3]), numbered([3, 4], 2)];

  it("sums letters that are missing from the result", () => {
    expect(contract("mk, kn -> mn", a, b).toArray()).toEqual(a.matmul(b).toArray());
    expect(contract("mk,kn->nm", a, b).toArray()).toEqual(a.matmul(b).transpose().toArray());
    expect(contract("mk, kn ->", a, b).item()).toBe(a.matmul(b).sum().item());
  });

  it("sums letters of one operand alone", () => {
    expect(contract("mk, kn -> k", a, b).toArray()).toEqual([0, -3, -5]);
    expect(contract("mk, n -> m", a, tensor([2, 3])).toArray()).toEqual(a.sum(1).mul(5).toArray());
    a.requiresGrad = true;
    contract("mk, kn -> n", a, b).sum().backward();
    expect(a.grad!.toArray()).toEqual(b.sum(1).broadcastTo([2, 3]).toArray());
    a.requiresGrad = false;
  });

  it("multiplies elements, outer products and scalars", () => {
    expect(contract("ij, ij -> ij", a, a).toArray()).toEqual(a.mul(a).toArray());
    expect(contract("i, j -> ij", tensor([1, 2]), tensor([3, 4])).toArray()).toEqual([
      [3, 4],
      [6, 8],
    ]);
    expect(contract(", -> ", tensor(3), tensor(4)).item()).toBe(12);
  });

  it("tells capital letters from small ones", () => {
    const x = ones([2, 3]);
    expect(contract("aA, Ab -> ab", x, ones([3, 4])).toArray()).toEqual(
      ones([2, 4]).mul(3).toArray(),
    );
  });

  it("of sliding windows is a convolution", () => {
    const image = numbered([1, 2, 4, 4]);
    const w = numbered([3, 2, 3, 3], 1);
    const y = contract("ncijhw, ocij -> nohw", image.windows([3, 3]), w);
    expect(y.shape).toEqual([1, 3, 2, 2]);
    for (const [n, o, u, v] of indicesOf(y.shape) as [number, number, number, number][]) {
      let total = 0;
      for (const [c, i, j] of indicesOf([2, 3, 3]) as [number, number, number][])
        total += at(image, [n, c, u + i, v + j]) * at(w, [o, c, i, j]);
      expect(at(y, [n, o, u, v])).toBe(total);
    }
  });
});

describe("contract of any two operands", () => {
  const wasm = createKernels({ threads: 2 });
  const sizes = fc.array(fc.constantFrom(1, 2, 2, 3, 0), { maxLength: 2 });
  /** Letters by where they stand; each group may be missing, and an axis of it empty. */
  const specs = fc
    .record({
      batch: sizes,
      summed: sizes,
      lonelyA: sizes,
      lonelyB: sizes,
      freeA: sizes,
      freeB: sizes,
    })
    .filter(
      (groups) =>
        Object.values(groups)
          .flat()
          .reduce<number>((cells, n) => cells * n, 1) <= 300,
    )
    .chain((groups) => {
      const size = new Map<string, number>();
      const name = (group: keyof typeof groups) =>
        groups[group].map((n) => {
          const letter = "abcdefghijkl"[size.size]!;
          size.set(letter, n);
          return letter;
        });
      const [batch, summed] = [name("batch"), name("summed")];
      const [lonelyA, lonelyB] = [name("lonelyA"), name("lonelyB")];
      const [freeA, freeB] = [name("freeA"), name("freeB")];
      const shuffled = (...parts: string[][]) =>
        fc.shuffledSubarray(parts.flat(), { minLength: parts.flat().length });
      return fc.record({
        a: shuffled(batch, summed, lonelyA, freeA),
        b: shuffled(batch, summed, lonelyB, freeB),
        out: shuffled(batch, freeA, freeB),
        size: fc.constant(size),
      });
    });

  it("is the naive sum of products, on either backend, with the gradients of one", () => {
    fc.assert(
      fc.property(specs, ({ a, b, out, size }) => {
        const shape = (letters: string[]) => letters.map((letter) => size.get(letter)!);
        const spec = `${a.join("")}, ${b.join("")} -> ${out.join("")}`;
        const all = [...size.keys()];
        const expected = new Map<string, number>();
        const [x, y] = [numbered(shape(a)), numbered(shape(b), 3)];
        const [xs, ys] = [x.toTypedArray(), y.toTypedArray()];
        const flat = (letters: string[], index: readonly number[]) =>
          letters.reduce((at, l) => at * size.get(l)! + index[all.indexOf(l)]!, 0);
        for (const index of indicesOf(shape(all))) {
          const cell = String(flat(out, index));
          const term = xs[flat(a, index)]! * ys[flat(b, index)]!;
          expected.set(cell, (expected.get(cell) ?? 0) + term);
        }
        for (const kernels of [reference, wasm])
          withBackend(kernels, () => {
            const result = contract(spec, numbered(shape(a)), numbered(shape(b), 3));
            expect(result.shape, spec).toEqual(shape(out));
            result.toTypedArray().forEach((value, i) => {
              expect(value + 0, spec).toBe((expected.get(String(i)) ?? 0) + 0);
            });
          });
        const small = xs.length + ys.length <= 8;
        if (small) gradcheck((p, q) => contract(spec, p!, q!), [x, y], { order: 2 });
      }),
      { numRuns: 300 },
    );
  });
});
